#include "run_program.h"

#include <array>
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <thread>
#include <utility>

#include <fcntl.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <spawn.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

extern char** environ;

namespace orpheus::program {
namespace {

using Clock = std::chrono::steady_clock;

struct Pipe {
  int read_end = -1;
  int write_end = -1;
};

// Closed in the child, except those that spawn duplicates.
Pipe make_pipe() {
  std::array<int, 2> ends{-1, -1};
  EXPECT_EQ(::pipe2(ends.data(), O_CLOEXEC), 0);
  return {ends[0], ends[1]};
}

// A pseudo terminal: bytes written to one end are read from the other.
Pipe make_terminal() {
  const int master = ::posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC);
  EXPECT_TRUE(master >= 0 && ::grantpt(master) == 0 && ::unlockpt(master) == 0);
  const int terminal = ::open(::ptsname(master), O_RDWR | O_NOCTTY | O_CLOEXEC);
  EXPECT_GE(terminal, 0);
  termios settings{};
  ::tcgetattr(terminal, &settings);
  settings.c_lflag &= ~static_cast<tcflag_t>(ECHO);
  settings.c_oflag &= ~static_cast<tcflag_t>(OPOST);
  ::tcsetattr(terminal, TCSANOW, &settings);
  return {terminal, master};
}

void close_end(int& descriptor) {
  if (descriptor >= 0) ::close(std::exchange(descriptor, -1));
}

std::vector<std::string> environment_of(const Call& call) {
  std::vector<std::string> variables;
  for (char** entry = environ; *entry != nullptr; ++entry) {
    const std::string variable = *entry;
    const std::string name = variable.substr(0, variable.find('='));
    if (name.rfind("ORPHEUS_", 0) != 0 && !call.variables.contains(name))
      variables.push_back(variable);
  }
  for (const auto& [name, value] : call.variables) variables.push_back(name + "=" + value);
  return variables;
}

std::vector<char*> pointers_to(std::vector<std::string>& texts) {
  std::vector<char*> pointers;
  for (std::string& text : texts) pointers.push_back(text.data());
  pointers.push_back(nullptr);
  return pointers;
}

}  // namespace

Process::Process(const Call& call)
    : unsent_(call.input),
      keeps_input_open_(call.keeps_input_open),
      deadline_(Clock::now() + call.time_limit) {
  ::signal(SIGPIPE, SIG_IGN);  // the child may not read all of its input
  Pipe input = make_pipe();
  Pipe output = make_pipe();
  Pipe messages = make_pipe();
  if (call.on_terminal) {
    for (Pipe* pipe : {&input, &messages}) {
      close_end(pipe->read_end);
      close_end(pipe->write_end);
    }
    input = make_terminal();
    messages = {::fcntl(input.write_end, F_DUPFD_CLOEXEC, 0),
                ::fcntl(input.read_end, F_DUPFD_CLOEXEC, 0)};
  }
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_adddup2(&actions, input.read_end, STDIN_FILENO);
  if (call.output_path.empty()) {
    posix_spawn_file_actions_adddup2(&actions, output.write_end, STDOUT_FILENO);
  } else {
    posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, call.output_path.c_str(), O_WRONLY,
                                     0);
  }
  posix_spawn_file_actions_adddup2(&actions, messages.write_end, STDERR_FILENO);
  // The child would inherit ignored signals: SIGPIPE, and more in a background job.
  sigset_t as_usual;
  sigemptyset(&as_usual);
  for (const int signal_number : {SIGPIPE, SIGINT, SIGHUP}) sigaddset(&as_usual, signal_number);
  posix_spawnattr_t attributes;
  posix_spawnattr_init(&attributes);
  posix_spawnattr_setsigdefault(&attributes, &as_usual);
  posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGDEF);

  std::vector<std::string> words = {call.program};
  words.insert(words.end(), call.arguments.begin(), call.arguments.end());
  std::vector<std::string> variables = environment_of(call);
  const int problem = ::posix_spawn(&pid_, call.program.c_str(), &actions, &attributes,
                                    pointers_to(words).data(), pointers_to(variables).data());
  posix_spawnattr_destroy(&attributes);
  posix_spawn_file_actions_destroy(&actions);
  close_end(input.read_end);
  close_end(output.write_end);
  close_end(messages.write_end);
  EXPECT_EQ(problem, 0) << call.program << " cannot be started";
  if (problem != 0) pid_ = -1;
  input_ = input.write_end;
  output_ = output.read_end;
  messages_ = messages.read_end;
  ::fcntl(input_, F_SETFL, O_NONBLOCK);
}

Process::~Process() {
  if (pid_ > 0) {
    ::kill(pid_, SIGKILL);
    reap();
  }
  close_end(input_);
  close_end(output_);
  close_end(messages_);
}

bool Process::exchange() {
  if (unsent_.empty() && !keeps_input_open_) close_end(input_);
  const auto left =
      std::chrono::duration_cast<std::chrono::milliseconds>(deadline_ - Clock::now()).count();
  if ((output_ < 0 && messages_ < 0) || left <= 0) return false;
  std::array<pollfd, 3> ends{
      {{.fd = unsent_.empty() ? -1 : input_, .events = POLLOUT, .revents = 0},
       {.fd = output_, .events = POLLIN, .revents = 0},
       {.fd = messages_, .events = POLLIN, .revents = 0}}};
  ::poll(ends.data(), ends.size(), static_cast<int>(left));
  if (ends[0].revents != 0) {
    const ssize_t sent = ::write(input_, unsent_.data(), unsent_.size());
    if (sent >= 0) {
      unsent_.erase(0, static_cast<size_t>(sent));
    } else if (errno != EAGAIN) {
      unsent_.clear();  // it does not read the rest
    }
  }
  const auto read_from = [](int& end, std::string& text) {
    std::array<char, 65536> bytes{};
    const ssize_t count = ::read(end, bytes.data(), bytes.size());
    if (count > 0) {
      text.append(bytes.data(), static_cast<size_t>(count));
    } else {
      close_end(end);
    }
  };
  if (ends[1].revents != 0) read_from(output_, finished_.output);
  if (ends[2].revents != 0) read_from(messages_, finished_.messages);
  return true;
}

bool Process::wait_for_message(std::string_view part) {
  while (finished_.messages.find(part) == std::string::npos) {
    if (!exchange()) return false;
  }
  return true;
}

void Process::write(std::string_view input) { unsent_ += input; }

void Process::end_input() { keeps_input_open_ = false; }

bool Process::wait_for_output(size_t num_bytes) {
  while (finished_.output.size() < num_bytes) {
    if (!exchange()) return false;
  }
  return true;
}

void Process::send_signal(int signal_number) const {
  if (pid_ > 0) ::kill(pid_, signal_number);
}

void Process::close_output() { close_end(output_); }

bool Process::has_ended() const {
  siginfo_t about{};
  // It stays a zombie, for reap.
  return ::waitid(P_PID, static_cast<id_t>(pid_), &about, WEXITED | WNOHANG | WNOWAIT) == 0 &&
         about.si_pid == pid_;
}

void Process::reap() {
  int status = 0;
  ::waitpid(std::exchange(pid_, -1), &status, 0);
  if (WIFEXITED(status)) finished_.exit_code = WEXITSTATUS(status);
  if (WIFSIGNALED(status)) finished_.exit_code = 128 + WTERMSIG(status);
}

Finished Process::wait() {
  while (exchange()) {
  }
  if (pid_ <= 0) return finished_;
  // It may close its outputs and not end.
  while (!has_ended() && Clock::now() < deadline_)
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  if (!has_ended()) {
    ::kill(pid_, SIGKILL);
    reap();
    finished_.exit_code = -1;
    ADD_FAILURE() << "the program did not end in time; it said: " << finished_.messages;
  } else {
    reap();
  }
  return finished_;
}

Finished run(const Call& call) { return Process(call).wait(); }

}  // namespace orpheus::program
