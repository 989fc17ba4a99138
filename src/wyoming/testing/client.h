#pragma once
// For tests: a client that sends exactly the bytes it is told to, and reads events. A server that
// says nothing, or takes nothing, for two minutes fails the test.

#include <array>
#include <cerrno>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include "wyoming/testing/received.h"

namespace orpheus::wyoming {

class Client {
 public:
  explicit Client(uint16_t port, int receive_buffer_bytes = 0)
      : socket_(::socket(AF_INET, SOCK_STREAM, 0)) {
    if (receive_buffer_bytes > 0) {
      ::setsockopt(socket_, SOL_SOCKET, SO_RCVBUF, &receive_buffer_bytes,
                   sizeof receive_buffer_bytes);
    }
    const timeval two_minutes{.tv_sec = 120, .tv_usec = 0};
    ::setsockopt(socket_, SOL_SOCKET, SO_RCVTIMEO, &two_minutes, sizeof two_minutes);
    ::setsockopt(socket_, SOL_SOCKET, SO_SNDTIMEO, &two_minutes, sizeof two_minutes);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    is_connected =
        ::connect(socket_, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0;
  }
  ~Client() { leave(); }
  Client(const Client&) = delete;
  Client& operator=(const Client&) = delete;

  // False when the server would not take all of it.
  bool send(std::string_view bytes) const {
    while (!bytes.empty()) {
      const ssize_t sent = ::send(socket_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
      if (sent < 0 && errno == EAGAIN) ADD_FAILURE() << "the server took nothing for two minutes";
      if (sent <= 0) return false;
      bytes.remove_prefix(static_cast<size_t>(sent));
    }
    return true;
  }
  void say(std::string_view type, const nlohmann::json& data = nlohmann::json::object()) const {
    EXPECT_TRUE(send(event_bytes(type, data)));
  }
  void leave() {
    if (socket_ >= 0) ::close(socket_);
    socket_ = -1;
  }

  // Nothing once the server has ended the connection.
  std::optional<Received> read() {
    std::array<char, 65536> buffer{};
    while (true) {
      if (auto event = take_received(unread_)) return event;
      const ssize_t count = ::recv(socket_, buffer.data(), buffer.size(), 0);
      if (count < 0 && errno == EAGAIN) ADD_FAILURE() << "the server said nothing for two minutes";
      if (count < 0) was_reset = errno == ECONNRESET;
      if (count <= 0) return std::nullopt;
      unread_.append(buffer.data(), static_cast<size_t>(count));
    }
  }
  // Up to an event of this type, or the connection's end.
  std::vector<Received> read_until(std::string_view type) {
    std::vector<Received> events;
    while (auto event = read()) {
      events.push_back(std::move(*event));
      if (events.back().type == type) break;
    }
    return events;
  }

  bool is_connected = false;
  bool was_reset = false;

 private:
  int socket_;
  std::string unread_;
};

}  // namespace orpheus::wyoming
