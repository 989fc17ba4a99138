#pragma once
// A stream that uses a queue of windows. Each window is decoded with the frames on both sides that
// its samples depend on; only samples with complete context are returned. Each window decodes its
// context again, so long windows cost less.
//
// Without a listener, and with Options::reproducible, the length of a window depends on its
// position alone: the samples do not depend on how the frames are divided among pushes. With a
// listener, a window is decoded once it has as much sound as the client still has to hear, so
// windows grow as far as the client's buffer allows.

#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "base/result.h"
#include "codes/frame.h"
#include "snac/listener.h"
#include "snac/noise.h"
#include "snac/options.h"
#include "snac/stream.h"
#include "snac/window_queue.h"

namespace orpheus::snac {

class WindowStream : public Stream {
 public:
  // The queue must outlive the stream. listener: null for a stream that waits for its samples.
  WindowStream(WindowQueue& queue, NoiseSource noise, const Options& options,
               std::shared_ptr<const Listener> listener = nullptr);
  ~WindowStream() override;
  WindowStream(const WindowStream&) = delete;
  WindowStream& operator=(const WindowStream&) = delete;

  Result<void> push(std::span<const codes::Frame> frames, const SampleSink& sink) override;
  Result<void> finish(const SampleSink& sink) override;
  Result<bool> take(const SampleSink& sink) override;
  Result<bool> begin_window() override;
  // Up to the first window one, so that the first sound needs no more frames than it must.
  size_t frames_per_push() const override {
    return listener_ && num_given_ > 0 ? static_cast<size_t>(max_window_frames_) : 1;
  }

 private:
  // A window, and the samples of it that are returned.
  struct Due {
    Window window;
    int64_t num_latents = 0;
  };

  int64_t end_latent() const;
  int ready_frames() const;
  int wanted_frames() const;
  int window_frames() const;
  int usual_frames(int window_frames) const;
  std::optional<Due> due() const;
  Due within(int window_frames) const;
  Due to_the_end() const;
  Result<void> decode_due(const SampleSink& sink);
  Result<void> give(std::span<const float> samples, int64_t num_latents, const SampleSink& sink);
  void set_alarm();

  WindowQueue& queue_;
  const NoiseSource noise_;
  const int max_window_frames_;
  const bool by_position_;  // the lengths of the windows
  const int context_;       // latents
  const std::shared_ptr<const Listener> listener_;
  std::vector<codes::Frame> frames_;           // needed by samples that are not returned yet
  int64_t first_frame_ = 0;                    // the position of frames_[0]
  int64_t num_given_ = 0;                      // latents whose samples were returned
  bool is_whole_ = false;                      // no more frames come
  std::shared_ptr<WindowQueue::Order> order_;  // the window that is being computed
  int64_t num_ordered_ = 0;                    // its latents that will be returned
};

}  // namespace orpheus::snac
