#pragma once
// How many threads compute: as many as there are cores that nobody else wants. ggml's threads wait
// for each other at every operation by spinning, and one that shares its core with somebody holds
// all of them up. Belongs to one thread.
//
// On a machine that is wholly ours, the threads that could run now tell who else wants a core. In a
// container with a part of the cores that number is the whole machine's: neighbours count as far as
// they are too many for the other cores. What happens on our own cores, a container's throttling
// among it, shows in how long the thread that computes has waited for a core.

#include <chrono>
#include <cstddef>
#include <optional>

namespace orpheus::tensor {

// Of one thread, since it began: how long it ran, and how long it could have run and waited.
struct RunDelay {
  std::chrono::nanoseconds ran{};
  std::chrono::nanoseconds waited{};
};

// Of the calling thread, in a process that has a part of the machine's cores; nothing where it has
// all, or where the system does not say.
std::optional<RunDelay> run_delay_on_part_of_machine();

// The policy alone.
class ThreadWidth {
 public:
  using ReadDelay = std::optional<RunDelay> (*)();

  ThreadWidth(int num_cores, int most, ReadDelay read_delay = run_delay_on_part_of_machine);

  // So many others wanted a core just now; the last time this was asked is `since` ago.
  void observe(int num_others, std::chrono::duration<double> since);
  int width() const;

 private:
  void observe_delay(std::chrono::duration<double> since);

  int num_cores_;
  int most_;
  ReadDelay read_delay_;
  double others_ = 0;           // of late, on the average
  double others_by_delay_ = 0;  // as our own waiting shows them
  std::optional<RunDelay> last_delay_ = {};
};

// Whether one thread is done with a step before several have met at each of its operations. bytes:
// of the weights that it reads, times the rows that meet them. On two cores a model of 6 MB
// took 1.4 to 5.4 s with two threads for what one does in 0.42 s; where between that and a gigabyte
// the bound lies, 32 MB, is a choice.
bool is_short_step(size_t bytes);

// Threads that want one of our cores, the calling one included: of the machine's that run or could
// run now, those that do not fit on the cores that are not ours. A pure function.
int threads_on_our_cores(int num_runnable, int num_cores_of_machine, int num_cores_of_ours);

// The same of this machine and process now; nothing where the system does not say.
std::optional<int> num_runnable_threads();

}  // namespace orpheus::tensor
