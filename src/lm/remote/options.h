#pragma once
// Settings of a language model elsewhere. Filled by config/. A plain value.

#include <string>
#include <vector>

namespace orpheus::remote {

struct Options {
  // Of one server each; any address that people know their server by: http://HOST:PORT, …/v1,
  // …/v1/completions, …/completion. Empty: the language model is not elsewhere.
  std::vector<std::string> urls;
  std::string api_key;          // sent as "Authorization: Bearer KEY"; empty: none is sent
  std::string model;            // the name to ask for; empty: the one that the server has
  int timeout_s = 120;          // without a token
  int max_requests = 32;        // at all servers at once; further ones wait here
  std::string ca_certificates;  // a PEM file of those who vouch for servers; empty: the system's

  bool operator==(const Options&) const = default;
};

}  // namespace orpheus::remote
