#include "convert/json_reader.h"

#include <algorithm>

namespace orpheus::convert {
namespace {

using nlohmann::json;

bool is_count(const json& value, uint32_t maximum) {
  return value.is_number_unsigned() && value.get<uint64_t>() >= 1 &&
         value.get<uint64_t>() <= maximum;
}

std::string range(uint32_t maximum) { return "1 to " + std::to_string(maximum); }

}  // namespace

std::string shown(const json& value) {
  if (value.is_object()) return "an object";
  const bool flat = !value.is_array() || std::ranges::none_of(value, [](const json& item) {
    return item.is_structured();
  });
  if (!flat) return "a nested array";
  constexpr size_t kMaxBytes = 60;  // of ASCII: anything else is escaped
  std::string text = value.dump(-1, ' ', true, json::error_handler_t::replace);
  return text.size() > kMaxBytes ? text.substr(0, kMaxBytes) + "…" : text;
}

Result<json> parse_json_object(std::string_view text, const std::string& name,
                               const std::string& remedy) {
  json object = json::parse(text, nullptr, /*allow_exceptions=*/false);
  if (object.is_object()) return object;
  return fail(
      {.kind = ErrorKind::kBadFile, .what = name + ": not a JSON object", .remedy = remedy});
}

uint32_t JsonReader::count(const char* key, uint32_t maximum) {
  const json* value = demand(key);
  if (value != nullptr && !is_count(*value, maximum)) refuse(key, range(maximum), *value);
  return value == nullptr || error_ ? 1 : value->get<uint32_t>();
}

uint32_t JsonReader::count_or(const char* key, uint32_t fallback, uint32_t maximum) {
  return find(key) == nullptr ? fallback : count(key, maximum);
}

std::vector<uint32_t> JsonReader::counts(const char* key, uint32_t maximum) {
  const json* value = demand(key);
  if (value == nullptr) return {};
  bool sound = value->is_array() && !value->empty() && value->size() <= 8;
  for (size_t i = 0; sound && i < value->size(); ++i) sound = is_count((*value)[i], maximum);
  if (!sound) refuse(key, "one to eight values, each " + range(maximum), *value);
  return sound ? value->get<std::vector<uint32_t>>() : std::vector<uint32_t>{};
}

double JsonReader::number(const char* key, double low, double high) {
  const json* value = demand(key);
  const double found = value != nullptr && value->is_number() ? value->get<double>() : low - 1;
  if (found >= low && found <= high) return found;
  if (value != nullptr)
    refuse(key, "a number from " + json(low).dump() + " to " + json(high).dump(), *value);
  return low;
}

double JsonReader::number_or(const char* key, double fallback, double low, double high) {
  return find(key) == nullptr ? fallback : number(key, low, high);
}

bool JsonReader::flag(const char* key) {
  const json* value = demand(key);
  if (value != nullptr && !value->is_boolean()) refuse(key, "true or false", *value);
  return value != nullptr && value->is_boolean() && value->get<bool>();
}

bool JsonReader::flag_or(const char* key, bool fallback) {
  return find(key) == nullptr ? fallback : flag(key);
}

std::string JsonReader::text(const char* key) {
  const json* value = demand(key);
  if (value != nullptr && !value->is_string()) refuse(key, "a string", *value);
  return value != nullptr && value->is_string() ? value->get<std::string>() : std::string();
}

std::string JsonReader::text_or(const char* key, const std::string& fallback) {
  return find(key) == nullptr ? fallback : text(key);
}

void JsonReader::refuse(const std::string& key, const std::string& expected, const json& found) {
  if (error_) return;
  error_ = Error{.kind = ErrorKind::kBadFile,
                 .what = name_ + ": '" + key + "' has an invalid value",
                 .expected = expected,
                 .found = shown(found)};
}

const json* JsonReader::find(const char* key) const {
  const auto found = object_.find(key);
  return found == object_.end() || found->is_null() ? nullptr : &*found;
}

const json* JsonReader::demand(const char* key) {
  const json* value = find(key);
  if (value == nullptr && !error_) {
    error_ = Error{.kind = ErrorKind::kBadFile,
                   .what = name_ + ": '" + key + "' is missing",
                   .remedy = remedy_};
  }
  return value;
}

}  // namespace orpheus::convert
