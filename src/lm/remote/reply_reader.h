#pragma once
// A server's answer to one request for tokens, from its bytes to audio tokens or to what went
// wrong. Knows no network. Belongs to one thread.

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
    // Between two tokens; 0 is without end. A server may send comments all the while.
    std::chrono::milliseconds silence{0};
  };
  using Sink = std::function<void(prompt::Token)>;

  // Hands every audio token to the sink.
  ReplyReader(const prompt::TokenLayout& layout, Limits limits, Sink sink);

  // Both return whether more is wanted.
  bool take_head(const net::ResponseHead& head);
  bool take(std::string_view bytes);
  // Everything that was wanted has come. Errors: kBadReply (an error of the server's own, what is
  // no answer, no audio tokens), kUnavailable (the server is busy or not ready, the answer ended
  // before the speech did), kTimedOut.
  Result<void> finish();

  bool has_head() const { return status_ != 0; }
  // Which of the server's statuses mean that another server may do better, or this one later.
  bool is_busy() const {
    return status_ == 429 || status_ == 502 || status_ == 503 || status_ == 504;
  }
  // The request itself was refused: no server of this kind would take it.
  bool is_refused() const { return status_ >= 400 && status_ < 500 && status_ != 429; }

  // Of the prompt, where the server has told it.
  std::optional<int> num_prompt_tokens() const { return num_prompt_tokens_; }
  int num_tokens() const { return num_tokens_; }  // handed out
  // That are no audio, or not of their slot.
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
  std::string first_text_;  // a little of what the model said, for the message about it
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
