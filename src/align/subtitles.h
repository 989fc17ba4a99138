#pragma once
// Subtitles of a speech: its words in cues of one or two short lines, and the formats SubRip (.srt)
// and WebVTT (.vtt). The limits are those of Netflix's timed text guides. Pure; from any thread.

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "align/caption_word.h"

namespace orpheus::align {

// Columns: a Latin letter has one, a Chinese character two.
struct SubtitleLimits {
  int columns = 42;                   // of a line
  double characters_per_second = 20;  // a cue stays longer for it, if the next one leaves time
  int64_t least_ms = 833;             // that a cue stays, if the next one leaves time
  int64_t most_ms = 7000;
  int64_t gap_ms = 84;  // between cues: two frames of a film
};

// The usual limits of a language (ISO 639-1): Chinese 16 characters of two columns in a line and 9
// a second, Japanese 13 and 4, Korean 16 and 12; all others as above.
SubtitleLimits limits_for(std::string_view language);

struct Cue {
  int64_t begin_ms = 0;
  int64_t end_ms = 0;              // behind begin_ms
  std::vector<std::string> lines;  // one or two, none empty
  bool operator==(const Cue&) const = default;
};

// Cues in order, without overlap. Each begins with its first word. Lines are no longer than the
// limits; a longer word is divided. Cues end at sentences and clauses where that is possible, and
// at pauses.
std::vector<Cue> cues_of(std::span<const CaptionWord> words, const SubtitleLimits& limits);

std::string srt_of(std::span<const Cue> cues);
std::string vtt_of(std::span<const Cue> cues);

}  // namespace orpheus::align
