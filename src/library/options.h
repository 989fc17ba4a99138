#pragma once
// All that a synthesiser is put together from. Filled by config/. A plain value.

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
  std::filesystem::path
      model;  // a GGUF of architecture llama; empty with codec empty: the built-in voice
  // With addresses in it the language model is elsewhere; model, if given, is its vocabulary alone.
  remote::Options remote;
  // Beside it, for other voices and languages: each request goes to the model that has its voice.
  std::vector<std::string> more_models;
  std::filesystem::path codec;            // a GGUF of architecture snac, for all of them
  std::vector<std::string> added_voices;  // names that the model knows and its file does not list
  std::filesystem::path data_folder;      // where a voice of random weights is kept
  tensor::DeviceOptions device;
  std::string codec_device;  // empty: the first of the model's
  engine::Options engine;
  snac::Options codec_arithmetic;
  speech::Options speech;
};

}  // namespace orpheus::library
