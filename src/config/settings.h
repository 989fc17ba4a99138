#pragma once
// Every setting of the program in one value. Precedence: flag, then environment, then default; the
// commands bind their flags to a Settings that the environment has already filled. A
// plain value, for the main thread.

#include "http/options.h"
#include "library/options.h"
#include "lm/language_model.h"

namespace orpheus::config {

struct Settings {
  library::Options voice;
  http::Options server;
  lm::SamplingOptions sampling;
  int max_tokens = 8192;
};

}  // namespace orpheus::config
