#pragma once
// Pronunciations: words and phrases with a spelling for the voice (GIF: jif). Const member
// functions may be called from any thread.

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "text/spanned.h"

namespace orpheus::text {

class Lexicon {
 public:
  struct Entry {
    std::string written;
    std::string spoken;
    bool is_exact = false;  // capitals as they are written
    std::string language;   // ISO 639-1; empty: any
    std::string voice;      // empty: any
    bool operator==(const Entry&) const = default;
  };

  // Errors: kUsage (an empty word, one of more than 200 bytes, not UTF-8), kLimit (more than 10,000
  // entries). Of two matching entries the longer one counts; of equal ones the last.
  Result<void> add(Entry entry);

  // Parses a file's bytes. If name ends in .toml: TOML, [words] with "GIF" = "jif", or [[entry]]
  // with written, spoken, exact, language, voice. Else one entry on each line: the word, a tab or
  // blanks, the spelling; lines that begin with # or ;;; are comments. Errors: kBadFile (with the
  // line).
  static Result<Lexicon> parse(std::string_view bytes, const std::string& name);

  const std::vector<Entry>& entries() const { return entries_; }
  bool empty() const { return entries_.empty(); }

  // Replaces words by the spellings of the entries for this language and voice.
  Spanned apply(const Spanned& normalised, std::string_view language, std::string_view voice) const;

 private:
  const Entry* longest_at(std::string_view text, size_t offset, std::string_view language,
                          std::string_view voice, size_t& length) const;

  std::vector<Entry> entries_;
  std::map<std::string, std::vector<size_t>, std::less<>> by_first_;  // word in small letters
};

}  // namespace orpheus::text
