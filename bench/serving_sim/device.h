#pragma once
// A stand-in for a GPU that computes a 3B voice: how long a step of the language model and a call
// of the codec take. Every constant has its source, and can be scaled. Plain values and pure
// functions.

#include <array>
#include <cstddef>
#include <span>
#include <string>
#include <string_view>

#include "base/result.h"

namespace orpheus::serving_sim {

enum class Weights { kQ4, kQ8, kF16 };
enum class Keys { kF16, kQ8 };  // the type of the KV cache

// What a step's or a call's time is spent on.
enum class Part { kWeights, kLanes, kProducts, kLaunches, kMask, kEngine, kCodec };
inline constexpr size_t kNumParts = 7;
using Times = std::array<double, kNumParts>;  // seconds
std::string_view name_of(Part part);
double sum(const Times& times);

struct Constant {
  std::string_view name;
  double value = 0;
  std::string_view unit;
  std::string_view source;
};

// The indices of a device's constants.
enum ConstantIndex : size_t {
  kBandwidth,
  kShareOfBandwidth,
  kWeightBytes,
  kRowBytes,
  kFlopARow,
  kProductRate,
  kNodes,
  kLaunch,
  kMaskRate,
  kEngine,
  kCodecFlop,
  kCodecRate,
  kCodecCall,
  kNumConstants
};

// The rows of a step, as the runner computes them.
struct StepWork {
  int num_rows = 0;      // computed: with the idle ones of the step's shape
  int num_drawn = 0;     // rows for which a token is sampled
  double rows_read = 0;  // of the cache, by attention
  double mask_bytes = 0;
};

class Device {
 public:
  Device(std::string name, std::array<Constant, kNumConstants> constants, size_t memory_bytes)
      : name_(std::move(name)), constants_(constants), memory_bytes_(memory_bytes) {}

  const std::string& name() const { return name_; }
  std::span<const Constant> constants() const { return constants_; }
  size_t memory_bytes() const { return memory_bytes_; }
  // The same device with one constant multiplied.
  Device scaled(size_t constant, double factor) const;

  // The parts of a step's time follow each other: published rates of ggml's products for 16 to 512
  // rows fit the sum of reading and arithmetic (see device.cpp), not the larger of both.
  Times step(const StepWork& work) const;
  // A call of the codec for several windows of num_frames each.
  Times codec_call(int num_streams, int num_frames) const;

 private:
  double value(size_t constant) const { return constants_[constant].value; }

  std::string name_;
  std::array<Constant, kNumConstants> constants_;
  size_t memory_bytes_;
};

// The names that preset() knows.
std::span<const std::string_view> preset_names();

// A GPU with a 3B voice in these types. Errors: kNotFound.
Result<Device> preset(std::string_view gpu, Weights weights, Keys keys);

}  // namespace orpheus::serving_sim
