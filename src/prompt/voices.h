#pragma once
// The voices that Orpheus checkpoints were trained on, and the names that OpenAI's clients send.

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace orpheus::prompt {

struct Voice {
  std::string name;         // as the prompt says it
  std::string language;     // ISO 639-1: en fr de ko hi zh es it; empty where unknown
  std::string gender;       // "female", "male"; empty where unknown
  std::string description;  // its character, a word or two; may be empty
};

// Every voice of the published checkpoints, tara first.
std::span<const Voice> published_voices();

// The voices of these names, in this order; one that is not published speaks this language, and
// gets no description.
std::vector<Voice> voices_named(std::span<const std::string> names, std::string_view language = {});

// The published voices of the languages that a checkpoint's name says ("Orpheus-3b-French-FT"); the
// English ones where it says none.
std::vector<Voice> voices_of_checkpoint(std::string_view name);

// The Orpheus voice that stands in for one of OpenAI's names (alloy, nova, …), if it is one.
std::optional<std::string_view> voice_for_openai_name(std::string_view name);

// What is done with a name that is neither a voice's nor one of OpenAI's.
enum class UnknownVoice {
  kRefuse,
  kAccept,  // spoken as it is: the model may know more names than its file lists
  kFirst,   // the first voice speaks
};

// The voice a request means: the first for an empty name, an exact name, or for one of OpenAI's
// names its stand-in, the first voice where that is not among them. The published English names,
// which clients send by habit, mean the first voice of a model that has no published voice at all.
// Errors: kNotFound, with the names there are; kUsage (a name to accept that is longer than 64
// bytes, or holds what is not printable, or a colon).
Result<Voice> find_voice(std::span<const Voice> voices, std::string_view name,
                         UnknownVoice unknown = UnknownVoice::kRefuse);

}  // namespace orpheus::prompt
