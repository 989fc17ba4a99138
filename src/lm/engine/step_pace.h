#pragma once
// The time of steps as a function of their number of sequences, from the newest steps: a fixed part
// and a part for each sequence. In contrast to StepCost, it says how long larger steps take than
// those that are computed. Belongs to one thread at a time.

namespace orpheus::engine {

class StepPace {
 public:
  // bucket_of_rows: as for StepCost.
  explicit StepPace(int (*bucket_of_rows)(int)) : bucket_of_rows_(bucket_of_rows) {}

  void record(int num_sequences, double seconds);
  // Seconds; 0: nothing is known yet. While all steps had about the same number of sequences, the
  // time of larger ones is assumed to be long.
  double predict(int num_sequences) const;

 private:
  int (*bucket_of_rows_)(int);
  // Sums over the steps, each with its weight.
  double weight_ = 0;
  double sequences_ = 0;
  double squares_ = 0;  // of the number of sequences
  double seconds_ = 0;
  double products_ = 0;  // of the number of sequences and the seconds
};

}  // namespace orpheus::engine
