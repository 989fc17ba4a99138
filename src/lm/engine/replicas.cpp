#include "lm/engine/replicas.h"

#include <algorithm>
#include <utility>

#include "lm/too_busy.h"

namespace orpheus::engine {

Replicas::Replicas(std::vector<std::unique_ptr<Engine>> engines) : engines_(std::move(engines)) {}

int Replicas::context_tokens() const {
  int least = engines_.front()->context_tokens();
  for (const auto& engine : engines_) least = std::min(least, engine->context_tokens());
  return least;
}

double Replicas::alignment_quality() {
  engines_.front()->alignment_quality();
  return known_alignment().quality;
}

lm::KnownAlignment Replicas::known_alignment() {
  const Alignment found = engines_.front()->alignment();
  for (size_t i = 1; i < engines_.size() && !found.heads.empty(); ++i) {
    if (engines_[i]->alignment().heads != found.heads) engines_[i]->use_alignment(found);
  }
  return engines_.front()->known_alignment();
}

Result<std::unique_ptr<lm::TokenStream>> Replicas::generate(lm::GenerateRequest request) {
  // The load of each engine is read once, because it changes meanwhile.
  struct Choice {
    double load;
    Engine* engine;
  };
  std::vector<Choice> choices;
  for (const auto& engine : engines_) {
    choices.push_back(
        {static_cast<double>(engine->load()) / engine->capacity().max_sequences, engine.get()});
  }
  std::stable_sort(choices.begin(), choices.end(),
                   [](const Choice& left, const Choice& right) { return left.load < right.load; });
  for (size_t i = 0; i + 1 < choices.size(); ++i) {
    auto stream = choices[i].engine->generate(request);
    if (stream) return stream;
    const Error& error = stream.error();
    if (error.kind != ErrorKind::kLimit && !lm::is_too_busy(error)) return stream;
  }
  return choices.back().engine->generate(std::move(request));
}

}  // namespace orpheus::engine
