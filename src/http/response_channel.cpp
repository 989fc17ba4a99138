#include "http/response_channel.h"

#include <utility>

#include "http/errors.h"

namespace orpheus::http {
namespace {

// What is taken at once, where what was written makes it up: a slow listener's speech goes on by
// little and little, rather than by all that may be ahead of him.
constexpr size_t kPieceBytes = 64U << 10U;

}  // namespace

ResponseChannel::ResponseChannel(size_t capacity_bytes, CancelToken cancel, Observer observer)
    : capacity_bytes_(capacity_bytes), cancel_(std::move(cancel)), observer_(std::move(observer)) {}

template <typename Change>
void ResponseChannel::change(Change change) {
  {
    const std::lock_guard lock(mutex_);
    if (!change() || std::exchange(told_, true)) return;
  }
  observer_.progress();
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

// A piece larger than the capacity goes through alone.
bool ResponseChannel::has_room_for(size_t num_bytes) const {
  const size_t pending = num_pending_bytes_ + num_taken_bytes_;
  return left_ || pending == 0 || pending + num_bytes <= capacity_bytes_;
}

bool ResponseChannel::write(std::span<const std::byte> bytes) {
  {
    std::unique_lock lock(mutex_);
    if (!has_room_for(bytes.size())) {
      lock.unlock();
      observer_.waiting(Waiting::kBegins);
      lock.lock();
      room_.wait(lock, [&] { return has_room_for(bytes.size()); });
      lock.unlock();
      observer_.waiting(Waiting::kEnds);
    }
  }
  bool left = false;
  change([&] {
    left = left_;
    if (left || bytes.empty()) return false;
    if (pieces_.empty() || pieces_.back().size() + bytes.size() > kPieceBytes) {
      pieces_.emplace_back();
    }
    pieces_.back().insert(pieces_.back().end(), bytes.begin(), bytes.end());
    num_pending_bytes_ += bytes.size();
    return true;
  });
  return !left;
}

void ResponseChannel::finish() {
  change([&] {
    if (!began_) return false;  // close() says so
    next_.state = State::kFinished;
    return true;
  });
}

void ResponseChannel::close() {
  change([&] {
    if (next_.state == State::kFinished) return false;
    if (began_) {
      next_.state = State::kBroken;
    } else {
      next_.whole = error_response({.status = 500, .message = "the server failed to answer"});
      next_.state = State::kFinished;
    }
    return true;
  });
}

ResponseChannel::Progress ResponseChannel::take() {
  const std::lock_guard lock(mutex_);
  Progress taken = {.whole = std::exchange(next_.whole, {}),
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
  room_.notify_one();
  return taken;
}

void ResponseChannel::leave() {
  cancel_.cancel();
  const std::lock_guard lock(mutex_);
  left_ = true;
  room_.notify_one();
}

}  // namespace orpheus::http
