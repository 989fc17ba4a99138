#include "config/open_server.h"

namespace orpheus::config {
std::optional<std::string> warning_of_open_server(const http::Options& server) {
  if (server.host == "localhost" || http::is_loopback(server.host) || !server.keys.empty() ||
      !server.admin_keys.empty())
    return std::nullopt;
  return "ANYONE WHO CAN REACH " + server.host +
         " CAN USE THIS SERVER: it accepts connections from other machines and needs no key. Set "
         "ORPHEUS_SERVER_KEYS, or set ORPHEUS_HOST to 127.0.0.1.";
}

}  // namespace orpheus::config
