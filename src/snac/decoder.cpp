#include "snac/decoder.h"

#include <algorithm>
#include <cmath>
#include <string>
#include <utility>

#include "snac/call_counts.h"
#include "snac/cpu_clip.h"
#include "snac/cpu_stream.h"
#include "snac/cpu_weights.h"
#include "snac/early_stream.h"
#include "snac/window_batch.h"
#include "snac/window_queue.h"
#include "snac/window_stream.h"
#include "tensor/gguf_file.h"

namespace orpheus::snac {
namespace {

class KernelDecoder : public Decoder {
 public:
  KernelDecoder(CpuWeights weights, const Options& options)
      : weights_(std::make_shared<const CpuWeights>(std::move(weights))),
        first_upsample_(std::make_shared<SharedProduct>(
            weights_->blocks.front().upsample,
            [this](int num_streams, int num_latents) {
              counts_.add(static_cast<double>(num_latents) / kLatentsPerFrame, num_streams);
            })),
        options_(options) {}

  const Config& config() const override { return weights_->config; }
  std::unique_ptr<Stream> stream(NoiseSource noise) override {
    return with_early_first(options_, config(), [this, noise = std::move(noise)] {
      return std::make_unique<CpuStream>(weights_, noise, first_upsample_);
    });
  }
  Result<std::vector<float>> decode(std::span<const codes::Frame> frames,
                                    NoiseSource noise) override {
    return decode_on_threads(weights_, frames, noise, options_.num_threads);
  }
  std::string metrics() const override { return counts_.text(); }

 private:
  CallCounts counts_;
  const std::shared_ptr<const CpuWeights> weights_;
  const std::shared_ptr<SharedProduct> first_upsample_;  // of all streams
  const Options options_;
};

class WindowDecoder : public Decoder {
 public:
  // Errors: those of WindowQueue::start.
  static Result<std::unique_ptr<Decoder>> start(std::shared_ptr<const GraphWeights> weights,
                                                std::shared_ptr<const tensor::Device> device,
                                                const Options& options) {
    std::unique_ptr<WindowDecoder> decoder(new WindowDecoder(options));
    auto graph = std::make_unique<GraphDecoder>(
        std::move(weights), std::move(device),
        [&counts = decoder->counts_](int num_windows, int num_frames) {
          counts.add(num_frames, num_windows);
        });
    ORPHEUS_TRY(decoder->queue_,
                WindowQueue::start(std::move(graph),
                                   options.reproducible ? Company::kAlone : Company::kShared));
    return decoder;
  }

  const Config& config() const override { return queue_->config(); }
  std::unique_ptr<Stream> stream(NoiseSource noise) override {
    return with_early_first(options_, config(), [this, noise = std::move(noise)] {
      return std::make_unique<WindowStream>(*queue_, noise, options_);
    });
  }
  std::unique_ptr<Stream> stream_for(const std::shared_ptr<const Listener>& listener,
                                     NoiseSource noise) override {
    if (options_.first_context_frames < config().context_frames()) return stream(std::move(noise));
    return std::make_unique<WindowStream>(*queue_, std::move(noise), options_, listener);
  }
  std::string metrics() const override { return counts_.text(); }

 private:
  explicit WindowDecoder(const Options& options) : options_(options) {}

  const Options options_;
  CallCounts counts_;
  std::unique_ptr<WindowQueue> queue_;
};

}  // namespace

Result<std::unique_ptr<Decoder>> Decoder::open(const std::filesystem::path& path,
                                               std::shared_ptr<const tensor::Device> device,
                                               const Options& options) {
  ORPHEUS_TRY(tensor::GgufFile opened, tensor::GgufFile::open(path));
  auto file = std::make_shared<const tensor::GgufFile>(std::move(opened));
  ORPHEUS_TRY(const Config config, read_config(*file));
  const bool kernels = options.arithmetic == Arithmetic::kKernels ||
                       (options.arithmetic == Arithmetic::kAuto && device->is_cpu());
  if (kernels) {
    ORPHEUS_TRY(CpuWeights weights, pack_cpu_weights(*file, config));
    ORPHEUS_CHECK(file->check());
    return std::make_unique<KernelDecoder>(std::move(weights), options);
  }
  ORPHEUS_TRY(auto weights, GraphWeights::load(std::move(file), config, *device));
  return WindowDecoder::start(std::move(weights), std::move(device), options);
}

Result<std::vector<float>> Decoder::decode(std::span<const codes::Frame> frames,
                                           NoiseSource noise) {
  std::vector<float> samples;
  const SampleSink keep = [&](std::span<const float> more) {
    samples.insert(samples.end(), more.begin(), more.end());
    return true;
  };
  const auto whole = stream(std::move(noise));
  ORPHEUS_CHECK(whole->push(frames, keep));
  ORPHEUS_CHECK(whole->finish(keep));
  return samples;
}

Result<void> check_samples(std::span<const float> samples) {
  const bool all_are_numbers =
      std::all_of(samples.begin(), samples.end(), [](float sample) { return !std::isnan(sample); });
  if (all_are_numbers) return {};
  return fail({.kind = ErrorKind::kBadFile,
               .what = "the codec computed a sample that is not a number",
               .remedy = "Its file is damaged: download or convert it again."});
}

Result<void> check_codes(std::span<const codes::Frame> frames, int codebook_size) {
  const auto check_row = [&](std::span<const int32_t> codes) -> Result<void> {
    for (const int32_t code : codes) {
      if (code >= 0 && code < codebook_size) continue;
      return fail({.kind = ErrorKind::kUsage,
                   .what = "a code is not in the codebook",
                   .expected = "0 to " + std::to_string(codebook_size - 1),
                   .found = std::to_string(code)});
    }
    return {};
  };
  for (const codes::Frame& frame : frames) {
    ORPHEUS_CHECK(check_row(frame.c0));
    ORPHEUS_CHECK(check_row(frame.c1));
    ORPHEUS_CHECK(check_row(frame.c2));
  }
  return {};
}

}  // namespace orpheus::snac
