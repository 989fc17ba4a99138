#pragma once
// Settings of a speech. Filled by config/.

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <limits>
#include <memory>

#include "text/lexicon.h"

namespace orpheus::speech {

// How a speech treats pieces that do not say each word of their text, once (proven_piece.h).
enum class ProofMode {
  // kOn for a speech that is heard while it is made, else kStrict; kOff if the model's file does
  // not
  // name its alignment heads
  kAuto,
  kOff,     // as they are
  kOn,      // a piece that fails ends behind its last proven word, and the rest is made anew
  kStrict,  // no sound of a piece is handed out before the piece is proven; else it is made anew
};

struct Options {
  size_t max_text_code_points = 32768;
  size_t max_piece_code_points = 400;  // greatest length of a piece
  // Greatest length of a piece if its voice reads slowly (longest_seconds). A pipeline lowers it to
  // what its language model can generate at a time.
  double max_piece_seconds = std::numeric_limits<double>::infinity();
  std::filesystem::path lexicon_file;            // pronunciations of all requests; empty: none
  std::shared_ptr<const text::Lexicon> lexicon;  // that file's contents, once it was read
  // Silence before the first sound of a speech that is heard while it is made; the rest is dropped.
  int64_t live_silence_ms = 30;
  // kOn and kStrict need a model whose attention tells which words are spoken
  // (Pipeline::prepare_proof).
  ProofMode proof = ProofMode::kAuto;
  size_t max_parallel_pieces = 4;  // pieces of a text in generation, with the played one

  bool operator==(const Options&) const = default;
};

}  // namespace orpheus::speech
