#include "tensor/memory_speed.h"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <memory>
#include <new>

#include "base/threads.h"

namespace orpheus::tensor {
namespace {

constexpr size_t kWords = (size_t{1} << 30U) / sizeof(uint64_t);
constexpr int kRounds = 4;

// Several sums at once; a single sum would measure the latency of additions.
uint64_t sum_of(const uint64_t* words, size_t count) {
  uint64_t sums[8] = {};
  for (size_t i = 0; i + 8 <= count; i += 8) {
    for (size_t lane = 0; lane < 8; ++lane) sums[lane] += words[i + lane];
  }
  uint64_t sum = 0;
  for (const uint64_t lane : sums) sum += lane;
  return sum;
}

}  // namespace

double measure_read_gb_s(int num_threads) {
  const std::unique_ptr<uint64_t[]> words(new (std::nothrow) uint64_t[kWords]);
  if (!words) return 0;
  std::fill_n(words.get(), kWords, 1);  // pages that were never written share one physical page
  const auto parts = static_cast<size_t>(std::max(1, num_threads));
  std::atomic<uint64_t> total = 0;
  double best = 0;
  for (int round = 0; round < kRounds; ++round) {
    const auto begin = std::chrono::steady_clock::now();
    run_in_parts(parts, [&](size_t part) {
      const size_t first = kWords * part / parts;
      total += sum_of(words.get() + first, kWords * (part + 1) / parts - first);
    });
    const std::chrono::duration<double> seconds = std::chrono::steady_clock::now() - begin;
    best = std::max(best, static_cast<double>(kWords * sizeof(uint64_t)) / seconds.count() / 1e9);
  }
  return total == 0 ? 0 : best;
}

}  // namespace orpheus::tensor
