#include "audio/encoder.h"

#include <algorithm>
#include <array>
#include <optional>
#include <string>
#include <utility>

#include "audio/compressed_encoder.h"
#include "audio/filter.h"
#include "audio/pcm.h"
#include "audio/wav.h"

namespace orpheus::audio {
namespace {

constexpr std::array kRatesHz = {8000, 11025, 12000, 16000, 22050, 24000, 32000, 44100, 48000};

// 16-bit samples as they arrive, after a WAV header of unknown length or without a header.
class PlainEncoder final : public Encoder {
 public:
  PlainEncoder(Format format, int sample_rate_hz, Output output)
      : is_wav_file_(format == Format::kWav && output == Output::kFile),
        has_header_(format == Format::kWav),
        sample_rate_hz_(sample_rate_hz) {}

  Result<void> push(std::span<const float> samples, std::vector<std::byte>& bytes) override {
    begin(bytes);
    append_int16_bytes(samples, bytes);
    num_samples_ += static_cast<int64_t>(samples.size());
    return {};
  }
  Result<void> finish(std::vector<std::byte>& bytes) override {
    begin(bytes);
    return {};
  }
  std::vector<Patch> patches() const override {
    if (!is_wav_file_) return {};
    const auto header = wav_header(sample_rate_hz_, num_samples_);
    return {{.offset = 0, .bytes = {header.begin(), header.end()}}};
  }

 private:
  void begin(std::vector<std::byte>& bytes) {
    if (!std::exchange(has_header_, false)) return;
    const auto header = wav_header(sample_rate_hz_, std::nullopt);
    bytes.insert(bytes.end(), header.begin(), header.end());
  }

  const bool is_wav_file_;
  bool has_header_;
  int sample_rate_hz_;
  int64_t num_samples_ = 0;
};

class FilteringEncoder final : public Encoder {
 public:
  FilteringEncoder(std::unique_ptr<Filter> filter, std::unique_ptr<Encoder> encoder)
      : filter_(std::move(filter)), encoder_(std::move(encoder)) {}

  Result<void> push(std::span<const float> samples, std::vector<std::byte>& bytes) override {
    filtered_.clear();
    ORPHEUS_CHECK(filter_->push(samples, filtered_));
    return encoder_->push(filtered_, bytes);
  }
  Result<void> finish(std::vector<std::byte>& bytes) override {
    filtered_.clear();
    ORPHEUS_CHECK(filter_->finish(filtered_));
    ORPHEUS_CHECK(encoder_->push(filtered_, bytes));
    return encoder_->finish(bytes);
  }
  std::vector<Patch> patches() const override { return encoder_->patches(); }

 private:
  std::unique_ptr<Filter> filter_;
  std::unique_ptr<Encoder> encoder_;
  std::vector<float> filtered_;
};

int asked_rate_hz(const EncoderOptions& options) {
  constexpr int kTelephoneRateHz = 8000;
  return options.output_rate_hz.value_or(is_g711(options.format) ? kTelephoneRateHz
                                                                 : options.input_rate_hz);
}

Result<void> check(const EncoderOptions& options) {
  if (!(options.speed >= kLeastSpeed && options.speed <= kMostSpeed)) {
    return fail({.kind = ErrorKind::kUsage,
                 .what = "the speed is out of range",
                 .expected = "0.25 … 4",
                 .found = std::to_string(options.speed)});
  }
  return check_rate(options.format, asked_rate_hz(options));
}

Result<std::unique_ptr<Encoder>> open_bare_encoder(Format format, int sample_rate_hz,
                                                   Output output) {
  if (format == Format::kWav || format == Format::kPcm) {
    return std::make_unique<PlainEncoder>(format, sample_rate_hz, output);
  }
  return open_compressed_encoder(format, sample_rate_hz, output);
}

}  // namespace

std::span<const int> sample_rates_hz() { return kRatesHz; }

Result<void> check_rate(Format format, int rate_hz) {
  const bool has_few = format == Format::kMp3 || format == Format::kAac;
  const bool is_known = has_few
                            ? std::find(kRatesHz.begin(), kRatesHz.end(), rate_hz) != kRatesHz.end()
                            : rate_hz >= kLeastRateHz && rate_hz <= kMostRateHz;
  if (is_known) return {};
  std::string rates;
  for (const int rate : kRatesHz)
    rates += (rates.empty() ? "one of " : ", ") + std::to_string(rate);
  return fail({.kind = ErrorKind::kUsage,
               .what = std::string(name_of(format)) + " does not have this sample rate",
               .expected = has_few ? rates + " Hz" : "8000 to 48000 Hz",
               .found = std::to_string(rate_hz)});
}

int encoded_rate_hz(const EncoderOptions& options) {
  return encoder_rate_hz(options.format, asked_rate_hz(options));
}

Result<std::unique_ptr<Encoder>> open_encoder(const EncoderOptions& options) {
  ORPHEUS_CHECK(check(options));
  const int rate_hz = encoded_rate_hz(options);
  ORPHEUS_TRY(auto encoder, open_bare_encoder(options.format, rate_hz, options.output));
  if (options.speed == 1.0 && rate_hz == options.input_rate_hz) return encoder;
  ORPHEUS_TRY(auto filter, open_filter({.input_rate_hz = options.input_rate_hz,
                                        .output_rate_hz = rate_hz,
                                        .speed = options.speed}));
  return std::make_unique<FilteringEncoder>(std::move(filter), std::move(encoder));
}

}  // namespace orpheus::audio
