// Addresses for machines: mail, web and file addresses, paths, handles and hashtags.
#include <algorithm>

#include "text/reading/rules.h"

namespace orpheus::text::reading {
namespace {

bool may_be_in_address(char c) { return c > ' ' && c < 0x7F && c != '<' && c != '>' && c != '"'; }
bool is_alnum(char c) {
  return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

// The end of a possible address: ASCII up to a blank, without the sentence's own signs.
size_t end_of_address(const Scan& scan, size_t offset) {
  size_t end = offset;
  while (may_be_in_address(scan.at(end)) && end - offset <= kLongestAddress) ++end;
  if (scan.kind(end) == CharKind::kLetter) return offset;  // goes on in another script
  constexpr std::string_view kOfTheSentence = ".,;:!?)']*`";
  const bool has_bracket =
      scan.part(offset, end).find('(') != std::string_view::npos;  // wiki/Foo_(bar)
  while (end > offset && kOfTheSentence.find(scan.at(end - 1)) != std::string_view::npos &&
         !(has_bracket && scan.at(end - 1) == ')'))
    --end;
  return end;
}

std::string_view last_label(std::string_view host) {
  const size_t dot = host.rfind('.');
  return dot == std::string_view::npos ? std::string_view() : host.substr(dot + 1);
}

// Labels of letters, digits and hyphens with dots between.
bool is_host(std::string_view host) {
  bool label_begins = true;
  for (const char c : host) {
    if (c == '.' && label_begins) return false;
    if (c != '.' && c != '-' && c != '_' && !is_alnum(c)) return false;
    label_begins = c == '.';
  }
  return !host.empty() && !label_begins;
}

// localhost:8080, 10.0.0.1:80/x: hosts that need no ending but a continuation.
bool is_own_host(std::string_view token) {
  const size_t end = token.find_first_of(":/");
  if (end == std::string_view::npos || end + 1 >= token.size() || !is_alnum(token[end + 1]))
    return false;
  const std::string_view host = token.substr(0, end);
  if (host == "localhost") return true;
  const bool has_digits_alone = host.find_first_not_of("0123456789.") == std::string_view::npos;
  return has_digits_alone && is_host(host) && std::count(host.begin(), host.end(), '.') == 3;
}

bool is_address(const Language& shared, std::string_view token) {
  if (token.size() < 2) return false;
  if (const size_t scheme = token.find("://"); scheme != std::string_view::npos && scheme > 1)
    return std::all_of(token.begin(), token.begin() + static_cast<std::ptrdiff_t>(scheme),
                       is_alnum);
  if (token.starts_with("www.") && token.size() > 5) return true;
  if (token.starts_with("mailto:")) return true;
  const size_t at = token.find('@');
  if (at != std::string_view::npos)
    return at + 1 < token.size() && is_alnum(token[at + 1]) &&
           (at == 0 || token.find('.', at) != std::string_view::npos);
  if (token.front() == '#')
    return token.size() > 2 && is_alnum(token[1]) && !(token[1] >= '0' && token[1] <= '9');
  // A path: /home/x, ~/x, ./x, C:\x. Two words with a slash between them are not a path.
  if ((token.starts_with("/") && is_alnum(token[1]) &&
       (token.find('/', 1) != std::string_view::npos)) ||
      token.starts_with("~/") || token.starts_with("./") || token.starts_with("../"))
    return true;
  if (token.size() > 3 && token[1] == ':' && token[2] == '\\') return true;
  if (is_own_host(token)) return true;
  const std::string_view host = token.substr(0, token.find('/'));
  if (!is_host(host) || host.find('.') == std::string_view::npos) return false;
  const std::string ending = lower(last_label(host));
  // "p.es" and "z.de" are abbreviations.
  if (host.size() == token.size() && host.size() == 4 && host[1] == '.') return false;
  // "end.In" is a sentence's end without a blank.
  const bool is_lower = ending == last_label(host) || lower(host) != host.substr(0, host.size());
  // "d.h" is not a C file (German abbreviation).
  if (shared.lists("electronic.files", ending))
    return host.size() > ending.size() + (ending.size() == 1 ? 2 : 1);
  return is_lower && ending == last_label(host) && shared.lists("electronic.domains", ending);
}

bool has_vowel(std::string_view word) {
  return word.find_first_of("aeiouyAEIOUY") != std::string_view::npos;
}

std::string spelled(const Sources& from, std::string_view letters) {
  const Table& names = from.language.table("electronic.letters_folded");
  std::string words;
  for (const char letter : letters) {
    const std::string one = lower(std::string_view(&letter, 1));
    const std::string* name = names.find(one);
    if (!words.empty()) words += ' ';
    words += name != nullptr ? *name : one;
  }
  return words;
}

// is_last: the end of a host, "it" of example.it.
std::string say_label(const Sources& from, std::string_view letters, bool is_last) {
  const Language& language = from.language;
  const std::string* ending = language.table("electronic.endings_folded").find(lower(letters));
  if (is_last && ending != nullptr) return *ending;
  if (const std::string* own = language.table("electronic.words_folded").find(lower(letters)))
    return *own;
  const std::string& shortest = language.text("electronic.shortest_word");
  const size_t least = shortest.empty() ? 0 : static_cast<size_t>(std::stoi(shortest));
  const bool is_word = letters.size() >= least && (has_vowel(letters) || least == 0);
  return is_word ? std::string(letters) : spelled(from, letters);
}

std::string words_of(const Sources& from, std::string_view token) {
  const Table& signs = from.language.table("electronic.signs_table");
  const Scan scan(token);
  std::string words;
  for (size_t at = 0; at < token.size();) {
    size_t end = scan.next(at);
    std::string part;
    if (scan.is_digit(at)) {
      end = scan.end_of_digits(at);
      part = from.numbers.one_by_one(scan.part(at, end));
    } else if (scan.is_letter(at)) {
      while (end < token.size() && is_alnum(token[end]) && !scan.is_digit(end)) ++end;
      const bool ends_host = end >= token.size() || token[end] == '/' || token[end] == ':';
      part = say_label(from, scan.part(at, end), ends_host && at > 0 && token[at - 1] == '.');
    } else if (const std::string* name = signs.find(scan.part(at, end))) {
      part = *name;
    }
    if (!words.empty() && !part.empty()) words += ' ';
    words += part;
    at = end;
  }
  return words;
}

// A file's name in letters of any script: 사진.jpg.
Reading file_name(const Sources& from, size_t offset) {
  const Scan& scan = from.scan;
  // Where the row of letters begins: each of its other places would read it once more.
  if (offset > 0 && scan.kind(scan.previous(offset)) == CharKind::kJoined) return std::nullopt;
  size_t dot = offset;
  while (scan.kind(dot) == CharKind::kJoined && dot - offset < kLongestAddress)
    dot = scan.next(dot);
  if (dot == offset || scan.at(dot) != '.') return std::nullopt;
  const size_t end = end_of_address(scan, dot + 1);
  const std::string_view ending = scan.part(dot + 1, end);
  if (!Language::shared().lists("electronic.files", ending)) return std::nullopt;
  return Said{
      .end = end,
      .words = std::string(scan.part(offset, dot)) + " " + words_of(from, scan.part(dot, end))};
}

}  // namespace

size_t end_of_address_run(const Scan& scan, size_t offset) {
  while (may_be_in_address(scan.at(offset))) ++offset;
  return offset;
}

Reading say_electronic(const Sources& from, size_t offset) {
  if (from.language.table("electronic.signs_table").empty()) return std::nullopt;
  if (auto file = file_name(from, offset)) return file;
  const size_t end = end_of_address(from.scan, offset);
  if (end <= offset + 2 || end - offset > kLongestAddress) return std::nullopt;
  size_t last = end;
  const bool ends_folder = from.scan.at(end) == '/' || from.scan.at(end - 1) == '/';
  if (ends_folder && from.scan.at(end) == '/') ++last;
  const std::string_view token = from.scan.part(offset, last);
  if (!is_address(Language::shared(), token)) return std::nullopt;
  return Said{.end = last, .words = words_of(from, token)};
}

}  // namespace orpheus::text::reading
