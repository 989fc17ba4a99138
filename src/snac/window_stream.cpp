#include "snac/window_stream.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <utility>

namespace orpheus::snac {
namespace {

int power_of_two(int at_most) {
  return static_cast<int>(std::bit_floor(static_cast<unsigned>(at_most)));
}

}  // namespace

WindowStream::WindowStream(WindowQueue& queue, NoiseSource noise, const Options& options,
                           std::shared_ptr<const Listener> listener)
    : queue_(queue),
      noise_(std::move(noise)),
      max_window_frames_(options.max_window_frames),
      by_position_(options.reproducible || !listener),
      context_(queue.config().context_latents()),
      listener_(std::move(listener)) {}

WindowStream::~WindowStream() {
  if (listener_) queue_.forget(listener_);
}

Result<void> WindowStream::push(std::span<const codes::Frame> frames, const SampleSink& sink) {
  for (const codes::Frame& frame : frames) {
    frames_.push_back(frame);
    if (!listener_) ORPHEUS_CHECK(decode_due(sink));
  }
  return {};
}

Result<void> WindowStream::finish(const SampleSink& sink) {
  is_whole_ = true;
  return listener_ ? Result<void>() : decode_due(sink);
}

Result<void> WindowStream::decode_due(const SampleSink& sink) {
  while (const auto next = due()) {
    ORPHEUS_TRY(const std::vector<float> samples, queue_.decode(next->window));
    ORPHEUS_CHECK(give(samples, next->num_latents, sink));
  }
  return {};
}

Result<bool> WindowStream::begin_window() {
  if (!listener_) return false;
  if (order_) return true;
  const auto next = due();
  if (!next) {
    set_alarm();
    return false;
  }
  ORPHEUS_TRY(order_, queue_.order(next->window, listener_));
  num_ordered_ = next->num_latents;
  return true;
}

Result<bool> WindowStream::take(const SampleSink& sink) {
  if (!order_) return false;
  const auto samples = queue_.take(*order_);
  if (!samples) return true;
  order_.reset();
  if (!*samples) return fail(samples->error());
  ORPHEUS_CHECK(give(**samples, num_ordered_, sink));
  return false;
}

// Wakes the stream when the frames that are ready suffice for what the client will then have.
void WindowStream::set_alarm() {
  if (by_position_ || ready_frames() <= 0) return;
  const auto now = Listener::Clock::now();
  const double frame_s =
      static_cast<double>(queue_.config().samples_per_frame()) / queue_.config().sample_rate_hz;
  const double seconds =
      listener_->seconds_in_hand(now) - 2 * power_of_two(ready_frames()) * frame_s;
  if (std::isinf(seconds)) return;
  constexpr double kBeyond = 0.001;  // of the moment when it is exactly so much
  queue_.wake_at(listener_, now + std::chrono::duration_cast<Listener::Clock::duration>(
                                      std::chrono::duration<double>(seconds + kBeyond)));
}

int64_t WindowStream::end_latent() const {
  return kLatentsPerFrame * (first_frame_ + static_cast<int64_t>(frames_.size()));
}

// The frames that have their context and were not returned. Before the first window, the last one
// counts although a part of it has no context.
int WindowStream::ready_frames() const {
  const int64_t latents = end_latent() - context_ - num_given_;
  return static_cast<int>((latents + kLatentsPerFrame - 1) / kLatentsPerFrame);
}

// The ready frames that suffice for a window.
int WindowStream::wanted_frames() const {
  double frames = 0;
  if (by_position_) {
    // Half of what was given: a client has not heard all of that when the next window is full, if
    // frames come half as fast again as they sound.
    const int64_t half_of_given = num_given_ / kLatentsPerFrame / 2;
    frames = static_cast<double>(half_of_given);
  } else {
    frames = listener_->seconds_in_hand(Listener::Clock::now()) * queue_.config().sample_rate_hz /
             queue_.config().samples_per_frame();
  }
  return power_of_two(static_cast<int>(std::clamp<double>(frames, 1, max_window_frames_)));
}

// The length of the next window. Windows have few lengths.
int WindowStream::window_frames() const {
  return by_position_ ? wanted_frames()
                      : power_of_two(std::min(ready_frames(), max_window_frames_));
}

// With the context on both sides.
int WindowStream::usual_frames(int window_frames) const {
  return window_frames + (2 * context_ + kLatentsPerFrame - 1) / kLatentsPerFrame;
}

std::optional<WindowStream::Due> WindowStream::due() const {
  const int ready = ready_frames();
  const bool must_fill = is_whole_ && !by_position_;
  if (ready >= 1 && ready >= (must_fill ? max_window_frames_ : wanted_frames()))
    return within(window_frames());
  if (is_whole_ && end_latent() > num_given_) return to_the_end();
  return std::nullopt;
}

// The windows at the begin of the sound have less before them. They are filled up behind, except
// the first one: a client waits for it. The first window ends within a frame.
WindowStream::Due WindowStream::within(int window_frames) const {
  const int64_t num_latents = int64_t{kLatentsPerFrame} * window_frames -
                              (num_given_ == 0 ? context_ % kLatentsPerFrame : 0);
  const int64_t end_frame = (num_given_ + num_latents + context_) / kLatentsPerFrame;
  const auto count = static_cast<int>(end_frame - first_frame_);
  return {.window = {.frames = std::span(frames_).first(static_cast<size_t>(count)),
                     .first_frame = first_frame_,
                     .padding_after = num_given_ == 0 ? 0 : usual_frames(window_frames) - count,
                     .noise = noise_},
          .num_latents = num_latents};
}

// The last window is filled up before, where the sound's begin is not in its context.
WindowStream::Due WindowStream::to_the_end() const {
  Due due = {.window = {.frames = frames_, .first_frame = first_frame_, .noise = noise_},
             .num_latents = end_latent() - num_given_};
  if (num_given_ < context_) return due;
  int frames = 1;
  while (usual_frames(frames) < due.window.num_frames())
    frames = std::min(2 * frames, max_window_frames_);
  due.window.padding_before = usual_frames(frames) - due.window.num_frames();
  return due;
}

Result<void> WindowStream::give(std::span<const float> samples, int64_t num_latents,
                                const SampleSink& sink) {
  const auto samples_per_latent = static_cast<size_t>(queue_.config().samples_per_latent());
  const auto start = static_cast<size_t>(num_given_ - kLatentsPerFrame * first_frame_);
  const auto given = samples.subspan(start * samples_per_latent,
                                     static_cast<size_t>(num_latents) * samples_per_latent);
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
