#include "lm/check_sampling.h"

#include <limits>
#include <string>

#include <spdlog/fmt/fmt.h>

namespace orpheus::lm {
namespace {

Result<void> in_range(const char* name, double value, double low, double high) {
  if (value >= low && value <= high) return {};  // NaN fails both
  return fail({.kind = ErrorKind::kUsage,
               .what = std::string(name) + " is out of range",
               .expected = fmt::format("{} to {}", low, high),
               .found = fmt::format("{}", value)});
}

}  // namespace

Result<void> check_sampling(const Sampling& sampling) {
  ORPHEUS_CHECK(in_range("temperature", sampling.temperature, 0, 10));
  ORPHEUS_CHECK(in_range("top_p", sampling.top_p, 0, 1));
  ORPHEUS_CHECK(in_range("min_p", sampling.min_p, 0, 1));
  ORPHEUS_CHECK(in_range("top_k", sampling.top_k, 0, std::numeric_limits<int>::max()));
  ORPHEUS_CHECK(in_range("repetition_penalty", sampling.repetition_penalty, 0.1, 10));
  return {};
}

}  // namespace orpheus::lm
