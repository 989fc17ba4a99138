#pragma once
// How long a step of so many rows takes on this device, as learnt from the steps so far. From it
// follows how much of a prompt may be read beside those who speak. Belongs to one thread.

#include <vector>

namespace orpheus::engine {

class StepCost {
 public:
  // max_rows of a step; rows cost as their bucket does.
  StepCost(int max_rows, int (*bucket_of_rows)(int));

  void record(int num_rows, double seconds);
  // Most rows of a step that takes at most `times` as long as one of num_rows, or `seconds`. At
  // least num_rows + 1: what is read never stands still.
  int most_rows(int num_rows, double times, double seconds = 0) const;
  double predict(int num_rows) const;  // seconds; 0 while nothing is known

 private:
  struct Bucket {
    int num_rows;
    double seconds;  // 0: never measured
  };
  const Bucket* below(int num_rows) const;
  const Bucket* above(int num_rows) const;

  std::vector<Bucket> buckets_;  // ascending
  int (*bucket_of_rows_)(int);
};

}  // namespace orpheus::engine
