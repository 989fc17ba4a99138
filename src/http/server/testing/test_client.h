#pragma once
// For tests: a client that sends exactly the bytes it is told to, and takes apart what comes back.
// A server that says nothing, or takes nothing, for two minutes fails the test. The limit is wide:
// machines that run tests may be slow, or stand still for a while.

#include <cerrno>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include "http/server/server.h"
#include "http/testing/fake_synthesiser.h"

namespace orpheus::http {

struct Reply {
  int status = 0;                                   // 0: no head arrived
  std::map<std::string, std::string> headers = {};  // names in lower case
  std::string body = {};
  bool whole = false;  // by its length or its last chunk
};

class TestClient {
 public:
  enum class End { kNone, kClosed, kReset };

  explicit TestClient(uint16_t port, int receive_buffer_bytes = 0)
      : socket_(::socket(AF_INET, SOCK_STREAM, 0)) {
    if (receive_buffer_bytes > 0) {
      ::setsockopt(socket_, SOL_SOCKET, SO_RCVBUF, &receive_buffer_bytes,
                   sizeof receive_buffer_bytes);
    }
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    const timeval two_minutes{.tv_sec = 120, .tv_usec = 0};
    ::setsockopt(socket_, SOL_SOCKET, SO_RCVTIMEO, &two_minutes, sizeof two_minutes);
    ::setsockopt(socket_, SOL_SOCKET, SO_SNDTIMEO, &two_minutes, sizeof two_minutes);
    EXPECT_EQ(::connect(socket_, reinterpret_cast<const sockaddr*>(&address), sizeof address), 0);
  }
  ~TestClient() { leave(); }
  TestClient(const TestClient&) = delete;
  TestClient& operator=(const TestClient&) = delete;

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
  void half_close() const { ::shutdown(socket_, SHUT_WR); }
  void leave() {
    if (socket_ >= 0) ::close(socket_);
    socket_ = -1;
  }

  // Leaves without a goodbye.
  void reset() {
    const linger at_once{.l_onoff = 1, .l_linger = 0};
    ::setsockopt(socket_, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
    leave();
  }

  // Status line and headers; status 0 when the server ended the connection instead.
  Reply read_head() {
    Reply reply;
    size_t end = 0;
    while ((end = input_.find("\r\n\r\n")) == std::string::npos) {
      if (!read_more()) return reply;
    }
    const std::string head = take(end + 4);
    reply.status = std::stoi(head.substr(head.find(' ') + 1, 3));
    for (size_t line = head.find("\r\n") + 2; head[line] != '\r';) {
      const size_t colon = head.find(": ", line);
      const size_t line_end = head.find("\r\n", line);
      std::string name = head.substr(line, colon - line);
      for (char& c : name) c = static_cast<char>(std::tolower(c));
      reply.headers[name] = head.substr(colon + 2, line_end - colon - 2);
      line = line_end + 2;
    }
    return reply;
  }

  // The next chunk, empty when it is the last; nothing when the connection ended before it did.
  std::optional<std::string> read_chunk() {
    size_t line_end = 0;
    while ((line_end = input_.find("\r\n")) == std::string::npos) {
      if (!read_more()) return std::nullopt;
    }
    const size_t size = std::stoul(input_.substr(0, line_end), nullptr, 16);
    while (input_.size() < line_end + 2 + size + 2) {
      if (!read_more()) return std::nullopt;
    }
    return take(line_end + 2 + size + 2).substr(line_end + 2, size);
  }

  Reply read_reply() {
    Reply reply = read_head();
    if (reply.headers.contains("content-length")) {
      const size_t size = std::stoul(reply.headers["content-length"]);
      while (input_.size() < size && read_more()) {
      }
      reply.whole = input_.size() >= size;
      reply.body = take(std::min(size, input_.size()));
    } else if (reply.headers.contains("transfer-encoding")) {
      while (const auto chunk = read_chunk()) {
        reply.whole = chunk->empty();
        if (reply.whole) break;
        reply.body += *chunk;
      }
    } else if (reply.status != 0) {
      reply.body = read_to_end();
    }
    return reply;
  }

  // Nothing when the connection ended before.
  std::optional<std::string> read_exactly(size_t num_bytes) {
    while (input_.size() < num_bytes) {
      if (!read_more()) return std::nullopt;
    }
    return take(num_bytes);
  }

  Reply ask(std::string_view bytes) {
    send(bytes);
    return read_reply();
  }

  std::string read_to_end() {
    while (read_more()) {
    }
    return take(input_.size());
  }

  // Whether bytes are there that were not read, without waiting for them.
  bool has_more() const {
    char byte = 0;
    return !input_.empty() || ::recv(socket_, &byte, 1, MSG_PEEK | MSG_DONTWAIT) > 0;
  }

  // How the server's side ended, as far as it was read.
  End end() const { return end_; }

 private:
  bool read_more() {
    std::string bytes(65536, '\0');
    const ssize_t count = ::recv(socket_, bytes.data(), bytes.size(), 0);
    if (count > 0) {
      input_.append(bytes, 0, static_cast<size_t>(count));
      return true;
    }
    if (count < 0 && errno == EAGAIN) ADD_FAILURE() << "the server said nothing for two minutes";
    end_ = count == 0 ? End::kClosed : End::kReset;
    return false;
  }
  std::string take(size_t count) {
    std::string taken = input_.substr(0, count);
    input_.erase(0, count);
    return taken;
  }

  int socket_;
  std::string input_;
  End end_ = End::kNone;
};

inline std::unique_ptr<Server> serve(speech::Synthesiser& synthesiser, Options options = {}) {
  options.port = 0;
  auto server = Server::start(options, synthesiser);
  EXPECT_TRUE(server.has_value()) << server.error().message();
  return std::move(*server);
}

// Options under which nothing ends because time passes.
inline Options patient_options() {
  Options options;
  options.idle_timeout = options.header_timeout = options.body_timeout = options.write_timeout =
      options.drain_timeout = options.cancel_timeout = std::chrono::hours(1);
  return options;
}

inline std::string get(std::string_view path, std::string_view more_headers = "") {
  return "GET " + std::string(path) + " HTTP/1.1\r\nHost: localhost\r\n" +
         std::string(more_headers) + "\r\n";
}

inline std::string post(std::string_view body, std::string_view more_headers = "",
                        std::string_view version = "1.1") {
  return "POST /v1/audio/speech HTTP/" + std::string(version) + "\r\nHost: localhost\r\n" +
         "Content-Type: application/json\r\nContent-Length: " + std::to_string(body.size()) +
         "\r\n" + std::string(more_headers) + "\r\n" + std::string(body);
}

// A request for the sine as pcm.
inline std::string post_pcm(std::string_view more_headers = "", std::string_view version = "1.1") {
  return post(R"({"input": "Hi", "response_format": "pcm"})", more_headers, version);
}

inline bool is_well(uint16_t port) {
  TestClient client(port);
  return client.ask(get("/health")).status == 200;
}

}  // namespace orpheus::http
