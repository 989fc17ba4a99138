#pragma once
// Rows of a layer's signal, [channels padded to whole vectors, n_rows], and their position in the
// sound. Rows are appended at the end and dropped from the front once they are used. Memory is
// kept, so a stream allocates nothing once its pieces have reached their size.

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace orpheus::snac {

// The next rows of a signal, passed from one layer to the next.
struct Piece {
  const float* rows = nullptr;  // [channels padded to whole vectors, num_rows]
  int num_rows = 0;
  bool ends_sound = false;  // no rows follow
};

class Rows {
 public:
  // first_row: the position in the sound of the first row that will be appended.
  explicit Rows(int stride, int64_t first_row = 0)
      : stride_(static_cast<size_t>(stride)), first_row_(first_row) {}

  int size() const { return static_cast<int>((end_ - begin_) / stride_); }
  int stride() const { return static_cast<int>(stride_); }
  const float* data() const { return values_.data() + begin_; }
  float* data() { return values_.data() + begin_; }
  int64_t first_row() const { return first_row_; }         // the first row's position in the sound
  int64_t end_row() const { return first_row_ + size(); }  // of the next appended row
  Piece piece(bool ends_sound) const { return {data(), size(), ends_sound}; }

  // Adds num_rows rows, which the caller writes. Valid until the next change.
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

  void drop_front(int num_rows) {
    begin_ += static_cast<size_t>(num_rows) * stride_;
    first_row_ += num_rows;
  }
  // Drop all rows before a position in the sound, or all rows from a position on.
  void drop_before(int64_t row) { drop_front(num_before(row)); }
  void drop_from(int64_t row) { end_ = begin_ + static_cast<size_t>(num_before(row)) * stride_; }
  // Drops all rows. The position of the next appended row does not change.
  void clear() {
    first_row_ = end_row();
    begin_ = end_ = 0;
  }

 private:
  int num_before(int64_t row) const {
    if (row >= end_row()) return size();
    return static_cast<int>(std::max<int64_t>(0, row - first_row_));
  }

  // Moves the kept rows to the front, into a larger allocation if needed.
  void make_room(size_t count) {
    std::copy(values_.begin() + static_cast<ptrdiff_t>(begin_),
              values_.begin() + static_cast<ptrdiff_t>(end_), values_.begin());
    end_ -= begin_;
    begin_ = 0;
    if (end_ + count > values_.size()) values_.resize(end_ + count);
  }

  size_t stride_;
  std::vector<float> values_;
  size_t begin_ = 0;  // of the kept rows, in values_
  size_t end_ = 0;
  int64_t first_row_;
};

}  // namespace orpheus::snac
