#pragma once
// Settings of a speech. Filled by config/.

#include <cstddef>
#include <filesystem>
#include <memory>

#include "text/lexicon.h"

namespace orpheus::speech {

struct Options {
  size_t max_text_code_points = 32768;
  size_t max_piece_code_points = 400;  // a text is spoken in pieces of at most this length
  std::filesystem::path lexicon_file;  // pronunciations of all requests; empty: none
  std::shared_ptr<const text::Lexicon> lexicon;  // that file's, once it has been read
  size_t max_parallel_pieces = 4;  // of one text: the one that is heard and those after it

  bool operator==(const Options&) const = default;
};

}  // namespace orpheus::speech
