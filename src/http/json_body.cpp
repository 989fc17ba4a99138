#include "http/json_body.h"

#include <algorithm>
#include <charconv>
#include <utility>

#include <spdlog/fmt/fmt.h>

#include "base/utf8.h"

namespace orpheus::http {
namespace {

using Json = nlohmann::json;

constexpr int kMaxDepth = 64;
constexpr size_t kExcerptBytes = 60;

// Checks a text without building values, so nothing is built from malformed or too deep input.
class StructureCheck final : public nlohmann::json_sax<Json> {
 public:
  const std::string& problem() const { return problem_; }

  bool null() override { return true; }
  bool boolean(bool /*value*/) override { return true; }
  bool number_integer(number_integer_t /*value*/) override { return true; }
  bool number_unsigned(number_unsigned_t /*value*/) override { return true; }
  bool number_float(number_float_t /*value*/, const string_t& /*text*/) override { return true; }
  bool string(string_t& /*value*/) override { return true; }
  bool binary(binary_t& /*value*/) override { return true; }
  bool key(string_t& /*value*/) override { return true; }
  bool start_object(size_t /*num_elements*/) override { return enter(); }
  bool start_array(size_t /*num_elements*/) override { return enter(); }
  bool end_object() override { return leave(); }
  bool end_array() override { return leave(); }
  bool parse_error(size_t position, const std::string& /*last_token*/,
                   const nlohmann::detail::exception& /*error*/) override {
    problem_ = fmt::format("not valid JSON near byte {}", position);
    return false;
  }

 private:
  bool enter() {
    if (++depth_ <= kMaxDepth) return true;
    problem_ = fmt::format("JSON nested deeper than {}", kMaxDepth);
    return false;
  }
  bool leave() {
    --depth_;
    return true;
  }

  int depth_ = 0;
  std::string problem_;
};

tl::unexpected<ApiError> bad_body(const std::string& found) {
  const Error error{.kind = ErrorKind::kUsage,
                    .what = "the body cannot be read",
                    .expected = "a JSON object",
                    .found = found};
  return tl::unexpected(
      ApiError{.status = 400, .message = error.message(), .code = "invalid_json"});
}

std::string name_of_type(const Json& value) {
  switch (value.type()) {
    case Json::value_t::boolean: return "a boolean";
    case Json::value_t::string: return "a string";
    case Json::value_t::array: return "an array";
    case Json::value_t::object: return "an object";
    case Json::value_t::null: return "null";
    default: return "the number " + value.dump();
  }
}

// The 16 bits of an escape such as \ud83d at this offset; nothing where there is none.
std::optional<uint32_t> escape_at(std::string_view json, size_t offset) {
  constexpr size_t kEscapeBytes = 6;
  const std::string_view escape = json.substr(std::min(offset, json.size()), kEscapeBytes);
  if (escape.size() < kEscapeBytes || !escape.starts_with("\\u")) return std::nullopt;
  uint32_t value = 0;
  const char* end = escape.data() + escape.size();
  const auto [stopped, error] = std::from_chars(escape.data() + 2, end, value, 16);
  if (error != std::errc() || stopped != end) return std::nullopt;
  return value;
}

bool is_high(uint32_t unit) { return unit >= 0xD800 && unit < 0xDC00; }
bool is_low(uint32_t unit) { return unit >= 0xDC00 && unit < 0xE000; }

// JSON of the same length. Outside of strings there is no backslash in JSON.
std::string without_lone_surrogates(std::string_view json) {
  constexpr size_t kEscapeBytes = 6;
  std::string mended(json);
  for (size_t at = mended.find('\\'); at != std::string::npos; at = mended.find('\\', at)) {
    const auto unit = escape_at(mended, at);
    if (!unit) {
      at += 2;  // another escape
      continue;
    }
    const auto next = escape_at(mended, at + kEscapeBytes);
    if (is_high(*unit) && next && is_low(*next)) {
      at += 2 * kEscapeBytes;
      continue;
    }
    if (is_high(*unit) || is_low(*unit)) mended.replace(at, kEscapeBytes, "\\ufffd");
    at += kEscapeBytes;
  }
  return mended;
}

}  // namespace

std::string excerpt(std::string_view text) {
  if (text.size() <= kExcerptBytes) return "'" + printable(text) + "'";
  std::string_view start = text.substr(0, kExcerptBytes);
  start = start.substr(0, find_invalid_utf8(start).value_or(start.size()));
  return "'" + printable(start) + "…'";
}

tl::expected<JsonBody, ApiError> JsonBody::parse(std::string_view sent) {
  if (sent.starts_with("\x1f\x8b")) {
    return tl::unexpected(
        ApiError{.status = 415,
                 .message = "the body is compressed with gzip; send it uncompressed",
                 .code = "unsupported_content_encoding"});
  }
  const std::string mended = without_lone_surrogates(sent);
  const std::string_view bytes = mended;
  if (const auto offset = find_invalid_utf8(bytes)) {
    return bad_body(fmt::format("bytes that are not UTF-8 at byte {}", *offset));
  }
  StructureCheck check;
  if (!Json::sax_parse(bytes, &check)) return bad_body(check.problem());
  Json value = Json::parse(bytes, nullptr, false);
  if (!value.is_object()) return bad_body(name_of_type(value));
  return JsonBody(std::move(value));
}

const Json* JsonBody::find(const std::string& key) const {
  const auto found = object_.find(key);
  return found == object_.end() || found->is_null() ? nullptr : &*found;
}

void JsonBody::refuse(const std::string& key, std::string code, const Error& error) {
  if (error_) return;
  error_ = api_error(error);
  error_->param = key;
  error_->code = std::move(code);
}

void JsonBody::refuse_type(const std::string& key, const Json& value, std::string expected) {
  refuse(key, "invalid_type",
         {.kind = ErrorKind::kUsage,
          .what = key + " has the wrong type",
          .expected = std::move(expected),
          .found = name_of_type(value)});
}

void JsonBody::refuse_range(const std::string& key, const Json& value, std::string range) {
  refuse(key, "invalid_value",
         {.kind = ErrorKind::kUsage,
          .what = key + " is out of range",
          .expected = std::move(range),
          .found = value.dump()});
}

std::optional<std::string> JsonBody::text(const std::string& key) {
  const Json* value = find(key);
  if (value == nullptr) return std::nullopt;
  if (value->is_string()) return value->get<std::string>();
  refuse_type(key, *value, "a string");
  return std::nullopt;
}

std::optional<std::string> JsonBody::text_or_id(const std::string& key) {
  const Json* value = find(key);
  if (value == nullptr) return std::nullopt;
  if (value->is_string()) return value->get<std::string>();
  if (value->is_object()) {
    const auto id = value->find("id");
    if (id != value->end() && id->is_string()) return id->get<std::string>();
  }
  refuse_type(key, *value, R"(a string or {"id": a string})");
  return std::nullopt;
}

std::optional<bool> JsonBody::boolean(const std::string& key) {
  const Json* value = find(key);
  if (value == nullptr) return std::nullopt;
  if (value->is_boolean()) return value->get<bool>();
  refuse_type(key, *value, "a boolean");
  return std::nullopt;
}

std::optional<double> JsonBody::number(const std::string& key, double least, double most) {
  const Json* value = find(key);
  if (value == nullptr) return std::nullopt;
  if (!value->is_number()) {
    refuse_type(key, *value, "a number");
    return std::nullopt;
  }
  const auto number = value->get<double>();
  if (number >= least && number <= most) return number;
  refuse_range(key, *value, fmt::format("{} … {}", least, most));
  return std::nullopt;
}

std::optional<int64_t> JsonBody::whole_number(const std::string& key, int64_t least, int64_t most) {
  const Json* value = find(key);
  if (value == nullptr) return std::nullopt;
  if (!value->is_number_integer()) {
    refuse_type(key, *value, "a whole number");
    return std::nullopt;
  }
  // An unsigned number beyond int64 would become negative.
  const bool fits = !value->is_number_unsigned() || value->get<uint64_t>() <= INT64_MAX;
  const auto number = value->get<int64_t>();
  if (fits && number >= least && number <= most) return number;
  refuse_range(key, *value, fmt::format("{} … {}", least, most));
  return std::nullopt;
}

std::map<std::string, std::string> JsonBody::all_as_text() {
  std::map<std::string, std::string> texts;
  for (const auto& [key, value] : object_.items()) {
    if (value.is_string()) {
      texts[key] = value.get<std::string>();
    } else if (value.is_number() || value.is_boolean()) {
      texts[key] = value.is_boolean() ? (value.get<bool>() ? "1" : "0") : value.dump();
    } else if (!value.is_null()) {
      refuse_type(printable(key.substr(0, kExcerptBytes)), value, "a string or a number");
    }
  }
  return texts;
}

std::optional<std::vector<int32_t>> JsonBody::whole_numbers(const std::string& key, int32_t least,
                                                            int32_t most) {
  const Json* value = find(key);
  if (value == nullptr) return std::nullopt;
  const auto fits = [&](const Json& number) {
    return number.is_number_integer() && number >= least && number <= most;
  };
  if (!value->is_array() || !std::all_of(value->begin(), value->end(), fits)) {
    refuse_type(key, *value, fmt::format("an array of whole numbers in {} … {}", least, most));
    return std::nullopt;
  }
  return value->get<std::vector<int32_t>>();
}

std::map<std::string, std::string> JsonBody::texts(const std::string& key, size_t most) {
  std::map<std::string, std::string> texts;
  const Json* object = find(key);
  if (object == nullptr) return texts;
  const bool holds_texts = object->is_object() && object->size() <= most &&
                           std::all_of(object->begin(), object->end(),
                                       [](const Json& text) { return text.is_string(); });
  if (!holds_texts) {
    refuse_type(key, *object, fmt::format("an object of at most {} strings", most));
    return texts;
  }
  for (const auto& [name, text] : object->items()) texts[name] = text.get<std::string>();
  return texts;
}

bool JsonBody::is_text(const std::string& key) const {
  const Json* value = find(key);
  return value != nullptr && value->is_string();
}

}  // namespace orpheus::http
