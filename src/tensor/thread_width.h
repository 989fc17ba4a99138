#pragma once
// Decides how many threads compute: one for each core that no other program needs. The reason:
// ggml's threads wait for each other at every operation, by spinning, so a thread that shares its
// core with another program delays all of them. Belongs to one thread.
//
// If the process may use all cores, the number of runnable threads shows how many others need one.
// In a container with some of the cores, that number is for the whole machine; only threads that do
// not fit on the cores outside are counted. There, the time that the computing thread waits for a
// core also shows the load of our cores, including throttling.

#include <chrono>
#include <cstddef>
#include <optional>

namespace orpheus::tensor {

// Times of one thread since its start: running, and waiting for a core.
struct RunDelay {
  std::chrono::nanoseconds ran{};
  std::chrono::nanoseconds waited{};
};

// The times of the calling thread, if the process may use only some of the cores. Otherwise, or if
// the system does not report them, nothing.
std::optional<RunDelay> run_delay_on_part_of_machine();

// The policy. It asks the system only through read_delay.
class ThreadWidth {
 public:
  using ReadDelay = std::optional<RunDelay> (*)();

  ThreadWidth(int num_cores, int most, ReadDelay read_delay = run_delay_on_part_of_machine);

  // Reports that num_others other threads need a core. since: time since the previous report.
  void observe(int num_others, std::chrono::duration<double> since);
  int width() const;

 private:
  void observe_delay(std::chrono::duration<double> since);

  int num_cores_;
  int most_;
  ReadDelay read_delay_;
  double others_ = 0;           // a moving average
  double others_by_delay_ = 0;  // from the waiting time of our thread
  std::optional<RunDelay> last_delay_ = {};
};

// Whether a step is faster on one thread than on several, which wait for each other at each
// operation. bytes: the weights that the step reads, times its rows. Measured on two cores: a model
// of 6 MB took 1.4 to 5.4 s with two threads and 0.42 s with one. The limit of 32 MB was chosen,
// not measured.
bool is_short_step(size_t bytes);

// The number of threads that need one of our cores, with the calling thread: the machine's runnable
// threads without those that fit on the other cores. A pure function.
int threads_on_our_cores(int num_runnable, int num_cores_of_machine, int num_cores_of_ours);

// The current number for this process. Nothing if the system does not report it.
std::optional<int> num_runnable_threads();

}  // namespace orpheus::tensor
