#pragma once
// Reads a server's reply to one request for tokens: bytes go in, audio tokens or an error come out.
// Uses no network. Belongs to one thread.

#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"
#include "lm/remote/reply_event.h"
#include "lm/remote/sse_reader.h"
#include "lm/remote/token_scanner.h"
#include "net/client.h"
#include "prompt/token.h"

namespace orpheus::remote {

class ReplyReader {
 public:
  struct Limits {
    int max_tokens = 0;
    bool ignore_stop = false;  // end of speech is passed over
    // Between two tokens, and from the reader's making to the first; 0 is without end.
    std::chrono::milliseconds silence{0};
  };
  using Sink = std::function<void(prompt::Token)>;

  // Passes every audio token to the sink.
  ReplyReader(const prompt::TokenLayout& layout, Limits limits, Sink sink);

  // Both return whether to go on.
  bool take_head(const net::ResponseHead& head);
  bool take(std::string_view bytes);
  // kTimedOut if no token came within the time limit, even if other bytes came. The tokens of a
  // message count when it is complete.
  std::optional<Error> overdue() const;
  // Checks that the reply was complete. Errors: kBadReply (an error of the server, not a valid
  // reply, no audio tokens), kUnavailable (the server is busy or not ready, or the reply ended
  // before the speech), kTimedOut.
  Result<void> finish();

  bool has_head() const { return status_ != 0; }
  // Whether this HTTP status means that another server, or this one later, may succeed.
  bool is_busy() const {
    return status_ == 429 || status_ == 502 || status_ == 503 || status_ == 504;
  }
  // Whether the server refused the request itself: other servers of this kind would refuse it too.
  bool is_refused() const { return status_ >= 400 && status_ < 500 && status_ != 429; }

  // The number of the prompt's tokens, if the server reported it.
  std::optional<int> num_prompt_tokens() const { return num_prompt_tokens_; }
  int num_tokens() const { return num_tokens_; }  // returned by take()
  // Tokens that were dropped: not audio, or outside of their slot.
  int num_dropped() const { return num_dropped_; }

 private:
  enum class Shape { kEvents, kOneMessage };

  bool take_event(std::string_view data);
  bool take_token(prompt::Token token);
  bool take_text(const std::string& text);
  bool stop_with(Error error);
  Result<void> read_refusal();
  Error no_audio() const;

  const prompt::TokenLayout layout_;
  const Limits limits_;
  const Sink sink_;
  SseReader events_;
  TokenScanner scanner_;
  int status_ = 0;
  Shape shape_ = Shape::kEvents;
  std::string message_;     // of kOneMessage
  std::string first_text_;  // the beginning of the model's text, for an error message
  std::optional<Error> error_;
  bool complete_ = false;  // the server or the reader ended it
  bool end_of_speech_ = false;
  std::optional<int> num_prompt_tokens_;
  int num_tokens_ = 0;
  int num_dropped_ = 0;
  int64_t num_events_ = 0;
  int slot_ = 0;
  std::chrono::steady_clock::time_point last_token_ = std::chrono::steady_clock::now();
};

}  // namespace orpheus::remote
