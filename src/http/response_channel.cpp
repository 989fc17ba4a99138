#include "http/response_channel.h"

#include <exception>
#include <utility>

#include "http/errors.h"
#include "http/insist.h"

namespace orpheus::http {
namespace {

// The least number of bytes that take() returns, if that many are there. It is small, so a slow
// client's speech continues in small parts.
constexpr size_t kPieceBytes = 64U << 10U;

}  // namespace

ResponseChannel::ResponseChannel(size_t capacity_bytes, CancelToken cancel,
                                 std::function<void()> progress)
    : capacity_bytes_(capacity_bytes), cancel_(std::move(cancel)), progress_(std::move(progress)) {}

template <typename Change>
void ResponseChannel::change(Change change) {
  {
    const std::lock_guard lock(mutex_);
    if (!change() || std::exchange(told_, true)) return;
  }
  insist(progress_);
}

void ResponseChannel::send(Response response) {
  change([&] {
    began_ = true;
    next_.whole = std::move(response);
    next_.state = State::kFinished;
    return true;
  });
}

void ResponseChannel::begin(Response head) {
  change([&] {
    began_ = true;
    next_.head = std::move(head);
    return true;
  });
}

bool ResponseChannel::has_room() const {
  return left_ || stopped_ || num_pending_bytes_ + num_taken_bytes_ < capacity_bytes_;
}

bool ResponseChannel::has_room(const Wake& wake) {
  const std::lock_guard lock(mutex_);
  if (!wake_) wake_ = wake;
  if (has_room()) return true;
  if (!held_up_since_) held_up_since_ = Clock::now();
  return false;
}

// Whether a task that waited for room has some now. The caller then calls wake_, without the lock.
// Call with the lock held.
bool ResponseChannel::let_go_on() {
  if (!held_up_since_ || !has_room()) return false;
  held_up_ += Clock::now() - *held_up_since_;
  held_up_since_.reset();
  return true;
}

double ResponseChannel::seconds_held_up() const {
  const std::lock_guard lock(mutex_);
  return std::chrono::duration<double>(held_up_).count();
}

bool ResponseChannel::write(std::span<const std::byte> bytes) {
  bool shall_end = false;
  change([&] {
    shall_end = left_ || stopped_;
    if (left_ || bytes.empty()) return false;
    if (pieces_.empty() || pieces_.back().size() + bytes.size() > kPieceBytes) {
      pieces_.emplace_back();
    }
    pieces_.back().insert(pieces_.back().end(), bytes.begin(), bytes.end());
    num_pending_bytes_ += bytes.size();
    return true;
  });
  return !shall_end;
}

void ResponseChannel::finish() {
  change([&] {
    if (!began_) return false;  // close() reports it
    next_.state = State::kFinished;
    return true;
  });
}

void ResponseChannel::close() {
  {
    const std::lock_guard lock(mutex_);
    if (next_.state == State::kFinished) return;
  }
  std::optional<Response> failure;
  try {
    failure = error_response({.status = 500, .message = "the server failed to answer"});
  } catch (const std::exception&) {  // out of memory: the connection is broken off
  }
  change([&] {
    const bool tells_why = !began_ && failure.has_value();
    if (tells_why) next_.whole = std::move(failure);
    next_.state = tells_why ? State::kFinished : State::kBroken;
    return true;
  });
}

ResponseChannel::Progress ResponseChannel::take() {
  Progress taken;
  bool goes_on = false;
  {
    const std::lock_guard lock(mutex_);
    taken = {.whole = std::exchange(next_.whole, {}),
             .head = std::exchange(next_.head, {}),
             .bytes = {},
             .state = next_.state};
    if (!pieces_.empty()) {
      taken.bytes = std::move(pieces_.front());
      pieces_.pop_front();
      if (!pieces_.empty()) taken.state = State::kOpen;
    }
    told_ = false;
    num_taken_bytes_ = taken.bytes.size();
    num_pending_bytes_ -= num_taken_bytes_;
    goes_on = let_go_on();
  }
  if (goes_on) wake_();
  return taken;
}

void ResponseChannel::leave() { end_task(left_); }

void ResponseChannel::stop() { end_task(stopped_); }

void ResponseChannel::end_task(bool& reason) {
  cancel_.cancel();
  bool wakes = false;
  {
    const std::lock_guard lock(mutex_);
    reason = true;
    let_go_on();
    wakes = wake_ != nullptr;
  }
  if (wakes) wake_();
}

}  // namespace orpheus::http
