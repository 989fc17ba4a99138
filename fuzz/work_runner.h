#pragma once
// For fuzz targets: steps the work of a conversation as the server's worker does, and keeps what it
// writes.

#include <memory>
#include <optional>
#include <span>
#include <utility>
#include <vector>

#include "http/answer.h"
#include "http/response.h"

namespace orpheus::http {

class WorkRunner final : private ResponseWriter {
 public:
  explicit WorkRunner(Work work) : work_(std::move(work)) {}

  // Steps until the work has ended or needs more text.
  void run() {
    while (task_state_ != Task::State::kDone) {
      task_state_ = work_.task->step(*this, [] {});
      if (task_state_ != Task::State::kMore) return;
    }
  }
  // The server stops, or drops the work.
  void cancel() const { work_.cancel.cancel(); }

  std::vector<std::byte> take_bytes() { return std::exchange(bytes_, {}); }
  bool has_ended() const { return task_state_ == Task::State::kDone; }
  bool has_finished() const { return has_finished_; }
  const std::optional<Response>& whole() const { return whole_; }

 private:
  void send(Response response) override { whole_ = std::move(response); }
  void begin(Response /*head*/) override {}
  bool write(std::span<const std::byte> bytes) override {
    bytes_.insert(bytes_.end(), bytes.begin(), bytes.end());
    return !work_.cancel.cancelled();
  }
  void finish() override { has_finished_ = true; }

  Work work_;
  Task::State task_state_ = Task::State::kMore;
  std::vector<std::byte> bytes_;
  std::optional<Response> whole_;
  bool has_finished_ = false;
};

}  // namespace orpheus::http
