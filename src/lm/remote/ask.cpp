#include "lm/remote/ask.h"

#include <algorithm>
#include <cmath>
#include <cstdint>

#include <nlohmann/json.hpp>

#include "lm/remote/slot_grammar.h"

namespace orpheus::remote {
namespace {

using nlohmann::json;

// A seed that every server can store and that none reads as "random".
constexpr uint64_t kSeeds = 0x7fffffff;

// This makes the penalty cover the whole prompt. Only some releases of llama-server accept "-1" for
// it.
constexpr int kLongestPrompt = 8192;

// 0.9F is 0.9 in JSON too, rather than 0.8999999761581421.
double decimal(float value) { return std::round(static_cast<double>(value) * 1e6) / 1e6; }

void add(json& body, const char* key, const std::optional<float>& value) {
  if (value) body[key] = decimal(*value);
}

// Whether the next token is at slot 0, where the grammar starts to count.
bool begins_a_frame(const Prompt& prompt, const prompt::TokenLayout& layout) {
  const auto* ids = std::get_if<std::vector<prompt::Token>>(&prompt);
  return ids == nullptr || (!ids->empty() && ids->back() == layout.start_of_speech);
}

json for_llama_server(const lm::GenerateRequest& request, const Prompt& prompt,
                      const prompt::TokenLayout& layout, const lm::Sampling& sampling) {
  json body = {
      {"n_predict", request.max_tokens},
      {"repeat_penalty", decimal(sampling.repetition_penalty)},
      {"repeat_last_n", std::min(request.max_tokens, INT32_MAX - kLongestPrompt) + kLongestPrompt},
      {"top_k", sampling.top_k},
      {"min_p", decimal(sampling.min_p)},
      {"samplers", {"penalties", "temperature", "top_k", "top_p", "min_p"}},
      {"return_tokens", true},
      {"cache_prompt", false}};
  if (request.head == lm::Head::kSlot && begins_a_frame(prompt, layout))
    body["grammar"] = slot_grammar(layout, !request.ignore_stop);
  if (request.ignore_stop) {
    body["ignore_eos"] = true;
    body["logit_bias"] = json::array({json::array({layout.end_of_speech, false})});
  }
  return body;
}

json for_vllm(const lm::GenerateRequest& request, const prompt::TokenLayout& layout,
              const lm::Sampling& sampling) {
  json body = {{"max_tokens", request.max_tokens},
               {"repetition_penalty", decimal(sampling.repetition_penalty)},
               {"skip_special_tokens", false},
               {"spaces_between_special_tokens", false},
               {"add_special_tokens", false}};
  if (sampling.top_k > 0) body["top_k"] = sampling.top_k;
  if (sampling.min_p > 0) body["min_p"] = decimal(sampling.min_p);
  if (request.ignore_stop) {
    body["ignore_eos"] = true;
    body["logit_bias"] = {{std::to_string(layout.end_of_speech), -100}};
  } else {
    body["stop_token_ids"] = {layout.end_of_speech};
  }
  return body;
}

// The server's voice may have its own sampling, so only the requested values are sent.
json for_orpheus(const lm::GenerateRequest& request) {
  const lm::SamplingOptions& sampling = request.sampling;
  json body = {{"max_tokens", request.max_tokens}};
  add(body, "temperature", sampling.temperature);
  add(body, "top_p", sampling.top_p);
  add(body, "min_p", sampling.min_p);
  add(body, "repetition_penalty", sampling.repetition_penalty);
  if (sampling.top_k) body["top_k"] = *sampling.top_k;
  if (request.ignore_stop) body["ignore_eos"] = true;
  return body;
}

json for_others(const lm::GenerateRequest& request, const lm::Sampling& sampling) {
  json body = {{"max_tokens", request.max_tokens},
               {"repeat_penalty", decimal(sampling.repetition_penalty)}};
  if (sampling.top_k > 0) body["top_k"] = sampling.top_k;
  if (sampling.min_p > 0) body["min_p"] = decimal(sampling.min_p);
  if (request.ignore_stop) body["ignore_eos"] = true;
  return body;
}

}  // namespace

Ask ask_for_tokens(const ServerFacts& facts, const lm::GenerateRequest& request,
                   const Prompt& prompt, const prompt::TokenLayout& layout,
                   const lm::Sampling& usual) {
  const lm::Sampling sampling = request.sampling.over(usual);
  json body;
  switch (facts.kind) {
    case ServerKind::kLlamaServer:
      body = for_llama_server(request, prompt, layout, sampling);
      break;
    case ServerKind::kVllm:
      body = for_vllm(request, layout, sampling);
      body["return_token_ids"] = true;
      break;
    case ServerKind::kSglang: body = for_vllm(request, layout, sampling); break;
    case ServerKind::kOrpheus: body = for_orpheus(request); break;
    case ServerKind::kLmStudio:
    case ServerKind::kOther: body = for_others(request, sampling); break;
  }
  std::visit([&](const auto& whole) { body["prompt"] = whole; }, prompt);
  if (facts.kind != ServerKind::kOrpheus) {
    body["temperature"] = decimal(sampling.temperature);
    body["top_p"] = decimal(sampling.top_p);
  }
  const bool takes_any_seed = facts.kind == ServerKind::kOrpheus;
  body["seed"] = takes_any_seed ? request.sampling.seed : request.sampling.seed % kSeeds;
  body["stream"] = true;
  if (!facts.model.empty()) body["model"] = facts.model;
  return {
      .route = facts.kind == ServerKind::kLlamaServer ? "/completion" : "/v1/completions",
      .body = body.dump(-1, ' ', false, json::error_handler_t::replace),
  };
}

}  // namespace orpheus::remote
