#pragma once
// For tests: a server that answers each connection with exactly the bytes that a script sends, so
// that it can be slow, cut a response off, or send a wrong length.

#include <algorithm>
#include <functional>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

namespace orpheus::net {

// A connection, for the script. Use it on the script's thread only.
class Peer {
 public:
  explicit Peer(int socket) : socket_(socket) {}

  // Head and body, by Content-Length; empty if the client has closed the connection.
  std::string read_request() {
    size_t end = std::string::npos;
    while ((end = input_.find("\r\n\r\n")) == std::string::npos) {
      if (!read_more()) return {};
    }
    size_t length = end + 4;
    constexpr std::string_view kLength = "\r\ncontent-length: ";
    std::string head = input_.substr(0, end);
    std::transform(head.begin(), head.end(), head.begin(), [](char c) {
      return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
    });
    if (const size_t at = head.find(kLength); at != std::string::npos)
      length += std::stoul(head.substr(at + kLength.size()));
    while (input_.size() < length) {
      if (!read_more()) return {};
    }
    std::string request = input_.substr(0, length);
    input_.erase(0, length);
    return request;
  }
  // False when the client has left.
  bool send(std::string_view bytes) const {
    while (!bytes.empty()) {
      const ssize_t sent = ::send(socket_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
      if (sent <= 0) return false;
      bytes.remove_prefix(static_cast<size_t>(sent));
    }
    return true;
  }
  // A whole answer, its length among the headers (each of which ends in "\r\n").
  bool answer(int status, std::string_view body, std::string_view headers = "") const {
    return send("HTTP/1.1 " + std::to_string(status) +
                " Scripted\r\nContent-Length: " + std::to_string(body.size()) + "\r\n" +
                std::string(headers) + "\r\n" + std::string(body));
  }
  // Sends a response's head; its body follows in chunks and ends with an empty chunk.
  bool begin_chunks(std::string_view headers = "") const {
    return send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n" + std::string(headers) +
                "\r\n");
  }
  bool send_chunk(std::string_view bytes) const {
    static constexpr std::string_view kDigits = "0123456789abcdef";
    std::string size;
    for (size_t rest = bytes.size(); rest > 0 || size.empty(); rest /= 16)
      size.insert(size.begin(), kDigits[rest % 16]);
    return send(size + "\r\n" + std::string(bytes) + "\r\n");
  }
  // Says nothing until the client leaves.
  void wait_for_end() {
    while (read_more()) input_.clear();
  }
  // As a proxy does after CONNECT: passes bytes both ways between the client and 127.0.0.1:port.
  void tunnel(uint16_t port) {
    const int other = ::socket(AF_INET, SOCK_STREAM, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (::connect(other, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0) {
      std::thread back([&] { pass(other, socket_); });
      pass(socket_, other);
      back.join();
    }
    ::close(other);
  }
  // The connection breaks with a reset when the script ends, rather than closes.
  void reset() const {
    const linger at_once{.l_onoff = 1, .l_linger = 0};
    ::setsockopt(socket_, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
  }

 private:
  static void pass(int from, int to) {
    char bytes[4096];
    for (ssize_t got = 0; (got = ::recv(from, bytes, sizeof bytes, 0)) > 0;) {
      if (::send(to, bytes, static_cast<size_t>(got), MSG_NOSIGNAL) != got) break;
    }
    ::shutdown(from, SHUT_RDWR);
    ::shutdown(to, SHUT_RDWR);
  }
  bool read_more() {
    char bytes[4096];
    const ssize_t got = ::recv(socket_, bytes, sizeof bytes, 0);
    if (got > 0) input_.append(bytes, static_cast<size_t>(got));
    return got > 0;
  }

  int socket_;
  std::string input_;
};

class ScriptedServer {
 public:
  // Runs for each connection on a separate thread. The connection closes when it returns.
  using Script = std::function<void(Peer&)>;

  // Listens at 127.0.0.1, at a free port unless one is given.
  explicit ScriptedServer(Script script, uint16_t port = 0)
      : script_(std::move(script)), listener_(::socket(AF_INET, SOCK_STREAM, 0)) {
    const int yes = 1;
    ::setsockopt(listener_, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    auto* generic = reinterpret_cast<sockaddr*>(&address);
    if (::bind(listener_, generic, sizeof address) == 0 && ::listen(listener_, 64) == 0 &&
        ::getsockname(listener_, generic, &size) == 0)
      port_ = ntohs(address.sin_port);
    acceptor_ = std::thread([this] { accept(); });
  }
  // Breaks off what is in progress.
  ~ScriptedServer() {
    {
      const std::lock_guard lock(mutex_);
      stopping_ = true;
      for (const int socket : open_) ::shutdown(socket, SHUT_RDWR);
    }
    ::shutdown(listener_, SHUT_RDWR);
    acceptor_.join();
    ::close(listener_);
    for (std::thread& thread : threads_) thread.join();
  }
  ScriptedServer(const ScriptedServer&) = delete;
  ScriptedServer& operator=(const ScriptedServer&) = delete;

  uint16_t port() const { return port_; }  // 0: it could not listen
  std::string url(std::string_view path = "/") const {
    return "http://127.0.0.1:" + std::to_string(port_) + std::string(path);
  }

 private:
  void accept() {
    while (true) {
      const int socket = ::accept(listener_, nullptr, nullptr);
      const std::lock_guard lock(mutex_);
      if (socket < 0 || stopping_) {
        if (socket >= 0) ::close(socket);
        return;
      }
      open_.push_back(socket);
      threads_.emplace_back([this, socket] { serve(socket); });
    }
  }
  void serve(int socket) {
    Peer peer(socket);
    script_(peer);
    const std::lock_guard lock(mutex_);
    std::erase(open_, socket);
    ::close(socket);
  }

  const Script script_;
  const int listener_;
  uint16_t port_ = 0;
  std::mutex mutex_;
  bool stopping_ = false;
  std::vector<int> open_;
  std::vector<std::thread> threads_;
  std::thread acceptor_;
};

// A port at which no server listens.
inline uint16_t free_port() {
  return ScriptedServer([](Peer&) {}).port();
}

}  // namespace orpheus::net
