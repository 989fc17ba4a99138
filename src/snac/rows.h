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

  int size() const { return static_cast<int>((end_ - begin_) / stride_); }
  int stride() const { return static_cast<int>(stride_); }
  const float* data() const { return values_.data() + begin_; }
  float* data() { return values_.data() + begin_; }

  // Place for num_rows more rows, to be written by the caller; valid until the next change.
  float* append(int num_rows) {
    const size_t count = static_cast<size_t>(num_rows) * stride_;
    if (end_ + count > values_.size()) make_room(count);
    float* place = values_.data() + end_;
    end_ += count;
    return place;
  }
  void append(const float* rows, int num_rows) {
    std::copy_n(rows, static_cast<size_t>(num_rows) * stride_, append(num_rows));
  }
  void append_zeros(int num_rows) {
    std::fill_n(append(num_rows), static_cast<size_t>(num_rows) * stride_, 0.0F);
  }

  void drop_front(int num_rows) { begin_ += static_cast<size_t>(num_rows) * stride_; }
  void drop_back(int num_rows) { end_ -= static_cast<size_t>(num_rows) * stride_; }
  void clear() { begin_ = end_ = 0; }

 private:
  // Moves what is kept to the front, into more memory where that is not enough.
  void make_room(size_t count) {
    std::copy(values_.begin() + static_cast<ptrdiff_t>(begin_),
              values_.begin() + static_cast<ptrdiff_t>(end_), values_.begin());
    end_ -= begin_;
    begin_ = 0;
    if (end_ + count > values_.size()) values_.resize(end_ + count);
  }

  size_t stride_;
  std::vector<float> values_;
  size_t begin_ = 0;  // of the rows that are kept, in values_
  size_t end_ = 0;
};

}  // namespace orpheus::snac
