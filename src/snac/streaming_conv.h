#pragma once
// A convolution over a stream of rows. It keeps the input rows that later output rows read, so each
// output row is computed once, as soon as its input rows are there:
//
//   forward(x) = step(x₁) ‖ step(x₂) ‖ … ‖ flush()     bit for bit, for every division of x
//
// Its only state is these input rows. Their position in the sound determines the next output row
// and the number of output rows that are ready. One thread at a time.

#include <algorithm>
#include <cassert>
#include <cstdint>

#include "snac/reach.h"
#include "snac/rows.h"

namespace orpheus::snac {

// Kernel computes rows: Depthwise, ToMono or DenseConv.
template <typename Kernel>
class StreamingConv {
 public:
  // first_row: the position in the sound of the first row that will be appended. If it is 0,
  // silence precedes it. Otherwise the rows before it are unknown, and the convolution begins with
  // the first output row that reads none of them. The kernel must outlive the convolution.
  StreamingConv(Kernel&&, int64_t first_row) = delete;
  StreamingConv(const Kernel& kernel, int64_t first_row)
      : kernel_(kernel),
        reach_(kernel.reach()),
        window_(kernel.in_stride(), first_row == 0 ? -reach_.left : first_row) {
    if (first_row == 0) window_.append_zeros(reach_.left);
  }

  // The positions in the sound of the next input row and of the next output row.
  int64_t next_input() const { return window_.end_row(); }
  int64_t next_row() const {
    return (window_.first_row() + reach_.left + reach_.stride - 1) / reach_.stride;
  }

  // Adds num_rows input rows. The caller writes them before any other
  // call.
  float* append(int num_rows) { return window_.append(num_rows); }
  // Ends the sound: silence follows, so all remaining output rows become ready.
  void flush() { window_.append_zeros(reach_.right); }

  int num_ready() const {
    return std::max(0,
                    (window_.size() - num_unread() - reach_.left - reach_.right) / reach_.stride);
  }
  // Writes the next num_rows output rows to out, [out_channels, num_rows]. num_rows ≤ num_ready().
  void give(int num_rows, float* out) {
    window_.drop_front(num_unread());
    kernel_.apply(window_.data(), num_rows, out);
    window_.drop_front(num_rows * reach_.stride);
  }

  // Takes a piece. Appends to `out` the rows that are ready.
  void step(const Piece& piece, Rows& out) {
    assert(out.end_row() == next_row());
    window_.append(piece.rows, piece.num_rows);
    if (piece.ends_sound) flush();
    const int count = num_ready();
    give(count, out.append(count));
  }

 private:
  // The number of rows at the front that no output row reads. There are such rows at the start of a
  // stream that begins within the sound, and with strides.
  int num_unread() const {
    const int64_t first_read = next_row() * reach_.stride - reach_.left;
    return static_cast<int>(std::min<int64_t>(first_read - window_.first_row(), window_.size()));
  }

  const Kernel& kernel_;
  const Reach reach_;
  Rows window_;  // [in_channels, n_rows]; first: the first row that the next output reads
};

}  // namespace orpheus::snac
