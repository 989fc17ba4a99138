#pragma once
// The voices of the published checkpoints, and stand-ins for the names of OpenAI's clients.

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace orpheus::prompt {

struct Voice {
  std::string name;         // as written in the prompt
  std::string language;     // ISO 639-1: en fr de ko hi zh es it; empty where unknown
  std::string gender;       // "female", "male"; empty where unknown
  std::string description;  // its character, a word or two; may be empty
};

// Every voice of the published checkpoints, tara first.
std::span<const Voice> published_voices();

// The voices with these names, in this order. A name that is not a published or small voice's gets
// this language and no description.
std::vector<Voice> voices_named(std::span<const std::string> names, std::string_view language = {});

// The published voices of the languages in a checkpoint's name ("Orpheus-3b-French-FT"); the
// English ones if it names no language.
std::vector<Voice> voices_of_checkpoint(std::string_view name);

// The Orpheus voice that replaces one of OpenAI's voices (alloy, nova, …), if the name is one.
std::optional<std::string_view> voice_for_openai_name(std::string_view name);

// The message of find_voice's error for an unknown name.
std::string no_such_voice(std::string_view name);

// What to do with a name that is not a voice's and not one of OpenAI's.
enum class UnknownVoice {
  kRefuse,
  kAccept,  // the name is used as it is: the model may know more names than its file lists
  kFirst,   // the first voice speaks
};

// The voice for a request's name. An empty name is the first voice. Other names are compared
// exactly. One of OpenAI's names is its stand-in, or the first voice if the stand-in is not listed.
// If the model has no published voice at all, the published English names, which clients send by
// habit, mean its first voice. Errors: kNotFound, with each existing name and its further names;
// kUsage (an accepted name that is longer than 64 bytes, or contains a colon or unprintable
// characters).
Result<Voice> find_voice(std::span<const Voice> voices, std::string_view name,
                         UnknownVoice unknown = UnknownVoice::kRefuse);

}  // namespace orpheus::prompt
