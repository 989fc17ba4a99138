#pragma once
// The tokens of one request, between the receiving thread and the speaking thread. No token is
// handed out before a whole frame is there. That costs no time, because a part of a frame makes no
// sound, and until then another server can replace one that fails. Safe from both threads.

#include <condition_variable>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <utility>

#include "base/cancel.h"
#include "lm/language_model.h"
#include "prompt/token.h"

namespace orpheus::remote {

class Delivery {
 public:
  // wake: see lm::GenerateRequest.
  explicit Delivery(std::function<void()> wake = {}) : wake_(std::move(wake)) {}

  void put(prompt::Token token);
  // Forgets all tokens if none was handed out. False if one was.
  bool begin_again();
  void end(std::optional<Error> error);
  void set_num_prompt_tokens(int count);

  // See lm::TokenStream.
  Result<std::optional<lm::GeneratedToken>> next();
  bool ready() const;
  int num_prompt_tokens() const;

 private:
  bool is_ready() const;
  template <typename Change>
  void change(Change change);

  const std::function<void()> wake_;
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<prompt::Token> tokens_;
  bool handed_out_ = false;  // at least one token
  bool ended_ = false;
  int num_prompt_tokens_ = 0;
  std::optional<Error> error_;
};

// The stream for the reader. Destroying it ends the request.
class Stream : public lm::TokenStream {
 public:
  Stream(std::shared_ptr<Delivery> delivery, CancelToken cancel)
      : delivery_(std::move(delivery)), cancel_(std::move(cancel)) {}
  ~Stream() override { cancel_.cancel(); }

  Result<std::optional<lm::GeneratedToken>> next() override { return delivery_->next(); }
  bool ready() const override { return delivery_->ready(); }
  int num_prompt_tokens() const override { return delivery_->num_prompt_tokens(); }

 private:
  std::shared_ptr<Delivery> delivery_;
  CancelToken cancel_;  // of this request only
};

}  // namespace orpheus::remote
