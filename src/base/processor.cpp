#include "base/processor.h"

#include <algorithm>
#include <array>
#include <atomic>
#include <limits>

#include "base/processor_choice.h"
#include "base/processor_features.h"

namespace orpheus {
namespace {

struct Words {
  std::string_view level;
  std::string_view name;
  std::string_view needs;  // of the sentence for a processor without it
};

constexpr std::array kWords = {
    Words{"avx512_vnni", "AVX-512 VNNI", "AVX-512 and VNNI"},
    Words{"avx_vnni", "AVX-VNNI", "AVX2 and AVX-VNNI"},
    Words{"avx2", "AVX2", "AVX2, FMA and F16C (x86-64-v3)"},
    Words{"x86_64_v2", "x86-64-v2",
          "SSE4.2 and POPCNT (x86-64-v2: Intel since 2009, AMD since 2011)"},
    Words{"generic", "the compiler's default", "other instructions"},
};

const Words& words_of(std::string_view level) {
  const auto found = std::find_if(kWords.begin(), kWords.end(),
                                  [&](const Words& words) { return words.level == level; });
  return found == kWords.end() ? kWords.back() : *found;
}

size_t best_level() {
  const auto levels = processor_levels();
  const CpuRegisters registers = read_cpu_registers();
  for (size_t i = 0; i + 1 < levels.size(); ++i)
    if (lacking_instructions(levels[i], registers).empty()) return i;
  return levels.size() - 1;
}

constexpr size_t kUndecided = std::numeric_limits<size_t>::max();
std::atomic<size_t> taken_level = kUndecided;

}  // namespace

size_t take_level(size_t level) {
  size_t before = kUndecided;
  return taken_level.compare_exchange_strong(before, level) ? level : before;
}

size_t processor_level() {
  const size_t level = taken_level.load(std::memory_order_relaxed);
  return level != kUndecided ? level : take_level(best_level());
}

std::string_view processor_level_in_words() {
  return words_of(processor_levels()[processor_level()]).name;
}

std::string unsuited_processor() {
  const auto levels = processor_levels();
  if (levels.size() == 1) return {};  // built for one machine: more than the level's instructions
  const auto lacking = lacking_instructions(levels.back(), read_cpu_registers());
  if (lacking.empty()) return {};
  std::string text = "orpheus needs a processor with ";
  text += words_of(levels.back()).needs;
  text += "; this one lacks ";
  for (size_t i = 0; i < lacking.size(); ++i) {
    if (i > 0) text += i + 1 == lacking.size() ? " and " : ", ";
    text += lacking[i];
  }
  return text;
}

}  // namespace orpheus
