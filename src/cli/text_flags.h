#pragma once
// Flags for reading a text: format, speakers, parts to leave out. For the main
// thread.

#include <string>
#include <string_view>
#include <vector>

#include <CLI/CLI.hpp>

#include "base/result.h"
#include "speech/synthesiser.h"

namespace orpheus::cli {

struct TextOptions {
  std::string format;  // empty: by the file's ending
  std::vector<std::string> cast;
  bool says_code = true;
  bool drops_thoughts = true;
  bool refuses_unknown_tags = false;
  bool names_emoji = false;
};

void add_text_flags(CLI::App& command, TextOptions& options);

// file: the text's file; empty for a text on the command line. Errors: kUsage (an unknown format, a
// cast that is not NAME=VOICE).
Result<void> obey(const TextOptions& options, std::string_view file, speech::Request& request);

}  // namespace orpheus::cli
