#pragma once
// A transposed convolution of 2r taps and stride r over a stream of rows: each row makes r rows,
// together with the row before it. As StreamingConv it keeps what it reads again, and gives the
// same bits for every way of cutting its input. One thread at a time.
//
// Its padding takes r / 2 rows off each end, so rows i − 1 and i make the rows from i · r − r / 2
// on.

#include <cstdint>
#include <limits>

#include "snac/matrix.h"
#include "snac/rows.h"
#include "snac/shared_product.h"

namespace orpheus::snac {

class StreamingUpsample {
 public:
  // The matrix takes two rows side by side to r rows side by side. Few rows are multiplied by
  // shared, with those of other streams, where it is not null. first_row is as StreamingConv has
  // it. Both must outlive it.
  StreamingUpsample(const Matrix& matrix, int rate, SharedProduct* shared, int64_t first_row);

  int out_stride() const { return matrix_.num_columns() / rate_; }
  // The place in the sound of the next row that it makes: before 0, of one that it does not give.
  int64_t next_row() const { return (window_.first_row() + 1) * rate_ - rate_ / 2; }

  // Place for the next num_rows rows of the input, to be written by the caller before anything
  // else.
  float* append(int num_rows) { return window_.append(num_rows); }
  // The sound has ended: one more row of silence lets the last taps sound.
  void flush();
  // Appends all rows that are ready to out, whose end must be at next_row().
  void give(Rows& out);

 private:
  const Matrix& matrix_;
  const int rate_;
  SharedProduct* const shared_;
  Rows window_;  // [in_channels, n_rows], from the row before the next one on
  int64_t end_row_ = std::numeric_limits<int64_t>::max();  // where its output ends
};

}  // namespace orpheus::snac
