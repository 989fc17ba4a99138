#include "snac/window_stream.h"

#include <algorithm>
#include <utility>

namespace orpheus::snac {

WindowStream::WindowStream(GraphDecoder& decoder, NoiseSource noise, const Options& options,
                           CallCounts& counts)
    : decoder_(decoder),
      noise_(std::move(noise)),
      options_(options),
      counts_(counts),
      window_frames_(options.first_window_frames) {}

Result<void> WindowStream::push(std::span<const codes::Frame> frames, const SampleSink& sink) {
  const auto right = static_cast<size_t>(decoder_.config().context_frames());
  for (const codes::Frame& frame : frames) {
    frames_.push_back(frame);
    if (frames_.size() < static_cast<size_t>(left_frames_ + window_frames_) + right) continue;
    ORPHEUS_CHECK(give(window_frames_, sink));
    window_frames_ = std::min(2 * window_frames_, options_.max_window_frames);
  }
  return {};
}

Result<void> WindowStream::finish(const SampleSink& sink) {
  const int waiting = static_cast<int>(frames_.size()) - left_frames_;
  return waiting > 0 ? give(waiting, sink) : Result<void>();
}

// Gives out num_frames from next_frame_ on; every frame in frames_ is decoded as their context.
Result<void> WindowStream::give(int num_frames, const SampleSink& sink) {
  counts_.add(static_cast<double>(frames_.size()), 1);
  ORPHEUS_CHECK(decoder_.decode(frames_, next_frame_ - left_frames_, noise_, samples_));
  const auto samples_per_frame = static_cast<size_t>(decoder_.config().samples_per_frame());
  const auto start = static_cast<size_t>(left_frames_) * samples_per_frame;
  const auto given =
      std::span(samples_).subspan(start, static_cast<size_t>(num_frames) * samples_per_frame);
  ORPHEUS_CHECK(check_samples(given));
  next_frame_ += num_frames;
  const int past = left_frames_ + num_frames;
  const int kept = std::min(past, decoder_.config().context_frames());
  frames_.erase(frames_.begin(), frames_.begin() + (past - kept));
  left_frames_ = kept;
  if (sink(given)) return {};
  return fail({.kind = ErrorKind::kCancelled, .what = "the listener left"});
}

}  // namespace orpheus::snac
