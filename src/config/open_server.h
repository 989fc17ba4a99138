#pragma once
// Whether a server lets everybody in, for a warning at its start. A pure function.

#include <optional>
#include <string>

#include "http/options.h"

namespace orpheus::config {

// What to tell of a server that listens beyond this machine and asks for no key for speech; nothing
// for others. A name but "localhost" counts as beyond.
std::optional<std::string> warning_of_open_server(const http::Options& server);

}  // namespace orpheus::config
