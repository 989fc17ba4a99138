#include "prompt/voices.h"

#include <algorithm>
#include <array>

#include "base/utf8.h"

namespace orpheus::prompt {
namespace {

struct StandIn {
  std::string_view openai_name;
  std::string_view name;
};

// Chosen by gender and character, from descriptions of OpenAI's voices.
constexpr std::array kStandIns = {
    StandIn{"alloy", "tara"}, StandIn{"ash", "dan"},    StandIn{"ballad", "zac"},
    StandIn{"cedar", "dan"},  StandIn{"coral", "leah"}, StandIn{"echo", "dan"},
    StandIn{"fable", "zac"},  StandIn{"marin", "mia"},  StandIn{"nova", "jess"},
    StandIn{"onyx", "leo"},   StandIn{"sage", "zoe"},   StandIn{"shimmer", "leah"},
    StandIn{"verse", "zac"},
};

// Words for languages in the names of checkpoint files.
struct Language {
  std::string_view code;
  std::string_view word;
};
constexpr std::array kLanguages = {
    Language{"en", "english"},  Language{"fr", "french"},  Language{"de", "german"},
    Language{"ko", "korean"},   Language{"hi", "hindi"},   Language{"zh", "chinese"},
    Language{"zh", "mandarin"}, Language{"es", "spanish"}, Language{"it", "italian"},
};

const Voice* find_exactly(std::span<const Voice> voices, std::string_view name) {
  const auto found = std::find_if(voices.begin(), voices.end(),
                                  [&](const Voice& voice) { return voice.name == name; });
  return found == voices.end() ? nullptr : &*found;
}

// None of these is a published voice.
bool has_names_of_its_own(std::span<const Voice> voices) {
  return std::none_of(voices.begin(), voices.end(), [](const Voice& voice) {
    return find_exactly(published_voices(), voice.name) != nullptr;
  });
}

// Every voice with the further names that mean it: "tara (also alloy), leah (also coral, shimmer)".
std::string names_of(std::span<const Voice> voices) {
  std::string names;
  for (const Voice& voice : voices) {
    std::string also;
    const auto add = [&also](std::string_view name) {
      also += (also.empty() ? " (also " : ", ") + std::string(name);
    };
    const bool is_first = voice.name == voices.front().name;
    for (const StandIn& stand_in : kStandIns) {
      if (stand_in.name == voice.name ||
          (is_first && find_exactly(voices, stand_in.name) == nullptr))
        add(stand_in.openai_name);
    }
    if (is_first && has_names_of_its_own(voices)) {
      for (const Voice& published : published_voices())
        if (published.language == "en") add(published.name);
    }
    names += (names.empty() ? "" : ", ") + voice.name + (also.empty() ? "" : also + ")");
  }
  return names;
}

// The name becomes a part of the prompt "NAME: text", so it is checked.
Result<Voice> voice_as_named(std::string_view name) {
  constexpr size_t kMaxNameBytes = 64;
  if (name.size() <= kMaxNameBytes && printable(name) == name &&
      name.find_first_of(":<>") == std::string_view::npos) {
    return Voice{std::string(name), {}, {}, {}};
  }
  return fail({.kind = ErrorKind::kUsage,
               .what = "invalid voice name",
               .expected = "at most 64 bytes of letters and digits, without ':', '<' and '>'",
               .found = "'" + printable_excerpt(name, kMaxNameBytes) + "'"});
}

}  // namespace

std::span<const Voice> published_voices() {
  static const std::vector<Voice> voices = {
      {"tara", "en", "female", "conversational"},
      {"leah", "en", "female", "warm"},
      {"jess", "en", "female", "energetic"},
      {"leo", "en", "male", "authoritative"},
      {"dan", "en", "male", "friendly"},
      {"mia", "en", "female", "professional"},
      {"zac", "en", "male", "enthusiastic"},
      {"zoe", "en", "female", "calm"},
      {"pierre", "fr", "male", ""},
      {"amelie", "fr", "female", ""},
      {"marie", "fr", "female", ""},
      {"jana", "de", "female", ""},
      {"thomas", "de", "male", ""},
      {"max", "de", "male", ""},
      {"유나", "ko", "female", ""},
      {"준서", "ko", "male", ""},
      {"ऋतिका", "hi", "female", ""},
      {"长乐", "zh", "female", ""},
      {"白芷", "zh", "female", ""},
      {"javi", "es", "male", ""},
      {"sergio", "es", "male", ""},
      {"maria", "es", "female", ""},
      {"pietro", "it", "male", ""},
      {"giulia", "it", "female", ""},
      {"carlo", "it", "male", ""},
  };
  return voices;
}

namespace {

// Of the small voices that tools/voice makes: the speakers of CMU ARCTIC as flite has them.
std::span<const Voice> small_voices() {
  static const std::vector<Voice> voices = {{"rms", "en", "male", "plain"},
                                            {"slt", "en", "female", "plain"},
                                            {"awb", "en", "male", "plain"}};
  return voices;
}

}  // namespace

std::vector<Voice> voices_named(std::span<const std::string> names, std::string_view language) {
  std::vector<Voice> voices;
  voices.reserve(names.size());
  for (const std::string& name : names) {
    const Voice* published = find_exactly(published_voices(), name);
    if (published == nullptr) published = find_exactly(small_voices(), name);
    voices.push_back(published != nullptr ? *published
                                          : Voice{name, std::string(language), {}, {}});
  }
  return voices;
}

std::vector<Voice> voices_of_checkpoint(std::string_view name) {
  std::string lower(name);
  std::transform(lower.begin(), lower.end(), lower.begin(),
                 [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; });
  const auto says = [&](const Language& language) {
    return lower.find(language.word) != std::string::npos;
  };
  const bool any = std::any_of(kLanguages.begin(), kLanguages.end(), says);
  std::vector<Voice> voices;
  for (const Voice& voice : published_voices()) {
    const auto speaks = [&](const Language& language) {
      return voice.language == language.code && says(language);
    };
    if (any ? std::any_of(kLanguages.begin(), kLanguages.end(), speaks) : voice.language == "en")
      voices.push_back(voice);
  }
  return voices;
}

std::optional<std::string_view> voice_for_openai_name(std::string_view name) {
  const auto found = std::find_if(kStandIns.begin(), kStandIns.end(), [&](const StandIn& stand_in) {
    return stand_in.openai_name == name;
  });
  if (found == kStandIns.end()) return std::nullopt;
  return found->name;
}

std::string no_such_voice(std::string_view name) {
  return "there is no voice '" + std::string(name) + "'";
}

Result<Voice> find_voice(std::span<const Voice> voices, std::string_view name,
                         UnknownVoice unknown) {
  if (voices.empty())
    return fail({.kind = ErrorKind::kNotFound, .what = "the model has no voices"});
  if (name.empty()) return voices.front();
  if (const Voice* voice = find_exactly(voices, name)) return *voice;
  if (const auto stand_in = voice_for_openai_name(name)) {
    const Voice* voice = find_exactly(voices, *stand_in);
    return voice != nullptr ? *voice : voices.front();
  }
  if (unknown == UnknownVoice::kFirst) return voices.front();
  if (unknown == UnknownVoice::kAccept) return voice_as_named(name);
  const Voice* published = find_exactly(published_voices(), name);
  if (published != nullptr && published->language == "en" && has_names_of_its_own(voices))
    return voices.front();
  return fail({.kind = ErrorKind::kNotFound,
               .what = no_such_voice(name),
               .expected = "one of " + names_of(voices),
               .remedy = "Choose one of these voices."});
}

}  // namespace orpheus::prompt
