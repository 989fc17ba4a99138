#include "snac/early_stream.h"

#include <algorithm>
#include <utility>

namespace orpheus::snac {

EarlyStream::EarlyStream(Open open, int early_frames, const Config& config)
    : open_(std::move(open)),
      num_exact_frames_(static_cast<size_t>(config.context_frames()) + 1),
      num_first_(static_cast<size_t>(early_frames) + 1),
      samples_per_frame_(config.samples_per_frame()),
      exact_(open_()) {}

Result<void> EarlyStream::push(std::span<const codes::Frame> frames, const SampleSink& sink) {
  if (first_frames_.empty() && frames.size() >= num_exact_frames_) is_first_due_ = false;
  if (is_first_due_) {
    const size_t count = std::min(frames.size(), num_first_ - first_frames_.size());
    first_frames_.insert(first_frames_.end(), frames.begin(),
                         frames.begin() + static_cast<ptrdiff_t>(count));
    if (first_frames_.size() == num_first_) ORPHEUS_CHECK(give_first(sink));
  }
  return exact_->push(frames, without_first(sink));
}

Result<void> EarlyStream::finish(const SampleSink& sink) {
  return exact_->finish(without_first(sink));
}

Result<void> EarlyStream::give_first(const SampleSink& sink) {
  std::vector<float> samples;
  const SampleSink keep = [&](std::span<const float> more) {
    samples.insert(samples.end(), more.begin(), more.end());
    return true;
  };
  const auto short_sound = open_();
  ORPHEUS_CHECK(short_sound->push(first_frames_, keep));
  ORPHEUS_CHECK(short_sound->finish(keep));
  is_first_due_ = false;
  is_first_given_ = true;
  if (sink(std::span(samples).first(static_cast<size_t>(samples_per_frame_)))) return {};
  return fail({.kind = ErrorKind::kCancelled, .what = "the request was cancelled"});
}

// Passes on the output of exact_, without the first frame's samples if these were returned already.
SampleSink EarlyStream::without_first(const SampleSink& sink) {
  return [this, &sink](std::span<const float> samples) {
    const int64_t begin = num_exact_;
    num_exact_ += static_cast<int64_t>(samples.size());
    const int64_t to_skip =
        is_first_given_ ? std::clamp<int64_t>(samples_per_frame_ - begin, 0, num_exact_ - begin)
                        : 0;
    const auto rest = samples.subspan(static_cast<size_t>(to_skip));
    return rest.empty() || sink(rest);
  };
}

std::unique_ptr<Stream> with_early_first(const Options& options, const Config& config,
                                         EarlyStream::Open open) {
  if (options.first_context_frames >= config.context_frames()) return open();
  return std::make_unique<EarlyStream>(std::move(open), options.first_context_frames, config);
}

}  // namespace orpheus::snac
