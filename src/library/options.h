#pragma once
// Everything that a user can choose about a synthesiser. Filled by config/ and by the C interface.
// A plain value.

#include <filesystem>
#include <string>
#include <vector>

#include "lm/engine/options.h"
#include "lm/remote/options.h"
#include "snac/options.h"
#include "speech/options.h"
#include "tensor/options.h"

namespace orpheus::library {

struct Options {
  std::filesystem::path model;  // GGUF of a llama; model and codec empty: the built-in voice
  // If it has URLs, the language model runs on these servers. A local model file is then read only
  // for its vocabulary, ids and voices.
  remote::Options remote;
  // Further models. A request uses the model that has its voice, or else speaks its language.
  std::vector<std::string> more_models;
  std::filesystem::path codec;            // GGUF of architecture snac, for all models
  std::vector<std::string> added_voices;  // trained voices that the file does not list
  std::filesystem::path data_folder;      // for a built-in voice of random weights
  bool data_folder_is_temporary = false;  // in /tmp: made private before use
  tensor::DeviceOptions device;
  std::string codec_device;  // empty: the first device of the model's first replica
  engine::Options engine;
  snac::Options decoder;
  speech::Options speech;

  bool operator==(const Options&) const = default;
};

}  // namespace orpheus::library
