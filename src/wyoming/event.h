#pragma once
// Wyoming's events as bytes: a line of JSON, then data (JSON), then a payload, each of a length
// that the line tells. Pure: bytes in, events out. Belongs to one thread.

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <tl/expected.hpp>

#include "http/errors.h"

namespace orpheus::wyoming {

struct Event {
  std::string type;  // may be empty: the client's choice
  // Of a type that is served: that behind the line, which is not checked, or that of the line, or
  // both merged. Otherwise "{}".
  std::string data;
  bool operator==(const Event&) const = default;
};

// Whether the server serves events of this type. It ignores the others, such as those of speech
// recognition.
bool is_served(std::string_view type);

struct EventLimits {
  size_t line_bytes = 64U << 10U;  // as much as the reference implementation reads
  size_t data_bytes = 1U << 20U;   // of a type that is served
  // Skipped bytes: payload, which no event for this server has, and data of the other types.
  uint64_t skipped_bytes = 1U << 20U;
};
// The data of the longest text fits even if every character is escaped, up to 1 MiB.
EventLimits limits_for_texts(size_t max_code_points);

class EventReader {
 public:
  explicit EventReader(EventLimits limits = {}) : limits_(limits) {}

  void push(std::string_view bytes) { unread_.append(bytes); }
  // The next whole event; nothing if it has not arrived. Nothing follows an error, because the next
  // event's begin is unknown. Errors (400): a line that is no JSON object, no type, a length that
  // is no whole number; (413): beyond a limit.
  tl::expected<std::optional<Event>, http::ApiError> next();
  // A part of an event has arrived.
  bool is_within_event() const { return part_ != Part::kLine || !unread_.empty(); }

 private:
  enum class Part { kLine, kData, kSkipped, kFault };

  tl::expected<bool, http::ApiError> read_line();
  tl::expected<bool, http::ApiError> read_data();
  bool skip();

  const EventLimits limits_;
  std::string unread_;
  size_t num_searched_ = 0;  // bytes of unread_ without a line's end
  Part part_ = Part::kLine;
  Event event_;
  size_t num_data_bytes_ = 0;
  uint64_t num_skipped_bytes_ = 0;  // not skipped yet
};

// data: a JSON object; empty: none.
void append_event(std::string_view type, std::string_view data, std::span<const std::byte> payload,
                  std::vector<std::byte>& bytes);

}  // namespace orpheus::wyoming
