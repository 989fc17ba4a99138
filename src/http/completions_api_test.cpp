#include "http/completions_api.h"

#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "http/testing/recorded.h"

namespace orpheus::http {
namespace {

using Json = nlohmann::json;

// Its tokens count up from the prompt's last token.
class CountingStream final : public lm::TokenStream {
 public:
  CountingStream(lm::GenerateRequest request, int most, std::optional<Error> error)
      : request_(std::move(request)), most_(most), error_(std::move(error)) {}
  Result<std::optional<lm::GeneratedToken>> next() override {
    if (count_ == std::min(most_, request_.max_tokens)) {
      // A reader that does not notice the end would ask for ever.
      if (std::exchange(has_ended_, true))
        return fail({.kind = ErrorKind::kInternal, .what = "read beyond the last token"});
      if (error_) return fail(*error_);
      return std::nullopt;
    }
    ++count_;
    return lm::GeneratedToken{.id = request_.prompt.back() + count_, .top = {}};
  }
  // False at the first call, so that the reader has to wait.
  bool ready() const override {
    if (std::exchange(has_waited_, true)) return true;
    request_.wake();
    return false;
  }

 private:
  const lm::GenerateRequest request_;
  const int most_;
  const std::optional<Error> error_;
  int count_ = 0;
  bool has_ended_ = false;
  mutable bool has_waited_ = false;
};

class CountingModel final : public lm::LanguageModel {
 public:
  Result<std::unique_ptr<lm::TokenStream>> generate(lm::GenerateRequest request) override {
    asked = request;
    return std::make_unique<CountingStream>(std::move(request), most, error);
  }
  lm::GenerateRequest asked;
  int most = 5;
  std::optional<Error> error;  // after the last token
};

// The tokens of a text are its bytes. The text of a token is "<id>".
class TokenSynthesiser final : public speech::Synthesiser {
 public:
  Result<void> check(const speech::Request& /*request*/) const override { return {}; }
  Result<std::unique_ptr<speech::Speech>> begin(speech::Request /*request*/,
                                                std::function<void()> /*wake*/) override {
    return fail({.kind = ErrorKind::kUnsupported, .what = "it does not speak"});
  }
  const std::vector<prompt::Voice>& voices() const override { return voices_; }
  const std::string& model_name() const override { return name_; }
  lm::LanguageModel* language_model() override { return &model; }
  Result<std::vector<lm::Token>> prompt_ids(std::string_view text,
                                            prompt::SpecialTokens special) const override {
    std::vector<lm::Token> ids(text.begin(), text.end());
    if (special == prompt::SpecialTokens::kParse) ids.insert(ids.begin(), 1);
    return ids;
  }
  std::string token_text(lm::Token token) const override {
    return "<" + std::to_string(token) + ">";
  }
  CountingModel model;

 private:
  const std::vector<prompt::Voice> voices_ = {{"tara", "en", "female", ""}};
  const std::string name_ = "counter";
};

class CompletionsApi : public testing::Test {
 protected:
  Recorded ask(const std::string& body, size_t route = 0) {
    Request request;
    request.body = body;
    request.id = "req_1";
    Recorded recorded;
    answer_into(completion_routes(context_.get()).at(route).handler(request), recorded);
    return recorded;
  }
  std::string text_of(const std::vector<std::byte>& bytes) const {
    return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
  }

  TokenSynthesiser synthesiser_;
  FakeContext context_{synthesiser_};
};

// Guards against: a stream of a stopping server ends without a word, or with the error of another
// failure. Its task learns of the end from the model, or from its client's side.
TEST_F(CompletionsApi, AStreamOfAServerThatStopsEndsWithAnError) {
  for (const bool model_tells : {true, false}) {
    SCOPED_TRACE(model_tells);
    synthesiser_.model.error = {};
    if (model_tells)
      synthesiser_.model.error = Error{.kind = ErrorKind::kCancelled, .what = "cancelled"};
    FakeContext context(synthesiser_);
    Request request;
    request.body = R"({"prompt": [7, 10], "stream": true})";
    Answer answer = completion_routes(context.get()).at(0).handler(request);
    context.live().drain();
    Recorded recorded;
    recorded.listening = model_tells;
    answer_into(std::move(answer), recorded);
    const std::string body = text_of(recorded.body);
    const size_t last = body.rfind("data: ");
    ASSERT_NE(last, std::string::npos);
    EXPECT_EQ(Json::parse(body.substr(last + 6))["error"]["code"], "server_stopping");
    EXPECT_TRUE(recorded.finished);
  }
}

TEST_F(CompletionsApi, AServerThatStopsSaysSoAndNotThatItLoads) {
  context_.live().drain();
  EXPECT_EQ(ask(R"({"prompt": [7, 10]})").error()["code"], "server_stopping");
}

TEST_F(CompletionsApi, AWholeAnswerHasTextIdsAndCounts) {
  const Recorded whole = ask(R"({"prompt": [7, 10], "seed": 3})");
  ASSERT_EQ(whole.head.status, 200);
  EXPECT_EQ(whole.header("X-Seed"), "3");
  const Json said = Json::parse(whole.head.body);
  EXPECT_EQ(said["id"], "cmpl-req_1");
  EXPECT_EQ(said["object"], "text_completion");
  EXPECT_EQ(said["model"], "counter");
  EXPECT_EQ(said["choices"][0]["text"], "<11><12><13><14><15>");
  EXPECT_EQ(said["choices"][0]["token_ids"], (Json{11, 12, 13, 14, 15}));
  EXPECT_EQ(said["choices"][0]["finish_reason"], "stop");
  EXPECT_EQ(said["usage"],
            (Json{{"prompt_tokens", 2}, {"completion_tokens", 5}, {"total_tokens", 7}}));
  EXPECT_EQ(context_.metrics().audio_tokens.value(), 5U);
}

TEST_F(CompletionsApi, SaysThatTheBoundWasReached) {
  for (const auto& [most, reason] :
       std::vector<std::pair<int, std::string>>{{4, "length"}, {5, "length"}, {6, "stop"}}) {
    const Recorded whole = ask(R"({"prompt": "ab", "max_tokens": )" + std::to_string(most) + "}");
    const Json said = Json::parse(whole.head.body);
    EXPECT_EQ(said["choices"][0]["finish_reason"], reason) << most;
    EXPECT_EQ(said["usage"]["completion_tokens"], std::min(most, 5));
  }
}

TEST_F(CompletionsApi, HandsTheRequestToTheModel) {
  ask(R"({"prompt": "ab", "max_tokens": 9, "temperature": 0.5, "repeat_penalty": 1.5,
          "repetition_penalty": 1.2, "ignore_eos": true, "seed": 4})");
  const lm::GenerateRequest& asked = synthesiser_.model.asked;
  EXPECT_EQ(asked.prompt, (std::vector<lm::Token>{1, 'a', 'b'}));
  EXPECT_EQ(asked.max_tokens, 9);
  EXPECT_EQ(asked.sampling.temperature, 0.5F);
  EXPECT_EQ(asked.sampling.repetition_penalty, 1.5F);
  EXPECT_EQ(asked.sampling.seed, 4U);
  EXPECT_TRUE(asked.ignore_stop);
  ask(R"({"prompt": [5]})");
  EXPECT_EQ(synthesiser_.model.asked.prompt, std::vector<lm::Token>{5});
  EXPECT_FALSE(synthesiser_.model.asked.ignore_stop);
  EXPECT_EQ(synthesiser_.model.asked.max_tokens, Options{}.max_tokens);
}

TEST_F(CompletionsApi, AStreamHasATokenAnEventAndItsEnd) {
  const Recorded streamed = ask(R"({"prompt": [1], "stream": true})");
  EXPECT_TRUE(streamed.finished);
  EXPECT_EQ(streamed.header("Content-Type"), "text/event-stream");
  const std::string events = text_of(streamed.body);
  std::vector<std::string> data;
  for (size_t at = events.find("data: "); at != std::string::npos;
       at = events.find("data: ", at + 1))
    data.push_back(events.substr(at + 6, events.find('\n', at) - at - 6));
  ASSERT_EQ(data.size(), 7U);
  EXPECT_EQ(Json::parse(data[0])["choices"][0]["text"], "<2>");
  EXPECT_EQ(Json::parse(data[4])["choices"][0]["token_ids"], Json{6});
  EXPECT_EQ(Json::parse(data[5])["usage"]["total_tokens"], 6);
  EXPECT_EQ(data[6], "[DONE]");
}

// Guards against: a failed stream ends like a whole one.
TEST_F(CompletionsApi, AFailureInTheMiddleIsTold) {
  synthesiser_.model.error = Error{.kind = ErrorKind::kInternal, .what = "it broke"};
  const Recorded streamed = ask(R"({"prompt": [1], "stream": true})");
  const std::string events = text_of(streamed.body);
  EXPECT_NE(events.find("\"error\""), std::string::npos) << events;
  EXPECT_EQ(events.find("[DONE]"), std::string::npos);
  EXPECT_EQ(ask(R"({"prompt": [1]})").head.status, 500);
}

TEST_F(CompletionsApi, NamesWhatIsWrong) {
  std::string too_long = "[0";
  for (int i = 0; i < 131'072; ++i) too_long += ",0";
  const std::string letters(524'289, 'a');
  for (const auto& [body, param] : std::vector<std::pair<std::string, std::string>>{
           {"{}", "prompt"},
           {R"({"prompt": []})", "prompt"},
           {R"({"prompt": [-1]})", "prompt"},
           {R"({"prompt": [1.5]})", "prompt"},
           {R"({"prompt": [2147483648]})", "prompt"},
           {R"({"prompt": {}})", "prompt"},
           {R"({"prompt": )" + too_long + "]}", "prompt"},
           {R"({"prompt": ")" + letters + "\"}", "prompt"},
           {R"({"prompt": [1], "repeat_penalty": 11})", "repeat_penalty"},
           {R"({"prompt": [1], "max_tokens": 0})", "max_tokens"},
           {R"({"prompt": [1], "seed": -1})", "seed"}}) {
    const Recorded refused = ask(body);
    EXPECT_EQ(refused.head.status, 400) << body.substr(0, 60);
    EXPECT_EQ(refused.error()["param"], param) << body.substr(0, 60);
  }
  too_long.resize(too_long.size() - 2);  // the longest prompt
  EXPECT_EQ(ask(R"({"prompt": )" + too_long + "]}").head.status, 200);
  EXPECT_EQ(ask(R"({"prompt": ")" + letters.substr(0, 131'000) + "\"}").head.status, 200);
}

TEST_F(CompletionsApi, TokenisesAsLlamaServerDoes) {
  const auto tokens_of = [&](const std::string& body) {
    return Json::parse(ask(body, 1).head.body)["tokens"];
  };
  EXPECT_EQ(tokens_of(R"({"content": "ab"})"), (Json{1, 97, 98}));
  EXPECT_EQ(tokens_of(R"({"content": "ab", "parse_special": false})"), (Json{97, 98}));
  EXPECT_EQ(ask(R"({"content": 1})", 1).head.status, 400);
  EXPECT_EQ(ask("no", 1).head.status, 400);
  const std::string longest(524'288, 'a');
  EXPECT_EQ(ask(R"({"content": ")" + longest + "\"}", 1).head.status, 200);
  EXPECT_EQ(ask(R"({"content": ")" + longest + "a\"}", 1).head.status, 400);
}

TEST_F(CompletionsApi, WithoutAModelThereIsNone) {
  FakeSynthesiser speaks;
  const FakeContext context(speaks);
  Recorded recorded;
  Request request;
  request.body = R"({"prompt": [1]})";
  answer_into(completion_routes(context.get()).front().handler(request), recorded);
  EXPECT_EQ(recorded.head.status, 404);
  context_.live().drain();
  EXPECT_EQ(ask(request.body).head.status, 503);
}

}  // namespace
}  // namespace orpheus::http
