#include "config/open_server.h"

namespace orpheus::config {
namespace {

bool is_of_this_machine(const std::string& host) {
  return host == "localhost" || http::is_loopback(host);
}

}  // namespace

std::optional<std::string> warning_of_open_server(const http::Options& server) {
  if (is_of_this_machine(server.host) || !server.keys.empty() || !server.admin_keys.empty())
    return std::nullopt;
  return "ANYONE WHO CAN REACH " + server.host +
         " CAN USE THIS SERVER: it accepts connections from other machines and needs no key. Set "
         "ORPHEUS_SERVER_KEYS, or set ORPHEUS_HOST to 127.0.0.1.";
}

std::optional<std::string> warning_of_open_wyoming(const std::string& host,
                                                   const wyoming::Options& wyoming) {
  if (!wyoming.port || is_of_this_machine(host)) return std::nullopt;
  return "ANYONE WHO CAN REACH " + host +
         " CAN SPEAK THROUGH THE WYOMING PORT: Wyoming has no keys and no encryption, also if "
         "ORPHEUS_SERVER_KEYS is set. Let a firewall admit only Home Assistant, or set "
         "ORPHEUS_HOST to 127.0.0.1.";
}

}  // namespace orpheus::config
