#pragma once
// The source of models. Filled by config/. A plain value.

#include <string>

namespace orpheus::models {

struct Options {
  std::string hub_url = "https://huggingface.co";  // or a mirror of its addresses
  std::string token;                               // of private files; empty: none
};

}  // namespace orpheus::models
