#include "prompt/tokenizer.h"

#include <algorithm>
#include <array>
#include <cstdio>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include <unicode/regex.h>
#include <unicode/utext.h>

#include "base/byte_alphabet.h"
#include "base/utf8.h"
#include "prompt/merges.h"
#include "prompt/token_texts.h"

namespace orpheus::prompt {
namespace {

// Llama-3's pattern for words: contractions, letters with one sign before them, groups of up to
// three digits, signs, line ends, blanks. The contractions are written out, because (?i:'s) takes
// 'ſ too, which llama.cpp does not; and blanks are [\s], because ICU repeats a bracketed set with
// one backtracking frame where a bare \s takes one for each character.
constexpr const char* kWordPattern =
    R"('(?:[sStTmMdD]|[rR][eE]|[vV][eE]|[lL][lL])|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3})"
    R"(| ?[^\s\p{L}\p{N}]+[\r\n]*|[\s]*[\r\n]+|[\s]+(?!\S)|[\s]+)";

// This limit is ample, because the number of backtracking frames does not grow with the text. If a
// pattern made it grow, a long text would fail instead of filling the memory.
constexpr int32_t kMaxRegexStackBytes = 64 * 1024;

// Positions are 32 bits wide.
constexpr size_t kMaxTextBytes = std::numeric_limits<int32_t>::max();
constexpr size_t kMaxTableEntries = std::numeric_limits<int32_t>::max() / 8;

bool is_special(Vocabulary::Kind kind) {
  return kind == Vocabulary::Kind::kControl || kind == Vocabulary::Kind::kUserDefined;
}

Result<void> check_sizes(const Vocabulary& vocabulary) {
  const size_t num_tokens = vocabulary.tokens.size();
  if (!vocabulary.kinds.empty() && vocabulary.kinds.size() != num_tokens) {
    return fail(
        {.kind = ErrorKind::kBadFile,
         .what = "the vocabulary's lists of tokens and of token kinds have different lengths",
         .expected = std::to_string(num_tokens) + " kinds",
         .found = std::to_string(vocabulary.kinds.size())});
  }
  if (num_tokens > kMaxTableEntries || vocabulary.merges.size() > kMaxTableEntries) {
    return fail({.kind = ErrorKind::kBadFile,
                 .what = "the vocabulary is too large",
                 .expected = "at most " + std::to_string(kMaxTableEntries) + " tokens and merges",
                 .found = std::to_string(std::max(num_tokens, vocabulary.merges.size()))});
  }
  return {};
}

Result<std::pair<std::string, std::string>> parts_of(std::string_view merge, size_t rank) {
  const size_t blank = merge.find(' ', 1);
  if (merge.empty() || blank == std::string_view::npos || blank + 1 == merge.size()) {
    return fail(
        {.kind = ErrorKind::kBadFile,
         .what = "the vocabulary's merge " + std::to_string(rank) + " does not have two parts",
         .expected = "'left right'",
         .found = "'" + printable_excerpt(merge, 64) + "'"});
  }
  return std::pair(bytes_spelled(merge.substr(0, blank)), bytes_spelled(merge.substr(blank + 1)));
}

Error icu_error(const char* action, UErrorCode status) {
  return {.kind = status == U_REGEX_STACK_OVERFLOW || status == U_REGEX_TIME_OUT
                      ? ErrorKind::kLimit
                      : ErrorKind::kInternal,
          .what = std::string(action) + " failed: ICU reports " + u_errorName(status)};
}

Error lost_part_error() {
  return {.kind = ErrorKind::kInternal,
          .what = "ICU does not split a text into all of its words",
          .remedy = "Memory may be short: free some, then load the voice again."};
}

}  // namespace

struct Tokenizer::Tables {
  TokenTexts texts;  // the tokens, and behind them parts of merges that are no tokens
  size_t num_tokens = 0;
  std::array<Token, 256> byte_tokens{};
  Merges merges{{}};
  std::vector<Token> specials;  // control and user-defined tokens, by their text
  std::unique_ptr<const icu::RegexPattern> words;

  bool is_token(Token id) const { return static_cast<size_t>(id) < num_tokens; }

  void add_tokens(const Vocabulary& vocabulary);
  Result<void> add_byte_tokens();
  Result<void> add_merges(const std::vector<std::string_view>& spellings);

  std::optional<Token> special_that_begins(std::string_view text) const;
  template <typename Take>
  Result<void> split_words(std::string_view text, Take take) const;
  Result<void> try_words() const;
  void encode_word(std::string_view word, std::vector<Token>& tokens) const;
  Result<void> encode_text(std::string_view text, std::vector<Token>& tokens) const;
};

void Tokenizer::Tables::add_tokens(const Vocabulary& vocabulary) {
  num_tokens = vocabulary.tokens.size();
  for (size_t i = 0; i < num_tokens; ++i) {
    const std::string_view spelling = vocabulary.tokens[i];
    if (!vocabulary.kinds.empty() && is_special(vocabulary.kinds[i])) {
      const Token id = texts.add(spelling);
      if (!spelling.empty()) specials.push_back(id);
    } else {
      texts.make_findable(texts.add(bytes_spelled(spelling)));
    }
  }
  std::sort(specials.begin(), specials.end(),
            [&](Token a, Token b) { return std::pair(texts[a], a) < std::pair(texts[b], b); });
}

Result<void> Tokenizer::Tables::add_byte_tokens() {
  for (size_t byte = 0; byte < byte_tokens.size(); ++byte) {
    const char character = static_cast<char>(byte);
    const auto token = texts.find({&character, 1});
    if (!token) {
      std::array<char, 8> name{};
      std::snprintf(name.data(), name.size(), "0x%02zX", byte);
      return fail({.kind = ErrorKind::kBadFile,
                   .what = std::string("the vocabulary has no token for byte ") + name.data(),
                   .expected = "a byte-level vocabulary (tokenizer.ggml.model gpt2)"});
    }
    byte_tokens[byte] = *token;
  }
  return {};
}

Result<void> Tokenizer::Tables::add_merges(const std::vector<std::string_view>& spellings) {
  // The result of a merge need not be a token: a later merge may make one of it; otherwise it
  // becomes bytes.
  const auto id_of = [&](std::string_view text) {
    if (const auto known = texts.find(text)) return *known;
    const Token id = texts.add(text);
    texts.make_findable(id);
    return id;
  };
  std::vector<Merge> by_rank;
  by_rank.reserve(spellings.size());
  for (const std::string_view spelling : spellings) {
    ORPHEUS_TRY(const auto parts, parts_of(spelling, by_rank.size()));
    const auto& [left, right] = parts;
    by_rank.push_back({.left = id_of(left), .right = id_of(right), .result = id_of(left + right)});
  }
  merges = Merges(by_rank);
  return {};
}

Result<Tokenizer> Tokenizer::create(const Vocabulary& vocabulary) {
  ORPHEUS_CHECK(check_sizes(vocabulary));
  auto tables = std::make_unique<Tables>();
  tables->add_tokens(vocabulary);
  ORPHEUS_CHECK(tables->add_byte_tokens());
  ORPHEUS_CHECK(tables->add_merges(vocabulary.merges));
  UErrorCode status = U_ZERO_ERROR;
  tables->words.reset(icu::RegexPattern::compile(icu::UnicodeString(kWordPattern), 0, status));
  if (U_FAILURE(status)) return fail(icu_error("preparing to split text into words", status));
  ORPHEUS_CHECK(tables->try_words());
  return Tokenizer(std::move(tables));
}

Tokenizer::Tokenizer(std::unique_ptr<const Tables> tables) : tables_(std::move(tables)) {}
Tokenizer::Tokenizer(Tokenizer&&) noexcept = default;
Tokenizer& Tokenizer::operator=(Tokenizer&&) noexcept = default;
Tokenizer::~Tokenizer() = default;

Result<std::vector<Token>> Tokenizer::encode(std::string_view text, SpecialTokens special) const {
  ORPHEUS_CHECK(check_text(text, kMaxTextBytes));
  std::vector<Token> tokens;
  size_t begin = 0;  // start of the text that has no token yet
  for (size_t i = 0; special == SpecialTokens::kParse && i < text.size();) {
    const auto token = tables_->special_that_begins(text.substr(i));
    if (!token) {
      ++i;
      continue;
    }
    ORPHEUS_CHECK(tables_->encode_text(text.substr(begin, i - begin), tokens));
    tokens.push_back(*token);
    i += tables_->texts[*token].size();
    begin = i;
  }
  ORPHEUS_CHECK(tables_->encode_text(text.substr(begin), tokens));
  return tokens;
}

std::string Tokenizer::text_of(Token token) const {
  return tables_->is_token(token) ? std::string(tables_->texts[token]) : "";
}

// The longest special token that the text begins with.
std::optional<Token> Tokenizer::Tables::special_that_begins(std::string_view text) const {
  while (true) {
    // Every prefix of the text sorts before the text, the longest prefix last.
    auto after = std::upper_bound(specials.begin(), specials.end(), text,
                                  [&](std::string_view t, Token id) { return t < texts[id]; });
    if (after == specials.begin()) return std::nullopt;
    const Token candidate = *--after;
    const std::string_view name = texts[candidate];
    const auto common = static_cast<size_t>(
        std::mismatch(name.begin(), name.end(), text.begin(), text.end()).first - name.begin());
    if (common == name.size()) return candidate;
    text = text.substr(0, common);
  }
}

// Calls take(word) for each word. The words are the whole text, one behind the other.
template <typename Take>
Result<void> Tokenizer::Tables::split_words(std::string_view text, Take take) const {
  if (text.empty()) return {};
  UErrorCode status = U_ZERO_ERROR;
  const icu::LocalUTextPointer input(
      utext_openUTF8(nullptr, text.data(), static_cast<int64_t>(text.size()), &status));
  const std::unique_ptr<icu::RegexMatcher> matcher(words->matcher(status));
  if (U_SUCCESS(status)) matcher->setStackLimit(kMaxRegexStackBytes, status);
  if (U_SUCCESS(status)) matcher->reset(input.getAlias());
  size_t behind = 0;
  while (U_SUCCESS(status) && matcher->find(status)) {
    const auto begin = static_cast<size_t>(matcher->start64(status));
    if (begin != behind) break;
    behind = static_cast<size_t>(matcher->end64(status));
    take(text.substr(begin, behind - begin));
  }
  if (U_FAILURE(status)) return fail(icu_error("splitting the text into words", status));
  if (behind < text.size()) return fail(lost_part_error());
  return {};
}

// Where memory is short, ICU leaves sets of a pattern empty and reports no error. A tokenizer with
// such a pattern would lose text as long as it lives, so the pattern proves itself first.
Result<void> Tokenizer::Tables::try_words() const {
  constexpr std::array<std::string_view, 12> kWords = {"I",     "'ll",    " say", " ", "123", "4",
                                                       " é漢आ", "?!\r\n", "  \n", " ", " x",  "  "};
  std::string text;
  for (const std::string_view word : kWords) text += word;
  size_t num_right = 0;
  ORPHEUS_CHECK(split_words(text, [&, i = size_t{0}](std::string_view word) mutable {
    if (i < kWords.size() && word == kWords[i++]) ++num_right;
  }));
  if (num_right != kWords.size()) return fail(lost_part_error());
  return {};
}

Result<void> Tokenizer::Tables::encode_text(std::string_view text,
                                            std::vector<Token>& tokens) const {
  return split_words(text, [&](std::string_view word) { encode_word(word, tokens); });
}

void Tokenizer::Tables::encode_word(std::string_view word, std::vector<Token>& tokens) const {
  // A word that is a token stays whole, even if the merges would not make it. Llama-3 is trained
  // this way ("ignore_merges" of its tokenizer).
  if (!merges.empty()) {
    if (const auto whole = texts.find(word); whole && is_token(*whole)) {
      tokens.push_back(*whole);
      return;
    }
  }
  const auto byte_token = [&](char byte) { return byte_tokens[static_cast<uint8_t>(byte)]; };
  std::vector<Token> parts(word.size());
  std::transform(word.begin(), word.end(), parts.begin(), byte_token);
  merges.apply(parts);
  for (const Token part : parts) {
    if (is_token(part)) {
      tokens.push_back(part);
    } else {
      const std::string_view bytes = texts[part];
      std::transform(bytes.begin(), bytes.end(), std::back_inserter(tokens), byte_token);
    }
  }
}

}  // namespace orpheus::prompt
