#include "lm/engine/step_cost.h"

#include <algorithm>

namespace orpheus::engine {
namespace {

// The assumed cost of one more row, as a share of the step, before it is measured.
constexpr double kGuessedShare = 0.125;

}  // namespace

StepCost::StepCost(int max_rows, int (*bucket_of_rows)(int), const Weights& weights)
    : bucket_of_rows_(bucket_of_rows), weights_(weights) {
  for (int rows = 1; rows <= max_rows; rows = bucket_of_rows(rows + 1))
    buckets_.push_back({rows, 0});
}

void StepCost::record(int num_rows, double seconds) {
  const int rows = bucket_of_rows_(num_rows);
  for (Bucket& bucket : buckets_) {
    if (bucket.num_rows == rows) {
      bucket.seconds = bucket.seconds == 0
                           ? seconds
                           : bucket.seconds + weights_.newest * (seconds - bucket.seconds);
    } else if (bucket.num_rows > rows) {
      bucket.seconds *= weights_.forget;
    }
  }
}

const StepCost::Bucket* StepCost::below(int num_rows) const {
  const Bucket* found = nullptr;
  for (const Bucket& bucket : buckets_) {
    if (bucket.seconds > 0 && bucket.num_rows <= num_rows) found = &bucket;
  }
  return found;
}

const StepCost::Bucket* StepCost::above(int num_rows) const {
  const auto found = std::find_if(buckets_.begin(), buckets_.end(), [&](const Bucket& bucket) {
    return bucket.seconds > 0 && bucket.num_rows >= num_rows;
  });
  return found == buckets_.end() ? nullptr : &*found;
}

double StepCost::predict(int num_rows) const {
  const int rows = bucket_of_rows_(num_rows);
  const Bucket* low = below(rows);
  const Bucket* high = above(rows);
  if (low == nullptr && high == nullptr) return 0;
  if (low != nullptr && low->num_rows == rows) return low->seconds;
  if (low != nullptr && high != nullptr) {
    const double share =
        static_cast<double>(rows - low->num_rows) / (high->num_rows - low->num_rows);
    return low->seconds + share * (high->seconds - low->seconds);
  }
  // Beyond the measured sizes: extrapolates through the two nearest ones, or uses the assumed cost.
  const Bucket* near = low != nullptr ? low : high;
  const Bucket* far = low != nullptr ? below(near->num_rows - 1) : above(near->num_rows + 1);
  double slope = near->seconds * kGuessedShare;
  if (low == nullptr) slope = 0;
  if (far != nullptr) {
    slope = std::max(0.0, (near->seconds - far->seconds) / (near->num_rows - far->num_rows));
  }
  return std::max(0.0, near->seconds + slope * (rows - near->num_rows));
}

int StepCost::most_rows(int num_rows, double times, double seconds) const {
  const double allowed = std::max(seconds, times * predict(std::max(1, num_rows)));
  int most = num_rows + 1;
  for (const Bucket& bucket : buckets_) {
    if (bucket.num_rows <= num_rows) continue;
    if (predict(bucket.num_rows) > allowed) break;
    most = bucket.num_rows;
    if (above(bucket.num_rows) == nullptr)
      break;  // only one size beyond the measured ones at a time
  }
  return most;
}

}  // namespace orpheus::engine
