#pragma once
// Reads the JSON object of a request's body, key by key. It remembers the first error and
// continues, so a handler reads all keys and then checks once. Builds only the values that are
// asked for, so that a body needs little more memory than its own bytes.

#include <concepts>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <tl/expected.hpp>

#include "http/errors.h"

namespace orpheus::http {

class JsonBody {
 public:
  // Half of a surrogate pair that is escaped alone (\ud800), as clients that cut texts send it,
  // becomes U+FFFD. The bytes must outlive the result. Errors (400): not UTF-8, not JSON, nested
  // deeper than 64, not an object, more than 1000 keys; (415) compressed with gzip, zlib or zstd.
  static tl::expected<JsonBody, ApiError> parse(std::string_view bytes);
  template <std::same_as<std::string> Passing>
  static tl::expected<JsonBody, ApiError> parse(Passing&& bytes) = delete;

  // Each returns nothing if the key is absent, null or wrong.
  std::optional<std::string> text(const std::string& key);
  std::optional<std::string> text_or_id(const std::string& key);  // "x" or {"id": "x"}
  std::optional<bool> boolean(const std::string& key);
  std::optional<double> number(const std::string& key, double least, double most);
  std::optional<int64_t> whole_number(const std::string& key, int64_t least, int64_t most);

  // Every key with its value as text (strings, numbers, booleans). null is left out.
  std::map<std::string, std::string> all_as_text();
  // The first max_count numbers of an array. Nothing if the value is not an array, or if one of
  // these elements is not a whole number in this range.
  std::optional<std::vector<int32_t>> whole_numbers(const std::string& key, int32_t least,
                                                    int32_t most, size_t max_count);
  // The texts of an object, by name. Empty if the key is absent, or not an object of at most that
  // many texts.
  std::map<std::string, std::string> texts(const std::string& key, size_t most);
  bool is_text(const std::string& key) const;
  // The value as its JSON stands in the bytes. Nothing if the key is absent or null.
  std::optional<std::string_view> json(std::string_view key) const { return find(key); }
  // The keys of an object. Nothing if the value is no object, or has too many keys.
  std::optional<JsonBody> object(std::string_view key) const;

  // Remembers this error, unless there was one before.
  void refuse(const std::string& key, std::string code, const Error& error);
  const std::optional<ApiError>& error() const { return error_; }

 private:
  struct Member {
    std::string_view name;  // with its quotes
    std::string_view value;
  };

  static std::optional<JsonBody> of_object(std::string_view value);
  // Nothing if the value is null.
  std::optional<std::string_view> find(std::string_view key) const;
  void refuse_type(const std::string& key, std::string_view value, std::string expected);
  void refuse_range(const std::string& key, std::string_view number, std::string range);

  std::vector<Member> members_;
  std::optional<ApiError> error_;
};

// The start of a text from outside, short enough for a message and cut between characters.
std::string excerpt(std::string_view text);

}  // namespace orpheus::http
