#include "text/emoji_names.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <map>
#include <unordered_map>

#include <unicode/uchar.h>
#include <unicode/utf8.h>

namespace orpheus::text {
namespace {

using Names = std::unordered_map<std::string, std::string_view>;

const uint8_t* raw(std::string_view text) { return reinterpret_cast<const uint8_t*>(text.data()); }

// "❤️" is listed with and without its selector.
std::string without_selectors(std::string_view sequence) {
  std::string plain;
  for (size_t at = 0; at < sequence.size();) {
    const size_t begin = at;
    UChar32 c = 0;
    U8_NEXT(raw(sequence), at, sequence.size(), c);
    if (u_hasBinaryProperty(c, UCHAR_VARIATION_SELECTOR) == 0)
      plain += sequence.substr(begin, at - begin);
  }
  return plain;
}

void parse(std::string_view lines, Names& names) {
  for (size_t begin = 0; begin < lines.size();) {
    const size_t end = std::min(lines.find('\n', begin), lines.size());
    const std::string_view line = lines.substr(begin, end - begin);
    begin = end + 1;
    const size_t tab = line.find('\t');
    if (tab != std::string_view::npos)
      names.emplace(without_selectors(line.substr(0, tab)), line.substr(tab + 1));
  }
}

const Names* names_in(std::string_view language) {
  static const std::map<std::string_view, Names> all = [] {
    std::map<std::string_view, Names> parsed;
    for (const EmojiNames& names : emoji_names())
      if (!names.lines.empty()) parse(names.lines, parsed[names.language]);
    return parsed;
  }();
  const auto found = all.find(language);
  return found == all.end() ? nullptr : &found->second;
}

// Letters and digits with one blank between words: a name is read as it stands.
std::string in_words(std::string_view name) {
  std::string words;
  bool is_apart = false;
  for (size_t at = 0; at < name.size();) {
    const size_t begin = at;
    UChar32 c = 0;
    U8_NEXT(raw(name), at, name.size(), c);
    const bool is_word = (U_GET_GC_MASK(c) & (U_GC_L_MASK | U_GC_M_MASK | U_GC_N_MASK)) != 0 ||
                         c == '\'' || c == 0x2019;
    if (is_word && is_apart && !words.empty()) words += ' ';
    is_apart = !is_word;
    if (is_word) words += name.substr(begin, at - begin);
  }
  return words;
}

bool has_digit(std::string_view text) { return text.find_first_of("0123456789") != text.npos; }

std::string unicode_name(std::string_view sequence) {
  size_t at = 0;
  UChar32 c = 0;
  U8_NEXT(raw(sequence), at, sequence.size(), c);
  if (at != sequence.size()) return "";
  std::array<char, 100> name{};
  UErrorCode status = U_ZERO_ERROR;
  u_charName(c, U_EXTENDED_CHAR_NAME, name.data(), static_cast<int32_t>(name.size()), &status);
  if (U_FAILURE(status)) return "";
  std::string words = in_words(name.data());
  for (char& letter : words)
    if (letter >= 'A' && letter <= 'Z') letter = static_cast<char>(letter - 'A' + 'a');
  return words;
}

}  // namespace

std::string emoji_name(std::string_view sequence, std::string_view language) {
  const Names* names = names_in(language);
  const auto found =
      names == nullptr ? Names::const_iterator() : names->find(std::string(sequence));
  const std::string name =
      names == nullptr || found == names->end() ? std::string() : in_words(found->second);
  const bool is_english = language == "en";
  // "1st place medal": Unicode's own name has no digit, which a voice of letters could not say.
  return is_english && (name.empty() || has_digit(name)) ? unicode_name(sequence) : name;
}

}  // namespace orpheus::text
