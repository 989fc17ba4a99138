#include "http/json_body.h"

#include <charconv>
#include <utility>

#include <nlohmann/json.hpp>
#include <spdlog/fmt/fmt.h>

#include "base/utf8.h"
#include "http/json_text.h"

namespace orpheus::http {
namespace {

using Json = nlohmann::json;

constexpr int kMaxDepth = 64;
constexpr size_t kMaxKeys = 1000;         // known clients send fewer than 100
constexpr size_t kMaxNumberBytes = 1000;  // a double has fewer digits
constexpr size_t kExcerptBytes = 60;
constexpr std::string_view kByteOrderMark = "\xef\xbb\xbf";

tl::unexpected<ApiError> bad_body(const std::string& found) {
  const Error error{.kind = ErrorKind::kUsage,
                    .what = "the body cannot be read",
                    .expected = "a JSON object",
                    .found = found};
  return tl::unexpected(
      ApiError{.status = 400, .message = error.message(), .code = "invalid_json"});
}

// The name of the compression, by the first bytes. Null if there is none.
const char* compression_of(std::string_view sent) {
  if (sent.starts_with("\x1f\x8b")) return "gzip";
  if (sent.starts_with("\x28\xb5\x2f\xfd")) return "zstd";
  for (const std::string_view start : {"\x78\x01", "\x78\x5e", "\x78\x9c", "\x78\xda"})
    if (sent.starts_with(start)) return "zlib";
  return nullptr;
}

bool is_text_value(std::string_view value) { return value.starts_with('"'); }
bool is_number_value(std::string_view value) {
  return value.starts_with('-') || (value.front() >= '0' && value.front() <= '9');
}

// Null if the number has too many digits.
Json number_of(std::string_view value) {
  if (value.size() > kMaxNumberBytes) return nullptr;
  return Json::parse(value, nullptr, false);
}

std::string written(std::string_view number) {
  const Json value = number_of(number);
  return value.is_null() ? std::string(number.substr(0, kExcerptBytes)) + "…" : value.dump();
}

std::string name_of_type(std::string_view value) {
  switch (value.front()) {
    case 't':
    case 'f': return "a boolean";
    case '"': return "a string";
    case '[': return "an array";
    case '{': return "an object";
    case 'n': return "null";
    default: return "the number " + written(value);
  }
}

// Whether a member has this name. An escape has at most six times the bytes of its character.
bool is_named(std::string_view quoted, std::string_view key) {
  constexpr size_t kEscapeBytes = 6;
  const std::string_view plain = quoted.substr(1, quoted.size() - 2);
  if (plain == key) return true;
  return plain.size() <= kEscapeBytes * key.size() && plain.find('\\') != plain.npos &&
         unescape_json(quoted) == key;
}

}  // namespace

std::string excerpt(std::string_view text) {
  if (text.size() <= kExcerptBytes) return "'" + printable(text) + "'";
  std::string_view start = text.substr(0, kExcerptBytes);
  start = start.substr(0, find_invalid_utf8(start).value_or(start.size()));
  return "'" + printable(start) + "…'";
}

tl::expected<JsonBody, ApiError> JsonBody::parse(std::string_view sent) {
  if (const char* method = compression_of(sent)) {
    return tl::unexpected(ApiError{
        .status = 415,
        .message = fmt::format("the body is compressed with {}; send it uncompressed", method),
        .code = "unsupported_content_encoding"});
  }
  if (const auto offset = find_invalid_utf8(sent)) {
    return bad_body(fmt::format("bytes that are not UTF-8 at byte {}", *offset));
  }
  if (sent.starts_with(kByteOrderMark)) sent.remove_prefix(kByteOrderMark.size());
  if (const auto fault = find_json_fault(sent, kMaxDepth)) {
    return bad_body(fault->kind == JsonFault::Kind::kTooDeep
                        ? fmt::format("JSON nested deeper than {}", kMaxDepth)
                        : fmt::format("not valid JSON near byte {}", fault->offset + 1));
  }
  const std::string_view value = trim_json(sent);
  if (!value.starts_with('{')) return bad_body(name_of_type(value));
  auto body = of_object(value);
  if (!body) return bad_body(fmt::format("an object of more than {} keys", kMaxKeys));
  return *std::move(body);
}

std::optional<JsonBody> JsonBody::of_object(std::string_view value) {
  JsonBody body;
  visit_members(value, [&](std::string_view name, std::string_view member) {
    body.members_.push_back({name, member});
    return body.members_.size() <= kMaxKeys;
  });
  if (body.members_.size() > kMaxKeys) return std::nullopt;
  return body;
}

std::optional<JsonBody> JsonBody::object(std::string_view key) const {
  const auto value = find(key);
  if (!value || !value->starts_with('{')) return std::nullopt;
  return of_object(*value);
}

// If a key occurs twice, the last value counts.
std::optional<std::string_view> JsonBody::find(std::string_view key) const {
  for (auto member = members_.rbegin(); member != members_.rend(); ++member) {
    if (is_named(member->name, key))
      return member->value == "null" ? std::nullopt : std::optional(member->value);
  }
  return std::nullopt;
}

void JsonBody::refuse(const std::string& key, std::string code, const Error& error) {
  if (error_) return;
  error_ = api_error(error);
  error_->param = key;
  error_->code = std::move(code);
}

void JsonBody::refuse_type(const std::string& key, std::string_view value, std::string expected) {
  refuse(key, "invalid_type",
         {.kind = ErrorKind::kUsage,
          .what = key + " has the wrong type",
          .expected = std::move(expected),
          .found = name_of_type(value)});
}

void JsonBody::refuse_range(const std::string& key, std::string_view number, std::string range) {
  refuse(key, "invalid_value",
         {.kind = ErrorKind::kUsage,
          .what = key + " is out of range",
          .expected = std::move(range),
          .found = written(number)});
}

std::optional<std::string> JsonBody::text(const std::string& key) {
  const auto value = find(key);
  if (!value) return std::nullopt;
  if (is_text_value(*value)) return unescape_json(*value);
  refuse_type(key, *value, "a string");
  return std::nullopt;
}

std::optional<std::string> JsonBody::text_or_id(const std::string& key) {
  const auto value = find(key);
  if (!value) return std::nullopt;
  if (is_text_value(*value)) return unescape_json(*value);
  std::optional<std::string> id;
  if (value->starts_with('{')) {
    visit_members(*value, [&](std::string_view name, std::string_view member) {
      if (!is_named(name, "id")) return true;
      id.reset();
      if (is_text_value(member)) id = unescape_json(member);
      return true;
    });
  }
  if (!id) refuse_type(key, *value, R"(a string or {"id": a string})");
  return id;
}

std::optional<bool> JsonBody::boolean(const std::string& key) {
  const auto value = find(key);
  if (!value) return std::nullopt;
  if (*value == "true" || *value == "false") return *value == "true";
  refuse_type(key, *value, "a boolean");
  return std::nullopt;
}

std::optional<double> JsonBody::number(const std::string& key, double least, double most) {
  const auto value = find(key);
  if (!value) return std::nullopt;
  if (!is_number_value(*value)) {
    refuse_type(key, *value, "a number");
    return std::nullopt;
  }
  const Json parsed = number_of(*value);
  if (parsed.is_number()) {
    const auto number = parsed.get<double>();
    if (number >= least && number <= most) return number;
  }
  refuse_range(key, *value, fmt::format("{} … {}", least, most));
  return std::nullopt;
}

std::optional<int64_t> JsonBody::whole_number(const std::string& key, int64_t least, int64_t most) {
  const auto value = find(key);
  if (!value) return std::nullopt;
  const Json parsed = is_number_value(*value) ? number_of(*value) : Json();
  if (!parsed.is_number_integer()) {
    refuse_type(key, *value, "a whole number");
    return std::nullopt;
  }
  // An unsigned number beyond int64 would become negative.
  const bool fits = !parsed.is_number_unsigned() || parsed.get<uint64_t>() <= INT64_MAX;
  const auto number = parsed.get<int64_t>();
  if (fits && number >= least && number <= most) return number;
  refuse_range(key, *value, fmt::format("{} … {}", least, most));
  return std::nullopt;
}

std::map<std::string, std::string> JsonBody::all_as_text() {
  std::map<std::string, std::string> texts;
  for (const auto& [name, value] : members_) {
    const std::string key = unescape_json(name);
    if (value == "null") {
      texts.erase(key);
    } else if (is_text_value(value)) {
      texts[key] = unescape_json(value);
    } else if (value == "true" || value == "false") {
      texts[key] = value == "true" ? "1" : "0";
    } else if (is_number_value(value) && value.size() <= kMaxNumberBytes) {
      texts[key] = written(value);
    } else {
      refuse_type(printable_excerpt(key, kExcerptBytes), value, "a string or a number");
    }
  }
  return texts;
}

std::optional<std::vector<int32_t>> JsonBody::whole_numbers(const std::string& key, int32_t least,
                                                            int32_t most, size_t max_count) {
  const auto value = find(key);
  if (!value) return std::nullopt;
  std::vector<int32_t> numbers;
  bool fits = value->starts_with('[');
  if (fits) {
    visit_elements(*value, [&](std::string_view element) {
      int32_t number = 0;
      const char* end = element.data() + element.size();
      const auto [stopped, error] = std::from_chars(element.data(), end, number);
      fits = error == std::errc() && stopped == end && number >= least && number <= most;
      if (fits) numbers.push_back(number);
      return fits && numbers.size() < max_count;
    });
  }
  if (fits) return numbers;
  refuse_type(key, *value, fmt::format("an array of whole numbers in {} … {}", least, most));
  return std::nullopt;
}

std::map<std::string, std::string> JsonBody::texts(const std::string& key, size_t most) {
  std::map<std::string, std::string> texts;
  const auto object = find(key);
  if (!object) return texts;
  bool holds_texts = object->starts_with('{');
  if (holds_texts) {
    visit_members(*object, [&](std::string_view name, std::string_view value) {
      holds_texts = is_text_value(value) && texts.size() < most;
      if (holds_texts) texts[unescape_json(name)] = unescape_json(value);
      return holds_texts;
    });
  }
  if (holds_texts) return texts;
  refuse_type(key, *object, fmt::format("an object of at most {} strings", most));
  return {};
}

bool JsonBody::is_text(const std::string& key) const {
  const auto value = find(key);
  return value && is_text_value(*value);
}

}  // namespace orpheus::http
