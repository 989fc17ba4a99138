#include "device.h"

#include <algorithm>
#include <utility>

namespace orpheus::serving_sim {
namespace {

// What differs from GPU to GPU.
struct Gpu {
  std::string_view name;
  double memory_mib;  // as the driver reports
  double gb_s;
  std::string_view gb_s_source;
  double q4_tflops;  // products with these weights, at some 200 rows
  double q8_tflops;
  double f16_tflops;
  std::string_view q4_source;
  std::string_view q8_source;
  std::string_view f16_source;
  double codec_tflops;
};

// llama.cpp's pull request 7676: an 8B in Q4_0 on an RTX 4090 reads prompts in steps of 16, 32, 64,
// 128, 256 and 512 rows at 1937, 3428, 5420, 7444, 9602 and 10359 tokens/s. These times are within
// 10 % of 4.3 GB at 70 % of 1008 GB/s, and 15.0 GFLOP a row at 179 TFLOP/s (within 6 % from 32
// rows).
constexpr std::string_view kFitOf4090 =
    "fitted to llama.cpp pull request 7676 (8B Q4_0, RTX 4090, 16 to 512 rows)";
constexpr std::string_view kQ4OfAda =
    "llama.cpp pull request 19053: 3B Q4_K_M, RTX 6000 Ada, pp8096 16,149 tokens/s of 6.4 GFLOP; "
    "the "
    "RTX 4090 and the L40S have the same architecture";
constexpr std::string_view kAsAda =
    "assumed equal to the RTX 4090's: no published figure was found";
constexpr std::string_view kF16OfAda =
    "assumed: 60 % of the data sheet's 165 TFLOP/s (float32 sums)";
constexpr std::string_view kF16OfL40s = "assumed: 40 % of the data sheet's 362 TFLOP/s";
constexpr std::string_view kF16OfHopper = "assumed: 40 % of the data sheet's 989 TFLOP/s";
constexpr std::string_view kSheet = "data sheet, as docs/hardware.md quotes it";

constexpr std::array<Gpu, 4> kGpus = {{
    {"rtx4090", 24111, 1008, kSheet, 103, 179, 99, kQ4OfAda, kFitOf4090, kF16OfAda, 8},
    {"l40s", 45458, 864, kSheet, 103, 179, 145, kQ4OfAda, kAsAda, kF16OfL40s, 8},
    {"h100", 81079, 3350, kSheet, 103, 179, 395, kAsAda, kAsAda, kF16OfHopper, 10},
    {"h200", 143156, 4800, kSheet, 103, 179, 395, kAsAda, kAsAda, kF16OfHopper, 10},
}};

constexpr std::array<std::string_view, 4> kPresetNames = {"rtx4090", "l40s", "h100", "h200"};

// Of a 3B voice, from docs/hardware.md: bytes that a step reads, whatever its number of rows.
double weight_gb(Weights weights) {
  switch (weights) {
    case Weights::kQ4: return 1.70;
    case Weights::kQ8: return 3.01;
    case Weights::kF16: return 5.66;
  }
  return 0;
}

}  // namespace

std::string_view name_of(Part part) {
  switch (part) {
    case Part::kWeights: return "reading weights";
    case Part::kLanes: return "reading the KV cache";
    case Part::kProducts: return "arithmetic of the products";
    case Part::kLaunches: return "launches";
    case Part::kMask: return "masks";
    case Part::kEngine: return "engine thread";
    case Part::kCodec: return "codec";
  }
  return "";
}

double sum(const Times& times) {
  double total = 0;
  for (const double time : times) total += time;
  return total;
}

Device Device::scaled(size_t constant, double factor) const {
  Device other = *this;
  other.constants_[constant].value *= factor;
  return other;
}

Times Device::step(const StepWork& work) const {
  const double bytes_a_second = value(kBandwidth) * 1e9 * value(kShareOfBandwidth);
  Times times{};
  const auto set = [&](Part part, double seconds) { times[static_cast<size_t>(part)] = seconds; };
  set(Part::kWeights, value(kWeightBytes) * 1e9 / bytes_a_second);
  set(Part::kLanes, work.rows_read * value(kRowBytes) * 1e3 / bytes_a_second);
  set(Part::kProducts, work.num_rows * value(kFlopARow) * 1e9 / (value(kProductRate) * 1e12));
  set(Part::kLaunches, value(kNodes) * value(kLaunch) * 1e-6);
  set(Part::kMask, work.mask_bytes / (value(kMaskRate) * 1e9));
  set(Part::kEngine, work.num_drawn * value(kEngine) * 1e-6);
  return times;
}

Times Device::codec_call(int num_streams, int num_frames) const {
  Times times{};
  times[static_cast<size_t>(Part::kCodec)] =
      value(kCodecCall) * 1e-3 +
      num_streams * num_frames * value(kCodecFlop) * 1e9 / (value(kCodecRate) * 1e12);
  return times;
}

std::span<const std::string_view> preset_names() { return kPresetNames; }

Result<Device> preset(std::string_view gpu, Weights weights, Keys keys) {
  const auto found =
      std::find_if(kGpus.begin(), kGpus.end(), [&](const Gpu& each) { return each.name == gpu; });
  if (found == kGpus.end()) {
    std::string names;
    for (const std::string_view name : kPresetNames)
      names += (names.empty() ? "" : ", ") + std::string(name);
    return fail({.kind = ErrorKind::kNotFound,
                 .what = "there is no preset '" + std::string(gpu) + "'",
                 .expected = names});
  }
  const double rate = weights == Weights::kQ4   ? found->q4_tflops
                      : weights == Weights::kQ8 ? found->q8_tflops
                                                : found->f16_tflops;
  const std::string_view rate_source = weights == Weights::kQ4   ? found->q4_source
                                       : weights == Weights::kQ8 ? found->q8_source
                                                                 : found->f16_source;
  // In the order of ConstantIndex.
  const std::array<Constant, kNumConstants> constants = {{
      {"bandwidth", found->gb_s, "GB/s", found->gb_s_source},
      {"share of the bandwidth", 0.70, "", kFitOf4090},
      {"weights read by a step", weight_gb(weights), "GB", "docs/hardware.md, computed from a 3B"},
      {"a row of the KV cache", keys == Keys::kQ8 ? 60.9 : 114.7, "KB",
       "28 layers, 8 heads of 128, keys and values"},
      {"arithmetic of a row", 5.65, "GFLOP", "2 operations for each of 2.82e9 weights"},
      {"rate of the products", rate, "TFLOP/s", rate_source},
      {"nodes of a step", 750, "", "28 layers of 26 kernels, and 20"},
      {"launch of a node", 0.5, "us",
       "what llama.cpp pull request 19053 (3B, RTX 6000 Ada, tg128 315 tokens/s) leaves beside 70 "
       "% "
       "of the bandwidth: 0.34 ms"},
      {"rate of masks", 8, "GB/s", "assumed: filled by one thread, then copied over PCIe 4"},
      {"engine thread, a token", 15.1, "us",
       "docs/benchmarks.md: engine_us_per_token 13.4 and 16.8 at 32 sequences (AMD EPYC, Zen 4)"},
      {"codec, a frame", 0.828, "GFLOP",
       "docs/benchmarks.md: 70.8 GFLOP/s decode at 7.30 x real time"},
      {"rate of the codec", found->codec_tflops, "TFLOP/s",
       "assumed: no GPU has measured these graphs"},
      {"call of the codec", 0.6, "ms", "assumed: 300 nodes that are launched one by one"},
  }};
  constexpr double kMiB = 1 << 20U;
  return Device(std::string(gpu), constants, static_cast<size_t>(found->memory_mib * kMiB));
}

}  // namespace orpheus::serving_sim
