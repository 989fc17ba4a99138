#pragma once
// What a language says where its writing has digits and signs: data/LANGUAGE.toml, which names the
// keys that the rules ask for and what they mean (data/README.md). Read once, then constant: from
// any thread.

#include <algorithm>
#include <bitset>
#include <cstdint>
#include <cstring>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace orpheus::text::reading {

// Of short keys, which are looked up at every number: their size and both ends tell them apart.
struct KeyHash {
  using is_transparent = void;
  size_t operator()(std::string_view key) const {
    uint64_t begin = 0;
    uint64_t end = 0;
    const size_t size = std::min(key.size(), sizeof begin);
    std::memcpy(&begin, key.data(), size);
    std::memcpy(&end, key.data() + (key.size() - size), size);
    const uint64_t mixed = (begin ^ (end << 1U) ^ (end >> 63U) ^ key.size()) * 0x9E3779B97F4A7C15U;
    return mixed ^ (mixed >> 32U);
  }
};

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
    for (size_t size = std::min(longest_, text.size()); size > 0; --size) {
      const auto sizes_bit = size < sizes_.size() && sizes_[size];
      if (sizes_bit && entries_.contains(text.substr(0, size)) && may_end(size)) return size;
    }
    return 0;
  }
  bool empty() const { return entries_.empty(); }
  auto begin() const { return entries_.begin(); }
  auto end() const { return entries_.end(); }

 private:
  std::unordered_map<std::string, std::string, KeyHash, std::equal_to<>> entries_;
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
  static std::vector<std::string_view> codes();

  const std::string& code() const { return code_; }
  // The words, template or name at a dotted key ("time.hour"); "" where the language has none.
  const std::string& text(std::string_view key) const;
  bool has(std::string_view key) const { return !text(key).empty(); }
  const std::vector<std::string>& list(std::string_view key) const;
  // Whether a list has this word as it is or in lower case.
  bool lists(std::string_view key, std::string_view word) const;
  const Table& table(std::string_view key) const;

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
  template <typename T>
  using Map = std::unordered_map<std::string, T, KeyHash, std::equal_to<>>;

  std::string code_;
  NumberSigns number_signs_;
  Map<std::string> texts_;
  Map<std::vector<std::string>> lists_;
  Map<Table> tables_;
};

// A template with {name} filled in.
std::string filled(std::string_view form, std::string_view name, std::string_view words);

}  // namespace orpheus::text::reading
