// Measures one draw of a token: the sampler only, on made-up logits.

#include <cstdint>
#include <vector>

#include "base/philox.h"
#include "base/thread_clock.h"
#include "cli/bench.h"
#include "lm/engine/sampler.h"
#include "lm/llama/logits.h"
#include "prompt/token.h"

namespace orpheus::cli {
namespace {

// Of the released model.
constexpr prompt::TokenLayout kLayout;
constexpr int kVocabulary = 156'940;

enum class Kind { kFlat, kPeaked };

// Flat: top_p 0.9 at the default temperature keeps some 3,200 of them. Peaked: some ten.
llama::Logits logits_of(Kind kind, uint64_t number) {
  const int slot = static_cast<int>(number % prompt::kSlotsPerFrame);
  llama::Logits logits;
  logits.first_id = kLayout.audio_token(slot, 0);
  logits.values.resize(static_cast<size_t>(kLayout.codebook_size));
  if (slot == 0) {
    logits.values.push_back(0);
    logits.last_id = kLayout.end_of_speech;
  }
  for (size_t row = 0; row < logits.values.size(); ++row) {
    const auto words = philox(number, row, 0);
    const float normal = normal_pair(words[0], words[1])[0];
    const bool likely = words[2] % 400 == 0;
    logits.values[row] =
        kind == Kind::kFlat ? 0.3F * normal : 2.5F * normal + (likely ? 8.0F : 0.0F);
  }
  return logits;
}

}  // namespace

double measure_draw_us() {
  constexpr uint64_t kNumLogits = 56;  // eight of each slot
  constexpr uint64_t kNumRounds = 50;
  constexpr uint64_t kNumBefore = 700;
  std::vector<llama::Logits> all;
  for (uint64_t i = 0; i < kNumLogits; ++i)
    all.push_back(logits_of(i % 2 == 0 ? Kind::kFlat : Kind::kPeaked, i));
  engine::Sampler sampler({}, kVocabulary);
  for (uint64_t i = 0; i < kNumBefore; ++i) {
    const auto slot = static_cast<int>(i % prompt::kSlotsPerFrame);
    const uint32_t code = philox(1, i, 1)[0] % static_cast<uint32_t>(kLayout.codebook_size);
    const prompt::Token token = kLayout.audio_token(slot, static_cast<int>(code));
    sampler.see({&token, 1});
  }
  engine::WeightedDraw draw;
  double seconds = 0;
  for (uint64_t round = 0; round < kNumRounds; ++round) {
    std::vector<llama::Logits> copies = all;
    const double begin = thread_cpu_seconds();
    for (uint64_t i = 0; i < kNumLogits; ++i)
      sampler.choose(copies[i], round * kNumLogits + i, draw);
    seconds += thread_cpu_seconds() - begin;
  }
  return seconds * 1e6 / (kNumRounds * kNumLogits);
}

}  // namespace orpheus::cli
