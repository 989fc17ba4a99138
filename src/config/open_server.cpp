#include "config/open_server.h"

#include <arpa/inet.h>

namespace orpheus::config {
namespace {

bool is_loopback(const std::string& host) {
  if (host == "localhost") return true;
  in_addr v4{};
  if (::inet_pton(AF_INET, host.c_str(), &v4) == 1) return (ntohl(v4.s_addr) >> 24U) == 127;
  in6_addr v6{};
  if (::inet_pton(AF_INET6, host.c_str(), &v6) != 1) return false;
  return IN6_IS_ADDR_LOOPBACK(&v6) || (IN6_IS_ADDR_V4MAPPED(&v6) && v6.s6_addr[12] == 127);
}

}  // namespace

std::optional<std::string> warning_of_open_server(const http::Options& server) {
  if (is_loopback(server.host) || !server.keys.empty() || !server.admin_keys.empty())
    return std::nullopt;
  return "ANYBODY WHO REACHES " + server.host +
         " MAY USE THIS SERVER: it listens beyond this machine and asks for no key. Set "
         "ORPHEUS_SERVER_KEYS, or let it listen at 127.0.0.1.";
}

}  // namespace orpheus::config
