#include "config/open_server.h"

namespace orpheus::config {
std::optional<std::string> warning_of_open_server(const http::Options& server) {
  if (server.host == "localhost" || http::is_loopback(server.host) || !server.keys.empty() ||
      !server.admin_keys.empty())
    return std::nullopt;
  return "ANYBODY WHO REACHES " + server.host +
         " MAY USE THIS SERVER: it listens beyond this machine and asks for no key. Set "
         "ORPHEUS_SERVER_KEYS, or let it listen at 127.0.0.1.";
}

}  // namespace orpheus::config
