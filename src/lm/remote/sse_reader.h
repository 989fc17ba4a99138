#pragma once
// Reads server-sent events from bytes that arrive in any portions. Lines may end in LF, CRLF or CR;
// comments and unneeded fields are skipped. Belongs to one thread.

#include <functional>
#include <string>
#include <string_view>

namespace orpheus::remote {

class SseReader {
 public:
  // Receives the data of one event; several data lines are joined by LF. False ends the reading.
  using Sink = std::function<bool(std::string_view data)>;
  enum class Outcome { kGoOn, kStopped, kTooLong };

  // The longest event in bytes, so a stream without line ends cannot fill the memory.
  static constexpr size_t kMaxEventBytes = size_t{1} << 20U;

  // After kStopped and kTooLong nothing more may be pushed.
  Outcome push(std::string_view bytes, const Sink& sink);
  // Ends the stream. An event without its final blank line counts too.
  Outcome finish(const Sink& sink);

 private:
  Outcome end_line(const Sink& sink);
  Outcome end_event(const Sink& sink);

  std::string line_;
  std::string data_;
  bool has_data_ = false;
  bool after_cr_ = false;  // a following LF belongs to the same line end
  bool at_start_ = true;   // of the stream, where a byte order mark may stand
};

}  // namespace orpheus::remote
