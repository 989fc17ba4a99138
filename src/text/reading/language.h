#pragma once
// What a language says where its writing has digits and signs: data/LANGUAGE.toml, which names the
// keys that the rules ask for and what they mean (data/README.md). Read once, then constant: from
// any thread.

#include <algorithm>
#include <bitset>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "text/reading/keyed.h"

namespace orpheus::text::reading {

// Words by what is written. Keys of tables whose name ends in "_folded" are in lower case and found
// in any.
class Table {
 public:
  void add(std::string key, std::string words);
  // Null where there is none.
  const std::string* find(std::string_view key) const;
  bool has(std::string_view key) const { return find(key) != nullptr; }
  // The length of the longest key that the text begins with and that may end there; nought.
  template <typename MayEnd>
  size_t longest_at(std::string_view text, const MayEnd& may_end) const {
    if (text.empty() || !first_bytes_[static_cast<unsigned char>(text.front())]) return 0;
    const size_t most = std::min(longest_, text.size());
    size_t longest = 0;
    Key key("");
    for (size_t size = 1; size <= most; ++size) {
      if (!sizes_[size]) continue;
      key.extend(text.substr(0, size));
      if (entries_.find(key) != nullptr && may_end(size)) longest = size;
    }
    return longest;
  }
  // Bytes of the longest key.
  size_t longest() const { return longest_; }
  // Whether a key begins with this byte.
  bool may_begin(char first) const { return first_bytes_[static_cast<unsigned char>(first)]; }
  bool empty() const { return entries_.empty(); }
  auto begin() const { return entries_.begin(); }
  auto end() const { return entries_.end(); }

 private:
  KeyedValues<std::string> entries_;
  std::vector<bool> sizes_;
  std::bitset<256> first_bytes_;  // of all keys: most places of a text begin none
  size_t longest_ = 0;
};

class Language {
 public:
  // Of a file's text; none where it is not TOML or says no numbers.decimal and numbers.cardinal.
  static std::optional<Language> parse(std::string_view code, std::string_view toml);
  // Null for a language without data.
  static const Language* find(std::string_view code);
  // units.toml, which all languages share.
  static const Language& shared();
  static std::vector<std::string_view> codes();

  const std::string& code() const { return code_; }
  // The words, template or name at a dotted key ("time.hour"); "" where the language has none.
  const std::string& text(Key key) const;
  bool has(Key key) const { return !text(key).empty(); }
  // All texts whose keys begin so, by the rest of their keys.
  std::vector<std::pair<std::string, std::string>> texts(std::string_view prefix) const;
  const std::vector<std::string>& list(Key key) const;
  // Whether a list has this word as it is or in lower case.
  bool lists(Key key, std::string_view word) const;
  const Table& table(Key key) const;

  // How its numbers are written, which every rule at a digit asks for.
  struct NumberSigns {
    char decimal = '.';
    std::vector<std::string> groups;  // signs between thousands
    bool takes_pairs = false;         // 12,34,567
    bool has_loose_blanks = false;    // 1 000 000, though the language's sign is another
  };
  const NumberSigns& number_signs() const { return number_signs_; }

  // Between words: " ", or "" where they are written together.
  const std::string& blank() const { return text("blank"); }

 private:
  friend class LanguageReader;
  struct List {
    std::vector<std::string> words;
    Table known;
  };

  std::string code_;
  NumberSigns number_signs_;
  KeyedValues<std::string> texts_;
  KeyedValues<List> lists_;
  KeyedValues<Table> tables_;
};

// A template with {name} filled in.
std::string filled(std::string_view form, std::string_view name, std::string_view words);

}  // namespace orpheus::text::reading
