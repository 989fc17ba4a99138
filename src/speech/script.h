#pragma once
// Prepares a request's text: reads markup, normalises, applies pronunciations, replaces numbers by
// words, rewrites it in the voice's characters, splits it into pieces. Each piece has a voice and
// its position in the request's text. Pure; may be called from any thread.

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "prompt/voices.h"
#include "speech/options.h"
#include "speech/synthesiser.h"
#include "text/fold.h"
#include "text/markup/arriving.h"
#include "text/spanned.h"
#include "text/split.h"

namespace orpheus::speech {

struct ScriptPiece {
  text::Spanned text;  // origins: byte offsets in the request's text
  text::PieceEnd end = text::PieceEnd::kParagraph;
  prompt::Voice voice;
  double rate = 1.0;
  int64_t pause_ms = 0;  // the text's pause after this piece; 0: decided by `end`
};

struct Script {
  prompt::Voice voice;              // the request's
  int64_t lead_ms = 0;              // silence before the first piece
  std::vector<ScriptPiece> pieces;  // not empty, except for a stretch
};

// voices: those of the speaking model, not empty. Errors: kUsage (nothing to speak, not UTF-8, an
// invalid control), kNotFound (an unknown voice), kLimit (the text is longer than the options
// allow, or its pauses are too long).
Result<Script> write_script(const Request& request, std::span<const prompt::Voice> voices,
                            const text::Habits& habits, const Options& options);

// The error for a text without words.
Error nothing_to_speak(std::string_view text);
bool is_nothing_to_speak(const Error& error);

// The script of one stretch of a text that is still arriving. Its pieces may be none. Origins:
// byte offsets in the text. Errors: as above, without an error for a stretch that has no words.
Result<Script> write_script(const text::markup::Stretch& stretch, const Request& request,
                            std::span<const prompt::Voice> voices, const text::Habits& habits,
                            const Options& options);

}  // namespace orpheus::speech
