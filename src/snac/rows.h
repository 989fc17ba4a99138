#pragma once
// Rows of channels that wait for the rows after them: appended at the end, dropped from the front
// once they are used. Keeps its memory, so a stream allocates nothing once its portions have
// reached their size.

#include <algorithm>
#include <cstddef>
#include <vector>

namespace orpheus::snac {

class Rows {
 public:
  // Begins with rows of zeros: what a convolution sees before the sound.
  explicit Rows(int stride, int num_zero_rows = 0) : stride_(static_cast<size_t>(stride)) {
    append_zeros(num_zero_rows);
  }

  int size() const { return static_cast<int>(values_.size() / stride_); }
  int stride() const { return static_cast<int>(stride_); }
  const float* data() const { return values_.data(); }
  float* data() { return values_.data(); }

  // Place for num_rows more rows, to be written by the caller; valid until the next change.
  float* append(int num_rows) {
    const size_t old_size = values_.size();
    values_.resize(old_size + static_cast<size_t>(num_rows) * stride_);
    return values_.data() + old_size;
  }
  void append(const float* rows, int num_rows) {
    std::copy_n(rows, static_cast<size_t>(num_rows) * stride_, append(num_rows));
  }
  void append_zeros(int num_rows) {
    values_.resize(values_.size() + static_cast<size_t>(num_rows) * stride_, 0.0F);
  }

  void drop_front(int num_rows) {
    values_.erase(values_.begin(), values_.begin() + static_cast<ptrdiff_t>(
                                                         static_cast<size_t>(num_rows) * stride_));
  }
  void drop_back(int num_rows) {
    values_.resize(values_.size() - static_cast<size_t>(num_rows) * stride_);
  }
  void clear() { values_.clear(); }

 private:
  size_t stride_;
  std::vector<float> values_;
};

}  // namespace orpheus::snac
