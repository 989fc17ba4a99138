#pragma once
// Finds the attention heads of a model that follow the text: the model speaks two short texts, and
// every head is scored. For this folder only.

#include <chrono>
#include <functional>
#include <memory>
#include <vector>

#include "base/result.h"
#include "lm/engine/choose_heads.h"
#include "lm/language_model.h"
#include "lm/llama/model.h"

namespace orpheus::engine {

using Heads = std::shared_ptr<const std::vector<llama::AttentionHead>>;

std::vector<llama::AttentionHead> every_head(const llama::Config& config);

// Begins a speech whose tokens have the weights of each of these heads, one head behind the other.
using BeginSpeech =
    std::function<Result<std::unique_ptr<lm::TokenStream>>(lm::GenerateRequest, Heads)>;

// Takes as long as some seconds of speech, and most_time at most, also if no token comes. Errors:
// those of the speech; kBadFile (no tokenizer); kTimedOut.
Result<Alignment> find_alignment(const llama::Model& model, const BeginSpeech& begin,
                                 std::chrono::milliseconds most_time = std::chrono::minutes(2));

}  // namespace orpheus::engine
