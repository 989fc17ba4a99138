#include "wyoming/session.h"

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include <gtest/gtest.h>
#include <pthread.h>

#include "http/testing/fake_synthesiser.h"
#include "http/testing/recorded.h"
#include "speech/script.h"
#include "wyoming/testing/received.h"

namespace orpheus::wyoming {
namespace {

using nlohmann::json;
using std::chrono::milliseconds;
using Time = Session::Time;

// Speaks a frame for each stretch of a live text, and one for a whole text; notes what it was
// asked.
struct Asked {
  std::vector<speech::Request> requests;
  std::vector<std::string> stretches;
};
http::FakeSynthesiser::Script noting(Asked& asked) {
  return [&asked](const speech::Request& request,
                  const speech::SampleSink& sink) -> Result<speech::Summary> {
    asked.requests.push_back(request);
    size_t num_frames = 1;
    if (request.live) {
      const auto stretches = request.live->take().stretches;
      for (const auto& stretch : stretches) asked.stretches.push_back(stretch.text);
      num_frames = stretches.size();
    }
    for (size_t i = 0; i < num_frames; ++i)
      if (!sink(http::sine_frame(0))) return fail({.kind = ErrorKind::kCancelled, .what = "left"});
    return speech::Summary{.num_samples =
                               static_cast<int64_t>(num_frames) * speech::kSamplesPerFrame};
  };
}

// Calls it on a thread with a stack of 256 KiB.
void with_small_stack(std::function<void()> call) {
  pthread_attr_t small;
  ASSERT_EQ(pthread_attr_init(&small), 0);
  ASSERT_EQ(pthread_attr_setstacksize(&small, size_t{256} << 10U), 0);
  pthread_t thread{};
  const auto run = [](void* function) -> void* {
    (*static_cast<std::function<void()>*>(function))();
    return nullptr;
  };
  ASSERT_EQ(pthread_create(&thread, &small, run, &call), 0);
  pthread_join(thread, nullptr);
  pthread_attr_destroy(&small);
}

// Another synthesiser's speech with voices of no language, and of a country's.
class Polyglot final : public speech::Synthesiser {
 public:
  explicit Polyglot(speech::Synthesiser& speaker) : speaker_(speaker) {}
  Result<void> check(const speech::Request& request) const override {
    return speaker_.check(request);
  }
  Result<std::unique_ptr<speech::Speech>> begin(speech::Request request,
                                                std::function<void()> wake) override {
    return speaker_.begin(std::move(request), std::move(wake));
  }
  const std::vector<prompt::Voice>& voices() const override { return voices_; }
  bool speaks_tags(std::string_view voice) const override { return speaker_.speaks_tags(voice); }
  const std::string& model_name() const override { return speaker_.model_name(); }

 private:
  speech::Synthesiser& speaker_;
  const std::vector<prompt::Voice> voices_ = {{"one", "", "female", ""}, {"two", "pt-BR", "", ""}};
};

class Talk : public ::testing::Test {
 protected:
  Talk() : synthesiser_(noting(asked_)), context_(synthesiser_) { open(); }

  void open(const http::Options& options = {}) {
    context_.live().replace(options, {&synthesiser_, [](speech::Synthesiser*) {}});
    session_.emplace(context_.get(), "192.0.2.1");
  }

  // Does what the session asks for, except its work.
  void do_all() {
    while (auto action = session_->next()) {
      EXPECT_FALSE(is_closed_) << "an action behind the end";
      if (auto* sent = std::get_if<SendBytes>(&*action)) {
        bytes_.append(reinterpret_cast<const char*>(sent->bytes.data()), sent->bytes.size());
      } else if (auto* work = std::get_if<BeginWork>(&*action)) {
        EXPECT_FALSE(work_.has_value()) << "two works at a time";
        work_.emplace(std::move(work->work));
      } else if (auto* answered = std::get_if<Answered>(&*action)) {
        answered_.push_back(*answered);
      } else {
        is_closed_ = true;
      }
    }
    while (auto event = take_received(bytes_)) events_.push_back(std::move(*event));
  }

  void take(const std::string& type, const json& data = json::object()) {
    session_->take({type, data.dump()}, now_);
    do_all();
  }
  void work() {
    ASSERT_TRUE(work_.has_value());
    http::Recorded recorded;
    http::run(std::move(*work_), recorded);
    work_.reset();
    if (!recorded.body.empty()) session_->take_output(recorded.body);
    if (recorded.finished) {
      session_->end_work(Session::WorkEnd::kWhole, now_);
    } else if (recorded.whole) {
      session_->take_refusal(recorded.head);
    } else {
      session_->end_work(Session::WorkEnd::kBroken, now_);
    }
    do_all();
  }
  std::string types() { return types_of(std::exchange(events_, {})); }
  // The text and code of the only event, an error.
  json only_error() {
    EXPECT_EQ(types_of(events_), "error");
    return events_.empty() ? json() : std::exchange(events_, {}).front().data;
  }

  Time now_{std::chrono::seconds(1000)};
  Asked asked_;
  http::FakeSynthesiser synthesiser_;
  http::FakeContext context_;
  std::optional<Session> session_;
  std::string bytes_;
  std::vector<Received> events_;
  std::vector<Answered> answered_;
  std::optional<http::Work> work_;
  bool is_closed_ = false;
};

class Failing : public Talk {
 protected:
  // Speaks that many frames, and fails.
  void fail_after(int num_frames) {
    failing_.emplace([num_frames](const speech::Request&,
                                  const speech::SampleSink& sink) -> Result<speech::Summary> {
      for (int i = 0; i < num_frames; ++i) sink(http::sine_frame(i));
      return fail({.kind = ErrorKind::kUnavailable, .what = "the device failed"});
    });
    use_failing();
  }
  void use_failing() {
    context_.live().replace({}, {&*failing_, [](speech::Synthesiser*) {}});
    session_.emplace(context_.get(), "::1");
    is_closed_ = false;
  }
  std::optional<http::FakeSynthesiser> failing_;
};

TEST_F(Talk, DescribesEveryVoice) {
  take("describe");
  ASSERT_EQ(types_of(events_), "info");
  const json info = events_[0].data;
  for (const char* kind : {"asr", "handle", "intent", "wake", "mic", "snd"})
    EXPECT_EQ(info.at(kind), json::array()) << kind;
  const json program = info.at("tts").at(0);
  EXPECT_EQ(program.at("supports_synthesize_streaming"), true);
  EXPECT_EQ(program.at("installed"), true);
  EXPECT_TRUE(program.at("attribution").at("url").is_string());
  ASSERT_EQ(program.at("voices").size(), 3U);
  const json tara = program.at("voices").at(0);
  EXPECT_EQ(tara.at("name"), "tara");
  EXPECT_EQ(tara.at("description"), "tara (female, conversational)");
  EXPECT_EQ(tara.at("languages"), json::array({"en"}));
  EXPECT_EQ(tara.at("attribution").at("name"), "Canopy Labs");
  EXPECT_EQ(program.at("voices").at(2).at("languages"), json::array({"ko"}));
}

TEST_F(Talk, AnswersAPingAtAnyTime) {
  take("ping", {{"text", "over"}});
  ASSERT_EQ(types_of(events_), "pong");
  EXPECT_EQ(events_[0].data["text"], "over");
  events_.clear();
  take("synthesize", {{"text", "Hello."}});
  take("ping");
  ASSERT_EQ(types_of(events_), "pong");
  EXPECT_EQ(events_[0].data["text"], nullptr);
}

TEST_F(Talk, SpeaksAWholeText) {
  take("synthesize",
       {{"text", "Hello there."}, {"voice", {{"name", "leo"}}}, {"context", nullptr}});
  EXPECT_TRUE(session_->is_working());
  work();
  ASSERT_EQ(asked_.requests.size(), 1U);
  EXPECT_EQ(asked_.requests[0].text, "Hello there.");
  EXPECT_EQ(asked_.requests[0].voice, "leo");
  EXPECT_TRUE(asked_.requests[0].is_heard_live);
  EXPECT_FALSE(session_->is_working());
  ASSERT_EQ(types_of(events_), "audio-start audio-chunk audio-stop");
  for (const size_t i : {0, 1}) {
    EXPECT_EQ(events_[i].data["rate"], 24000);
    EXPECT_EQ(events_[i].data["width"], 2);
    EXPECT_EQ(events_[i].data["channels"], 1);
    EXPECT_EQ(events_[i].data["timestamp"], 0);
  }
  EXPECT_EQ(events_[1].payload.size(), size_t{2} * speech::kSamplesPerFrame);
  EXPECT_EQ(events_[2].data["timestamp"], 85);  // 2048 samples
  ASSERT_EQ(answered_.size(), 1U);
  EXPECT_EQ(answered_[0].exchange.status, 200);
  EXPECT_EQ(answered_[0].exchange.num_characters, 12U);
  EXPECT_FALSE(is_closed_);
}

// As Home Assistant sends a text in parts: also whole, for servers that know no parts. Guards
// against: the text is said twice.
TEST_F(Talk, SpeaksATextOnceThatComesInPartsAndWhole) {
  take("synthesize-start", {{"voice", {{"name", "tara"}}}});
  take("synthesize-chunk", {{"text", "Hello there. It is "}});
  ASSERT_TRUE(work_.has_value()) << "a sentence is not spoken before the text's end";
  take("synthesize-chunk", {{"text", "late, go to bed."}});
  take("synthesize",
       {{"text", "Hello there. It is late, go to bed."}, {"voice", {{"name", "tara"}}}});
  take("synthesize-stop");
  work();
  EXPECT_EQ(asked_.stretches,
            (std::vector<std::string>{"Hello there.", " It is late, go to bed."}));
  EXPECT_EQ(types(), "audio-start audio-chunk*2 audio-stop synthesize-stopped");
  ASSERT_EQ(answered_.size(), 1U);
  EXPECT_EQ(answered_[0].asked.path, "synthesize-start");
  EXPECT_EQ(answered_[0].exchange.num_characters, 35U);
  for (const char* metric : {"orpheus_live_first_sound_seconds", "orpheus_live_last_sound_seconds"})
    EXPECT_NE(context_.metrics().text().find(std::string(metric) + "_count 1"), std::string::npos);
  // Behind its end a whole text counts.
  take("synthesize", {{"text", "Good night."}});
  work();
  EXPECT_EQ(types(), "audio-start audio-chunk audio-stop");
}

TEST_F(Talk, APauseOfTheInputIsACut) {
  take("synthesize-start");
  take("synthesize-chunk", {{"text", "Hello there."}});
  EXPECT_FALSE(work_.has_value());
  ASSERT_TRUE(session_->due().has_value());
  now_ = *session_->due();
  session_->tick(now_);
  do_all();
  EXPECT_TRUE(work_.has_value());
}

// Guards against: a client that stays silent within a text keeps its request for ever.
TEST_F(Talk, ATextWithoutFurtherPartsEnds) {
  take("synthesize-start");
  take("synthesize-chunk", {{"text", "Hello there"}});
  for (int i = 0; i < 10 && session_->due(); ++i) {
    now_ = *session_->due();
    session_->tick(now_);
    do_all();
  }
  work();
  EXPECT_EQ(types(), "audio-start audio-chunk audio-stop synthesize-stopped");
}

TEST_F(Talk, AnEmptyTextInPartsHasAnEmptyAnswer) {
  take("synthesize-start");
  take("synthesize-chunk", {{"text", " \n"}});
  take("synthesize", {{"text", ""}});
  take("synthesize-stop");
  EXPECT_EQ(types(), "synthesize-stopped");
  EXPECT_FALSE(session_->is_working());
  EXPECT_FALSE(is_closed_);
}

// Guards against: an emoji alone breaks the connection off.
TEST_F(Failing, ATextInPartsWithNothingToSpeakHasAnEmptyAnswer) {
  failing_.emplace([](const speech::Request& request, const speech::SampleSink&) {
    return Result<speech::Summary>(fail(speech::nothing_to_speak(request.text)));
  });
  use_failing();
  take("synthesize-start");
  take("synthesize-chunk", {{"text", "\U0001F600"}});
  take("synthesize-stop");
  work();
  EXPECT_EQ(types(), "synthesize-stopped");
  EXPECT_EQ(answered_.back().exchange.status, 200);
  EXPECT_FALSE(is_closed_);
  take("synthesize", {{"text", "\U0001F600"}});
  work();
  EXPECT_EQ(types(), "error") << "Home Assistant waits for sound after a whole text";
  session_.reset();
}

TEST_F(Talk, RequestsBehindTheOneInProgressAreSpokenInOrder) {
  take("synthesize", {{"text", "One."}});
  take("synthesize", {{"text", "Two."}});
  take("synthesize-start");
  take("synthesize-chunk", {{"text", "Three. And more."}});
  take("synthesize-stop");
  take("synthesize", {{"text", "Four."}});
  for (int i = 0; i < 4; ++i) work();
  ASSERT_EQ(asked_.requests.size(), 4U);
  EXPECT_EQ(asked_.requests[1].text, "Two.");
  EXPECT_EQ(asked_.stretches.front(), "Three.");
  EXPECT_EQ(asked_.requests[3].text, "Four.");
  EXPECT_EQ(answered_.size(), 4U);
  EXPECT_FALSE(is_closed_);
}

// Guards against: a client lets the server call itself until its stack ends.
TEST_F(Talk, ManyEmptyTextsBehindTheOneInProgressAreAnswered) {
  take("synthesize", {{"text", "One."}});
  for (int i = 0; i < 2048; ++i) {
    take("synthesize-start");
    take("synthesize-stop");
  }
  with_small_stack([&] { work(); });
  ASSERT_EQ(events_.size(), 3U + 2048U);
  EXPECT_EQ(types(), "audio-start audio-chunk audio-stop synthesize-stopped*2048");
  EXPECT_FALSE(session_->is_working());
  EXPECT_FALSE(is_closed_);
}

// Guards against: types that begin like one that is served are kept, of any length.
TEST_F(Talk, OtherTypesAreNotKeptBehindTheRequestInProgress) {
  take("synthesize", {{"text", "One."}});
  for (int i = 0; i < 5000; ++i) take("synthesize" + std::string(60'000, 'x'));
  EXPECT_FALSE(is_closed_);
  work();
  EXPECT_EQ(types(), "audio-start audio-chunk audio-stop");
}

// Guards against: a client that sends requests without an end takes memory without an end.
TEST_F(Talk, TooManyRequestsBehindTheOneInProgressAreRefused) {
  take("synthesize", {{"text", "One."}});
  int count = 0;
  while (!is_closed_ && ++count < 10'000) take("synthesize", {{"text", std::string(1000, 'a')}});
  EXPECT_LT(count, 300);
  EXPECT_EQ(only_error()["code"], "rate_limit_exceeded");
  EXPECT_TRUE(work_->cancel.cancelled());
}

TEST_F(Talk, TheVoiceIsTheSpeakersOrTheNamesOrTheFirstOfTheLanguage) {
  const std::vector<std::pair<json, std::string>> cases = {
      {json::object(), "tara"},
      {{{"voice", nullptr}}, "tara"},
      {{{"voice", json::object()}}, "tara"},
      {{{"voice", {{"name", "leo"}}}}, "leo"},
      {{{"voice", {{"name", "leo"}, {"speaker", "tara"}}}}, "tara"},
      {{{"voice", {{"language", "ko"}}}}, "유나"},
      {{{"voice", {{"language", "ko_KR"}}}}, "유나"},
      {{{"voice", {{"language", "EN-gb"}}}}, "tara"},
  };
  for (const auto& [data, voice] : cases) {
    json whole = data;
    whole["text"] = "Hello.";
    take("synthesize", whole);
    work();
    EXPECT_EQ(asked_.requests.back().voice, voice) << data;
  }
}

// Guards against: a client asks for a language that describe has told it, and is refused.
TEST_F(Talk, EveryDescribedLanguageFindsAVoice) {
  Polyglot polyglot(synthesiser_);
  context_.live().replace({}, {&polyglot, [](speech::Synthesiser*) {}});
  session_.emplace(context_.get(), "::1");
  take("describe");
  const json voices = events_.at(0).data.at("tts").at(0).at("voices");
  events_.clear();
  ASSERT_EQ(voices.size(), 2U);
  for (const json& voice : voices) {
    take("synthesize",
         {{"text", "Hello."}, {"voice", {{"language", voice.at("languages").at(0)}}}});
    work();
    EXPECT_EQ(asked_.requests.back().voice, voice.at("name"));
  }
  session_.reset();
}

TEST_F(Talk, TheFormatOfTheTextIsObeyed) {
  take("synthesize", {{"text", "<speak>Hello.</speak>"}, {"text_format", "ssml"}});
  work();
  EXPECT_EQ(asked_.requests.back().format, text::markup::Format::kSsml);
  take("synthesize", {{"text", "Hello."}, {"text_format", "text"}});
  work();
  EXPECT_EQ(asked_.requests.back().format, text::markup::Format::kPlain);
  // SSML in parts is whole only at its end.
  take("synthesize-start", {{"text_format", "ssml"}});
  take("synthesize-chunk", {{"text", "<speak>Hello there. How are "}});
  EXPECT_FALSE(work_.has_value());
  take("synthesize-chunk", {{"text", "you?</speak>"}});
  take("synthesize-stop");
  work();
  EXPECT_EQ(asked_.stretches.back(), "<speak>Hello there. How are you?</speak>");
}

// Home Assistant waits for audio-stop or the connection's end, and reads no errors. Guards against:
// it waits for ever.
TEST_F(Talk, EveryErrorIsAnEventAndTheEnd) {
  struct Case {
    const char* type;
    json data;
    std::string code;
  };
  const std::vector<Case> cases = {
      {"synthesize", json::object(), "missing_required_parameter"},
      {"synthesize", {{"text", ""}}, "missing_required_parameter"},
      {"synthesize", {{"text", 3}}, "invalid_type"},
      {"synthesize", {{"text", std::string(40'000, 'a')}}, "string_above_max_length"},
      {"synthesize", {{"text", "a"}, {"voice", "tara"}}, "invalid_type"},
      {"synthesize", {{"text", "a"}, {"voice", {{"name", 3}}}}, "invalid_type"},
      {"synthesize", {{"text", "a"}, {"voice", {{"name", "nobody"}}}}, "voice_not_found"},
      {"synthesize", {{"text", "a"}, {"voice", {{"language", "is"}}}}, "voice_not_found"},
      {"synthesize", {{"text", "a"}, {"text_format", "braille"}}, "unsupported_value"},
      {"synthesize-start", {{"voice", {{"speaker", "nobody"}}}}, "voice_not_found"},
      {"synthesize-chunk", {{"text", "a"}}, "unexpected_event"},
      {"synthesize-stop", json::object(), "unexpected_event"},
      {"ping", json::array(), "invalid_json"},
      {"ping", {{"text", std::string(2000, 'a')}}, "string_above_max_length"},
  };
  for (const Case& one : cases) {
    open();
    is_closed_ = false;
    answered_.clear();
    take(one.type, one.data);
    const json error = only_error();
    EXPECT_EQ(error["code"], one.code) << one.type << one.data.dump().substr(0, 80);
    EXPECT_TRUE(error["text"].is_string());
    EXPECT_TRUE(is_closed_) << one.type;
    ASSERT_EQ(answered_.size(), 1U) << one.type;
    EXPECT_GE(answered_[0].exchange.status, 400);
    take("ping");
    EXPECT_EQ(types(), "");
  }
}

TEST_F(Talk, AFaultWithinATextInPartsEndsItsWork) {
  for (const bool is_too_long : {false, true}) {
    open({.max_input_code_points = 100});
    is_closed_ = false;
    take("synthesize-start");
    take("synthesize-chunk", {{"text", "Hello there. How are"}});
    ASSERT_TRUE(work_.has_value());
    is_too_long ? take("synthesize-chunk", {{"text", std::string(100, 'a')}})
                : take("synthesize-start");
    EXPECT_EQ(only_error()["code"], is_too_long ? "string_above_max_length" : "unexpected_event");
    EXPECT_TRUE(is_closed_);
    EXPECT_TRUE(work_->cancel.cancelled());
    work_.reset();
  }
}

TEST_F(Talk, ARefusalOfThePoolSaysWhenToRetry) {
  take("synthesize", {{"text", "Hello."}});
  work_.reset();
  session_->take_refusal(http::too_busy_response(33, 4));
  do_all();
  const json error = only_error();
  EXPECT_EQ(error["code"], "rate_limit_exceeded");
  EXPECT_EQ(error["retry_after_seconds"], 4);
  EXPECT_TRUE(is_closed_);
  EXPECT_EQ(answered_.at(0).exchange.status, 429);
}

TEST_F(Failing, AFailureIsTheLastEvent) {
  fail_after(0);
  take("synthesize", {{"text", "Hello."}});
  work();
  EXPECT_EQ(only_error()["text"], "the device failed");
  EXPECT_TRUE(is_closed_);
  EXPECT_EQ(answered_.back().exchange.status, 503);
  fail_after(2);
  take("synthesize", {{"text", "Hello."}});
  work();
  EXPECT_EQ(types(), "audio-start audio-chunk*2 error");
  EXPECT_TRUE(is_closed_);
  EXPECT_EQ(answered_.back().exchange.status, 500);
  session_.reset();
}

TEST_F(Talk, WhileTheVoiceIsLoadingEverythingIsRefused) {
  for (const char* type : {"describe", "synthesize", "synthesize-start"}) {
    context_.live().replace({}, nullptr);
    session_.emplace(context_.get(), "::1");
    is_closed_ = false;
    take(type, {{"text", "Hello."}});
    EXPECT_EQ(only_error()["code"], "model_loading") << type;
    EXPECT_TRUE(is_closed_);
  }
}

TEST_F(Talk, AStoppingServerFinishesTheRequestInProgress) {
  take("synthesize-start");
  take("synthesize-chunk", {{"text", "Hello there. How are"}});
  ASSERT_TRUE(work_.has_value());
  context_.live().drain();
  session_->drain(now_);
  do_all();
  EXPECT_FALSE(is_closed_);
  work();
  EXPECT_EQ(asked_.stretches.back(), " How are");
  EXPECT_EQ(types(), "audio-start audio-chunk*2 audio-stop synthesize-stopped");
  EXPECT_TRUE(is_closed_);
}

TEST_F(Talk, AStoppingServerRefusesATextThatIsNotBeingSpoken) {
  take("synthesize-start");
  take("synthesize-chunk", {{"text", "Hello the"}});
  context_.live().drain();
  session_->drain(now_);
  do_all();
  EXPECT_EQ(only_error()["code"], "server_stopping");
  EXPECT_TRUE(is_closed_);
}

TEST_F(Talk, AnIdleSessionOfAStoppingServerCloses) {
  session_->drain(now_);
  do_all();
  EXPECT_TRUE(is_closed_);
  EXPECT_EQ(types(), "");
}

TEST_F(Talk, AClientThatLeavesCancelsItsWork) {
  take("synthesize", {{"text", "Hello."}});
  session_->leave();
  EXPECT_TRUE(work_->cancel.cancelled());
  do_all();
  ASSERT_EQ(answered_.size(), 1U);
  EXPECT_TRUE(answered_[0].exchange.ended_early);
  EXPECT_TRUE(is_closed_);
}

// Guards against: a client that reads nothing takes memory for its answers without an end.
TEST_F(Talk, ASessionWithManyUnreadAnswersIsBehind) {
  int count = 0;
  while (!session_->is_behind() && ++count < 100'000)
    session_->take({.type = "describe", .data = "{}"}, now_);
  EXPECT_LT(count, 1000);
  do_all();
  EXPECT_FALSE(session_->is_behind());
}

TEST_F(Talk, EventsOfOtherServicesAreIgnored) {
  for (const char* type : {"transcribe", "audio-chunk", "", "synthesizer", "synthesize-stopped"})
    take(type, {{"text", "x"}});
  EXPECT_EQ(types(), "");
  EXPECT_FALSE(is_closed_);
}

}  // namespace
}  // namespace orpheus::wyoming
