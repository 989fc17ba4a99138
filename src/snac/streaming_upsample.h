#pragma once
// A transposed convolution of 2r taps and stride r over a stream of rows: each row and the row
// before it give r output rows. Like StreamingConv, it keeps the rows that it needs again, and the
// bits do not depend on how the input is divided. One thread at a time.
//
// Its padding removes r / 2 rows at each end, so input rows i − 1 and i give the r output rows from
// index i · r − r / 2.

#include <cstdint>
#include <limits>

#include "snac/matrix.h"
#include "snac/rows.h"
#include "snac/shared_product.h"

namespace orpheus::snac {

class StreamingUpsample {
 public:
  // matrix: two adjacent rows to r adjacent rows. shared: if not null, small numbers
  // of rows are multiplied there, together with other streams' rows. first_row: see StreamingConv.
  // matrix and shared must outlive the object.
  StreamingUpsample(const Matrix& matrix, int rate, SharedProduct* shared, int64_t first_row);

  int out_stride() const { return matrix_.num_columns() / rate_; }
  // The position in the sound of the next row that it computes. Rows before 0 are not returned.
  int64_t next_row() const { return (window_.first_row() + 1) * rate_ - rate_ / 2; }

  // Room for the next num_rows rows of the input. The caller must write them before any other
  // call.
  float* append(int num_rows) { return window_.append(num_rows); }
  // Ends the sound: one more row of silence completes the last output rows.
  void flush();
  // Appends to `out` all rows that are ready; out must end at next_row().
  void give(Rows& out);

 private:
  const Matrix& matrix_;
  const int rate_;
  SharedProduct* const shared_;
  Rows window_;  // [in_channels, n_rows]; first: the row before the next
  int64_t end_row_ = std::numeric_limits<int64_t>::max();  // where its output ends
};

}  // namespace orpheus::snac
