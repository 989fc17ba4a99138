#pragma once
// What the head of a server's answer says about a file. Pure functions.

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"
#include "net/client.h"

namespace orpheus::models {

// The version of a file, as a redirect of the hub (X-Linked-ETag), or else an ETag or a date tells;
// empty where nothing does. A weak ETag is no version.
std::string linked_tag(const net::ResponseHead& head);
std::string own_tag(const net::ResponseHead& head);
// What If-Range takes of a tag: of a linked one nothing, for it is not the answering server's.
std::string if_range(std::string_view tag);
// SHA-256, where the tag tells one: the hub's linked one does, of large files. An ETag of the store
// that the hub leads to looks like one and is none.
std::optional<std::string> announced_hash(std::string_view tag);

// "bytes 100-199/200", of a part that reaches to the end: where it begins, and the whole's size.
struct Rest {
  uint64_t begin = 0;
  uint64_t total = 0;
};
std::optional<Rest> parse_rest(std::string_view content_range);

// The file's size, as a redirect of the hub (X-Linked-Size) tells.
std::optional<uint64_t> linked_size(const net::ResponseHead& head);

// Seconds of Retry-After, or of the hub's RateLimit; nothing for dates and what is longer than ten
// minutes.
std::optional<std::chrono::seconds> retry_after(const net::ResponseHead& head);

bool is_redirect(int status);
// Whether the same request may succeed later.
bool may_recover(int status);

// Of a status that is neither success nor redirect; the hub's X-Error-Code tells more.
Error refusal(const net::ResponseHead& head, const std::string& url, bool has_token);

}  // namespace orpheus::models
