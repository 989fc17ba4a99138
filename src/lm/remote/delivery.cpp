#include "lm/remote/delivery.h"

#include <utility>

namespace orpheus::remote {

// Makes tokens readable and wakes the reader.
template <typename Change>
void Delivery::change(Change change) {
  bool tell = false;
  {
    const std::lock_guard lock(mutex_);
    const bool was_ready = is_ready();
    change();
    tell = ended_ || (is_ready() && !was_ready);
  }
  if (!tell) return;
  changed_.notify_one();
  if (wake_) wake_();
}

void Delivery::put(prompt::Token token) {
  change([&] { tokens_.push_back(token); });
}

bool Delivery::begin_again() {
  const std::lock_guard lock(mutex_);
  if (handed_out_) return false;
  tokens_.clear();
  return true;
}

void Delivery::end(std::optional<Error> error) {
  change([&] {
    ended_ = true;
    error_ = std::move(error);
  });
}

void Delivery::set_num_prompt_tokens(int count) {
  const std::lock_guard lock(mutex_);
  num_prompt_tokens_ = count;
}

int Delivery::num_prompt_tokens() const {
  const std::lock_guard lock(mutex_);
  return num_prompt_tokens_;
}

bool Delivery::is_ready() const {
  return ended_ || (handed_out_ ? !tokens_.empty() : tokens_.size() >= prompt::kSlotsPerFrame);
}

bool Delivery::ready() const {
  const std::lock_guard lock(mutex_);
  return is_ready();
}

Result<std::optional<lm::GeneratedToken>> Delivery::next() {
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [&] { return is_ready(); });
  if (tokens_.empty()) {
    if (error_) return fail(*error_);
    return std::optional<lm::GeneratedToken>();
  }
  handed_out_ = true;
  const prompt::Token id = tokens_.front();
  tokens_.pop_front();
  return std::optional(lm::GeneratedToken{.id = id, .top = {}});
}

}  // namespace orpheus::remote
