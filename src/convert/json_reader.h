#pragma once
// Reads keys of one untrusted JSON object and remembers the first error. A null value counts as
// absent. One thread.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <nlohmann/json.hpp>

#include "base/result.h"

namespace orpheus::convert {

// Errors: kBadFile.
Result<nlohmann::json> parse_json_object(std::string_view text, const std::string& name,
                                         const std::string& remedy = {});

class JsonReader {
 public:
  // Both must outlive the reader. Messages begin with the name. remedy: for a missing key.
  JsonReader(const nlohmann::json& object, std::string name, std::string remedy = {})
      : object_(object), name_(std::move(name)), remedy_(std::move(remedy)) {}

  // A number from 1 to maximum; 1 after an error.
  uint32_t count(const char* key, uint32_t maximum);
  uint32_t count_or(const char* key, uint32_t fallback, uint32_t maximum);
  // A list of one to eight numbers.
  std::vector<uint32_t> counts(const char* key, uint32_t maximum);
  double number(const char* key, double low, double high);
  double number_or(const char* key, double fallback, double low, double high);
  bool flag(const char* key);
  bool flag_or(const char* key, bool fallback);
  std::string text(const char* key);
  std::string text_or(const char* key, const std::string& fallback);

  void refuse(const std::string& key, const std::string& expected, const nlohmann::json& found);
  const std::optional<Error>& error() const { return error_; }

 private:
  const nlohmann::json* find(const char* key) const;  // null where there is none
  const nlohmann::json* demand(const char* key);      // null is then an error

  const nlohmann::json& object_;
  const std::string name_;
  const std::string remedy_;
  std::optional<Error> error_;
};

// A value for a message. Nested values are not printed, because printing recurses as deep as they
// nest.
std::string shown(const nlohmann::json& value);

}  // namespace orpheus::convert
