#pragma once
// The inner loops of the sampler: functions that are compiled once for each level of processors
// (base/processor.h). Internal to this folder. May be called from any thread.

#include <cstddef>
#include <cstdint>
#include <span>

namespace orpheus::engine {

// At most so many doubles are in a register of any level.
inline constexpr size_t kMostLanes = 8;

// WeightedDraw: rows that are computed together and then added to their bins; bins of the logarithm
// from 0 down to kDeepest. Candidates beyond it go to separate bins after the others; there are
// several, so that no addition waits for the one before.
inline constexpr size_t kBlock = 64;
inline constexpr size_t kNumBins = 1024;
inline constexpr size_t kTooDeep = kNumBins + kMostLanes;
inline constexpr float kDeepest = -32;

struct ProcessorKernels {
  // The largest value; the lowest float if there is none.
  float (*highest)(std::span<const float> values);
  // The smallest value; 0 if there is none below.
  float (*lowest)(std::span<const float> values);
  // ln Σ e^(value − highest)
  double (*log_sum)(std::span<const float> values, float highest);
  // Replaces each value by (value − highest) / temperature.
  void (*scale)(std::span<float> values, float highest, float temperature);
  // The likelihoods e^relative of kBlock candidates and their bins. Down to kDeepest a likelihood's
  // relative error is below 2^-36.
  void (*weigh)(const float* relative, float bins_per_unit, double* weights, int32_t* bins);
  // count: a multiple of kMostLanes.
  double (*sum)(const double* values, size_t count);
};

// Of this processor's level.
const ProcessorKernels& processor_kernels();

}  // namespace orpheus::engine
