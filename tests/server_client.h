#pragma once
// A client of the server under test, over a real socket. A server that says nothing for two minutes
// fails the test: machines that run tests may stand still for a while.

#include <cerrno>
#include <cstdint>
#include <string>

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <nlohmann/json.hpp>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include "run_program.h"

namespace orpheus::program {

// A request of HTTP 1.0: the response ends with the connection.
class Client {
 public:
  Client(uint16_t port, const std::string& request) : socket_(::socket(AF_INET, SOCK_STREAM, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    const timeval two_minutes{.tv_sec = 120, .tv_usec = 0};
    ::setsockopt(socket_, SOL_SOCKET, SO_RCVTIMEO, &two_minutes, sizeof two_minutes);
    ::setsockopt(socket_, SOL_SOCKET, SO_SNDTIMEO, &two_minutes, sizeof two_minutes);
    EXPECT_EQ(::connect(socket_, reinterpret_cast<const sockaddr*>(&address), sizeof address), 0);
    EXPECT_EQ(::send(socket_, request.data(), request.size(), MSG_NOSIGNAL),
              static_cast<ssize_t>(request.size()));
  }
  ~Client() { ::close(socket_); }
  Client(const Client&) = delete;
  Client& operator=(const Client&) = delete;

  // The next bytes of the response, with its head; empty at the end.
  std::string read_some() const {
    std::string bytes(65536, '\0');
    const ssize_t count = ::recv(socket_, bytes.data(), bytes.size(), 0);
    if (count < 0 && errno == EAGAIN) ADD_FAILURE() << "the server said nothing for two minutes";
    bytes.resize(count > 0 ? static_cast<size_t>(count) : 0);
    return bytes;
  }

  std::string read_all() const {
    std::string answer;
    for (std::string more = read_some(); !more.empty(); more = read_some()) answer += more;
    return answer;
  }

 private:
  int socket_;
};

inline std::string get(const std::string& path) { return "GET " + path + " HTTP/1.0\r\n\r\n"; }

inline std::string post_speech(const nlohmann::json& body) {
  const std::string text = body.dump();
  return "POST /v1/audio/speech HTTP/1.0\r\nContent-Type: application/json\r\nContent-Length: " +
         std::to_string(text.size()) + "\r\n\r\n" + text;
}

inline int status_of(const std::string& answer) {
  return answer.rfind("HTTP/1.", 0) == 0 ? std::stoi(answer.substr(9, 3)) : 0;
}

inline std::string body_of(const std::string& answer) {
  const size_t end = answer.find("\r\n\r\n");
  return end == std::string::npos ? "" : answer.substr(end + 4);
}

// The port in the server's log line.
inline uint16_t port_of(Process& server) {
  const std::string before = " at http://127.0.0.1:";
  if (!server.wait_for_message(before)) {
    ADD_FAILURE() << "it does not serve: " << server.messages();
    return 0;
  }
  const std::string& said = server.messages();  // the whole line arrives at once
  return static_cast<uint16_t>(std::stoi(said.substr(said.find(before) + before.size())));
}

}  // namespace orpheus::program
