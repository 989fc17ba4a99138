#include "http/completions_api.h"

#include <chrono>
#include <memory>
#include <random>
#include <string>
#include <utility>

#include <nlohmann/json.hpp>
#include <spdlog/fmt/fmt.h>

#include "base/log.h"
#include "http/access.h"
#include "http/errors.h"
#include "http/json_body.h"
#include "http/speech_api.h"
#include "http/speech_request.h"
#include "lm/too_busy.h"

namespace orpheus::http {
namespace {

using Json = nlohmann::ordered_json;

constexpr size_t kMaxPromptTokens = 131'072;
constexpr size_t kMaxPromptBytes = 4 * kMaxPromptTokens;  // of a text

struct Completion {
  lm::GenerateRequest generate;
  int num_prompt_tokens = 0;
  bool streamed = false;
};

// Shared by whole responses and event streams.
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
    const std::string text = *body.text("prompt");
    if (text.size() > kMaxPromptBytes) {  // looked at before the time is spent on it
      return body.refuse("prompt", "string_above_max_length",
                         {.kind = ErrorKind::kUsage,
                          .what = "prompt is too long",
                          .expected = fmt::format("at most {} bytes", kMaxPromptBytes),
                          .found = fmt::format("{} bytes", text.size())});
    }
    auto ids = synthesiser.prompt_ids(text, prompt::SpecialTokens::kParse);
    if (ids) {
      completion.generate.prompt = std::move(*ids);
    } else {
      body.refuse("prompt", "invalid_value", ids.error());
    }
  } else if (auto ids = body.whole_numbers("prompt", 0, INT32_MAX, kMaxPromptTokens + 1)) {
    completion.generate.prompt = std::move(*ids);
  }
  const size_t count = completion.generate.prompt.size();
  if (count == 0 || count > kMaxPromptTokens) {
    body.refuse("prompt", count == 0 ? "missing_required_parameter" : "string_above_max_length",
                {.kind = ErrorKind::kUsage,
                 .what = count == 0 ? "prompt is empty" : "prompt is too long",
                 .expected = fmt::format("a text, or an array of 1 … {} ids", kMaxPromptTokens),
                 .found = count == 0 ? "0 tokens" : "more"});
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
  completion.generate.listener = listener_of(options, asked);
  if (body->error()) return tl::unexpected(*body->error());
  return completion;
}

bool write_event(ResponseWriter& out, const std::string& data) {
  const std::string event = "data: " + data + "\n\n";
  return out.write(std::as_bytes(std::span(event)));
}

class CompletionTask final : public Task {
 public:
  CompletionTask(const Context& context, Snapshot now, Completion completion, std::string id)
      : context_(context),
        now_(std::move(now)),
        completion_(std::move(completion)),
        id_(std::move(id)),
        frame_{.id = "cmpl-" + id_,
               .created = std::chrono::duration_cast<std::chrono::seconds>(
                              std::chrono::system_clock::now().time_since_epoch())
                              .count(),
               .model = shown_model_name(now_)} {}

  State step(ResponseWriter& out, const Wake& wake) override {
    if (!tokens_) {
      lm::GenerateRequest request = completion_.generate;
      request.wake = wake;
      auto tokens = now_.synthesiser->language_model()->generate(std::move(request));
      if (!tokens) return refuse(tokens.error(), out);
      tokens_ = std::move(*tokens);
    }
    for (int i = 0; i < kTokensOfStep; ++i) {
      if (!tokens_->ready()) return State::kWaits;
      const auto token = tokens_->next();
      if (!token) return refuse(token.error(), out);
      if (!*token) return finish(out);
      if (!take((*token)->id, out)) return refuse(ended(), out);
    }
    return State::kMore;
  }

 private:
  static constexpr int kTokensOfStep = 64;  // most tokens that a step writes

  static Error ended() {
    return {.kind = ErrorKind::kCancelled, .what = "the request was cancelled"};
  }

  State refuse(const Error& error, ResponseWriter& out) const {
    const bool is_refused = lm::is_too_busy(error);
    if (error.kind != ErrorKind::kCancelled && !is_refused) context_.metrics.failed(error.kind);
    if (http_status(error.kind) >= 500 && !is_refused)
      log::write(log::Level::kError, "a completion failed",
                 {{"id", id_}, {"error", error.message()}});
    const bool is_draining = context_.live.draining();
    if (began_) {
      write_event(out, error_response(failure_of(error, is_draining)).body);
      out.finish();
    } else {
      out.send(failure_response(error, is_draining));
    }
    return State::kDone;
  }

  std::string seed() const { return std::to_string(completion_.generate.sampling.seed); }

  void begin(ResponseWriter& out) {
    if (std::exchange(began_, true)) return;
    Response head;
    head.set("Content-Type", "text/event-stream");
    head.set("Cache-Control", "no-store");
    head.set("X-Seed", seed());
    out.begin(std::move(head));
  }

  // False when the completion shall end.
  bool take(lm::Token token, ResponseWriter& out) {
    ++num_tokens_;
    const std::string spelled = now_.synthesiser->token_text(token);
    if (!completion_.streamed) {
      text_ += spelled;
      ids_.push_back(token);
      return true;
    }
    begin(out);
    return write_event(out, dumped(frame_.choice(spelled, Json::array({token}), nullptr)));
  }

  State finish(ResponseWriter& out) {
    context_.metrics.audio_tokens.add(static_cast<uint64_t>(num_tokens_));
    const char* reason = num_tokens_ >= completion_.generate.max_tokens ? "length" : "stop";
    Json last = frame_.choice(text_, ids_, reason);
    last["usage"] = usage_of(completion_, num_tokens_);
    if (!completion_.streamed) {
      Response whole = text_response(200, "application/json", dumped(last));
      whole.set("X-Seed", seed());
      out.send(std::move(whole));
      return State::kDone;
    }
    begin(out);
    write_event(out, dumped(last));
    write_event(out, "[DONE]");
    out.finish();
    return State::kDone;
  }

  const Context& context_;
  const Snapshot now_;
  const Completion completion_;
  const std::string id_;
  const Frame frame_;
  std::unique_ptr<lm::TokenStream> tokens_;  // from the first step on
  std::string text_;
  Json ids_ = Json::array();
  int num_tokens_ = 0;
  bool began_ = false;
};

Response not_ready() {
  return refusal_to_speak(
      {.status = 503, .message = "the server is loading its model", .code = "model_loading"});
}

// As llama-server answers it: ids of "content" without a token before them.
Response tokenise(const Context& context, const Request& asked) {
  const Snapshot now = context.live.now();
  if (!now.synthesiser) return not_ready();
  auto body = JsonBody::parse(asked.body);
  if (!body) return error_response(body.error());
  const std::string content = body->text("content").value_or("");
  const bool parses = body->boolean("parse_special").value_or(true);
  if (content.size() > kMaxPromptBytes) {
    body->refuse("content", "string_above_max_length",
                 {.kind = ErrorKind::kUsage,
                  .what = "content is too long",
                  .expected = fmt::format("at most {} bytes", kMaxPromptBytes),
                  .found = fmt::format("{} bytes", content.size())});
  }
  if (body->error()) return error_response(*body->error());
  const auto ids = now.synthesiser->prompt_ids(
      content, parses ? prompt::SpecialTokens::kParse : prompt::SpecialTokens::kAsText);
  if (!ids) return error_response(api_error(ids.error()));
  return text_response(200, "application/json", dumped({{"tokens", *ids}}));
}

Answer complete(const Context& context, const Request& asked) {
  const Snapshot now = context.live.now();
  if (context.live.draining()) return stopping_response();
  if (!now.synthesiser) return not_ready();
  if (now.synthesiser->language_model() == nullptr) {
    return error_response({.status = 404,
                           .message = "this voice's language model cannot be used directly",
                           .code = "unknown_url"});
  }
  auto completion = parse(asked, *now.options, *now.synthesiser);
  if (!completion) return error_response(completion.error());
  const CancelToken cancel = completion->generate.cancel;
  return Work{
      .cancel = cancel,
      .task = std::make_unique<CompletionTask>(context, now, std::move(*completion), asked.id)};
}

}  // namespace

std::vector<Route> completion_routes(const Context& context) {
  return {{"POST", "/v1/completions",
           [&context](const Request& asked) { return complete(context, asked); }, Access::kKey,
           Pace::kSlow},
          {"POST", "/tokenize",
           [&context](const Request& asked) -> Answer { return tokenise(context, asked); },
           Access::kKey, Pace::kSlow}};
}

}  // namespace orpheus::http
