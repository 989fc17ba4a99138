#include "snac/cpu_clip.h"

#include <algorithm>
#include <cassert>
#include <system_error>
#include <thread>

#include "snac/cpu_stream.h"

namespace orpheus::snac {
namespace {

// Decoding a stretch costs about two frames more than it returns.
constexpr size_t kFewestFrames = 8;

// The left-hand context in whole latents: a stream that begins this many latents before a place has
// the full context of that place.
int64_t left_latents(const Config& config) {
  int64_t radius = kKernel / 2;
  for (int block = config.num_blocks() - 1; block >= 0; --block) {
    for (const int dilation : kDilations) radius += int64_t{dilation} * (kKernel / 2);
    const int rate = config.decoder_rates[static_cast<size_t>(block)];
    radius = (radius + rate / 2 + rate - 1) / rate;
  }
  return radius + kKernel / 2;
}

// Decodes frames [first, end) into their place in samples. The codes were checked before.
Result<void> decode_stretch(const std::shared_ptr<const CpuWeights>& weights,
                            std::span<const codes::Frame> frames, size_t first, size_t end,
                            const NoiseSource& noise, std::span<float> samples) {
  const Config& config = weights->config;
  const int64_t first_latent =
      first == 0 ? 0 : static_cast<int64_t>(first) * kLatentsPerFrame - left_latents(config);
  CpuStream stream(weights, noise, nullptr, first_latent);
  const auto wanted_from = static_cast<int64_t>(first) * config.samples_per_frame();
  const auto wanted_to = static_cast<int64_t>(end) * config.samples_per_frame();
  assert(stream.next_sample() <= wanted_from);
  const SampleSink place = [&](std::span<const float> made) {
    const int64_t begin = stream.next_sample();
    const int64_t from = std::max(begin, wanted_from);
    const int64_t to = std::min(begin + static_cast<int64_t>(made.size()), wanted_to);
    if (from < to) std::copy_n(made.begin() + (from - begin), to - from, samples.begin() + from);
    return true;
  };
  const auto first_pushed = static_cast<size_t>(first_latent / kLatentsPerFrame);
  const size_t end_pushed =
      std::min(frames.size(), end + static_cast<size_t>(config.context_frames()));
  ORPHEUS_CHECK(stream.push(frames.subspan(first_pushed, end_pushed - first_pushed), place));
  return end == frames.size() ? stream.finish(place) : Result<void>();
}

}  // namespace

Result<std::vector<float>> decode_on_threads(const std::shared_ptr<const CpuWeights>& weights,
                                             std::span<const codes::Frame> frames,
                                             const NoiseSource& noise, int num_threads) {
  ORPHEUS_CHECK(check_codes(frames, weights->config.codebook_size));
  std::vector<float> samples(frames.size() *
                             static_cast<size_t>(weights->config.samples_per_frame()));
  const size_t num_stretches = std::clamp<size_t>(frames.size() / kFewestFrames, 1,
                                                  static_cast<size_t>(std::max(1, num_threads)));
  std::vector<Result<void>> done(num_stretches);
  const auto decode = [&](size_t i) {
    done[i] = decode_stretch(weights, frames, frames.size() * i / num_stretches,
                             frames.size() * (i + 1) / num_stretches, noise, samples);
  };
  std::vector<std::jthread> others;
  for (size_t i = 1; i < num_stretches; ++i) {
    try {
      others.emplace_back(decode, i);
    } catch (const std::system_error&) {  // the system refuses another thread
      decode(i);
    }
  }
  decode(0);
  others.clear();  // joins
  for (const Result<void>& each : done) ORPHEUS_CHECK(each);
  return samples;
}

}  // namespace orpheus::snac
