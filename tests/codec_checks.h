#pragma once
// Shared by tests of the codec: frames to decode, the device to decode on, and how much two results
// may differ.

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <random>
#include <span>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "codes/frame.h"
#include "snac/decoder.h"
#include "tensor/device.h"

namespace orpheus::snac {

// ggml's GPU back ends may round the factors of a matrix product to 11 bits (float16 in Vulkan: one
// part in 2048), and the slope of snake increases the error from stage to stage. A GPU's tolerances
// are two to three times the errors of ggml 0.27 on Mesa's software Vulkan device; with
// GGML_VK_DISABLE_F16=1 the same graph gave the reference's audio within 4.1e-5 there.
inline double tolerance(Arithmetic arithmetic, double on_cpu, double on_gpu) {
  const bool gpu = std::getenv("ORPHEUS_TEST_DEVICE") != nullptr;
  return gpu && arithmetic == Arithmetic::kGraph ? on_gpu : on_cpu;
}

inline double largest_difference(const std::vector<float>& left, const std::vector<float>& right) {
  EXPECT_EQ(left.size(), right.size());
  double difference = 0;
  for (size_t i = 0; i < std::min(left.size(), right.size()); ++i) {
    const double d = std::abs(static_cast<double>(left[i]) - right[i]);
    difference = std::max(difference, std::isnan(d) ? HUGE_VAL : d);
  }
  return difference;
}

inline std::shared_ptr<const tensor::Device> open_device() {
  const char* name = std::getenv("ORPHEUS_TEST_DEVICE");
  auto device = tensor::Device::open({.name = name != nullptr ? name : "CPU", .num_threads = 1});
  EXPECT_TRUE(device.has_value()) << device.error().message();
  return device ? std::move(*device) : nullptr;
}

inline SampleSink appending_to(std::vector<float>& samples) {
  return [&samples](std::span<const float> more) {
    samples.insert(samples.end(), more.begin(), more.end());
    return true;
  };
}

inline std::vector<codes::Frame> random_frames(size_t count, uint32_t seed,
                                               uint32_t codebook_size = 4096) {
  std::mt19937 random(seed);
  std::vector<codes::Frame> frames(count);
  const auto code = [&] { return static_cast<int32_t>(random() % codebook_size); };
  for (codes::Frame& frame : frames) {
    for (int32_t& c : frame.c0) c = code();
    for (int32_t& c : frame.c1) c = code();
    for (int32_t& c : frame.c2) c = code();
  }
  return frames;
}

}  // namespace orpheus::snac
