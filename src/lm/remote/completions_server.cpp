#include "lm/remote/completions_server.h"

#include <algorithm>
#include <chrono>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "base/log.h"
#include "base/utf8.h"
#include "lm/remote/failure.h"
#include "lm/remote/prompt_text.h"
#include "lm/remote/reply_reader.h"

namespace orpheus::remote {
namespace {

using std::chrono::milliseconds;

constexpr milliseconds kConnectPatience{5000};

}  // namespace

CompletionsServer::CompletionsServer(Backend backend, const RequestContext& context)
    : backend_(std::move(backend)), context_(context) {}

CompletionsServer::Outcome CompletionsServer::generate(const lm::GenerateRequest& request,
                                                       Delivery& delivery) {
  const auto known = facts(request.cancel);
  if (!known) {
    const bool left = known.error().kind == ErrorKind::kCancelled;
    return {.result = fail(known.error()), .verdict = left ? Verdict::kGood : Verdict::kIsDown};
  }
  auto prompt = prompt_for(*known, request);
  if (!prompt) {
    const bool failed = may_be_retried(prompt.error());
    return {.result = fail(std::move(prompt).error()),
            .verdict = failed ? Verdict::kFailed : Verdict::kGood};
  }
  Outcome outcome;
  outcome.result = transfer(*known, *prompt, request, delivery, outcome.verdict);
  return outcome;
}

Result<ServerFacts> CompletionsServer::facts(const CancelToken& cancel) {
  {
    const std::lock_guard lock(mutex_);
    if (facts_) return *facts_;
  }
  ORPHEUS_TRY(ServerFacts found, ask_what_it_is(cancel));
  log::debug("{} is {}, model '{}', takes {}", shown(), name_of(found.kind), found.model,
             found.takes_ids ? "ids" : "text");
  const std::lock_guard lock(mutex_);
  facts_ = found;
  return found;
}

// An orpheus server says which ids its voice has: others than those that are expected would be
// nonsense both ways.
Result<ServerFacts> CompletionsServer::ask_what_it_is(const CancelToken& cancel) {
  ORPHEUS_TRY(ServerFacts facts, identify(context_.client, backend_, context_.options, cancel));
  if (!facts.voice || facts.voice->layout == context_.layout) return facts;
  return fail({.kind = ErrorKind::kBadReply,
               .what = shown() + ": its voice uses other token ids than this server",
               .expected = "audio tokens from " + std::to_string(context_.layout.audio_token_base),
               .found = "from " + std::to_string(facts.voice->layout.audio_token_base) +
                        " in the model '" + printable(facts.model) + "'",
               .remedy =
                   "All servers need the same voice; --model, if it is set, must be that voice's "
                   "file. If the remote voice has changed, restart this program."});
}

Result<void> CompletionsServer::look_again(const CancelToken& cancel) {
  auto found = ask_what_it_is(cancel);
  const std::lock_guard lock(mutex_);
  if (!found) {
    facts_.reset();
    return fail(std::move(found).error());
  }
  facts_ = std::move(*found);
  return {};
}

Result<Prompt> CompletionsServer::prompt_for(const ServerFacts& facts,
                                             const lm::GenerateRequest& request) {
  if (facts.takes_ids && !request.prompt.empty()) return Prompt(request.prompt);
  if (request.spoken.empty()) {
    return fail({.kind = ErrorKind::kUnsupported,
                 .what = shown() + ": this server does not accept prompts of token ids",
                 .expected = "a prompt as text"});
  }
  if (!facts.takes_ids || !facts.tokenises) return Prompt(prompt_text(request.spoken));
  ORPHEUS_TRY(const auto ids, tokenise(context_.client, backend_, context_.options, facts,
                                       request.spoken, request.cancel));
  const prompt::TokenLayout& layout = context_.layout;
  std::vector<prompt::Token> whole = {layout.start_of_human, layout.begin_of_text};
  whole.insert(whole.end(), ids.begin(), ids.end());
  whole.insert(whole.end(), {layout.end_of_text, layout.end_of_human, layout.start_of_ai,
                             layout.start_of_speech});
  return Prompt(std::move(whole));
}

Result<void> CompletionsServer::transfer(const ServerFacts& facts, const Prompt& prompt,
                                         const lm::GenerateRequest& request, Delivery& delivery,
                                         Verdict& verdict) {
  if (const auto* ids = std::get_if<std::vector<prompt::Token>>(&prompt))
    delivery.set_num_prompt_tokens(static_cast<int>(ids->size()));
  Ask ask = ask_for_tokens(facts, request, prompt, context_.layout, context_.usual);
  ORPHEUS_TRY(net::Request http, backend_.request(ask.route, context_.options.api_key));
  http.method = net::Method::kPost;
  http.headers.push_back({"Content-Type", "application/json"});
  http.headers.push_back({"Accept", "text/event-stream"});
  http.body = std::move(ask.body);
  const milliseconds silence = std::chrono::seconds(context_.options.timeout_s);
  http.timeouts = {.connect = std::min(kConnectPatience, silence), .idle = {}, .total = {}};
  http.cancel = request.cancel;
  ReplyReader reader(
      context_.layout,
      {.max_tokens = request.max_tokens, .ignore_stop = request.ignore_stop, .silence = silence},
      [&](prompt::Token token) { delivery.put(token); });
  std::string proxy;
  const auto named = [&](Error error) {
    error.what = shown() + ": " + error.what;
    if (!proxy.empty()) error.found += " (through the proxy " + proxy + ")";
    return error;
  };
  const auto delivered = context_.client.send(
      http, {.on_head =
                 [&](const net::ResponseHead& head) {
                   proxy = head.proxy;
                   return reader.take_head(head);
                 },
             .on_bytes = [&](std::string_view bytes) { return reader.take(bytes); },
             .overdue = [&]() -> std::optional<Error> {
               if (auto late = reader.overdue()) return named(std::move(*late));
               return std::nullopt;
             }});
  if (reader.num_prompt_tokens()) delivery.set_num_prompt_tokens(*reader.num_prompt_tokens());
  context_.dropped_tokens.add(static_cast<uint64_t>(reader.num_dropped()));
  if (!delivered) {
    const bool left = delivered.error().kind == ErrorKind::kCancelled;
    const bool is_down = delivered.error().kind == ErrorKind::kUnavailable && !reader.has_head();
    verdict = left ? Verdict::kGood : is_down ? Verdict::kIsDown : Verdict::kFailed;
    return fail(delivered.error());
  }
  auto read = reader.finish();
  if (read) return {};
  Error error = named(std::move(read).error());
  verdict = reader.is_refused() ? Verdict::kGood : Verdict::kFailed;
  if (reader.is_refused()) {  // it may have another model now: the next request asks for its facts
    const std::lock_guard lock(mutex_);
    facts_.reset();
  }
  return fail(std::move(error));
}

}  // namespace orpheus::remote
