#pragma once
// Server-sent events out of bytes that arrive in any portions: lines that end in LF, CRLF or CR,
// comments, fields that do not matter here. Belongs to one thread.

#include <functional>
#include <string>
#include <string_view>

namespace orpheus::remote {

class SseReader {
 public:
  // The data of one event, several lines of it joined by LF. False: no more is wanted.
  using Sink = std::function<bool(std::string_view data)>;
  enum class Outcome { kGoOn, kStopped, kTooLong };

  // No event has more bytes than these: a stream without line ends fills no memory.
  static constexpr size_t kMaxEventBytes = size_t{1} << 20U;

  // After kStopped and kTooLong nothing more may be pushed.
  Outcome push(std::string_view bytes, const Sink& sink);
  // The stream has ended; an event without its blank line counts too.
  Outcome finish(const Sink& sink);

 private:
  Outcome end_line(const Sink& sink);
  Outcome end_event(const Sink& sink);

  std::string line_;
  std::string data_;
  bool has_data_ = false;
  bool after_cr_ = false;  // an LF that comes now ended that line already
  bool at_start_ = true;   // of the stream, where a byte order mark may stand
};

}  // namespace orpheus::remote
