#include "snac/window_stream.h"

#include <algorithm>
#include <bit>
#include <utility>

namespace orpheus::snac {

WindowStream::WindowStream(GraphDecoder& decoder, NoiseSource noise, const Options& options)
    : decoder_(decoder),
      noise_(std::move(noise)),
      max_window_frames_(options.max_window_frames),
      context_(decoder.config().context_latents()) {}

Result<void> WindowStream::push(std::span<const codes::Frame> frames, const SampleSink& sink) {
  for (const codes::Frame& frame : frames) {
    frames_.push_back(frame);
    const int64_t ready = end_latent() - context_ - num_given_;
    const int64_t wanted = num_given_ == 0 ? 1 : int64_t{kLatentsPerFrame} * window_frames();
    if (ready >= wanted) ORPHEUS_CHECK(give(ready, window_within(), sink));
  }
  return {};
}

Result<void> WindowStream::finish(const SampleSink& sink) {
  const int64_t waiting = end_latent() - num_given_;
  return waiting > 0 ? give(waiting, window_to_the_end(), sink) : Result<void>();
}

int64_t WindowStream::end_latent() const {
  return kLatentsPerFrame * (first_frame_ + static_cast<int64_t>(frames_.size()));
}

// Half of what was given: a listener has not heard all of that when the next window is full, if
// frames come half as fast again as they sound. A power of two, so that windows have few lengths.
int WindowStream::window_frames() const {
  const auto half = static_cast<uint64_t>(num_given_ / kLatentsPerFrame / 2);
  return static_cast<int>(
      std::clamp<uint64_t>(std::bit_floor(half), 1, static_cast<uint64_t>(max_window_frames_)));
}

// With the context on both sides.
int WindowStream::usual_frames(int window_frames) const {
  return window_frames + (2 * context_ + kLatentsPerFrame - 1) / kLatentsPerFrame;
}

// The windows at the begin of the sound have less before them: they are filled up behind.
Window WindowStream::window_within() const {
  return {.frames = frames_,
          .first_frame = first_frame_,
          .padding_after = usual_frames(window_frames()) - static_cast<int>(frames_.size()),
          .noise = noise_};
}

// The last window is filled up before, where the sound's begin is not in its context.
Window WindowStream::window_to_the_end() const {
  Window window = {.frames = frames_, .first_frame = first_frame_, .noise = noise_};
  if (num_given_ < context_) return window;
  int frames = 1;
  while (usual_frames(frames) < window.num_frames())
    frames = std::min(2 * frames, max_window_frames_);
  window.padding_before = usual_frames(frames) - window.num_frames();
  return window;
}

Result<void> WindowStream::give(int64_t num_latents, const Window& window, const SampleSink& sink) {
  ORPHEUS_CHECK(decoder_.decode(window, samples_));
  const auto samples_per_latent = static_cast<size_t>(decoder_.config().samples_per_latent());
  const auto start = static_cast<size_t>(num_given_ - kLatentsPerFrame * first_frame_);
  const auto given = std::span(samples_).subspan(
      start * samples_per_latent, static_cast<size_t>(num_latents) * samples_per_latent);
  ORPHEUS_CHECK(check_samples(given));
  num_given_ += num_latents;
  const int64_t first_needed = std::max<int64_t>(0, (num_given_ - context_) / kLatentsPerFrame);
  const auto num_past = std::min(first_needed - first_frame_, static_cast<int64_t>(frames_.size()));
  frames_.erase(frames_.begin(), frames_.begin() + num_past);
  first_frame_ += num_past;
  if (sink(given)) return {};
  return fail({.kind = ErrorKind::kCancelled, .what = "the request was cancelled"});
}

}  // namespace orpheus::snac
