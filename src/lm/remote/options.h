#pragma once
// Settings of a remote language model. Filled by config/. A plain value.

#include <string>
#include <vector>

namespace orpheus::remote {

struct Options {
  // One address for each server, in any form: http://HOST:PORT, …/v1, …/v1/completions,
  // …/completion. Empty: the language model runs here.
  std::vector<std::string> urls;
  std::string api_key;          // sent as "Authorization: Bearer KEY"; empty: none is sent
  std::string model;            // the model's name in requests; empty: the server's own
  int timeout_s = 120;          // longest time without a token
  int max_requests = 32;        // at all servers together; further ones wait here
  std::string proxy;            // to all of them, http://HOST:PORT; empty: the environment's, but
                                // none to addresses of this machine
  std::string ca_certificates;  // a PEM file of certificate authorities; empty: the system's
  std::string ca_certificates_given_by;  // what names this file, for errors

  bool operator==(const Options&) const = default;
};

}  // namespace orpheus::remote
