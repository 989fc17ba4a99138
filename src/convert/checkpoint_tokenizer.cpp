// tokenizer.json and tokenizer_config.json of a checkpoint.

#include <algorithm>
#include <optional>
#include <string>
#include <utility>

#include <nlohmann/json.hpp>

#include "convert/byte_reader.h"
#include "convert/json_reader.h"
#include "convert/llama_checkpoint.h"

namespace orpheus::convert {
namespace {

using nlohmann::json;

constexpr const char* kTokenizerName = "tokenizer.json";
constexpr const char* kSpecialsName = "tokenizer_config.json";

enum Kind : int32_t { kNormal = 1, kControl = 3, kUserDefined = 4, kUnused = 5 };

tl::unexpected<Error> broken(const std::string& what, const std::string& expected,
                             const std::string& found = {}) {
  return fail({.kind = ErrorKind::kBadFile,
               .what = std::string(kTokenizerName) + ": " + what,
               .expected = expected,
               .found = found});
}

class Builder {
 public:
  explicit Builder(uint32_t num_tokens) {
    tokenizer_.tokens.resize(num_tokens);
    tokenizer_.kinds.assign(num_tokens, 0);
  }

  Result<void> add_vocabulary(const json& model) {
    const auto vocabulary = model.find("vocab");
    if (vocabulary == model.end() || !vocabulary->is_object())
      return broken("the vocabulary is missing", "model.vocab, an object of tokens and their ids");
    for (const auto& [text, id] : vocabulary->items()) ORPHEUS_CHECK(add(text, id, kNormal));
    return {};
  }

  // These may stand in the vocabulary too, under the same ids.
  Result<void> add_added_tokens(const json& root) {
    const auto added = root.find("added_tokens");
    if (added == root.end()) return {};
    if (!added->is_array()) return broken("added_tokens is not a list", "a list of tokens");
    for (const json& entry : *added) {
      const auto content = entry.find("content");
      const auto id = entry.find("id");
      if (!entry.is_object() || content == entry.end() || !content->is_string() ||
          id == entry.end())
        return broken("an added token is incomplete", "an id and a content");
      const auto special = entry.find("special");
      const auto text = content->get<std::string>();
      const bool looks_special = text.starts_with("<|") && text.ends_with("|>");
      const bool control = looks_special || (special != entry.end() && *special == true);
      ORPHEUS_CHECK(add(text, *id, control ? kControl : kUserDefined));
    }
    return {};
  }

  Result<void> add_merges(const json& model) {
    const auto merges = model.find("merges");
    if (merges == model.end() || !merges->is_array())
      return broken("the merges are missing", "model.merges, a list");
    for (const json& merge : *merges) {
      ORPHEUS_TRY(std::string text, merge_text(merge));
      tokenizer_.merges.push_back(std::move(text));
    }
    return {};
  }

  CheckpointTokenizer finish() && {
    for (size_t i = 0; i < tokenizer_.tokens.size(); ++i) {
      if (tokenizer_.kinds[i] != 0) continue;
      tokenizer_.tokens[i] = "[PAD" + std::to_string(i) + "]";
      tokenizer_.kinds[i] = kUnused;
    }
    return std::move(tokenizer_);
  }

 private:
  Result<void> add(const std::string& text, const json& id, Kind kind) {
    if (!id.is_number_unsigned() || id.get<uint64_t>() >= tokenizer_.tokens.size()) {
      return broken(
          "token " + convert::quoted(text) + " has an invalid id",
          "0 to " + std::to_string(tokenizer_.tokens.size() - 1) + ", the rows of the embedding",
          id.is_number() ? id.dump() : "not a number");
    }
    if (text.find('\0') != text.npos)
      return broken("a token contains a zero byte", "text without zero bytes");
    const auto index = id.get<size_t>();
    if (tokenizer_.kinds[index] != 0 && tokenizer_.tokens[index] != text) {
      return broken("id " + std::to_string(index) + " belongs to two tokens",
                    "one token for each id",
                    convert::quoted(tokenizer_.tokens[index]) + " and " + convert::quoted(text));
    }
    tokenizer_.tokens[index] = text;
    tokenizer_.kinds[index] = kind;
    return {};
  }

  // "left right", or of newer files ["left", "right"].
  static Result<std::string> merge_text(const json& merge) {
    std::string text;
    if (merge.is_string()) {
      text = merge.get<std::string>();
    } else if (merge.is_array() && merge.size() == 2 && merge[0].is_string() &&
               merge[1].is_string()) {
      text = merge[0].get<std::string>() + " " + merge[1].get<std::string>();
    }
    const size_t blank = text.find(' ');
    const bool two_parts = blank != text.npos && blank > 0 && blank + 1 < text.size() &&
                           text.find(' ', blank + 1) == text.npos && text.find('\0') == text.npos;
    if (!two_parts)
      return broken("a merge does not have two parts", "\"left right\"", convert::quoted(text));
    return text;
  }

  CheckpointTokenizer tokenizer_;
};

// A token is named by its text, or by an object that holds it.
std::optional<uint32_t> named_token(const json& config, const char* key,
                                    const CheckpointTokenizer& tokenizer) {
  const auto value = config.find(key);
  if (value == config.end()) return std::nullopt;
  const json* text = &*value;
  if (value->is_object()) {
    const auto content = value->find("content");
    if (content == value->end()) return std::nullopt;
    text = &*content;
  }
  if (!text->is_string()) return std::nullopt;
  const auto found = std::ranges::find(tokenizer.tokens, text->get<std::string>());
  if (found == tokenizer.tokens.end()) return std::nullopt;
  return static_cast<uint32_t>(found - tokenizer.tokens.begin());
}

}  // namespace

Result<CheckpointTokenizer> parse_tokenizer(std::string_view text, uint32_t num_tokens) {
  ORPHEUS_TRY(const json root, parse_json_object(text, kTokenizerName));
  const auto model = root.find("model");
  if (model == root.end() || !model->is_object())
    return broken("the tokenizer's model is missing", "the key 'model'");
  const auto type = model->find("type");
  if (type != model->end() && *type != "BPE") {
    return fail(
        {.kind = ErrorKind::kUnsupported,
         .what = std::string(kTokenizerName) + ": the tokenizer's type is not supported",
         .expected = "BPE",
         .found = type->is_string() ? convert::quoted(type->get<std::string>()) : "not a string"});
  }
  Builder builder(num_tokens);
  ORPHEUS_CHECK(builder.add_vocabulary(*model));
  ORPHEUS_CHECK(builder.add_added_tokens(root));
  ORPHEUS_CHECK(builder.add_merges(*model));
  return std::move(builder).finish();
}

Result<SpecialTokens> parse_special_tokens(std::string_view text,
                                           const CheckpointTokenizer& tokenizer) {
  ORPHEUS_TRY(const json config, parse_json_object(text, kSpecialsName));
  SpecialTokens specials;
  specials.begin_of_text = named_token(config, "bos_token", tokenizer);
  specials.end_of_text = named_token(config, "eos_token", tokenizer);
  specials.padding = named_token(config, "pad_token", tokenizer);
  if (const auto add = config.find("add_bos_token"); add != config.end() && add->is_boolean())
    specials.add_begin_of_text = add->get<bool>();
  return specials;
}

}  // namespace orpheus::convert
