#include "wyoming/event.h"

#include <algorithm>
#include <array>
#include <map>
#include <utility>

#include <nlohmann/json.hpp>
#include <spdlog/fmt/fmt.h>

#include "http/json_body.h"
#include "http/json_text.h"

namespace orpheus::wyoming {
namespace {

using http::ApiError;
using http::JsonBody;

// Of the reference implementation with the same events.
constexpr const char* kVersion = "1.10.2";
constexpr std::array<std::string_view, 6> kServed = {
    "ping", "describe", "synthesize", "synthesize-start", "synthesize-chunk", "synthesize-stop"};
// An empty buffer keeps at most this much.
constexpr size_t kKeptBytes = 4096;

tl::unexpected<ApiError> malformed(std::string message) {
  return tl::unexpected(
      ApiError{.status = 400, .message = std::move(message), .code = "invalid_event"});
}

tl::unexpected<ApiError> too_large(std::string_view what, uint64_t most) {
  return tl::unexpected(
      ApiError{.status = 413,
               .message = fmt::format("{} is too long (expected at most {} bytes)", what, most),
               .code = "event_too_large"});
}

// Editors put a byte order mark before a text; JSON readers accept it.
std::string_view without_mark(std::string_view json) {
  constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";
  return json.starts_with(kByteOrderMark) ? json.substr(kByteOrderMark.size()) : json;
}

tl::expected<JsonBody, ApiError> parsed(std::string_view what, std::string_view json) {
  auto body = JsonBody::parse(json);
  if (!body) return malformed(fmt::format("{}: {}", what, body.error().message));
  return body;
}

// The length that the line tells for a part of the event.
tl::expected<uint64_t, ApiError> length_of(JsonBody& line, const std::string& key,
                                           std::string_view what, uint64_t most) {
  constexpr int64_t kMostOfAll = int64_t{1} << 53U;  // what every JSON reader can represent
  const auto length = line.whole_number(key, 0, kMostOfAll);
  if (line.error()) return malformed(line.error()->message);
  const auto bytes = static_cast<uint64_t>(length.value_or(0));
  if (bytes > most) return too_large(what, most);
  return bytes;
}

// The members of both objects; of two with the same name the second's. Both are without a fault.
std::string merged(std::string_view first, std::string_view second) {
  std::map<std::string, std::pair<std::string_view, std::string_view>> members;
  for (const std::string_view object : {first, second}) {
    http::visit_members(http::trim_json(object),
                        [&](std::string_view name, std::string_view value) {
                          members[http::unescape_json(name)] = {name, value};
                          return true;
                        });
  }
  std::string all = "{";
  for (const auto& [key, member] : members)
    all += fmt::format("{}{}:{}", all.size() > 1 ? "," : "", member.first, member.second);
  return all + "}";
}

}  // namespace

bool is_served(std::string_view type) {
  return std::find(kServed.begin(), kServed.end(), type) != kServed.end();
}

EventLimits limits_for_texts(size_t max_code_points) {
  constexpr size_t kMostEscaped = 12;  // bytes of a character: "\\ud83d\\ude00"
  constexpr size_t kOfOthers = 16U << 10U;
  EventLimits limits;
  if (max_code_points < (limits.data_bytes - kOfOthers) / kMostEscaped)
    limits.data_bytes = max_code_points * kMostEscaped + kOfOthers;
  return limits;
}

tl::expected<std::optional<Event>, ApiError> EventReader::next() {
  const auto failed = [&](ApiError error) {
    part_ = Part::kFault;
    unread_ = {};
    return tl::unexpected(std::move(error));
  };
  if (part_ == Part::kLine) {
    auto read = read_line();
    if (!read) return failed(std::move(read.error()));
    if (!*read) return std::optional<Event>();
  }
  if (part_ == Part::kData) {
    auto read = read_data();
    if (!read) return failed(std::move(read.error()));
    if (!*read) return std::optional<Event>();
  }
  if (part_ == Part::kFault) {
    unread_ = {};
    return std::optional<Event>();
  }
  if (!skip()) return std::optional<Event>();
  part_ = Part::kLine;
  return std::optional<Event>(std::exchange(event_, {}));
}

// False if it has not arrived.
tl::expected<bool, ApiError> EventReader::read_line() {
  const size_t end = unread_.find('\n', num_searched_);
  if (std::min(end, unread_.size()) > limits_.line_bytes)
    return too_large("the line of an event", limits_.line_bytes);
  if (end == std::string::npos) {
    num_searched_ = unread_.size();
    return false;
  }
  num_searched_ = 0;
  auto line = parsed("the line of an event", std::string_view(unread_).substr(0, end));
  if (!line) return tl::unexpected(line.error());
  const auto type = line->text("type");
  if (!type) return malformed("the line of an event has no type (expected a string)");
  event_.type = *type;
  const bool reads_data = is_served(*type);
  if (const auto data = line->json("data")) {
    if (!data->starts_with('{')) return malformed("data has a wrong type (expected an object)");
    if (reads_data) event_.data = *data;
  }
  const auto data_length = length_of(*line, "data_length", "the data of an event",
                                     reads_data ? limits_.data_bytes : limits_.skipped_bytes);
  if (!data_length) return tl::unexpected(data_length.error());
  const auto payload_length =
      length_of(*line, "payload_length", "the payload of an event", limits_.skipped_bytes);
  if (!payload_length) return tl::unexpected(payload_length.error());
  num_data_bytes_ = reads_data ? static_cast<size_t>(*data_length) : 0;
  num_skipped_bytes_ = *payload_length + (reads_data ? 0 : *data_length);
  unread_.erase(0, end + 1);
  part_ = Part::kData;
  return true;
}

tl::expected<bool, ApiError> EventReader::read_data() {
  if (unread_.size() < num_data_bytes_) return false;
  if (num_data_bytes_ > 0) {
    const std::string_view data =
        without_mark(std::string_view(unread_).substr(0, num_data_bytes_));
    if (event_.data.empty()) {
      event_.data = data;  // its reader finds its faults
    } else {
      if (const auto body = parsed("the data of an event", data); !body)
        return tl::unexpected(body.error());
      event_.data = merged(event_.data, data);
    }
    unread_.erase(0, num_data_bytes_);
  }
  if (event_.data.empty()) event_.data = "{}";
  part_ = Part::kSkipped;
  return true;
}

bool EventReader::skip() {
  const auto skipped = std::min<uint64_t>(num_skipped_bytes_, unread_.size());
  unread_.erase(0, static_cast<size_t>(skipped));
  if (unread_.empty() && unread_.capacity() > kKeptBytes) unread_ = {};
  num_skipped_bytes_ -= skipped;
  return num_skipped_bytes_ == 0;
}

void append_event(std::string_view type, std::string_view data, std::span<const std::byte> payload,
                  std::vector<std::byte>& bytes) {
  nlohmann::ordered_json head = {{"type", type}, {"version", kVersion}};
  if (!data.empty()) head["data_length"] = data.size();
  if (!payload.empty()) head["payload_length"] = payload.size();
  const std::string line = head.dump() + "\n";
  for (const std::string_view part : {std::string_view(line), data}) {
    const auto part_bytes = std::as_bytes(std::span(part));
    bytes.insert(bytes.end(), part_bytes.begin(), part_bytes.end());
  }
  bytes.insert(bytes.end(), payload.begin(), payload.end());
}

}  // namespace orpheus::wyoming
