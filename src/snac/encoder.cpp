#include "snac/encoder.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "snac/encoder_stream.h"
#include "snac/product.h"
#include "snac/quantiser.h"
#include "tensor/gguf_file.h"

namespace orpheus::snac {
namespace {

// Gives enough rows for each reading of the last block's weights, the largest.
constexpr size_t kFramesAtOnce = 8;

// Finite weights may still overflow. NaN has no nearest code; without this check the first code
// would be taken.
Result<void> check_latents(Rows& latents) {
  const float* values = latents.data();
  const auto count = static_cast<ptrdiff_t>(latents.size()) * latents.stride();
  if (std::all_of(values, values + count, [](float value) { return std::isfinite(value); }))
    return {};
  return fail({.kind = ErrorKind::kBadFile,
               .what = "the codec's encoder computed a value that is not a number",
               .remedy = "Its file is damaged: download or convert it again."});
}

}  // namespace

Encoder::Encoder(EncoderWeights weights)
    : weights_(std::make_shared<const EncoderWeights>(std::move(weights))) {}

Result<std::unique_ptr<Encoder>> Encoder::open(const std::filesystem::path& path) {
  ORPHEUS_TRY(const tensor::GgufFile file, tensor::GgufFile::open(path));
  ORPHEUS_TRY(const Config config, read_config(file));
  if (file.find_tensor("encoder.block.0.weight") == nullptr) {
    return fail({.kind = ErrorKind::kUnsupported,
                 .what = path.string() + ": this codec has no encoder, so it reads no sound",
                 .expected = "a codec with an encoder",
                 .remedy =
                     "Convert SNAC's checkpoint without --decoder-only. The codec of the small "
                     "voice has no encoder."});
  }
  ORPHEUS_TRY(EncoderWeights weights, pack_encoder_weights(file, config));
  ORPHEUS_CHECK(file.check());
  return std::unique_ptr<Encoder>(new Encoder(std::move(weights)));
}

Result<std::vector<codes::Frame>> Encoder::encode(std::span<const float> samples,
                                                  const Progress& progress) const {
  if (samples.empty())
    return fail({.kind = ErrorKind::kUsage, .what = "there is no sound to encode"});
  if (!std::all_of(samples.begin(), samples.end(), [](float s) { return std::isfinite(s); }))
    return fail({.kind = ErrorKind::kUsage, .what = "a sample of the sound is not a number"});
  const auto frame_samples = static_cast<size_t>(config().samples_per_frame());
  const size_t num_frames = (samples.size() + frame_samples - 1) / frame_samples;

  std::vector<codes::Frame> frames;
  frames.reserve(num_frames);
  EncoderStream stream(weights_);
  Rows latents(padded(config().latent_dim));
  std::vector<float> whole_frames;  // the last samples and the silence after them
  for (size_t pushed = 0; pushed < num_frames; pushed += kFramesAtOnce) {
    auto portion = samples.subspan(
        pushed * frame_samples,
        std::min(kFramesAtOnce * frame_samples, samples.size() - pushed * frame_samples));
    const bool last = pushed + kFramesAtOnce >= num_frames;
    if (last) {
      whole_frames.assign(portion.begin(), portion.end());
      whole_frames.resize((num_frames - pushed) * frame_samples);
      portion = whole_frames;
    }
    stream.push(portion, last, latents);
    ORPHEUS_CHECK(check_latents(latents));
    const int num_ready = latents.size() / kLatentsPerFrame;
    quantise(*weights_, latents.data(), latents.stride(), num_ready, frames);
    latents.drop_front(num_ready * kLatentsPerFrame);
    if (progress && !progress(frames.size()))
      return fail({.kind = ErrorKind::kCancelled, .what = "the encoding was cancelled"});
  }
  return frames;
}

}  // namespace orpheus::snac
