#include "text/reading/language.h"

#include <algorithm>
#include <cassert>
#include <map>

#define TOML_EXCEPTIONS 0
#include <toml++/toml.h>

#include "text/reading/data_files.h"
#include "text/reading/scan.h"

namespace orpheus::text::reading {

void Table::add(std::string key, std::string words) {
  longest_ = std::max(longest_, key.size());
  if (sizes_.size() <= key.size()) sizes_.resize(key.size() + 1);
  sizes_[key.size()] = true;
  if (!key.empty()) first_bytes_[static_cast<unsigned char>(key.front())] = true;
  entries_[key] = std::move(words);
}

const std::string* Table::find(std::string_view key) const {
  const bool may_be = !key.empty() && key.size() < sizes_.size() && sizes_[key.size()] &&
                      first_bytes_[static_cast<unsigned char>(key.front())];
  return may_be ? entries_.find(key) : nullptr;
}

// Flattens a file: [a] b = "…" is text "a.b"; b = ["…"] a list; [a.b_table] or [a.b_folded] a
// table.
class LanguageReader {
 public:
  static Language read(std::string_view name, std::string_view source) {
    Language language;
    language.code_ = name;
    const toml::parse_result parsed = toml::parse(source);
    assert(parsed.succeeded());  // our own data; the tests read all of it
    if (parsed.succeeded()) flatten(parsed.table(), "", language);
    const std::string& decimal = language.text("numbers.decimal");
    language.number_signs_ = {.decimal = decimal.empty() ? '.' : decimal.front(),
                              .groups = language.list("numbers.groups"),
                              .takes_pairs = language.has("numbers.groups_of_two"),
                              .has_loose_blanks = language.has("numbers.loose_blanks")};
    return language;
  }

 private:
  static bool is_table_name(std::string_view name) {
    return name.ends_with("_table") || name.ends_with("_folded");
  }

  static void flatten(const toml::table& table, const std::string& prefix, Language& language) {
    for (const auto& [key, node] : table) {
      const std::string name = prefix + std::string(key.str());
      if (const toml::table* inner = node.as_table()) {
        if (is_table_name(name))
          fill(*inner, language.tables_[name]);
        else
          flatten(*inner, name + ".", language);
      } else if (const toml::array* items = node.as_array()) {
        Language::List& list = language.lists_[name];
        for (const toml::node& item : *items) {
          list.words.emplace_back(item.value_or(std::string()));
          list.known.add(list.words.back(), "");
        }
      } else if (const auto* words = node.as_string()) {
        language.texts_[name] = words->get();
      }
    }
  }

  static void fill(const toml::table& source, Table& table) {
    for (const auto& [key, words] : source)
      table.add(std::string(key.str()), words.value_or(std::string()));
  }
};

namespace {

const std::map<std::string_view, Language>& languages() {
  static const std::map<std::string_view, Language> all = [] {
    std::map<std::string_view, Language> read;
    for (const DataFile& file : data_files())
      read.emplace(file.name, LanguageReader::read(file.name, file.toml));
    return read;
  }();
  return all;
}

}  // namespace

std::optional<Language> Language::parse(std::string_view code, std::string_view toml) {
  const toml::parse_result parsed = toml::parse(toml);
  if (!parsed.succeeded()) return std::nullopt;
  Language language = LanguageReader::read(code, toml);
  if (!language.has("numbers.decimal") || !language.has("numbers.cardinal")) return std::nullopt;
  return language;
}

const Language* Language::find(std::string_view code) {
  const auto found = languages().find(code);
  return found == languages().end() ? nullptr : &found->second;
}

std::vector<std::string_view> Language::codes() {
  std::vector<std::string_view> codes;
  for (const auto& [code, language] : languages())
    if (language.has("numbers.cardinal")) codes.push_back(code);  // not what all share
  return codes;
}

const Language& Language::shared() {
  static const Language& units = *find("units");
  return units;
}

const std::string& Language::text(Key key) const {
  static const std::string none;
  const std::string* found = texts_.find(key);
  return found == nullptr ? none : *found;
}

std::vector<std::pair<std::string, std::string>> Language::texts(std::string_view prefix) const {
  std::vector<std::pair<std::string, std::string>> found;
  for (const auto& [name, words] : texts_)
    if (name.starts_with(prefix)) found.emplace_back(name.substr(prefix.size()), words);
  return found;
}

const std::vector<std::string>& Language::list(Key key) const {
  static const std::vector<std::string> none;
  const List* found = lists_.find(key);
  return found == nullptr ? none : found->words;
}

bool Language::lists(Key key, std::string_view word) const {
  const List* found = lists_.find(key);
  // A text without blanks is not made small for each of its letters.
  if (word.empty() || found == nullptr || word.size() > 2 * found->known.longest()) return false;
  return found->known.has(word) || found->known.has(lower(word));
}

const Table& Language::table(Key key) const {
  static const Table none;
  const Table* found = tables_.find(key);
  return found == nullptr ? none : *found;
}

std::string filled(std::string_view form, std::string_view name, std::string_view words) {
  std::string text(form);
  const std::string mark = "{" + std::string(name) + "}";
  const size_t at = text.find(mark);
  return at == std::string::npos ? text : text.replace(at, mark.size(), words);
}

}  // namespace orpheus::text::reading
