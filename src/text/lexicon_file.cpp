// Files of pronunciations: TOML, or two columns.

#include <algorithm>
#include <sstream>
#include <utility>

#define TOML_EXCEPTIONS 0
#define TOML_ENABLE_FORMATTERS 0
#include <toml++/toml.h>

#include "base/in_ascii.h"
#include "base/utf8.h"
#include "text/lexicon.h"

namespace orpheus::text {
namespace {

constexpr size_t kMostFileBytes = 4U << 20U;

Error bad_line(const std::string& name, size_t line, std::string what) {
  return {.kind = ErrorKind::kBadFile,
          .what = name + ": line " + std::to_string(line) + ": " + std::move(what)};
}

Result<void> add(Lexicon& lexicon, Lexicon::Entry entry, const std::string& name, size_t line) {
  if (auto added = lexicon.add(std::move(entry)); !added)
    return fail(bad_line(name, line, added.error().message()));
  return {};
}

Result<Lexicon> parse_columns(std::string_view bytes, const std::string& name) {
  Lexicon lexicon;
  size_t number = 0;
  for (size_t begin = 0; begin < bytes.size();) {
    const size_t end = std::min(bytes.find('\n', begin), bytes.size());
    std::string_view line = bytes.substr(begin, end - begin);
    begin = end + 1;
    ++number;
    while (!line.empty() && (line.back() == '\r' || line.back() == ' ' || line.back() == '\t'))
      line.remove_suffix(1);
    if (line.empty() || line.front() == '#' || line.substr(0, 3) == ";;;") continue;
    const size_t tab = line.find('\t');
    const size_t gap = tab != line.npos ? tab : line.find(' ');
    if (gap == line.npos || gap == 0)
      return fail(bad_line(name, number, "a word has no pronunciation"));
    const size_t second = std::min(line.find_first_not_of(" \t", gap), line.size());
    ORPHEUS_CHECK(add(
        lexicon,
        {.written = std::string(line.substr(0, gap)), .spoken = std::string(line.substr(second))},
        name, number));
  }
  return lexicon;
}

size_t line_of(const toml::node& node) { return node.source().begin.line; }

Result<Lexicon> read_toml(const toml::table& table, const std::string& name) {
  Lexicon lexicon;
  if (const toml::table* words = table["words"].as_table()) {
    for (const auto& [written, node] : *words) {
      const auto* spoken = node.as_string();
      if (spoken == nullptr)
        return fail(bad_line(name, line_of(node), "a pronunciation is not a string"));
      ORPHEUS_CHECK(add(lexicon,
                        {.written = from_ascii(written.str()), .spoken = from_ascii(spoken->get())},
                        name, line_of(node)));
    }
  }
  if (const toml::array* entries = table["entry"].as_array()) {
    for (const toml::node& node : *entries) {
      const toml::table* entry = node.as_table();
      if (entry == nullptr) return fail(bad_line(name, line_of(node), "an entry is not a table"));
      const auto text = [&](std::string_view key) {
        return from_ascii((*entry)[key].value_or(std::string()));
      };
      ORPHEUS_CHECK(add(lexicon,
                        {.written = text("written"),
                         .spoken = text("spoken"),
                         .is_exact = (*entry)["exact"].value_or(false),
                         .language = text("language"),
                         .voice = text("voice")},
                        name, line_of(node)));
    }
  }
  return lexicon;
}

Result<Lexicon> parse_toml(std::string_view bytes, const std::string& name) {
  const toml::parse_result parsed = toml::parse(in_ascii(bytes));
  if (parsed) return read_toml(parsed.table(), name);
  return fail(bad_line(name, parsed.error().source().begin.line,
                       "not TOML: " + printable(from_ascii(parsed.error().description()))));
}

}  // namespace

Result<Lexicon> Lexicon::parse(std::string_view bytes, const std::string& name) {
  if (auto checked = check_text(bytes, kMostFileBytes); !checked) {
    checked.error().kind = ErrorKind::kBadFile;
    checked.error().what = name + ": " + checked.error().what;
    return fail(checked.error());
  }
  const bool is_toml = name.size() > 5 && name.substr(name.size() - 5) == ".toml";
  return is_toml ? parse_toml(bytes, name) : parse_columns(bytes, name);
}

}  // namespace orpheus::text
