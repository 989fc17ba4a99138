#pragma once
// Runs the program like a user's shell: with arguments, environment and standard input. Returns its
// output, messages and exit code. Destroying a Process kills a program that is still running, by
// its process id.

#include <chrono>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include <sys/types.h>

namespace orpheus::program {

struct Call {
  std::vector<std::string> arguments;
  std::string input = {};                             // its standard input
  bool keeps_input_open = false;                      // until end_input()
  std::map<std::string, std::string> variables = {};  // added to ours, without any ORPHEUS_…
  std::string program = ORPHEUS_PROGRAM;
  std::string output_path = {};          // an existing file for its standard output, not read back
  bool on_terminal = false;              // standard input and error are a terminal, without echo
  std::chrono::seconds time_limit{280};  // machines that run tests may pause for a while
};

struct Finished {
  int exit_code = -1;  // 128 + the signal that ended it; −1: killed past its time limit
  std::string output;
  std::string messages;  // standard error
};

class Process {
 public:
  // A program that cannot be started fails the test.
  explicit Process(const Call& call);
  ~Process();
  Process(const Process&) = delete;
  Process& operator=(const Process&) = delete;

  // Waits until standard error has this text; false if the program ended or the time limit came
  // first. Gives all that was said so far.
  bool wait_for_message(std::string_view part);
  const std::string& messages() const { return finished_.messages; }

  // Adds to its standard input, which keeps_input_open.
  void write(std::string_view input);
  void end_input();
  // Waits until this many bytes of output have come; false if the program ended or the time limit
  // came first.
  bool wait_for_output(size_t num_bytes);

  void send_signal(int signal_number) const;
  // Stops reading its standard output: the next write fails.
  void close_output();
  // Waits until it ends or its time is over.
  Finished wait();

 private:
  bool exchange();  // moves the pipes' data; false if both outputs are closed or time is over
  bool has_ended() const;
  void reap();

  pid_t pid_ = -1;
  int input_ = -1;
  int output_ = -1;
  int messages_ = -1;
  std::string unsent_;
  bool keeps_input_open_ = false;
  std::chrono::steady_clock::time_point deadline_;
  Finished finished_;
};

Finished run(const Call& call);

}  // namespace orpheus::program
