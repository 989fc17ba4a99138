#pragma once
// How many threads compute: as many as there are cores that nobody else wants. ggml's threads wait
// for each other at every operation by spinning, and one that shares its core with somebody holds
// all of them up. Belongs to one thread.

#include <chrono>
#include <cstddef>
#include <optional>

namespace orpheus::tensor {

// The policy alone.
class ThreadWidth {
 public:
  ThreadWidth(int num_cores, int most) : num_cores_(num_cores), most_(most) {}

  // So many others wanted a core just now; the last time this was asked is `since` ago.
  void observe(int num_others, std::chrono::duration<double> since);
  int width() const;

 private:
  int num_cores_;
  int most_;
  double others_ = 0;  // of late, on the average
};

// Whether one thread is done with a step before several have met at each of its operations. bytes:
// of the weights that it reads, times the rows that meet them. On two cores a model of 6 MB
// took 1.4 to 5.4 s with two threads for what one does in 0.42 s; where between that and a gigabyte
// the bound lies, 32 MB, is a choice.
bool is_short_step(size_t bytes);

// Threads of the whole machine that run or could run now, the calling one included; nothing where
// the system does not say.
std::optional<int> num_runnable_threads();

}  // namespace orpheus::tensor
