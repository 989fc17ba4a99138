#include "lm/engine/sampler.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <string>

#include <spdlog/fmt/fmt.h>

#include "base/philox.h"

namespace orpheus::engine {
namespace {

Result<void> in_range(const char* name, double value, double low, double high) {
  if (value >= low && value <= high) return {};  // NaN fails both
  return fail({.kind = ErrorKind::kUsage,
               .what = std::string(name) + " is out of range",
               .expected = fmt::format("{} to {}", low, high),
               .found = fmt::format("{}", value)});
}

bool more_likely(float left_logit, lm::Token left_id, float right_logit, lm::Token right_id) {
  return left_logit > right_logit || (left_logit == right_logit && left_id < right_id);
}

}  // namespace

Result<void> check(const lm::Sampling& options) {
  ORPHEUS_CHECK(in_range("temperature", options.temperature, 0, 10));
  ORPHEUS_CHECK(in_range("top_p", options.top_p, 0, 1));
  ORPHEUS_CHECK(in_range("min_p", options.min_p, 0, 1));
  ORPHEUS_CHECK(in_range("top_k", options.top_k, 0, std::numeric_limits<int>::max()));
  ORPHEUS_CHECK(in_range("repetition_penalty", options.repetition_penalty, 0.1, 10));
  return {};
}

Sampler::Sampler(const lm::Sampling& options, int vocabulary_size)
    : options_(options), seen_(static_cast<size_t>(vocabulary_size), false) {}

void Sampler::see(std::span<const lm::Token> tokens) {
  for (const lm::Token token : tokens) seen_[static_cast<size_t>(token)] = true;
}

lm::Token Sampler::choose(llama::Logits& logits, uint64_t step) {
  for (float& value : logits.values) {
    if (!std::isfinite(value)) value = std::numeric_limits<float>::lowest();
  }
  penalise(logits);
  lm::Token token = 0;
  if (options_.temperature <= 0) {
    token = most_likely(logits);
  } else {
    // Below the likeliest, so that no temperature, however low, makes an infinity of it.
    const float highest = *std::max_element(logits.values.begin(), logits.values.end());
    candidates_.clear();
    for (size_t row = 0; row < logits.values.size(); ++row) {
      candidates_.push_back(
          {(logits.values[row] - highest) / options_.temperature, logits.id_of(row)});
    }
    keep_top();
    token = draw(step);
  }
  see({&token, 1});
  return token;
}

void Sampler::penalise(llama::Logits& logits) const {
  if (options_.repetition_penalty == 1.0F) return;
  for (size_t row = 0; row < logits.values.size(); ++row) {
    if (!seen_[static_cast<size_t>(logits.id_of(row))]) continue;
    float& value = logits.values[row];
    value = value > 0 ? value / options_.repetition_penalty : value * options_.repetition_penalty;
  }
}

lm::Token Sampler::most_likely(const llama::Logits& logits) const {
  const auto best = std::max_element(logits.values.begin(), logits.values.end());
  return logits.id_of(static_cast<size_t>(best - logits.values.begin()));
}

// Sorts the candidates that top-k, top-p and min-p leave, most likely first, and gives them their
// probabilities.
void Sampler::keep_top() {
  const auto by_likelihood = [](const Candidate& left, const Candidate& right) {
    return more_likely(left.logit, left.id, right.logit, right.id);
  };
  if (options_.top_k > 0 && static_cast<size_t>(options_.top_k) < candidates_.size()) {
    std::partial_sort(candidates_.begin(), candidates_.begin() + options_.top_k, candidates_.end(),
                      by_likelihood);
    candidates_.resize(static_cast<size_t>(options_.top_k));
  } else {
    std::sort(candidates_.begin(), candidates_.end(), by_likelihood);
  }
  probabilities_.clear();
  float total = 0;
  for (const Candidate& candidate : candidates_) {
    probabilities_.push_back(std::exp(candidate.logit - candidates_.front().logit));
    total += probabilities_.back();
  }
  size_t kept = 0;
  for (float sum = 0; kept < probabilities_.size(); ++kept) {
    // The candidate that crosses top_p is kept, and the first always is.
    const bool enough = options_.top_p < 1 && sum >= options_.top_p * total;
    const bool unlikely = probabilities_[kept] < options_.min_p;  // the first one's is 1
    if (kept > 0 && (enough || unlikely)) break;
    sum += probabilities_[kept];
  }
  candidates_.resize(kept);
  probabilities_.resize(kept);
}

lm::Token Sampler::draw(uint64_t step) const {
  const auto words = philox(options_.seed, step, 0);
  double total = 0;
  for (const float probability : probabilities_) total += probability;
  double left = uniform_double(words[0], words[1]) * total;
  for (size_t i = 0; i < probabilities_.size(); ++i) {
    left -= probabilities_[i];
    if (left < 0) return candidates_[i].id;
  }
  return candidates_.back().id;
}

std::vector<lm::TokenProbability> top_probabilities(const llama::Logits& logits, int num_top) {
  std::vector<lm::TokenProbability> top;
  if (num_top <= 0) return top;
  double sum = 0;
  const float highest = *std::max_element(logits.values.begin(), logits.values.end());
  for (size_t row = 0; row < logits.values.size(); ++row) {
    sum += std::exp(static_cast<double>(logits.values[row]) - highest);
    top.push_back({logits.id_of(row), logits.values[row]});
  }
  const auto kept = std::min(static_cast<size_t>(num_top), top.size());
  std::partial_sort(
      top.begin(), top.begin() + static_cast<ptrdiff_t>(kept), top.end(),
      [](const auto& l, const auto& r) { return more_likely(l.logprob, l.id, r.logprob, r.id); });
  top.resize(kept);
  const double log_sum = highest + std::log(sum);
  for (lm::TokenProbability& item : top) item.logprob = static_cast<float>(item.logprob - log_sum);
  return top;
}

}  // namespace orpheus::engine
