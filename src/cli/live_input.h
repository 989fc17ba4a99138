#pragma once
// Standard input as a text that is spoken while it arrives. Its own thread reads. The other
// functions are for the main thread.

#include <chrono>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>

#include "base/result.h"
#include "speech/live_text.h"
#include "text/markup/arriving.h"

namespace orpheus::cli {

class LiveInput {
 public:
  using Clock = std::chrono::steady_clock;

  // Begins to read. Errors: kLimit (no thread).
  static Result<std::unique_ptr<LiveInput>> start();
  // Does not wait for the input's end.
  ~LiveInput();
  LiveInput(const LiveInput&) = delete;
  LiveInput& operator=(const LiveInput&) = delete;

  // The whole text, if the input ends up to this time, or is of an encoding that is read as a
  // whole; nothing if it goes on. Errors: those of text_of_bytes; kIo, kLimit (past 64 MiB).
  Result<std::optional<std::string>> whole_until(Clock::time_point time);

  // What has arrived and will arrive, in stretches. Call once, after whole_until gave nothing.
  std::shared_ptr<speech::LiveText> speak(const text::markup::ArrivalOptions& options);
  // Why a live text ended before its input. Errors: as whole_until.
  Result<void> outcome() const;

 private:
  LiveInput() = default;
  void read();
  void take(std::string_view bytes, Clock::time_point now);
  void hand_over();
  void end(const Result<void>& outcome);
  int milliseconds_to_wait() const;

  mutable std::mutex mutex_;  // guards all below, except thread_
  std::condition_variable changed_;
  std::string bytes_;  // until speak()
  size_t num_bytes_ = 0;
  bool has_ended_ = false;
  bool is_left_ = false;
  Result<void> outcome_;
  std::optional<text::markup::Arriving> arriving_;  // from speak() on
  std::shared_ptr<speech::LiveText> live_;
  std::thread thread_;
};

}  // namespace orpheus::cli
