#include "snac/streaming_upsample.h"

#include <cassert>

namespace orpheus::snac {
namespace {

// From this number of rows on, the time to read the first block's weights (34 MB in the released
// codec) no longer matters.
constexpr int kFewRows = 48;

}  // namespace

StreamingUpsample::StreamingUpsample(const Matrix& matrix, int rate, SharedProduct* shared,
                                     int64_t first_row)
    : matrix_(matrix),
      rate_(rate),
      shared_(shared),
      window_(matrix.num_inputs() / 2, first_row == 0 ? -1 : first_row) {
  if (first_row == 0) window_.append_zeros(1);
}

void StreamingUpsample::flush() {
  end_row_ = window_.end_row() * rate_;
  window_.append_zeros(1);
}

void StreamingUpsample::give(Rows& out) {
  assert(out.end_row() == next_row());
  const int num_steps = window_.size() - 1;
  if (num_steps <= 0) return;
  float* rows = out.append(num_steps * rate_);
  const Product product = {window_.data(), window_.stride(), num_steps, rows,
                           matrix_.num_columns()};  // a step's r rows lie side by side
  if (shared_ != nullptr && num_steps < kFewRows) {
    shared_->multiply(product);
  } else {
    matrix_.multiply(product);
  }
  window_.drop_front(num_steps);
  out.drop_from(end_row_);
  out.drop_before(0);
}

}  // namespace orpheus::snac
