#pragma once
// Decides how many threads compute: as many as there are cores that no other program wants. The
// reason: ggml's threads wait for each other at every operation, by spinning, so a thread that
// shares its core with another program delays all of them. Belongs to one thread.
//
// If the process has the whole machine, the number of runnable threads tells how many others want a
// core. In a container with a part of the cores, that number is the whole machine's; then other
// programs count only as far as they do not fit on the other cores. The time that the computing
// thread has waited for a core shows what happens on our cores, a container's throttling included.

#include <chrono>
#include <cstddef>
#include <optional>

namespace orpheus::tensor {

// Of one thread, since its start: the time that it ran, and that it was runnable and waited.
struct RunDelay {
  std::chrono::nanoseconds ran{};
  std::chrono::nanoseconds waited{};
};

// Of the calling thread, if the process has a part of the machine's cores. Nothing if it has all,
// or if the system does not tell.
std::optional<RunDelay> run_delay_on_part_of_machine();

// The policy. It asks the system only through read_delay.
class ThreadWidth {
 public:
  using ReadDelay = std::optional<RunDelay> (*)();

  ThreadWidth(int num_cores, int most, ReadDelay read_delay = run_delay_on_part_of_machine);

  // Reports that num_others other threads want a core now; the previous report is `since` ago.
  void observe(int num_others, std::chrono::duration<double> since);
  int width() const;

 private:
  void observe_delay(std::chrono::duration<double> since);

  int num_cores_;
  int most_;
  ReadDelay read_delay_;
  double others_ = 0;           // a moving average
  double others_by_delay_ = 0;  // as the waiting of our thread shows
  std::optional<RunDelay> last_delay_ = {};
};

// Whether one thread finishes a step sooner than several, which meet at each of its operations.
// bytes: the weights that the step reads, times its rows. Measured on two cores: a model of 6 MB
// took 1.4 to 5.4 s with two threads and 0.42 s with one. The bound of 32 MB was chosen between
// that and a gigabyte, not measured.
bool is_short_step(size_t bytes);

// The number of threads that want one of our cores, the calling thread included: of the machine's
// runnable threads, those that do not fit on the other cores. A pure function.
int threads_on_our_cores(int num_runnable, int num_cores_of_machine, int num_cores_of_ours);

// The same for this machine and process, now. Nothing if the system does not tell.
std::optional<int> num_runnable_threads();

}  // namespace orpheus::tensor
