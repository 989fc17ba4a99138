#include "lm/remote/server_facts.h"

#include <algorithm>
#include <array>
#include <cstdint>

#include <nlohmann/json.hpp>

#include "base/utf8.h"
#include "lm/remote/prompt_text.h"
#include "lm/remote/reply_event.h"

namespace orpheus::remote {
namespace {

using nlohmann::json;

constexpr size_t kMaxAnswerBytes = size_t{4} << 20U;
constexpr std::chrono::seconds kPatience{15};

struct KindNames {
  ServerKind kind;
  std::string_view name;
  std::string_view owner;  // owner of its models in /v1/models
  bool takes_ids;
  bool tokenises;
};
constexpr std::array<KindNames, 6> kKinds = {{
    {ServerKind::kLlamaServer, "llama-server", "llamacpp", true, true},
    {ServerKind::kVllm, "vLLM", "vllm", true, true},
    {ServerKind::kSglang, "SGLang", "sglang", true, false},
    {ServerKind::kLmStudio, "LM Studio", "organization_owner", false, false},
    {ServerKind::kOrpheus, "orpheus", "orpheus", true, false},
    {ServerKind::kOther, "a completions server", "", false, false},
}};

std::string dumped(const json& message) {
  return message.dump(-1, ' ', false, json::error_handler_t::replace);
}

// Sends a GET if there is no body, else a POST. Returns a response of any status.
Result<net::Response> ask(net::Client& client, const Backend& backend, const Options& options,
                          std::string_view route, const std::string& body,
                          const CancelToken& cancel) {
  ORPHEUS_TRY(net::Request request, backend.request(route, options.api_key));
  if (!body.empty()) {
    request.method = net::Method::kPost;
    request.headers.push_back({"Content-Type", "application/json"});
    request.body = body;
  }
  const std::chrono::milliseconds patience =
      std::min(kPatience, std::chrono::seconds(options.timeout_s));
  request.timeouts.connect = std::min<std::chrono::milliseconds>(patience, std::chrono::seconds(5));
  request.timeouts.total = patience;
  request.cancel = cancel;
  return client.fetch(request, kMaxAnswerBytes);
}

Error refused(const Backend& backend, std::string_view route, const net::Response& response) {
  std::string words = printable_excerpt(response.body, 200);
  if (const auto event = read_event(response.body); event && event->refusal)
    words = *event->refusal;
  const int status = response.head.status;
  const bool is_busy = status == 429 || status == 502 || status == 503 || status == 504;
  Error error{.kind = is_busy ? ErrorKind::kUnavailable : ErrorKind::kBadReply,
              .what = backend.shown() + ": " + "the server refused " + std::string(route),
              .expected = "a completions server (LM Studio, llama-server, vLLM)",
              .found = "status " + std::to_string(status) + ": " + printable(words)};
  if (!response.head.proxy.empty())
    error.found += " (through the proxy " + response.head.proxy + ")";
  if (status == 401 || status == 403)
    error.remedy = "Set ORPHEUS_API_KEY to a key that this server accepts.";
  if (is_busy) error.remedy = "It may be loading its model; try again in a moment.";
  return error;
}

std::string joined(const std::vector<std::string>& names) {
  std::string all;
  for (const std::string& name : names) all += (all.empty() ? "" : ", ") + printable(name);
  return all.substr(0, 300);
}

// LM Studio lists every downloaded model.
std::string likely_model(const std::vector<std::string>& models) {
  for (const std::string& model : models) {
    std::string lower = model;
    std::transform(lower.begin(), lower.end(), lower.begin(), [](char c) {
      return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
    });
    if (lower.find("orpheus") != std::string::npos) return model;
  }
  return models.empty() ? "" : models.front();
}

void read_models(const json& listing, ServerFacts& facts) {
  const auto data = listing.is_object() ? listing.find("data") : listing.end();
  if (!listing.is_object() || data == listing.end() || !data->is_array()) return;
  for (const json& model : *data) {
    if (!model.is_object()) continue;
    const auto id = model.find("id");
    if (id != model.end() && id->is_string()) facts.models.push_back(id->get<std::string>());
    const auto owner = model.find("owned_by");
    if (owner == model.end() || !owner->is_string()) continue;
    for (const KindNames& known : kKinds) {
      if (known.kind == ServerKind::kOther || *owner != known.owner) continue;
      facts.kind = known.kind;
      facts.takes_ids = known.takes_ids;
      facts.tokenises = known.tokenises;
    }
  }
}

// What an orpheus server says of its voice: null while it loads it; nothing of an older one.
Result<void> read_voice(const Backend& backend, const json& listing, ServerFacts& facts) {
  if (facts.kind != ServerKind::kOrpheus) return {};
  const json::json_pointer said("/data/0/orpheus");
  if (!listing.contains(said)) return {};
  if (listing[said].is_null()) {
    return fail({.kind = ErrorKind::kUnavailable,
                 .what = backend.shown() + ": the server is loading its voice",
                 .remedy = "Try again in a moment."});
  }
  facts.voice = read_served_voice(dumped(listing[said]));
  if (!facts.voice) {
    return fail({.kind = ErrorKind::kBadReply,
                 .what = backend.shown() + ": the server's description of its voice is invalid",
                 .expected = "an orpheus server of version 0.1 or newer"});
  }
  facts.tokenises = true;
  return {};
}

// A server that is not known takes ids if it counts them as tokens.
Result<bool> tries_ids(net::Client& client, const Backend& backend, const Options& options,
                       const ServerFacts& facts, const CancelToken& cancel) {
  const std::vector<prompt::Token> ids = {128259, 128000, 128009, 128260, 128261, 128257};
  json body = {{"prompt", ids}, {"max_tokens", 1}, {"temperature", 0}};
  if (!facts.model.empty()) body["model"] = facts.model;
  ORPHEUS_TRY(const net::Response response,
              ask(client, backend, options, "/v1/completions", dumped(body), cancel));
  if (response.head.status != 200) return false;
  const json answer = json::parse(response.body, nullptr, false);
  const json::json_pointer counted("/usage/prompt_tokens");
  return answer.is_object() && answer.contains(counted) && answer[counted].is_number_integer() &&
         answer[counted] == ids.size();
}

}  // namespace

std::string_view name_of(ServerKind kind) {
  return std::find_if(kKinds.begin(), kKinds.end(), [&](const auto& k) { return k.kind == kind; })
      ->name;
}

Result<ServerFacts> identify(net::Client& client, const Backend& backend, const Options& options,
                             const CancelToken& cancel) {
  ORPHEUS_TRY(const net::Response response,
              ask(client, backend, options, "/v1/models", "", cancel));
  // Not every server lists its models. Other faults show at the first request.
  if (response.head.status != 200 && response.head.status != 404)
    return fail(refused(backend, "/v1/models", response));
  ServerFacts facts;
  const json listing = json::parse(response.body, nullptr, false);
  read_models(listing, facts);
  ORPHEUS_CHECK(read_voice(backend, listing, facts));
  facts.model = options.model.empty() ? likely_model(facts.models) : options.model;
  const bool listed =
      std::find(facts.models.begin(), facts.models.end(), facts.model) != facts.models.end();
  const bool serves_one = facts.kind == ServerKind::kLlamaServer ||
                          facts.kind == ServerKind::kOrpheus;  // under any name
  if (!listed && !facts.models.empty() && !serves_one) {
    return fail(
        {.kind = ErrorKind::kBadReply,
         .what = backend.shown() + ": the server has no model '" + printable(facts.model) + "'",
         .expected = "one of " + joined(facts.models),
         .remedy = "Set ORPHEUS_MODEL_NAME to one of them, or unset it to use the "
                   "server's default."});
  }
  if (facts.kind == ServerKind::kOther) {
    ORPHEUS_TRY(facts.takes_ids, tries_ids(client, backend, options, facts, cancel));
  }
  return facts;
}

Result<ServerFacts> identify_any(const Options& options, const CancelToken& cancel) {
  net::Client client({options.ca_certificates, options.ca_certificates_given_by});
  Result<ServerFacts> found =
      fail({.kind = ErrorKind::kUsage, .what = "no server is set for the language model"});
  for (const std::string& url : options.urls) {
    ORPHEUS_TRY(const Backend backend, Backend::parse(url, options.proxy));
    found = identify(client, backend, options, cancel);
    if (found || cancel.cancelled()) break;
  }
  return found;
}

Result<std::vector<prompt::Token>> tokenise(net::Client& client, const Backend& backend,
                                            const Options& options, const ServerFacts& facts,
                                            std::string_view text, const CancelToken& cancel) {
  // llama-server and orpheus have an option to treat special tokens as text; vLLM has none.
  const bool knows_specials =
      facts.kind == ServerKind::kLlamaServer || facts.kind == ServerKind::kOrpheus;
  const json body = knows_specials
                        ? json{{"content", text}, {"add_special", false}, {"parse_special", false}}
                        : json{{"model", facts.model},
                               {"prompt", neutralised(text)},
                               {"add_special_tokens", false}};
  ORPHEUS_TRY(const net::Response response,
              ask(client, backend, options, "/tokenize", dumped(body), cancel));
  if (response.head.status != 200) return fail(refused(backend, "/tokenize", response));
  const json answer = json::parse(response.body, nullptr, false);
  std::vector<prompt::Token> ids;
  bool usable = answer.is_object() && answer.contains("tokens") && answer["tokens"].is_array();
  if (usable) {
    for (const json& id : answer["tokens"]) {
      usable = usable && id.is_number_integer() && id >= 0 && id <= INT32_MAX;
      if (usable) ids.push_back(id.get<prompt::Token>());
    }
  }
  if (usable && !ids.empty()) return ids;
  return fail({.kind = ErrorKind::kBadReply,
               .what = backend.shown() + ": /tokenize returned no tokens",
               .expected = R"({"tokens": [ids]})",
               .found = "'" + printable_excerpt(response.body, 200) + "'"});
}

}  // namespace orpheus::remote
