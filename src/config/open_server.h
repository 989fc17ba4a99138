#pragma once
// A warning for servers that let everybody in. A pure function.

#include <optional>
#include <string>

#include "http/options.h"

namespace orpheus::config {

// The warning for a server that listens beyond this machine and needs no key for speech; nothing
// for others. A host name other than "localhost" counts as beyond.
std::optional<std::string> warning_of_open_server(const http::Options& server);

}  // namespace orpheus::config
