#include "http/request.h"

#include <algorithm>
#include <charconv>
#include <random>
#include <utility>

#include <spdlog/fmt/fmt.h>

#include "base/parse_number.h"

namespace orpheus::http {
namespace {

constexpr size_t kMaxIdBytes = 64;

char to_lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

bool is_plain(char c) {
  const char lower = to_lower(c);
  return (lower >= 'a' && lower <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '_' ||
         c == '.';
}

// What is not an encoding stands for itself; plus stands for '+'.
std::string decoded(std::string_view text, char plus) {
  std::string plain;
  for (size_t i = 0; i < text.size(); ++i) {
    const char* digits = text.data() + i + 1;
    unsigned byte = 0;
    const bool encoded = text[i] == '%' && i + 2 < text.size() &&
                         std::from_chars(digits, digits + 2, byte, 16).ptr == digits + 2;
    if (encoded) {
      plain += static_cast<char>(byte);
      i += 2;
    } else {
      plain += text[i] == '+' ? plus : text[i];
    }
  }
  return plain;
}

}  // namespace

bool equal_ignoring_case(std::string_view a, std::string_view b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                    [](char x, char y) { return to_lower(x) == to_lower(y); });
}

std::string decoded_path(std::string_view path) { return decoded(path, '+'); }

std::optional<std::string> query_value(std::string_view query, std::string_view key) {
  while (!query.empty()) {
    const std::string_view pair = query.substr(0, query.find('&'));
    query.remove_prefix(std::min(pair.size() + 1, query.size()));
    const size_t equals = std::min(pair.find('='), pair.size());
    if (decoded(pair.substr(0, equals), ' ') != key) continue;
    return decoded(pair.substr(std::min(equals + 1, pair.size())), ' ');
  }
  return std::nullopt;
}

std::optional<std::string_view> Request::header(std::string_view name) const {
  for (const Header& header : headers) {
    if (equal_ignoring_case(header.name, name)) return header.value;
  }
  return std::nullopt;
}

bool is_last_try(const Request& request) {
  constexpr int kUsualRetries = 2;
  const auto count = parse_number<int>(request.header("X-Stainless-Retry-Count").value_or(""));
  return count && *count >= kUsualRetries;
}

Target parse_target(std::string_view target) {
  std::optional<std::string> authority;
  if (const size_t scheme = target.find("://");
      scheme != std::string_view::npos && !target.starts_with('/')) {
    target.remove_prefix(scheme + 3);
    const size_t end = std::min(target.find_first_of("/?#"), target.size());
    authority = target.substr(0, end);
    target.remove_prefix(end);
  }
  const size_t mark = target.find('?');
  const std::string_view query = mark == std::string_view::npos ? "" : target.substr(mark + 1);
  std::string path(target.substr(0, mark));
  if (path.empty() && authority) path = "/";
  return {.path = std::move(path), .query = std::string(query), .authority = std::move(authority)};
}

std::string request_id(std::optional<std::string_view> given) {
  if (given && !given->empty() && given->size() <= kMaxIdBytes &&
      std::all_of(given->begin(), given->end(), is_plain)) {
    return std::string(*given);
  }
  std::random_device random;
  return fmt::format("req_{:08x}{:08x}{:08x}", random(), random(), random());
}

}  // namespace orpheus::http
