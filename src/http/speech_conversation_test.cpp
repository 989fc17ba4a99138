#include "http/speech_conversation.h"

#include <random>
#include <string>
#include <tuple>
#include <vector>

#include <gtest/gtest.h>

#include "http/speech_body.h"
#include "http/testing/live_scripts.h"
#include "http/testing/recorded.h"
#include "text/words.h"

namespace orpheus::http {
namespace {

using nlohmann::json;
using std::chrono::milliseconds;
using Key = SpeechConversation::Key;
using Time = Conversation::Time;

class Talk : public ::testing::Test {
 protected:
  explicit Talk(FakeSynthesiser::Script script = speak_stretches)
      : synthesiser_(std::move(script)), context_(synthesiser_) {
    open();
  }

  void open(const Options& options = {}, Key key = Key::kGiven) {
    context_.live().replace(options, {&synthesiser_, [](speech::Synthesiser*) {}});
    conversation_.emplace(context_.get(), Request{.method = "GET", .id = "req_1", .peer = "::1"},
                          key);
    conversation_->open(now_);
    do_all();
  }

  // Does what the conversation asks for, except its work.
  void do_all() {
    while (auto action = conversation_->next()) {
      if (auto* message = std::get_if<SendMessage>(&*action)) {
        if (message->is_binary) num_binary_bytes_ += message->payload.size();
        if (message->is_binary) continue;
        events_.push_back(json::parse(std::string(
            reinterpret_cast<const char*>(message->payload.data()), message->payload.size())));
      } else if (auto* work = std::get_if<BeginWork>(&*action)) {
        work_.emplace(std::move(work->work));
      } else if (auto* close = std::get_if<CloseSocket>(&*action)) {
        close_code_ = close->code;
      } else {
        work_.reset();
        ++num_dropped_;
      }
    }
  }

  void say(const json& message) {
    conversation_->take_text(message.dump(), now_);
    do_all();
  }
  void append(const std::string& text) { say({{"type", "input_text.append"}, {"text", text}}); }

  // Works to the end, or only gives the output.
  std::vector<std::byte> work() {
    Recorded recorded;
    run(std::move(*work_), recorded);
    work_.reset();
    return recorded.body;
  }
  void finish_work() {
    const auto output = work();
    conversation_->take_output(0, output, now_);
    conversation_->end_work(0, Conversation::WorkEnd::kWhole, now_);
    do_all();
  }

  std::vector<std::string> types() {
    std::vector<std::string> types;
    for (const json& event : events_) types.push_back(event["type"]);
    events_.clear();
    return types;
  }
  // The last event, which must be of this type.
  json last(const std::string& type) {
    EXPECT_FALSE(events_.empty());
    if (events_.empty()) return {};
    json event = events_.back();
    events_.clear();
    EXPECT_EQ(event["type"], type) << event.dump();
    return event;
  }

  Time now_{std::chrono::seconds(1000)};
  FakeSynthesiser synthesiser_;
  FakeContext context_;
  std::optional<SpeechConversation> conversation_;
  std::vector<json> events_;
  size_t num_binary_bytes_ = 0;
  std::optional<Work> work_;
  int num_dropped_ = 0;
  int close_code_ = 0;
};

using Types = std::vector<std::string>;

TEST_F(Talk, ATextInPartsIsSpokenFromItsFirstSentenceOn) {
  EXPECT_EQ(types(), (Types{"session.created"}));
  append("Hello the");
  EXPECT_FALSE(work_.has_value()) << "an unfinished sentence takes no place";
  append("re. How ");
  ASSERT_TRUE(work_.has_value());
  EXPECT_EQ(work_->voice, "tara");
  append("are you?");
  say({{"type", "input_text.end"}});
  finish_work();
  ASSERT_EQ(events_.size(), 6U);
  EXPECT_EQ(events_[1]["text"], "Hello there.");
  EXPECT_EQ(events_[3]["text"], " How are you?");
  EXPECT_EQ(events_[3]["begin"], 12);
  EXPECT_EQ(events_[5]["usage"]["total_tokens"], 10);
  EXPECT_EQ(types(), (Types{"response.created", "orpheus.speech.piece", "speech.audio.delta",
                            "orpheus.speech.piece", "speech.audio.delta", "speech.audio.done"}));
  EXPECT_FALSE(conversation_->is_working());
}

TEST_F(Talk, APauseOrAFlushSpeaksWhatIsThere) {
  append("Hello");
  EXPECT_EQ(conversation_->due(), now_ + milliseconds(1500));
  now_ += milliseconds(1500);
  conversation_->tick(now_);
  do_all();
  EXPECT_TRUE(work_.has_value());
  say({{"type", "response.cancel"}});
  append("Hello");
  EXPECT_FALSE(work_.has_value());
  say({{"type", "input_text.flush"}});
  EXPECT_TRUE(work_.has_value());
}

// Guards against: a client that vanishes in the middle of a text keeps its turn for ever.
TEST_F(Talk, ATextWithoutFurtherPartsEnds) {
  append("Hello there. How ");
  for (int i = 0; i < 3; ++i) {
    ASSERT_TRUE(conversation_->due().has_value());
    now_ = *conversation_->due();
    conversation_->tick(now_);
    do_all();
    if (!conversation_->due()) break;
  }
  EXPECT_EQ(conversation_->due(), std::nullopt);
  finish_work();
  last("speech.audio.done");
}

TEST_F(Talk, SoundMayBeBinary) {
  say({{"type", "session.update"}, {"session", {{"binary", true}}}});
  EXPECT_EQ(last("session.updated")["session"]["binary"], true);
  append("Hello.");
  say({{"type", "input_text.end"}});
  finish_work();
  EXPECT_EQ(num_binary_bytes_, 2U * speech::kSamplesPerFrame);
  EXPECT_EQ(types(), (Types{"response.created", "orpheus.speech.piece", "speech.audio.done"}));
}

TEST_F(Talk, SettingsAreMergedAndWrongOnesChangeNothing) {
  say({{"type", "session.update"}, {"session", {{"voice", "leo"}, {"speed", 1.5}}}});
  say({{"type", "session.update"}, {"session", {{"speed", nullptr}, {"pause_ms", 50}}}});
  const json session = last("session.updated")["session"];
  EXPECT_EQ(session["voice"], "leo");
  EXPECT_EQ(session["speed"], 1.0);
  EXPECT_EQ(session["pause_ms"], 50);
  for (const json& wrong : {json{{"voice", "nobody"}}, json{{"speed", 9}}, json{{"pause_ms", 0}},
                            json{{"response_format", "au"}}, json(5)}) {
    say({{"type", "session.update"}, {"session", wrong}});
    EXPECT_EQ(last("error")["error"]["type"], "invalid_request_error") << wrong;
  }
  say({{"type", "session.update"}});
  EXPECT_EQ(last("session.updated")["session"], session);
}

TEST_F(Talk, AWrongMessageIsAnErrorAndNotTheEnd) {
  const auto refused = [&](const std::string& message) {
    conversation_->take_text(message, now_);
    do_all();
    return last("error")["error"];
  };
  EXPECT_EQ(refused("{}")["code"], "unknown_type");
  EXPECT_EQ(refused(R"({"type":"toString"})")["param"], "type");
  EXPECT_EQ(refused(R"({"type":"input_text.append"})")["param"], "text");
  EXPECT_EQ(refused(R"({"type":"input_text.append","text":5})")["param"], "text");
  EXPECT_EQ(refused(R"({"type":"input_text.end"})")["code"], "no_text");
  EXPECT_EQ(refused(R"({"type":"response.cancel","played_ms":-1})")["param"], "played_ms");
  refused("not json");
  refused("");
  open({.max_input_code_points = 10});
  append("01234567890");
  EXPECT_EQ(last("error")["error"]["code"], "string_above_max_length");
  append("its end.");  // of a text that was refused
  EXPECT_FALSE(conversation_->is_working());
  say({{"type", "input_text.end"}});
  append("Hello.");
  say({{"type", "input_text.end"}});
  finish_work();
  last("speech.audio.done");
  append(" ... ");
  say({{"type", "input_text.end"}});
  finish_work();
  EXPECT_FALSE(conversation_->is_working());
}

TEST_F(Talk, ABlankTextIsAnError) {
  append("  ");
  say({{"type", "input_text.end"}});
  EXPECT_NE(last("error")["error"]["message"].get<std::string>().find("nothing to speak"),
            std::string::npos);
  EXPECT_FALSE(conversation_->is_working());
}

TEST_F(Talk, ACancelTellsWhatWasHeardAndTheNextTurnBegins) {
  append("Hello there. How are you? I am ");
  ASSERT_TRUE(work_.has_value());
  const CancelToken cancel = work_->cancel;
  const auto output = work();
  conversation_->take_output(0, output, now_);
  // A frame is 85.3 ms; the second piece begins there.
  say({{"type", "response.cancel"}, {"played_ms", 20}});
  EXPECT_TRUE(cancel.cancelled());
  EXPECT_EQ(num_dropped_, 1);
  for (const json& event : events_) {
    EXPECT_NE(event["type"], "speech.audio.delta") << "sound was sent after the cancel was read";
  }
  const json told = last("response.cancelled");
  EXPECT_EQ(told["begin"], 2);
  EXPECT_EQ(told["heard_text"], "He");
  EXPECT_FALSE(conversation_->is_working());
  append("Next. And ");
  EXPECT_TRUE(work_.has_value());
  EXPECT_NE(events_.back()["response_id"], told["response_id"]);
}

// Speaks as above, each piece as two words of a third of a frame, with a pause between them.
Result<speech::Summary> speak_words(const speech::Request& request,
                                    const speech::SampleSink& sink) {
  int64_t first_sample = 0;
  size_t index = 0;
  for (const auto& stretch : request.live->take().stretches) {
    text::Spanned piece;
    piece.append_verbatim(stretch.text, stretch.begin);
    request.on_piece({.index = index,
                      .text = piece.text(),
                      .first_sample = first_sample,
                      .voice = "tara",
                      .language = "en",
                      .spanned = &piece});
    sink(sine_frame(0));
    std::vector<align::WordTime> words;
    for (const text::Word& word : text::words_of(piece)) {
      const auto place = static_cast<int64_t>(words.size());
      words.push_back({.word = piece.text().substr(word.text.begin, word.text.size()),
                       .text = word.text,
                       .origin = word.origin,
                       .begin = first_sample + place * 1200,
                       .end = first_sample + place * 1200 + 720});
    }
    request.on_words({.piece = index++, .words = words});
    first_sample += speech::kSamplesPerFrame;
  }
  return speech::Summary{.num_samples = first_sample};
}

class TalkWithWords : public Talk {
 protected:
  TalkWithWords() : Talk(speak_words) {}
};

// An agent that was interrupted must know the word, also if its client did not ask for words.
TEST_F(TalkWithWords, ACancelNamesTheWordThatWasHeard) {
  const std::vector<std::tuple<int, std::string, std::string>> heard = {
      {10, "Hello", ""}, {40, "Hello", "Hello"}, {60, "there.", "Hello "}};
  for (const auto& [played_ms, word, text] : heard) {
    append("Hello there. How are you? I am ");
    ASSERT_TRUE(work_.has_value());
    const std::vector<std::byte> output = work();
    conversation_->take_output(0, output, now_);
    do_all();
    for (const json& event : events_) EXPECT_NE(event["type"], "orpheus.speech.words");
    say({{"type", "response.cancel"}, {"played_ms", played_ms}});
    const json told = last("response.cancelled");
    EXPECT_EQ(told["word"], word);
    EXPECT_EQ(told["heard_text"], text);
  }
}

TEST_F(TalkWithWords, WordsAreToldToASessionThatAsksForThem) {
  say({{"type", "session.update"}, {"session", {{"words", true}}}});
  EXPECT_EQ(last("session.updated")["session"]["words"], true);
  append("Hello there. And more is coming. ");
  say({{"type", "input_text.end"}});
  finish_work();
  std::string words;
  for (const json& event : events_) {
    if (event["type"] != "orpheus.speech.words") continue;
    EXPECT_TRUE(event["response_id"].is_string());
    for (const json& word : event["words"]) {
      words += word["word"].get<std::string>() + " ";
      EXPECT_LT(word["start"], word["end"]);
      EXPECT_EQ(word["end_of_utf16"].get<int>() - word["begin_utf16"].get<int>(),
                static_cast<int>(word["word"].get<std::string>().size()));
    }
  }
  EXPECT_EQ(words, "Hello there. And more is coming. ");
}

// Sound is sent faster than it is played.
TEST_F(Talk, ACancelAfterTheLastSoundTellsWhatWasHeard) {
  append("😀 Hi there.");
  say({{"type", "input_text.end"}});
  finish_work();
  const json done = last("speech.audio.done");
  now_ += milliseconds(40);
  say({{"type", "response.cancel"}});
  const json told = last("response.cancelled");
  EXPECT_EQ(told["response_id"], done["response_id"]);
  EXPECT_NEAR(told["played_ms"].get<double>(), 40, 1);
  EXPECT_EQ(told["begin"].get<int>(), told["begin_utf16"].get<int>() + 2);
  say({{"type", "response.cancel"}});
  EXPECT_TRUE(last("response.cancelled")["response_id"].is_null());
}

TEST_F(Talk, TurnsAreSpokenOneAfterTheOther) {
  for (const char* text : {"One.", "Two.", "Three."}) {
    append(text);
    say({{"type", "input_text.end"}});
  }
  for (const char* text : {"One.", "Two.", "Three."}) {
    ASSERT_TRUE(work_.has_value());
    events_.clear();
    finish_work();
    EXPECT_EQ(events_[0]["text"], text);
  }
  EXPECT_FALSE(work_.has_value());
  for (int i = 0; i < 9; ++i) {
    append("More.");
    say({{"type", "input_text.end"}});
  }
  // The end of a text that was refused is no further error.
  EXPECT_EQ(events_.back()["error"]["code"], "rate_limit_exceeded");
}

// Guards against: an exception that ends the socket without a close code.
TEST_F(Talk, AByteOrderMarkBeforeAMessageIsSkipped) {
  conversation_->take_text(
      "\xEF\xBB\xBF"
      R"({"type":"session.update","session":{"speed":1.5}})",
      now_);
  do_all();
  EXPECT_EQ(last("session.updated")["session"]["speed"], 1.5);
}

TEST_F(Talk, ARefusedTurnIsToldOnceAndTheNextOneCounts) {
  append("Hello there. How ");
  work_.reset();
  conversation_->take_refusal(0, too_busy_response(8, 3), now_);
  do_all();
  const json error = last("error");
  EXPECT_EQ(error["error"]["code"], "rate_limit_exceeded");
  EXPECT_EQ(error["error"]["retry_after_seconds"], 3);
  append("are you? And ");
  say({{"type", "input_text.flush"}});
  say({{"type", "input_text.end"}});
  EXPECT_TRUE(events_.empty());
  append("Hello there. How ");
  EXPECT_TRUE(work_.has_value());
}

// Guards against: whoever had a key goes on speaking over an open socket after it was revoked.
TEST_F(Talk, AKeyThatWasRevokedBeginsNoFurtherTurn) {
  open({.keys = {"secret"}}, Key::kExpected);
  say({{"type", "session.update"}, {"api_key", "secret"}});
  append("Hello there. How ");
  EXPECT_TRUE(work_.has_value());
  say({{"type", "input_text.end"}});
  finish_work();
  context_.live().replace(Options{.keys = {"another"}},
                          {&synthesiser_, [](speech::Synthesiser*) {}});
  append("Hello again. How ");
  EXPECT_FALSE(work_.has_value());
  EXPECT_EQ(last("error")["error"]["code"], "invalid_api_key");
  EXPECT_EQ(close_code_, 1008);
}

TEST_F(Talk, AKeyMayComeInTheFirstMessage) {
  const Options locked{.keys = {"secret"}};
  events_.clear();
  open(locked, Key::kExpected);
  EXPECT_TRUE(events_.empty());
  say({{"type", "session.update"}, {"api_key", "secret"}, {"session", {{"voice", "leo"}}}});
  EXPECT_EQ(last("session.created")["session"]["voice"], "leo");
  append("Hello there. How ");
  EXPECT_TRUE(work_.has_value());

  for (const json& first :
       {json{{"type", "session.update"}, {"api_key", "wrong"}}, json{{"type", "session.update"}},
        json{{"type", "input_text.append"}, {"text", "Hi. I "}, {"api_key", "secret"}}}) {
    work_.reset();
    close_code_ = 0;
    open(locked, Key::kExpected);
    say(first);
    EXPECT_EQ(last("error")["error"]["code"], "invalid_api_key");
    EXPECT_EQ(close_code_, 1008);
    append("Hello there. How ");
    EXPECT_FALSE(work_.has_value());
  }
  close_code_ = 0;
  open(locked, Key::kExpected);
  now_ = conversation_->due().value();
  conversation_->tick(now_);
  do_all();
  EXPECT_EQ(close_code_, 1008);
}

TEST_F(Talk, AServerThatStopsLetsTheTurnEnd) {
  append("Hello there. How are");
  conversation_->drain(now_);
  do_all();
  EXPECT_EQ(close_code_, 0);
  finish_work();
  EXPECT_EQ(types().back(), "speech.audio.done");
  EXPECT_EQ(close_code_, 1001);
  close_code_ = 0;
  open();
  conversation_->drain(now_);
  do_all();
  EXPECT_EQ(close_code_, 1001);
}

TEST_F(Talk, ABinaryMessageEndsIt) {
  conversation_->take_binary({}, now_);
  do_all();
  EXPECT_EQ(close_code_, 1003);
}

class BrokenTalk : public Talk {
 protected:
  BrokenTalk()
      : Talk([](const auto&, const auto&) -> Result<speech::Summary> {
          return fail({.kind = ErrorKind::kUnavailable, .what = "no device"});
        }) {}
};

TEST_F(BrokenTalk, ASpeechThatFailsIsAnErrorAndTheNextTurnCounts) {
  append("Hello there. How ");
  finish_work();
  EXPECT_EQ(last("error")["error"]["type"], "server_error");
  say({{"type", "input_text.end"}});
  append("Hello there. How ");
  ASSERT_TRUE(work_.has_value());
  work_.reset();
  conversation_->end_work(0, Conversation::WorkEnd::kBroken, now_);
  do_all();
  EXPECT_EQ(last("error")["error"]["type"], "server_error");
}

// Guards against: an order of messages that the author did not think of.
TEST_F(Talk, AnyOrderOfEventsLeavesAConversationThatWorks) {
  std::mt19937 random(3);  // NOLINT: the same events in every run
  for (int event = 0; event < 20'000; ++event) {
    switch (random() % 12) {
      case 0: append("Hello there. How "); break;
      case 1: append("a"); break;
      case 2: append("<think>\nSo. "); break;
      case 3: say({{"type", "input_text.flush"}}); break;
      case 4: say({{"type", "input_text.end"}}); break;
      case 5: say({{"type", "response.cancel"}, {"played_ms", random() % 300}}); break;
      case 6:
        say({{"type", "session.update"}, {"session", {{"binary", random() % 2 == 0}}}});
        break;
      case 7:
        now_ += milliseconds(random() % 2000);
        conversation_->tick(now_);
        do_all();
        break;
      case 8:
        if (!work_) break;
        work_.reset();
        conversation_->take_refusal(0, stopping_response(), now_);
        do_all();
        break;
      case 9:
        if (!work_) break;
        work_.reset();
        conversation_->end_work(0, Conversation::WorkEnd::kBroken, now_);
        do_all();
        break;
      default:
        if (work_ && random() % 20 == 0) finish_work();
    }
    events_.clear();
  }
  say({{"type", "response.cancel"}});
  EXPECT_FALSE(conversation_->is_working());
  append("Hello.");
  say({{"type", "input_text.end"}});
  finish_work();
  last("speech.audio.done");
}

}  // namespace
}  // namespace orpheus::http
