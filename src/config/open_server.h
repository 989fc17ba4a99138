#pragma once
// Warnings for servers that let everybody in. Pure functions.

#include <optional>
#include <string>

#include "http/options.h"
#include "wyoming/options.h"

namespace orpheus::config {

// The warning for a server that listens beyond this machine and needs no key for speech; nothing
// for others. A host name other than "localhost" counts as beyond.
std::optional<std::string> warning_of_open_server(const http::Options& server);

// The warning for a Wyoming server beyond this machine, which has no keys; nothing for others.
std::optional<std::string> warning_of_open_wyoming(const std::string& host,
                                                   const wyoming::Options& wyoming);

}  // namespace orpheus::config
