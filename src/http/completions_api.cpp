#include "http/completions_api.h"

#include <chrono>
#include <random>
#include <string>
#include <utility>

#include <nlohmann/json.hpp>
#include <spdlog/fmt/fmt.h>

#include "base/log.h"
#include "base/utf8.h"
#include "http/errors.h"
#include "http/json_body.h"
#include "http/speech_api.h"
#include "http/speech_request.h"

namespace orpheus::http {
namespace {

using Json = nlohmann::ordered_json;

constexpr size_t kMaxPromptTokens = 131'072;

struct Completion {
  lm::GenerateRequest generate;
  int num_prompt_tokens = 0;
  bool streamed = false;
};

// Shared by the answers in one piece and in events.
struct Frame {
  std::string id;
  int64_t created = 0;
  std::string model;

  Json choice(const std::string& text, const Json& ids, const Json& finish_reason) const {
    return {{"id", id},
            {"object", "text_completion"},
            {"created", created},
            {"model", model},
            {"choices", Json::array({Json{{"index", 0},
                                          {"text", text},
                                          {"token_ids", ids},
                                          {"logprobs", nullptr},
                                          {"finish_reason", finish_reason}}})}};
  }
};

std::string dumped(const Json& json) {
  return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

Json usage_of(const Completion& completion, int num_tokens) {
  return {{"prompt_tokens", completion.num_prompt_tokens},
          {"completion_tokens", num_tokens},
          {"total_tokens", completion.num_prompt_tokens + num_tokens}};
}

void read_prompt(JsonBody& body, const speech::Synthesiser& synthesiser, Completion& completion) {
  if (body.is_text("prompt")) {
    auto ids = synthesiser.prompt_ids(*body.text("prompt"));
    if (ids) {
      completion.generate.prompt = std::move(*ids);
    } else {
      body.refuse("prompt", "invalid_value", ids.error());
    }
  } else if (auto ids = body.whole_numbers("prompt", 0, INT32_MAX)) {
    completion.generate.prompt = std::move(*ids);
  }
  const size_t count = completion.generate.prompt.size();
  if (count == 0 || count > kMaxPromptTokens) {
    body.refuse("prompt", count == 0 ? "missing_required_parameter" : "string_above_max_length",
                {.kind = ErrorKind::kUsage,
                 .what = count == 0 ? "prompt is empty" : "prompt is too long",
                 .expected = fmt::format("a text, or an array of 1 … {} ids", kMaxPromptTokens),
                 .found = fmt::format("{} tokens", count)});
  }
  completion.num_prompt_tokens = static_cast<int>(count);
}

tl::expected<Completion, ApiError> parse(const Request& asked, const Options& options,
                                         const speech::Synthesiser& synthesiser) {
  auto body = JsonBody::parse(asked.body);
  if (!body) return tl::unexpected(body.error());
  Completion completion;
  body->text("model");
  read_prompt(*body, synthesiser, completion);
  completion.generate.sampling = read_sampling(*body, options.sampling);
  if (const auto penalty = body->number("repeat_penalty", 0.1, 10)) {
    completion.generate.sampling.repetition_penalty = static_cast<float>(*penalty);
  }
  const auto seed = body->whole_number("seed", 0, INT64_MAX);
  completion.generate.sampling.seed = seed ? static_cast<uint64_t>(*seed) : std::random_device()();
  completion.generate.max_tokens = static_cast<int>(
      body->whole_number("max_tokens", 1, options.max_tokens).value_or(options.max_tokens));
  completion.generate.ignore_stop = body->boolean("ignore_eos").value_or(false);
  completion.streamed = body->boolean("stream").value_or(false);
  if (body->error()) return tl::unexpected(*body->error());
  return completion;
}

bool write_event(ResponseWriter& out, const std::string& data) {
  const std::string event = "data: " + data + "\n\n";
  return out.write(std::as_bytes(std::span(event)));
}

void run(const Context& context, const Snapshot& now, const Completion& completion,
         const std::string& id, ResponseWriter& out) {
  const Frame frame{"cmpl-" + id,
                    std::chrono::duration_cast<std::chrono::seconds>(
                        std::chrono::system_clock::now().time_since_epoch())
                        .count(),
                    shown_model_name(now)};
  const auto refuse = [&](const Error& error) {
    if (error.kind != ErrorKind::kCancelled) context.metrics.failed(error.kind);
    if (http_status(error.kind) >= 500)
      log::error("id={} error=\"{}\"", id, printable(error.message()));
    out.send(failure_response(error, context.live.draining()));
  };
  auto tokens = now.synthesiser->language_model()->generate(completion.generate);
  if (!tokens) return refuse(tokens.error());

  const std::string seed = std::to_string(completion.generate.sampling.seed);
  const auto begin_events = [&] {
    Response head;
    head.set("Content-Type", "text/event-stream");
    head.set("Cache-Control", "no-store");
    head.set("X-Seed", seed);
    out.begin(std::move(head));
  };
  std::string text;
  Json ids = Json::array();
  int num_tokens = 0;
  bool began = false;
  while (true) {
    const auto token = (*tokens)->next();
    if (!token && !began) return refuse(token.error());
    if (!token) {
      if (write_event(out, error_response(api_error(token.error())).body)) out.finish();
      return;
    }
    if (!*token) break;
    ++num_tokens;
    const std::string spelled = now.synthesiser->token_text((*token)->id);
    if (!completion.streamed) {
      text += spelled;
      ids.push_back((*token)->id);
      continue;
    }
    if (!std::exchange(began, true)) begin_events();
    if (!write_event(out, dumped(frame.choice(spelled, Json::array({(*token)->id}), nullptr))))
      return;
  }
  context.metrics.audio_tokens.add(static_cast<uint64_t>(num_tokens));
  const char* reason = num_tokens >= completion.generate.max_tokens ? "length" : "stop";
  Json last = frame.choice(text, ids, reason);
  last["usage"] = usage_of(completion, num_tokens);
  if (!completion.streamed) {
    Response whole = text_response(200, "application/json", dumped(last));
    whole.set("X-Seed", seed);
    return out.send(std::move(whole));
  }
  if (!began) begin_events();
  if (write_event(out, dumped(last)) && write_event(out, "[DONE]")) out.finish();
}

Answer complete(const Context& context, const Request& asked) {
  const Snapshot now = context.live.now();
  if (!now.synthesiser || context.live.draining()) {
    return refusal_to_speak({.status = 503,
                             .message = "the model is being loaded, or the server stops",
                             .code = "model_loading"});
  }
  if (now.synthesiser->language_model() == nullptr) {
    return error_response({.status = 404,
                           .message = "this voice has no language model to offer",
                           .code = "unknown_url"});
  }
  auto completion = parse(asked, *now.options, *now.synthesiser);
  if (!completion) return error_response(completion.error());
  return Work{.cancel = completion->generate.cancel,
              .run = [&context, now, completion = std::move(*completion), id = asked.id](
                         ResponseWriter& out) { run(context, now, completion, id, out); }};
}

}  // namespace

std::vector<Route> completion_routes(const Context& context) {
  return {{"POST", "/v1/completions",
           [&context](const Request& asked) { return complete(context, asked); }, Access::kKey}};
}

}  // namespace orpheus::http
