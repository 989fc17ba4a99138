#include "http/response_channel.h"

#include <utility>

#include "http/errors.h"

namespace orpheus::http {

ResponseChannel::ResponseChannel(size_t capacity_bytes, CancelToken cancel, Observer observer)
    : capacity_bytes_(capacity_bytes), cancel_(std::move(cancel)), observer_(std::move(observer)) {}

void ResponseChannel::send(Response response) {
  {
    const std::lock_guard lock(mutex_);
    began_ = true;
    next_.whole = std::move(response);
    next_.state = State::kFinished;
  }
  observer_.progress();
}

void ResponseChannel::begin(Response head) {
  {
    const std::lock_guard lock(mutex_);
    began_ = true;
    next_.head = std::move(head);
  }
  observer_.progress();
}

// A piece larger than the capacity goes through alone.
bool ResponseChannel::has_room_for(size_t num_bytes) const {
  const size_t pending = next_.bytes.size() + num_taken_bytes_;
  return left_ || pending == 0 || pending + num_bytes <= capacity_bytes_;
}

bool ResponseChannel::write(std::span<const std::byte> bytes) {
  std::unique_lock lock(mutex_);
  if (!has_room_for(bytes.size())) {
    lock.unlock();
    observer_.waiting(Waiting::kBegins);
    lock.lock();
    room_.wait(lock, [&] { return has_room_for(bytes.size()); });
    lock.unlock();
    observer_.waiting(Waiting::kEnds);
    lock.lock();
  }
  if (left_) return false;
  next_.bytes.insert(next_.bytes.end(), bytes.begin(), bytes.end());
  lock.unlock();
  observer_.progress();
  return true;
}

void ResponseChannel::finish() {
  {
    const std::lock_guard lock(mutex_);
    if (!began_) return;  // close() says so
    next_.state = State::kFinished;
  }
  observer_.progress();
}

void ResponseChannel::close() {
  {
    const std::lock_guard lock(mutex_);
    if (next_.state == State::kFinished) return;
    if (began_) {
      next_.state = State::kBroken;
    } else {
      next_.whole = error_response({.status = 500, .message = "the server failed to answer"});
      next_.state = State::kFinished;
    }
  }
  observer_.progress();
}

ResponseChannel::Progress ResponseChannel::take() {
  const std::lock_guard lock(mutex_);
  Progress taken = std::exchange(next_, {});
  next_.state = taken.state;
  num_taken_bytes_ = taken.bytes.size();
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
