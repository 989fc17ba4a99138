#include "lm/remote/ask.h"

#include <algorithm>
#include <limits>
#include <sstream>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "lm/remote/backend.h"
#include "lm/remote/prompt_text.h"
#include "lm/remote/reply_event.h"
#include "lm/remote/slot_grammar.h"

namespace orpheus::remote {
namespace {

using nlohmann::json;

json body_for(ServerKind kind, const lm::GenerateRequest& request, const Prompt& prompt = "text",
              const lm::Sampling& usual = {}) {
  return json::parse(
      ask_for_tokens({.kind = kind, .models = {}, .model = "m"}, request, prompt, {}, usual).body);
}

TEST(Ask, SpeaksTheDialectOfEachServer) {
  lm::GenerateRequest request;
  request.sampling = {.temperature = 0.6F, .top_p = 0.9F, .repetition_penalty = 1.1F, .seed = 1};
  request.sampling.seed = (uint64_t{1} << 40U) + 5;
  request.max_tokens = 70;
  const json llama = body_for(ServerKind::kLlamaServer, request, std::vector<prompt::Token>{1, 2});
  EXPECT_EQ(llama["prompt"], json({1, 2}));
  EXPECT_EQ(llama["n_predict"], 70);
  EXPECT_EQ(llama["repeat_penalty"], 1.1);
  EXPECT_EQ(llama["temperature"], 0.6);
  EXPECT_EQ(llama["return_tokens"], true);
  EXPECT_LT(llama["seed"], int64_t{1} << 31);
  EXPECT_FALSE(llama.contains("logit_bias"));

  lm::GenerateRequest unbounded = request;
  unbounded.max_tokens = std::numeric_limits<int>::max();
  EXPECT_EQ(body_for(ServerKind::kLlamaServer, unbounded)["repeat_last_n"], unbounded.max_tokens);

  const json vllm = body_for(ServerKind::kVllm, request);
  EXPECT_EQ(vllm["repetition_penalty"], 1.1);
  EXPECT_EQ(vllm["stop_token_ids"], json({128258}));
  EXPECT_EQ(vllm["skip_special_tokens"], false);
  EXPECT_EQ(vllm["max_tokens"], 70);

  const json studio = body_for(ServerKind::kLmStudio, request);
  EXPECT_EQ(studio["prompt"], "text");
  EXPECT_EQ(studio["repeat_penalty"], 1.1);
  EXPECT_FALSE(studio.contains("repetition_penalty"));
  // The server's voice may have its own sampling defaults.
  lm::GenerateRequest open = request;
  open.sampling = {.top_p = 0.5F, .seed = 1};
  const json ours = body_for(ServerKind::kOrpheus, open);
  EXPECT_EQ(ours["top_p"], 0.5);
  EXPECT_FALSE(ours.contains("temperature"));
  EXPECT_FALSE(ours.contains("repetition_penalty"));
  EXPECT_EQ(body_for(ServerKind::kVllm, open)["temperature"], 0.6);
  // Guards against: the file's sampling is not sent, or overrides another orpheus server's.
  const lm::Sampling usual = {.temperature = 0.25F, .repetition_penalty = 1};
  EXPECT_EQ(body_for(ServerKind::kVllm, open, "text", usual)["temperature"], 0.25);
  EXPECT_EQ(body_for(ServerKind::kOther, open, "text", usual)["repeat_penalty"], 1.0);
  EXPECT_EQ(body_for(ServerKind::kOther, open, "text", usual)["top_p"], 0.5);
  EXPECT_FALSE(body_for(ServerKind::kOrpheus, open, "text", usual).contains("temperature"));

  for (const json& body : {llama, vllm, studio}) {
    EXPECT_EQ(body["stream"], true);
    EXPECT_EQ(body["model"], "m");
  }

  request.ignore_stop = true;
  EXPECT_EQ(body_for(ServerKind::kLlamaServer, request)["logit_bias"],
            json::parse("[[128258, false]]"));
  EXPECT_FALSE(body_for(ServerKind::kVllm, request).contains("stop_token_ids"));
}

// Whether a number is one of a range's alternatives: of "12", [0-9] and a blank between them.
bool takes(const std::string& range, const std::string& number) {
  std::istringstream alternatives(range);
  for (std::string alternative; std::getline(alternatives, alternative, '|');) {
    size_t taken = 0;
    bool fits = true;
    std::istringstream parts(alternative);
    for (std::string part; parts >> part;) {
      const bool is_text = part.front() == '"';
      const std::string text = part.substr(1, part.size() - 2);
      const std::string found =
          number.substr(std::min(taken, number.size()), is_text ? text.size() : 1);
      fits = fits && (is_text ? found == text
                              : !found.empty() && text[0] <= found[0] && found[0] <= text[2]);
      taken += is_text ? text.size() : 1;
    }
    if (fits && taken == number.size()) return true;
  }
  return false;
}

TEST(SlotGrammar, EachSlotTakesItsNumbersAlone) {
  for (const auto& [low, high] : std::vector<std::pair<int, int>>{
           {0, 9}, {8, 12}, {99, 1000}, {10, 4105}, {4106, 8201}, {24586, 28681}, {7, 7}}) {
    const std::string range = number_range(low, high);
    for (int number = 0; number < 30'000; number += number % 100 < 20 ? 1 : 7) {
      EXPECT_EQ(takes(range, std::to_string(number)), number >= low && number <= high)
          << number << " in " << low << " … " << high;
    }
    EXPECT_TRUE(takes(range, std::to_string(low)));
    EXPECT_TRUE(takes(range, std::to_string(high)));
    EXPECT_FALSE(takes(range, std::to_string(high + 1)));
  }
  const std::string grammar = slot_grammar({}, true);
  EXPECT_TRUE(grammar.starts_with("root ::= frame* \"<custom_token_\" ( \"2\" ) \">\"\n"))
      << grammar;
  EXPECT_NE(grammar.find("s6 ::= \"<custom_token_\" ( " + number_range(24586, 28681) + " )"),
            std::string::npos);
}

// Guards against: with a prompt of ids, the model generates tokens that are invalid for their slot,
// or the grammar allows or forbids the end of speech wrongly.
TEST(SlotGrammar, AccompaniesAPromptOfIdsThatEndsWhereSpeechBegins) {
  const prompt::TokenLayout layout;
  const auto grammar = [&](const Prompt& prompt, bool ignore_stop, lm::Head head) {
    lm::GenerateRequest request;
    request.ignore_stop = ignore_stop;
    request.head = head;
    return body_for(ServerKind::kLlamaServer, request, prompt).value("grammar", "none");
  };
  const std::vector<prompt::Token> speech = {1, 2, layout.start_of_speech};
  EXPECT_EQ(grammar(speech, false, lm::Head::kSlot), slot_grammar(layout, true));
  EXPECT_EQ(grammar(speech, true, lm::Head::kSlot), slot_grammar(layout, false));
  EXPECT_EQ(grammar("text", false, lm::Head::kSlot), slot_grammar(layout, true));
  // Ids that end within a frame, or nowhere: the grammar would count from the wrong slot.
  using Ids = std::vector<prompt::Token>;
  for (const Ids& ids : {Ids{1, 2}, Ids{layout.start_of_speech, layout.audio_token(0, 5)}, Ids{}})
    EXPECT_EQ(grammar(ids, false, lm::Head::kSlot), "none");
  EXPECT_EQ(grammar(speech, false, lm::Head::kFull), "none");

  const std::string end = "\"<custom_token_\" ( \"2\" ) \">\"";
  EXPECT_TRUE(slot_grammar(layout, true).starts_with("root ::= frame* " + end + "\n"));
  EXPECT_TRUE(slot_grammar(layout, false).starts_with("root ::= frame*\n"));
  EXPECT_EQ(slot_grammar(layout, false).find(end), std::string::npos);
}

TEST(Backend, IsTheSameByWhicheverRouteItIsNamed) {
  for (const char* address :
       {"http://h:1/llm", "http://h:1/llm/", "http://h:1/llm/v1", "http://h:1/llm/v1/",
        "http://h:1/llm/v1/completions", "http://h:1/llm/completion"}) {
    const auto backend = Backend::parse(address);
    ASSERT_TRUE(backend) << address;
    const auto request = backend->request("/v1/models", "key");
    ASSERT_TRUE(request) << address;
    EXPECT_EQ(request->url.text(), "http://h:1/llm/v1/models") << address;
    EXPECT_EQ(request->headers.at(0).value, "Bearer key");
  }
  EXPECT_EQ(
      Backend::parse("http://127.0.0.1:1234/v1/completions")->request("/props", "")->url.text(),
      "http://127.0.0.1:1234/props");
  EXPECT_FALSE(Backend::parse("127.0.0.1:1234"));
}

TEST(PromptText, NothingInATextSteersTheModel) {
  EXPECT_EQ(prompt_text("tara: Hi <laugh>"),
            "<custom_token_3><|begin_of_text|>tara: Hi <laugh><|eot_id|><custom_token_4>"
            "<custom_token_5><custom_token_1>");
  for (const char* special : {"<custom_token_2>", "<|eot_id|>", "<<|audio|>", "<custom_token_1",
                              "<<custom_token_<custom_token_2>2>"}) {
    const std::string safe = neutralised("a " + std::string(special) + " b");
    EXPECT_EQ(safe.find("<|"), std::string::npos) << safe;
    EXPECT_EQ(safe.find("<custom_token_"), std::string::npos) << safe;
  }
  EXPECT_EQ(neutralised("1 < 2, <laugh> a<b|c"), "1 < 2, <laugh> a<b|c");
}

TEST(ReplyEvent, ReadsEveryDialect) {
  const auto openai = read_event(
      R"({"id":"x","choices":[{"index":0,"text":"<custom_token_1>","finish_reason":null}]})");
  EXPECT_EQ(openai->text, "<custom_token_1>");
  EXPECT_FALSE(openai->finished || openai->ids || openai->refusal);
  EXPECT_TRUE(read_event(R"({"choices":[{"text":"","finish_reason":"length"}]})")->finished);
  EXPECT_FALSE(read_event(R"({"choices":[],"usage":{"prompt_tokens":3}})")->finished);
  EXPECT_EQ(read_event(R"({"choices":[],"usage":{"prompt_tokens":3}})")->num_prompt_tokens, 3);
  EXPECT_EQ(read_event(R"({"content":"","stop":true,"tokens_evaluated":9})")->num_prompt_tokens, 9);
  for (const char* senseless :
       {R"({"choices":[],"usage":{"prompt_tokens":-1}})",
        R"({"choices":[],"usage":{"prompt_tokens":4294967296}})", R"({"choices":[],"usage":[]})"})
    EXPECT_EQ(read_event(senseless)->num_prompt_tokens, std::nullopt) << senseless;
  EXPECT_TRUE(read_event("[DONE]")->finished);
  EXPECT_EQ(read_event(R"({"choices":[{"text":"a","token_ids":[5,6]}]})")->ids,
            (std::vector<prompt::Token>{5, 6}));
  const auto llama = read_event(R"({"content":"","tokens":[128266],"stop":false})");
  EXPECT_EQ(llama->ids, std::vector<prompt::Token>{128266});
  EXPECT_TRUE(read_event(R"({"content":"","tokens":[],"stop":true})")->finished);
  for (const char* error :
       {R"({"error":"why"})", R"({"error":{"message":"why","code":500}})", R"({"message":"why"})",
        R"({"object":"error","message":"why"})", R"({"detail":"why"})"})
    EXPECT_EQ(read_event(error)->refusal, "why") << error;
  for (const char* garbled : {"", "{", "3", "null", R"({"choices":3})", R"({"choices":[3]})"})
    EXPECT_EQ(read_event(garbled).error().kind, ErrorKind::kBadReply) << garbled;
  for (const char* odd : {R"({"choices":[{"text":3,"token_ids":["a"],"finish_reason":4}]})",
                          R"({"content":null,"tokens":[-1],"stop":"yes"})", R"({"error":null})"}) {
    const auto event = read_event(odd);
    ASSERT_TRUE(event) << odd;
    EXPECT_TRUE(event->text.empty() && !event->ids && !event->finished && !event->refusal);
  }
}

// Guards against: a server's error fills a log, or is cut where it could be read.
TEST(ReplyEvent, ShowsThreeHundredBytesOfAnError) {
  const std::string most(300, 'x');
  for (const auto& [begin, end] :
       {std::pair(R"({"error":")", R"("})"), std::pair(R"({"detail":")", R"("})")}) {
    EXPECT_EQ(read_event(begin + most + end)->refusal, most) << begin;
    EXPECT_EQ(read_event(begin + most + "y" + end)->refusal, most) << begin;
  }
  const auto found = [](const std::string& data) { return read_event(data).error().found; };
  EXPECT_EQ(found(most), "'" + most + "'");
  EXPECT_EQ(found(most + "y"), "'" + most + "'");
}

}  // namespace
}  // namespace orpheus::remote
