// Measures the server under load, with default settings and a synthesiser that needs almost no
// time. The load: idle connections, clients that read slower than real time, and short requests at
// a constant rate. Prints the time to the first byte and its parts (from the planned time of each
// request, with the time to connect); the memory and descriptors of the server; and how soon
// requests end after their clients disconnect. On few cores, the clients need as much time as the
// server, so their threads start late; the parts show how late.
//
//   bench_http_load [SECONDS=20] [IDLE=2000] [SLOW=200] [RATE=50]

#include <algorithm>
#include <array>
#include <atomic>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <functional>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/log.h"
#include "http/server/server.h"
#include "http/testing/fake_synthesiser.h"

namespace {

using namespace std::chrono_literals;
using Clock = std::chrono::steady_clock;
using orpheus::Result;
using orpheus::speech::Summary;

constexpr int kShortFrames = 12;     // one second
constexpr int kLongFrames = 10'000;  // 14 minutes, so no slow client reaches the end

// Writes its port to the pipe, then serves until the pipe is closed.
[[noreturn]] void serve(int port_pipe) {
  const std::vector<float> sine = orpheus::http::sine_frame(0);
  orpheus::http::FakeSynthesiser synthesiser(
      [&sine](const orpheus::speech::Request& request,
              const orpheus::speech::SampleSink& sink) -> Result<Summary> {
        const int frames = request.text == "long" ? kLongFrames : kShortFrames;
        for (int frame = 0; frame < frames; ++frame) {
          if (!sink(sine)) {
            return orpheus::fail({.kind = orpheus::ErrorKind::kCancelled, .what = "left"});
          }
        }
        return Summary{.num_samples = int64_t{frames} * orpheus::speech::kSamplesPerFrame};
      });
  orpheus::log::start({.level = orpheus::log::Level::kWarning});
  orpheus::http::Options options;
  options.port = 0;
  auto server = orpheus::http::Server::start(options, synthesiser);
  if (!server) std::exit(1);
  const uint16_t port = (*server)->port();
  if (::write(port_pipe, &port, sizeof port) != sizeof port) std::exit(1);
  ::pause();
  std::exit(0);
}

int connect_to(uint16_t port, int receive_buffer_bytes = 0) {
  const int socket = ::socket(AF_INET, SOCK_STREAM, 0);
  if (receive_buffer_bytes > 0) {
    ::setsockopt(socket, SOL_SOCKET, SO_RCVBUF, &receive_buffer_bytes, sizeof receive_buffer_bytes);
  }
  const int on = 1;
  ::setsockopt(socket, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (::connect(socket, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0)
    return socket;
  ::close(socket);
  return -1;
}

std::string request_for(const std::string& text, bool last) {
  const std::string body = R"({"response_format": "pcm", "input": ")" + text + "\"}";
  return "POST /v1/audio/speech HTTP/1.1\r\nHost: localhost\r\n" +
         std::string(last ? "Connection: close\r\n" : "") +
         "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body;
}

bool send_all(int socket, const std::string& bytes) {
  return ::send(socket, bytes.data(), bytes.size(), MSG_NOSIGNAL) ==
         static_cast<ssize_t>(bytes.size());
}

double milliseconds(Clock::duration time) {
  return std::chrono::duration<double, std::milli>(time).count();
}

// The times of one request, in milliseconds.
struct Times {
  double late = 0;        // delay of its thread's start
  double connecting = 0;  // from there
  double answer = 0;      // from there to the first byte of sound
  double first_byte() const { return late + connecting + answer; }
};

// nullopt after an error.
std::optional<Times> speak_once(uint16_t port, Clock::time_point due, std::vector<char>& bytes) {
  const auto start = Clock::now();
  const int socket = connect_to(port);
  if (socket < 0) return std::nullopt;
  const auto connected = Clock::now();
  Times times{.late = milliseconds(start - due), .connecting = milliseconds(connected - start)};
  bool began = false;
  std::string answer;
  if (send_all(socket, request_for("short", true))) {
    for (ssize_t count = 0; (count = ::recv(socket, bytes.data(), bytes.size(), 0)) > 0;) {
      answer.append(bytes.data(), static_cast<size_t>(count));
      const size_t head = answer.find("\r\n\r\n");
      if (!began && head != std::string::npos && answer.size() > head + 8) {
        began = true;
        times.answer = milliseconds(Clock::now() - connected);
      }
    }
  }
  ::close(socket);
  const bool whole = answer.starts_with("HTTP/1.1 200") && answer.ends_with("0\r\n\r\n") &&
                     answer.size() > size_t{kShortFrames} * 4096;
  return whole && began ? std::optional(times) : std::nullopt;
}

// A client with a speech in progress. After a 429 the client retries.
int listen_slowly(uint16_t port) {
  while (true) {
    const int socket = connect_to(port, 16 << 10);
    std::array<char, 12> status{};
    if (socket >= 0 && send_all(socket, request_for("long", false)) &&
        ::recv(socket, status.data(), status.size(), MSG_WAITALL) == 12 && status[9] == '2') {
      return socket;
    }
    ::close(socket);
    std::this_thread::sleep_for(10ms);
  }
}

int num_speeches(uint16_t port) {
  const int socket = connect_to(port);
  send_all(socket, "GET /metrics HTTP/1.0\r\n\r\n");
  std::string answer;
  std::vector<char> bytes(1 << 16);
  for (ssize_t count = 0; (count = ::recv(socket, bytes.data(), bytes.size(), 0)) > 0;) {
    answer.append(bytes.data(), static_cast<size_t>(count));
  }
  ::close(socket);
  const std::string name = "\norpheus_requests_running ";
  const size_t place = answer.find(name);
  return place == std::string::npos ? -1 : std::atoi(answer.c_str() + place + name.size());
}

std::string holdings(pid_t process) {
  const std::string folder = "/proc/" + std::to_string(process);
  std::ifstream status(folder + "/status");
  std::string memory;
  for (std::string line; std::getline(status, line);) {
    if (line.starts_with("VmRSS")) memory = line.substr(line.find_first_of("0123456789"));
  }
  const auto descriptors = std::distance(std::filesystem::directory_iterator(folder + "/fd"),
                                         std::filesystem::directory_iterator());
  return memory + ", " + std::to_string(descriptors) + " descriptors";
}

// CPU time of the process so far.
double cpu_seconds(pid_t process) {
  std::ifstream in("/proc/" + std::to_string(process) + "/stat");
  std::string field;
  double ticks = 0;
  for (int i = 1; i <= 15 && in >> field; ++i) {  // 14 and 15: in the program, in the kernel
    if (i >= 14) ticks += std::atof(field.c_str());
  }
  return ticks / static_cast<double>(::sysconf(_SC_CLK_TCK));
}

void print_times(const char* what, const std::vector<Times>& times,
                 const std::function<double(const Times&)>& part) {
  std::vector<double> sorted(times.size());
  std::transform(times.begin(), times.end(), sorted.begin(), part);
  std::sort(sorted.begin(), sorted.end());
  const auto share = [&](double of_all) {
    const auto place = static_cast<size_t>(of_all * static_cast<double>(sorted.size()));
    return sorted.empty() ? -1 : sorted[std::min(sorted.size() - 1, place)];
  };
  std::printf("%-40s p50 %7.2f ms, p99 %7.2f ms, most %7.2f ms\n", what, share(0.5), share(0.99),
              share(1));
}

void run(uint16_t port, pid_t process, int seconds, int num_idle, int num_slow, int rate) {
  std::vector<int> idle;
  for (int i = 0; i < num_idle; ++i) idle.push_back(connect_to(port));
  std::vector<int> slow;
  for (int i = 0; i < num_slow; ++i) {
    slow.push_back(listen_slowly(port));
  }
  std::atomic<bool> done{false};
  std::atomic<int> num_slow_errors{0};
  std::thread slow_reader([&] {  // 4 KiB per 0.1 s: 20 % slower than real time
    std::vector<char> bytes(4096);
    while (!done) {
      for (const int socket : slow) {  // in turn, like independent clients
        const ssize_t count = ::recv(socket, bytes.data(), bytes.size(), MSG_DONTWAIT);
        if (count == 0) ++num_slow_errors;
        std::this_thread::sleep_for(Clock::duration(100ms) / slow.size());
      }
      if (slow.empty()) std::this_thread::sleep_for(100ms);
    }
  });
  // The synthesiser runs at full speed until the buffers of all slow clients are full.
  for (double before = cpu_seconds(process), used = 1; used > 0.1; before = cpu_seconds(process)) {
    std::this_thread::sleep_for(500ms);
    used = cpu_seconds(process) - before;
  }
  std::printf("server with %d idle and %d slow: %s\n", num_idle, num_slow,
              holdings(process).c_str());

  std::mutex mutex;
  std::vector<Times> times;
  int num_errors = 0;
  const int num_requests = seconds * rate;
  std::atomic<int> next{0};
  const double server_cpu = cpu_seconds(process);
  const double load_cpu = cpu_seconds(::getpid());
  const auto start = Clock::now();
  std::vector<std::thread> clients;
  for (int i = 0; i < 16; ++i) {
    clients.emplace_back([&] {
      std::vector<char> bytes(1 << 16);
      for (int request = next++; request < num_requests; request = next++) {
        std::this_thread::sleep_until(start + request * 1000ms / rate);
        const auto took = speak_once(port, start + request * 1000ms / rate, bytes);
        if (request % (60 * rate) == 60 * rate - 1) {
          std::printf("server after %d min: %s\n", (request + 1) / (60 * rate),
                      holdings(process).c_str());
          std::fflush(stdout);
        }
        const std::lock_guard lock(mutex);
        if (took) {
          times.push_back(*took);
        } else {
          ++num_errors;
        }
      }
    });
  }
  for (std::thread& client : clients) client.join();
  const double taken = std::chrono::duration<double>(Clock::now() - start).count();
  std::printf("server after %d speeches: %s\n", num_requests, holdings(process).c_str());
  done = true;
  slow_reader.join();
  std::printf("%d requests in %.1f s, %d errors, %d slow listeners cut off\n", num_requests, taken,
              num_errors, num_slow_errors.load());
  print_times("first byte of sound, from when it was due", times, &Times::first_byte);
  print_times("  the load's thread begins", times, &Times::late);
  print_times("  connecting", times, &Times::connecting);
  print_times("  request to first byte", times, &Times::answer);
  std::printf("CPU of the server %.1f s, of the load %.1f s\n", cpu_seconds(process) - server_cpu,
              cpu_seconds(::getpid()) - load_cpu);
  for (const int socket : idle) ::close(socket);
  const auto left = Clock::now();
  for (const int socket : slow) ::close(socket);
  while (num_speeches(port) > 0) std::this_thread::sleep_for(1ms);
  std::printf("the speeches of %d listeners who left had ended after %.1f ms\n", num_slow,
              milliseconds(Clock::now() - left));
  std::this_thread::sleep_for(1s);
  std::printf("server when all have left: %s\n", holdings(process).c_str());
}

}  // namespace

int main(int argc, char** argv) {
  const auto number = [&](int place, int fallback) {
    return argc > place ? std::atoi(argv[place]) : fallback;
  };
  rlimit limit{};
  ::getrlimit(RLIMIT_NOFILE, &limit);
  limit.rlim_cur = limit.rlim_max;
  ::setrlimit(RLIMIT_NOFILE, &limit);
  int port_pipe[2];
  if (::pipe(port_pipe) != 0) return 1;
  const pid_t process = ::fork();
  if (process == 0) serve(port_pipe[1]);
  uint16_t port = 0;
  if (::read(port_pipe[0], &port, sizeof port) == sizeof port) {
    run(port, process, number(1, 20), number(2, 2000), number(3, 200), number(4, 50));
  }
  ::kill(process, SIGKILL);
  ::waitpid(process, nullptr, 0);
}
