#pragma once
// Carries the stretches of a text that is still arriving to the speech that speaks them. Also keeps
// the text, so that positions in it can be converted. Safe from every thread.

#include <chrono>
#include <functional>
#include <mutex>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "text/markup/arriving.h"

namespace orpheus::speech {

class LiveText {
 public:
  using Stretch = text::markup::Stretch;
  struct News {
    std::vector<Stretch> stretches;  // in order
    bool has_ended = false;          // no further stretch follows
  };

  // Stretches arrive in order; each begins where the one before it ends.
  void push(Stretch stretch);
  void end();
  // When end() was called first.
  std::optional<std::chrono::steady_clock::time_point> ended_at() const;

  // What has come since the last call.
  News take();
  // Called, without a lock, whenever take() has news. Must not block.
  void on_news(std::function<void()> tell);

  // All stretches so far, joined.
  std::string text() const;

 private:
  void tell() const;

  mutable std::mutex mutex_;
  News news_;
  std::string text_;
  std::optional<std::chrono::steady_clock::time_point> ended_at_;
  std::function<void()> tell_;
};

}  // namespace orpheus::speech
