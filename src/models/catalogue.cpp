#include "models/catalogue.h"

#include <algorithm>
#include <array>

#include "base/nearest_name.h"
#include "base/utf8.h"

namespace orpheus::models {
namespace {

constexpr double kGigabyte = 1e9;

struct Language {
  std::string_view name;
  std::string_view code;
  std::string_view best;  // the type that suits most machines
};

constexpr std::array kLanguages = {
    Language{"english", "en", "q4_k_m"},       Language{"french", "fr", "q8_0"},
    Language{"german", "de", "q8_0"},          Language{"korean", "ko", "q8_0"},
    Language{"hindi", "hi", "q8_0"},           Language{"chinese", "zh", "q8_0"},
    Language{"italian-spanish", "it", "q8_0"}, Language{"italian-spanish", "es", "q8_0"},
    Language{"italian", "", "q8_0"},           Language{"spanish", "", "q8_0"}};

// "italian-spanish" → "Italian, Spanish".
std::string spelled_out(std::string_view name) {
  std::string text;
  bool begins = true;
  for (const char c : name) {
    text += c == '-' ? ", " : std::string(1, begins ? static_cast<char>(c - 'a' + 'A') : c);
    begins = c == '-';
  }
  return text;
}

Entry voice(const std::string& language, const std::string& type, const std::string& repository,
            const std::string& file, double gigabytes) {
  return {.name = language + "-" + type,
          .kind = Kind::kVoice,
          .language = spelled_out(language),
          .repository = repository,
          .files = {file},
          .installed = file,
          .about_bytes = static_cast<uint64_t>(gigabytes * kGigabyte)};
}

// These repositories are named like their file.
Entry named_as_repository(const std::string& language, const std::string& type,
                          const std::string& file, double gigabytes) {
  return voice(language, type, "lex-au/" + file, file, gigabytes);
}

Entry of_unsloth(const std::string& type, const std::string& suffix, double gigabytes) {
  return voice("english", type, "unsloth/orpheus-3b-0.1-ft-GGUF",
               "orpheus-3b-0.1-ft-" + suffix + ".gguf", gigabytes);
}

// Sizes are computed from 3.30 or 3.78 billion weights. They are for the check of free space if the
// server does not tell the true size.
std::vector<Entry> make_catalogue() {
  std::vector<Entry> all = {
      voice("english", "q4_k_m", "isaiahbjork/orpheus-3b-0.1-ft-Q4_K_M-GGUF",
            "orpheus-3b-0.1-ft-q4_k_m.gguf", 2.4),
      named_as_repository("english", "q8_0", "Orpheus-3b-FT-Q8_0.gguf", 4.0),
      named_as_repository("english", "q4_k_m-lex", "Orpheus-3b-FT-Q4_K_M.gguf", 2.4),
      named_as_repository("english", "q2_k", "Orpheus-3b-FT-Q2_K.gguf", 1.6),
      of_unsloth("q3_k_m", "Q3_K_M", 1.9),
      of_unsloth("q5_k_m", "Q5_K_M", 2.7),
      of_unsloth("q6_k", "Q6_K", 3.1),
      of_unsloth("f16", "F16", 7.6),
  };
  for (const auto& [language, part] : std::initializer_list<std::pair<const char*, const char*>>{
           {"french", "French"},
           {"german", "German"},
           {"korean", "Korean"},
           {"hindi", "Hindi"},
           {"chinese", "Chinese"},
           {"italian-spanish", "Italian_Spanish"}}) {
    all.push_back(named_as_repository(language, "q8_0",
                                      "Orpheus-3b-" + std::string(part) + "-FT-Q8_0.gguf", 4.0));
  }
  all.push_back({.name = std::string(kCodecName),
                 .kind = Kind::kCodec,
                 .repository = "hubertsiuzdak/snac_24khz",
                 .files = {"config.json", "pytorch_model.bin"},
                 .installed = "snac_24khz.gguf",
                 .about_bytes = 79'500'000});
  return all;
}

std::string lower(std::string_view text) {
  std::string result(text);
  for (char& c : result)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  return result;
}

// "french", "fr" and "italian" become the name of an entry. Other names stay as they are.
std::string full_name(const std::string& name) {
  for (const Language& language : kLanguages) {
    if (name != language.name && (language.code.empty() || name != language.code)) continue;
    const bool both = language.name == "italian" || language.name == "spanish";
    return (both ? "italian-spanish" : std::string(language.name)) + "-" +
           std::string(language.best);
  }
  return name;
}

bool is_plain(std::string_view part) {
  return !part.empty() && !part.starts_with('.') && std::ranges::all_of(part, [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
           c == '_' || c == '.';
  });
}

Result<Entry> any_file(std::string_view name) {
  constexpr std::string_view kEnding = ".gguf";
  const size_t first = name.find('/');
  const size_t second = name.find('/', first + 1);
  const std::string_view file = second == name.npos ? "" : name.substr(second + 1);
  if (second == name.npos || !is_plain(name.substr(0, first)) ||
      !is_plain(name.substr(first + 1, second - first - 1)) || !is_plain(file) ||
      !lower(file).ends_with(kEnding)) {
    return fail({.kind = ErrorKind::kUsage,
                 .what = "'" + std::string(name) + "' is not the path of a file on the hub",
                 .expected = "OWNER/REPOSITORY/FILE.gguf with letters, digits, '-', '_' and '.'"});
  }
  // Two repositories may have files of one name, so the repository's name is added. No part of a
  // name contains a '+'.
  std::string installed(name.substr(0, name.size() - kEnding.size()));
  std::ranges::replace(installed, '/', '+');
  return Entry{.name = installed,
               .repository = std::string(name.substr(0, second)),
               .files = {std::string(file)},
               .installed = installed + std::string(kEnding)};
}

// "Did you mean 'english'? ", or nothing.
std::string guess_at(std::string_view name) {
  std::vector<std::string_view> names;
  for (const Language& language : kLanguages) names.push_back(language.name);
  for (const Entry& entry : catalogue()) names.push_back(entry.name);
  const std::string_view nearest = nearest_name(name, names);
  return nearest.empty() ? "" : "Did you mean '" + std::string(nearest) + "'? ";
}

}  // namespace

std::span<const Entry> catalogue() {
  static const std::vector<Entry> entries = make_catalogue();
  return entries;
}

Result<Entry> find_entry(std::string_view name) {
  if (name.find('/') != name.npos) return any_file(name);
  const std::string wanted = full_name(lower(name));
  std::string known;
  for (const Entry& entry : catalogue()) {
    if (entry.name == wanted) return entry;
    known += (known.empty() ? "" : ", ") + entry.name;
  }
  return fail({.kind = ErrorKind::kNotFound,
               .what = "unknown model '" + printable_excerpt(name, 80) + "'",
               .expected = known,
               .remedy = guess_at(lower(name)) + "'orpheus models' lists the known ones; "
                                                 "OWNER/REPOSITORY/FILE.gguf downloads any file."});
}

std::string address_of(const std::string& hub_url, const Entry& entry, const std::string& file) {
  std::string address = hub_url;
  while (address.ends_with('/')) address.pop_back();
  return address + "/" + entry.repository + "/resolve/main/" + file;
}

}  // namespace orpheus::models
