#include "models/answer.h"

#include "base/parse_number.h"
#include "base/utf8.h"

namespace orpheus::models {
namespace {

constexpr std::string_view kLinked = "linked ";
constexpr std::string_view kEtag = "etag ";
constexpr std::string_view kDate = "date ";
constexpr size_t kMaxTagBytes = 500;

bool is_version(std::string_view etag) {
  return etag.size() >= 2 && etag.size() < kMaxTagBytes && etag.front() == '"' &&
         etag.back() == '"' && printable(etag) == etag;
}

}  // namespace

std::string linked_tag(const net::ResponseHead& head) {
  const std::string_view etag = head.header("X-Linked-ETag");
  return is_version(etag) ? std::string(kLinked) + std::string(etag) : "";
}

std::string own_tag(const net::ResponseHead& head) {
  if (const auto etag = head.header("ETag"); is_version(etag))
    return std::string(kEtag) + std::string(etag);
  const std::string_view date = head.header("Last-Modified");
  const bool usable = !date.empty() && date.size() < kMaxTagBytes && printable(date) == date;
  return usable ? std::string(kDate) + std::string(date) : "";
}

std::string if_range(std::string_view tag) {
  for (const std::string_view kind : {kEtag, kDate})
    if (tag.starts_with(kind)) return std::string(tag.substr(kind.size()));
  return "";
}

std::optional<std::string> announced_hash(std::string_view tag) {
  constexpr size_t kDigits = 64;
  const size_t quote = tag.find('"');
  if (!tag.starts_with(kLinked) || quote == tag.npos || tag.size() - quote != kDigits + 2)
    return std::nullopt;
  const std::string_view digits = tag.substr(quote + 1, kDigits);
  if (digits.find_first_not_of("0123456789abcdef") != digits.npos) return std::nullopt;
  return std::string(digits);
}

std::optional<Rest> parse_rest(std::string_view text) {
  constexpr std::string_view kUnit = "bytes ";
  const size_t dash = text.find('-');
  const size_t slash = text.find('/');
  if (!text.starts_with(kUnit) || dash == text.npos || slash == text.npos || slash < dash)
    return std::nullopt;
  const auto begin = parse_number<uint64_t>(text.substr(kUnit.size(), dash - kUnit.size()));
  const auto last = parse_number<uint64_t>(text.substr(dash + 1, slash - dash - 1));
  const auto total = parse_number<uint64_t>(text.substr(slash + 1));
  if (!begin || !last || !total || *begin > *last || *last >= *total || *last != *total - 1)
    return std::nullopt;
  return Rest{*begin, *total};
}

std::optional<uint64_t> linked_size(const net::ResponseHead& head) {
  return parse_number<uint64_t>(head.header("X-Linked-Size"));
}

std::optional<std::chrono::seconds> retry_after(const net::ResponseHead& head) {
  auto seconds = parse_number<uint32_t>(head.header("Retry-After"));
  // RateLimit: "resolvers";r=0;t=172
  constexpr std::string_view kTime = ";t=";
  const std::string_view limit = head.header("RateLimit");
  if (const size_t at = limit.find(kTime); !seconds && at != limit.npos) {
    const std::string_view time = limit.substr(at + kTime.size());
    seconds = parse_number<uint32_t>(time.substr(0, time.find(';')));
  }
  if (!seconds || *seconds > 600) return std::nullopt;
  return std::chrono::seconds(*seconds);
}

bool is_redirect(int status) {
  return status == 301 || status == 302 || status == 303 || status == 307 || status == 308;
}

bool may_recover(int status) { return status == 408 || status == 429 || status >= 500; }

Error refusal(const net::ResponseHead& head, const std::string& url, bool has_token) {
  Error error{.kind = ErrorKind::kUnavailable,
              .what = url + ": the server refused the request",
              .expected = "status 200",
              .found = std::to_string(head.status)};
  const std::string_view code = head.header("X-Error-Code");
  if (code == "RepoNotFound") {  // the hub also sends 401 for repositories that do not exist
    error.kind = ErrorKind::kNotFound;
    error.what = url + ": there is no such repository, or it is private";
    error.remedy = has_token ? "Check the name, and that the token in HF_TOKEN has access to it."
                             : "Check the name. For a private repository, set HF_TOKEN.";
    return error;
  }
  switch (head.status) {
    case 401:
    case 403:
      error.what =
          url + (has_token ? ": the token in HF_TOKEN has no access to this file"
                           : ": the file is private, or its licence must be accepted first");
      error.remedy =
          has_token ? "Accept the licence on the repository's page, or use a token with access."
                    : "Accept the licence on the repository's page, create a token there and set "
                      "HF_TOKEN to it.";
      break;
    case 404:
    case 410:
      error.kind = ErrorKind::kNotFound;
      error.what = url + ": there is no such file";
      error.remedy =
          "It may have been moved. Any other file can be given as OWNER/REPOSITORY/FILE.gguf.";
      break;
    case 429: error.what = url + ": too many requests"; break;
    default:
      if (head.status < 500) error.kind = ErrorKind::kBadReply;
  }
  return error;
}

}  // namespace orpheus::models
