#pragma once
// Predicts how long a step with a number of rows takes on this device, from the steps so far. The
// scheduler uses it to decide how much of a prompt a step may read. Belongs to one thread.

#include <vector>

namespace orpheus::engine {

class StepCost {
 public:
  struct Weights {
    double newest = 0.3;  // of the newest measurement
    // At each step the predicted times of larger steps fall by this factor. So a size that was slow
    // once (because of a busy neighbour) is tried again after some hundred steps.
    double forget = 0.998;
  };

  // max_rows: of a step. All row counts of one bucket cost the same.
  StepCost(int max_rows, int (*bucket_of_rows)(int)) : StepCost(max_rows, bucket_of_rows, {}) {}
  StepCost(int max_rows, int (*bucket_of_rows)(int), const Weights& weights);

  void record(int num_rows, double seconds);
  // The largest step that takes at most `times` as long as num_rows, or at most `seconds`, in rows.
  // At least num_rows + 1, so that reading a prompt always progresses.
  int most_rows(int num_rows, double times, double seconds = 0) const;
  double predict(int num_rows) const;  // seconds; 0: nothing is known yet

 private:
  struct Bucket {
    int num_rows;
    double seconds;  // 0: never measured
  };
  const Bucket* below(int num_rows) const;
  const Bucket* above(int num_rows) const;

  std::vector<Bucket> buckets_;  // ascending
  int (*bucket_of_rows_)(int);
  Weights weights_;
};

}  // namespace orpheus::engine
