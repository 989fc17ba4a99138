#pragma once
// Reads facts about a file from the head of a server's response. Pure functions.

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"
#include "net/client.h"

namespace orpheus::models {

// The version of a file: from a redirect of the hub (X-Linked-ETag), else an ETag, else a date;
// empty if there is none. A weak ETag is no version.
std::string linked_tag(const net::ResponseHead& head);
std::string own_tag(const net::ResponseHead& head);
// The value for If-Range. Empty for a linked tag, which is not the answering server's.
std::string if_range(std::string_view tag);
// The SHA-256 in a tag. The hub's linked tags of large files have it. An ETag of the hub's storage
// looks like a SHA-256 and is not one.
std::optional<std::string> announced_hash(std::string_view tag);

// "bytes 100-199/200", for a part that reaches to the end: its first byte and the file's size.
struct Rest {
  uint64_t begin = 0;
  uint64_t total = 0;
};
std::optional<Rest> parse_rest(std::string_view content_range);

// The file's size from a redirect of the hub (X-Linked-Size).
std::optional<uint64_t> linked_size(const net::ResponseHead& head);

// Seconds from Retry-After or from the hub's RateLimit. Nothing for dates, and for more than ten
// minutes.
std::optional<std::chrono::seconds> retry_after(const net::ResponseHead& head);

bool is_redirect(int status);
// Whether the same request may succeed later.
bool may_recover(int status);

// The error for a status other than success and redirect. The hub's X-Error-Code adds detail.
Error refusal(const net::ResponseHead& head, const std::string& url, bool has_token);

}  // namespace orpheus::models
