#include "lm/remote/reply_event.h"

#include <cstdint>

#include <nlohmann/json.hpp>

#include "base/utf8.h"

namespace orpheus::remote {
namespace {

using nlohmann::json;

constexpr size_t kMaxShown = 300;
constexpr int kMaxDepth = 64;  // deeper values are ignored, because dump() is recursive

std::string text_at(const json& object, const char* key) {
  const auto found = object.find(key);
  return found != object.end() && found->is_string() ? found->get<std::string>() : "";
}

std::string words_of(const json& error) {
  if (error.is_string()) return error.get<std::string>();
  if (error.is_object()) {
    for (const char* key : {"message", "error", "detail"}) {
      if (std::string words = text_at(error, key); !words.empty()) return words;
    }
  }
  return error.dump(-1, ' ', false, json::error_handler_t::replace);
}

std::optional<std::vector<prompt::Token>> ids_at(const json& object, const char* key) {
  const auto found = object.find(key);
  if (found == object.end() || !found->is_array()) return std::nullopt;
  std::vector<prompt::Token> ids;
  for (const json& id : *found) {
    if (!id.is_number_integer() || id < 0 || id > INT32_MAX) return std::nullopt;
    ids.push_back(id.get<prompt::Token>());
  }
  return ids;
}

bool is_true(const json& object, const char* key) {
  const auto found = object.find(key);
  return found != object.end() && found->is_boolean() && found->get<bool>();
}

// OpenAI's {"usage":{"prompt_tokens"}}, llama-server's {"tokens_evaluated"}.
std::optional<int> prompt_tokens_in(const json& message) {
  const auto count_at = [](const json& object, const char* key) -> std::optional<int> {
    const auto found = object.find(key);
    if (found == object.end() || !found->is_number_integer()) return std::nullopt;
    if (*found < 0 || *found > INT32_MAX) return std::nullopt;
    return found->get<int>();
  };
  const auto usage = message.find("usage");
  if (usage != message.end() && usage->is_object()) return count_at(*usage, "prompt_tokens");
  return count_at(message, "tokens_evaluated");
}

void read_choice(const json& choice, ReplyEvent& event) {
  event.text = text_at(choice, "text");
  event.ids = ids_at(choice, "token_ids");
  event.finished = !text_at(choice, "finish_reason").empty();
}

}  // namespace

Result<ReplyEvent> read_event(std::string_view data) {
  ReplyEvent event;
  if (data == "[DONE]") {
    event.finished = true;
    return event;
  }
  const auto is_shallow = [](int depth, json::parse_event_t, const json&) {
    return depth < kMaxDepth;
  };
  const json message = json::parse(data, is_shallow, false);
  const auto bad = [&] {
    return fail({.kind = ErrorKind::kBadReply,
                 .what = "the server's response is not understood",
                 .expected = "events of a completions API",
                 .found = "'" + printable(whole_characters(data, kMaxShown)) + "'"});
  };
  if (!message.is_object()) return bad();
  if (const auto error = message.find("error"); error != message.end() && !error->is_null()) {
    event.refusal = whole_characters(words_of(*error), kMaxShown);
    return event;
  }
  event.num_prompt_tokens = prompt_tokens_in(message);
  if (const auto choices = message.find("choices"); choices != message.end()) {
    if (!choices->is_array()) return bad();
    if (!choices->empty()) {  // an empty list comes with the usage
      if (!choices->front().is_object()) return bad();
      read_choice(choices->front(), event);
    }
    return event;
  }
  if (message.contains("content")) {
    event.text = text_at(message, "content");
    event.ids = ids_at(message, "tokens");
    event.finished = is_true(message, "stop");
    return event;
  }
  if (message.contains("message") || message.contains("detail")) {
    event.refusal = whole_characters(words_of(message), kMaxShown);
    return event;
  }
  return event;
}

}  // namespace orpheus::remote
