#include "snac/config.h"

#include <algorithm>
#include <string>

namespace orpheus::snac {
namespace {

constexpr int kSampleRateHz = 24000;
constexpr int kSamplesPerFrame = 2048;
constexpr uint32_t kMaxDimension = 1U << 16U;

Result<int> dimension(const tensor::GgufFile& file, const std::string& key) {
  ORPHEUS_TRY(const uint32_t value, file.u32(key));
  if (value >= 1 && value <= kMaxDimension) return static_cast<int>(value);
  return fail({.kind = ErrorKind::kBadFile,
               .what = file.name() + ": the metadata key '" + key + "' has an invalid value",
               .expected = "1 to " + std::to_string(kMaxDimension),
               .found = std::to_string(value)});
}

tl::unexpected<Error> unsupported(const tensor::GgufFile& file, const std::string& what,
                                  const std::string& expected) {
  return fail({.kind = ErrorKind::kUnsupported,
               .what = file.name() + ": " + what,
               .expected = expected,
               .remedy = "Orpheus uses the 24 kHz SNAC; convert that checkpoint."});
}

}  // namespace

int Config::steps_per_frame(int block) const {
  int steps = kLatentsPerFrame;
  for (int i = 0; i <= block; ++i) steps *= decoder_rates[static_cast<size_t>(i)];
  return steps;
}

double Config::flop_per_frame() const {
  const auto wide = static_cast<double>(decoder_dim);
  double flop = 2.0 * kLatentsPerFrame * latent_dim * (kKernel + wide);
  for (const int stride : kVqStrides)  // from the codebook to a latent
    flop += 2.0 * kLatentsPerFrame / stride * codebook_dim * latent_dim;
  for (int block = 0; block < num_blocks(); ++block) {
    const double channels = block_channels(block);
    const double upsampling = 2 * 2 * 2 * channels;  // two taps of twice as many channels
    const double noise_block = this->noise ? 2 * channels : 0;
    const double units = static_cast<double>(kDilations.size()) * 2 * (kKernel + channels);
    flop += steps_per_frame(block) * channels * (upsampling + noise_block + units);
  }
  return flop + 2.0 * samples_per_frame() * kKernel * block_channels(num_blocks() - 1);
}

int Config::context_latents() const {
  // From the last layer to the first, in steps of each layer, rounded up.
  int radius = kKernel / 2;
  for (int block = num_blocks() - 1; block >= 0; --block) {
    for (const int dilation : kDilations) radius += dilation * (kKernel / 2);
    const int rate = decoder_rates[static_cast<size_t>(block)];
    radius = (radius + rate - 1) / rate + 1;
  }
  return radius + kKernel / 2;
}

int Config::context_frames() const {
  return (context_latents() + kLatentsPerFrame - 1) / kLatentsPerFrame;
}

Result<Config> read_config(const tensor::GgufFile& file) {
  ORPHEUS_TRY(const std::string_view architecture, file.string("general.architecture"));
  if (architecture != "snac") {
    return fail(
        {.kind = ErrorKind::kBadFile,
         .what = file.name() + ": this is not a codec",
         .expected = "the architecture 'snac'",
         .found = "'" + std::string(architecture) + "'",
         .remedy = architecture == "llama"
                       ? "Set --model to this file and --codec to a codec."
                       : "'orpheus convert codec' creates a codec from a SNAC checkpoint."});
  }
  Config config;
  ORPHEUS_TRY(config.sample_rate_hz, dimension(file, "snac.sampling_rate"));
  ORPHEUS_TRY(config.encoder_dim, dimension(file, "snac.encoder_dim"));
  ORPHEUS_TRY(config.encoder_rates, file.i32s("snac.encoder_rates"));
  ORPHEUS_TRY(config.decoder_dim, dimension(file, "snac.decoder_dim"));
  ORPHEUS_TRY(const auto decoder_rates, file.i32s("snac.decoder_rates"));
  ORPHEUS_TRY(config.codebook_size, dimension(file, "snac.codebook_size"));
  ORPHEUS_TRY(config.codebook_dim, dimension(file, "snac.codebook_dim"));
  ORPHEUS_TRY(const auto vq_strides, file.i32s("snac.vq_strides"));
  ORPHEUS_TRY(config.noise, file.boolean("snac.noise"));
  ORPHEUS_TRY(const bool depthwise, file.boolean("snac.depthwise"));

  if (!depthwise)
    return unsupported(file, "a SNAC without depthwise convolutions", "snac.depthwise true");
  if (config.sample_rate_hz != kSampleRateHz)
    return unsupported(file, "a SNAC with another sample rate", "24000 Hz");
  if (!std::equal(vq_strides.begin(), vq_strides.end(), kVqStrides.begin(), kVqStrides.end())) {
    return unsupported(file, "a SNAC with another frame layout", "snac.vq_strides 4, 2, 1");
  }
  int hop = 1;
  for (const int rate : decoder_rates) {
    if (rate < 2 || rate % 2 != 0 || rate > kSamplesPerFrame || hop > kSamplesPerFrame) {
      return unsupported(file, "a decoder rate that is not even", "even rates");
    }
    hop *= rate;
  }
  if (hop * kLatentsPerFrame != kSamplesPerFrame) {
    return unsupported(file, "a SNAC with another frame length", "2048 samples a frame");
  }
  config.decoder_rates = decoder_rates;
  if (config.decoder_dim >> decoder_rates.size() << decoder_rates.size() != config.decoder_dim) {
    return unsupported(file, "a decoder width that cannot be halved in each block",
                       "a multiple of 16");
  }
  if (config.encoder_rates.size() > 8)
    return unsupported(file, "too many encoder blocks", "at most 8");
  config.latent_dim = config.encoder_dim << config.encoder_rates.size();
  return config;
}

}  // namespace orpheus::snac
