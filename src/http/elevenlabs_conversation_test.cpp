#include "http/elevenlabs_conversation.h"

#include <map>
#include <random>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "base/log_sink.h"
#include "http/testing/live_scripts.h"
#include "http/testing/recorded.h"
#include "lm/too_busy.h"

namespace orpheus::http {
namespace {

using nlohmann::json;
using std::chrono::seconds;
using Contexts = ElevenLabsConversation::Contexts;
using Time = Conversation::Time;

class ElevenLabsTalk : public ::testing::Test {
 protected:
  explicit ElevenLabsTalk(Contexts contexts = Contexts::kSeveral,
                          FakeSynthesiser::Script script = speak_stretches)
      : contexts_(contexts), synthesiser_(std::move(script)), context_(synthesiser_) {
    open();
  }

  void open(const Options& options = {}, SocketKey key = SocketKey::kGiven,
            const std::string& query = "output_format=pcm_24000",
            const std::string& voice_id = "JBFqnCBsd6RMkjVDRZzb") {
    works_.clear();
    messages_.clear();
    close_code_ = 0;
    context_.live().replace(options, {&synthesiser_, [](speech::Synthesiser*) {}});
    conversation_.emplace(context_.get(), Request{.method = "GET", .id = "req_1", .peer = "::1"},
                          key, contexts_, parse_elevenlabs_settings(voice_id, query, options));
    conversation_->open(now_);
    do_all();
  }

  // Does what the conversation asks for, except its works.
  void do_all() {
    while (auto action = conversation_->next()) {
      ASSERT_EQ(close_code_, 0) << "something follows the end";
      if (auto* message = std::get_if<SendMessage>(&*action)) {
        EXPECT_FALSE(message->is_binary);
        messages_.push_back(json::parse(std::string(
            reinterpret_cast<const char*>(message->payload.data()), message->payload.size())));
      } else if (auto* work = std::get_if<BeginWork>(&*action)) {
        EXPECT_FALSE(works_.contains(work->id));
        works_.emplace(work->id, std::move(work->work));
      } else if (auto* close = std::get_if<CloseSocket>(&*action)) {
        close_code_ = close->code;
      } else {
        works_.erase(std::get<DropWork>(*action).id);
        ++num_dropped_;
      }
    }
  }

  void say(const json& message) {
    conversation_->take_text(message.dump(), now_);
    do_all();
  }
  void say(const std::string& id, const std::string& text, bool flush = false) {
    json message = {{"text", text}, {"context_id", id}};
    if (flush) message["flush"] = true;
    say(message);
  }
  void close(const std::string& id) { say({{"context_id", id}, {"close_context", true}}); }

  // Runs a work; its output is not yet passed on.
  std::vector<std::byte> run_work(WorkId id) {
    Recorded recorded;
    run(std::move(works_.at(id)), recorded);
    works_.erase(id);
    return recorded.body;
  }
  void finish_work(WorkId id) {
    const auto output = run_work(id);
    conversation_->take_output(id, output, now_);
    conversation_->end_work(id, Conversation::WorkEnd::kWhole, now_);
    do_all();
  }
  void finish_works() {
    while (!works_.empty()) finish_work(works_.begin()->first);
  }
  void wait(std::chrono::milliseconds time) {
    now_ += time;
    conversation_->tick(now_);
    do_all();
  }

  json last() {
    EXPECT_FALSE(messages_.empty());
    return messages_.empty() ? json() : messages_.back();
  }
  size_t num_sounds() const {
    return static_cast<size_t>(
        std::count_if(messages_.begin(), messages_.end(), [](const json& message) {
          return message.contains("audio") && message["audio"].is_string() &&
                 !message["audio"].get<std::string>().empty();
        }));
  }
  // The characters of all messages, joined.
  std::string joined(const char* alignment) const {
    std::string text;
    for (const json& message : messages_) {
      if (!message.contains(alignment) || message[alignment].is_null()) continue;
      const json& value = message[alignment];
      EXPECT_EQ(value["chars"].size(), value["charStartTimesMs"].size());
      EXPECT_EQ(value["chars"].size(), value["charDurationsMs"].size());
      for (const json& character : value["chars"]) text += character.get<std::string>();
    }
    return text;
  }

  const Contexts contexts_;
  Time now_{seconds(1000)};
  FakeSynthesiser synthesiser_;
  FakeContext context_;
  std::optional<ElevenLabsConversation> conversation_;
  std::vector<json> messages_;
  std::map<WorkId, Work> works_;
  int num_dropped_ = 0;
  int close_code_ = 0;
};

class OneContext : public ElevenLabsTalk {
 protected:
  OneContext() : ElevenLabsTalk(Contexts::kOne) {}
};
using SeveralContexts = ElevenLabsTalk;

// --- one context ----------------------------------------------------------------------------

TEST_F(OneContext, ATextInPartsIsSpokenAndItsEndClosesTheSocket) {
  EXPECT_TRUE(messages_.empty()) << "clients expect no greeting";
  say({{"text", " "}, {"voice_settings", {{"stability", 0.5}, {"similarity_boost", 0.8}}}});
  say({{"text", "Hello the"}});
  EXPECT_TRUE(works_.empty()) << "an unfinished sentence takes no place";
  say({{"text", "re. How "}});
  ASSERT_EQ(works_.size(), 1U);
  EXPECT_EQ(works_.begin()->second.voice, "leo");
  say({{"text", "are you? "}, {"try_trigger_generation", true}});
  say({{"text", ""}});
  EXPECT_EQ(close_code_, 0);
  finish_works();
  EXPECT_EQ(num_sounds(), 2U);
  EXPECT_EQ(joined("alignment"), "Hello there. How are you? ");
  EXPECT_EQ(joined("normalizedAlignment"), "Hello there. How are you? ");
  EXPECT_EQ(last()["isFinal"], true);
  EXPECT_TRUE(last()["audio"].is_null());
  EXPECT_FALSE(last().contains("contextId"));
  EXPECT_EQ(close_code_, 1000);
  EXPECT_FALSE(conversation_->is_working());
}

TEST_F(OneContext, AFlushSpeaksAndTheTextGoesOn) {
  say({{"text", "Hello"}, {"flush", true}});
  EXPECT_EQ(works_.size(), 1U);
  say({{"text", " again"}});
  say({{"text", ""}});
  finish_works();
  EXPECT_EQ(joined("alignment"), "Hello again");
}

TEST_F(OneContext, ALongPartMayBeTriggered) {
  say({{"text", "short "}, {"try_trigger_generation", true}});
  EXPECT_TRUE(works_.empty());
  say({{"text", "but this one has enough characters to be worth a piece "},
       {"try_trigger_generation", true}});
  EXPECT_EQ(works_.size(), 1U);
}

TEST_F(OneContext, ATextWithoutWordsIsSilent) {
  say({{"text", " "}});
  say({{"text", ""}});
  EXPECT_EQ(last()["isFinal"], true);
  EXPECT_EQ(close_code_, 1000);
  open();
  say({{"text", "... "}});
  say({{"text", ""}});
  finish_works();
  EXPECT_EQ(messages_.size(), 1U);
  EXPECT_EQ(last()["isFinal"], true);
  EXPECT_EQ(close_code_, 1000);
}

TEST_F(OneContext, EveryMalformedOrderOfMessagesEndsInAnErrorAndACloseCode) {
  struct Case {
    const char* what;
    std::vector<std::string> messages;
  };
  const std::vector<Case> cases = {
      {"no JSON", {"hello"}},
      {"no object", {"[]"}},
      {"no text", {"{}"}},
      {"a wrong type", {R"({"text": 1})"}},
      {"a wrong speed", {R"({"text": " ", "voice_settings": {"speed": 100}})"}},
      {"another speed",
       {R"({"text": "Hi. "})", R"({"text": "a", "voice_settings": {"speed": 2}})"}},
      {"too much text", {R"({"text": ")" + std::string(40000, 'x') + "\"}"}},
  };
  for (const Case& given : cases) {
    open();
    for (const std::string& message : given.messages) {
      EXPECT_EQ(close_code_, 0) << given.what;
      conversation_->take_text(message, now_);
      do_all();
    }
    EXPECT_EQ(close_code_, 1008) << given.what;
    EXPECT_EQ(last()["code"], 1008) << given.what;
    EXPECT_TRUE(last()["message"].is_string() && last()["error"].is_string()) << given.what;
    EXPECT_FALSE(conversation_->is_working()) << given.what;
  }
  open();
  conversation_->take_binary({}, now_);
  do_all();
  EXPECT_EQ(close_code_, 1003);
}

// Guards against: a late message takes the sound of a text that has ended.
TEST_F(OneContext, TextBehindTheEndIsAnErrorAndTheTextIsSpoken) {
  say({{"text", "Hi. So "}});
  say({{"text", ""}});
  say({{"text", "on"}});
  EXPECT_EQ(last()["error"], "text_has_ended");
  EXPECT_EQ(close_code_, 0);
  const size_t num_messages = messages_.size();
  say({{"text", "and on"}});
  EXPECT_EQ(messages_.size(), num_messages) << "it is told once";
  finish_works();
  EXPECT_EQ(joined("alignment"), "Hi. So ");
  EXPECT_EQ(last()["isFinal"], true);
  EXPECT_EQ(close_code_, 1008);
}

TEST_F(OneContext, AWrongVoiceOrQueryIsToldWhenTheSocketIsOpen) {
  open({}, SocketKey::kGiven, "", "nobody");
  EXPECT_EQ(last()["error"], "voice_not_found");
  EXPECT_EQ(close_code_, 1008);
  open({}, SocketKey::kGiven, "output_format=pcm_1");
  EXPECT_EQ(last()["error"], "invalid_output_format");
  EXPECT_EQ(close_code_, 1008);
}

TEST_F(OneContext, AKeyMayComeInTheFirstMessage) {
  const Options locked{.keys = {"secret"}};
  for (const json& key : {json{{"xi_api_key", "secret"}}, json{{"xi-api-key", "secret"}},
                          json{{"authorization", "Bearer secret"}}}) {
    open(locked, SocketKey::kExpected);
    json first = key;
    first["text"] = "Hello. So ";
    say(first);
    EXPECT_EQ(works_.size(), 1U) << key;
  }
  for (const json& first : {json{{"text", "Hi. So "}}, json{{"text", " "}, {"xi_api_key", "no"}}}) {
    open(locked, SocketKey::kExpected);
    say(first);
    EXPECT_EQ(last()["error"], "invalid_api_key");
    EXPECT_EQ(close_code_, 1008);
    EXPECT_TRUE(works_.empty());
  }
  open(locked, SocketKey::kExpected, "", "nobody");
  EXPECT_TRUE(messages_.empty()) << "voices are told to those with a key";
  now_ = conversation_->due().value();
  wait({});
  EXPECT_EQ(last()["error"], "invalid_api_key");
  EXPECT_EQ(close_code_, 1008);
}

// Guards against: a client that had a key goes on speaking over an open socket.
TEST_F(OneContext, AKeyThatWasRevokedBeginsNoText) {
  open({.keys = {"secret"}}, SocketKey::kExpected);
  say({{"text", " "}, {"xi_api_key", "secret"}});
  context_.live().replace(Options{.keys = {"another"}},
                          {&synthesiser_, [](speech::Synthesiser*) {}});
  say({{"text", "Hello. So "}});
  EXPECT_TRUE(works_.empty());
  EXPECT_EQ(last()["error"], "invalid_api_key");
  EXPECT_EQ(close_code_, 1008);
}

TEST_F(OneContext, ASilentClientIsToldAfterTheTimeout) {
  wait(seconds(19));
  EXPECT_EQ(close_code_, 0);
  say({{"text", " "}});
  wait(seconds(19));
  EXPECT_EQ(close_code_, 0);
  say({{"text", "Hello. So "}});
  wait(seconds(20));
  EXPECT_EQ(close_code_, 0) << "what has arrived is spoken first";
  EXPECT_EQ(conversation_->due(), std::nullopt);
  finish_works();
  EXPECT_EQ(num_sounds(), 2U);
  EXPECT_EQ(last()["error"], "input_timeout_exceeded");
  EXPECT_EQ(close_code_, 1008);
  open({}, SocketKey::kGiven, "inactivity_timeout=2");
  wait(seconds(2));
  EXPECT_EQ(last()["error"], "input_timeout_exceeded");
  EXPECT_EQ(close_code_, 1008);
}

TEST_F(OneContext, ARefusedOrBrokenSpeechIsToldWithACloseCode) {
  say({{"text", "Hello. So "}});
  const WorkId work = works_.begin()->first;
  conversation_->take_refusal(work, too_busy_response(8, 3), now_);
  do_all();
  EXPECT_EQ(last()["error"], "rate_limit_exceeded");
  EXPECT_EQ(last()["code"], 1013);
  EXPECT_EQ(close_code_, 1013);
  open();
  say({{"text", "Hello. So "}});
  conversation_->end_work(works_.begin()->first, Conversation::WorkEnd::kBroken, now_);
  do_all();
  EXPECT_EQ(close_code_, 1011);
}

TEST_F(OneContext, AServerThatStopsLetsTheTextEnd) {
  say({{"text", "Hello. So"}});
  conversation_->drain(now_);
  do_all();
  EXPECT_EQ(close_code_, 0);
  finish_works();
  EXPECT_EQ(joined("alignment"), "Hello. So");
  EXPECT_EQ(close_code_, 1001);
  open();
  conversation_->drain(now_);
  do_all();
  EXPECT_EQ(close_code_, 1001);
}

// As every speech that does not sound yet.
TEST_F(OneContext, AServerThatStopsRefusesATextThatIsNotBeingSpoken) {
  say({{"text", "Hello the"}});
  context_.live().drain();
  conversation_->drain(now_);
  do_all();
  EXPECT_TRUE(works_.empty());
  EXPECT_EQ(last()["error"], "server_stopping");
  EXPECT_EQ(close_code_, 1013);
}

// --- several contexts -----------------------------------------------------------------------

// What LiveKit's plugin sends.
TEST_F(SeveralContexts, AContextEndsWithItsFinalMessage) {
  say({{"text", " "}, {"voice_settings", json::object()}, {"context_id", "a"}});
  say("a", "Hello there. ", true);
  say("a", "How are you? ", true);
  say("a", "", true);
  close("a");
  EXPECT_EQ(num_dropped_, 0) << "flushed text is spoken";
  finish_works();
  EXPECT_EQ(joined("normalizedAlignment"), "Hello there. How are you? ");
  for (const json& message : messages_) EXPECT_EQ(message["contextId"], "a");
  EXPECT_EQ(last()["isFinal"], true);
  EXPECT_EQ(close_code_, 0);
  EXPECT_FALSE(conversation_->is_working());
  say("a", "Again. ", true);
  EXPECT_EQ(works_.size(), 1U) << "the name may be used again";
}

TEST_F(SeveralContexts, ContextsAreSpokenAtTheSameTime) {
  say("a", "One is open. And ");
  say("b", "Two is whole. ", true);
  ASSERT_EQ(works_.size(), 2U);
  close("b");
  finish_work(std::next(works_.begin())->first);
  EXPECT_EQ(last()["contextId"], "b");
  EXPECT_EQ(last()["isFinal"], true);
  say("a", "goes on. ", true);
  close("a");
  finish_works();
  EXPECT_EQ(last()["contextId"], "a");
  EXPECT_EQ(last()["isFinal"], true);
}

// An interruption: the context is closed without a flush.
TEST_F(SeveralContexts, ACloseWithoutAFlushFreesThePlaceAtOnce) {
  say("a", "Hello there. How ");
  ASSERT_EQ(works_.size(), 1U);
  const WorkId work = works_.begin()->first;
  const CancelToken cancel = works_.begin()->second.cancel;
  const auto output = run_work(work);
  conversation_->take_output(work, output, now_);
  close("a");
  EXPECT_TRUE(cancel.cancelled());
  EXPECT_EQ(num_dropped_, 1);
  EXPECT_EQ(num_sounds(), 0U) << "sound was sent after the close was read";
  EXPECT_EQ(last()["isFinal"], true);
  conversation_->take_output(work, output, now_);
  conversation_->end_work(work, Conversation::WorkEnd::kWhole, now_);
  do_all();
  EXPECT_EQ(num_sounds(), 0U);
  say("b", "Next. And ");
  EXPECT_EQ(works_.size(), 1U);
}

// Pipecat closes a context at the end of its text, and again when a person interrupts.
TEST_F(SeveralContexts, ASecondCloseStopsAContextThatWasFlushed) {
  say("a", "Hello there. How are you? ");
  say({{"context_id", "a"}, {"flush", true}});
  close("a");
  EXPECT_EQ(num_dropped_, 0);
  close("a");
  EXPECT_EQ(num_dropped_, 1);
  EXPECT_EQ(last()["isFinal"], true);
  const size_t num_messages = messages_.size();
  close("a");
  close("unknown");
  EXPECT_EQ(messages_.size(), num_messages);
}

TEST_F(SeveralContexts, MessagesWithoutTextKeepAContextAliveAndOpenNone) {
  say({{"text", ""}});
  say({{"text", ""}, {"context_id", "a"}});
  say(json::object());
  EXPECT_EQ(conversation_->due(), std::nullopt);
  say("a", "Hello. So ");
  wait(seconds(15));
  say("a", "");
  wait(seconds(15));
  EXPECT_EQ(joined("alignment"), "");
  EXPECT_NE(conversation_->due(), std::nullopt);
  wait(seconds(20));
  finish_works();
  EXPECT_EQ(last()["isFinal"], true) << "an inactive context is closed";
  EXPECT_EQ(close_code_, 0);
}

TEST_F(SeveralContexts, AContextMayHaveNoName) {
  say({{"text", "Hello there. "}, {"flush", true}});
  say({{"close_context", true}});
  finish_works();
  for (const json& message : messages_) EXPECT_FALSE(message.contains("contextId"));
  EXPECT_EQ(last()["isFinal"], true);
}

TEST_F(SeveralContexts, TimesBeginWithTheChunkOrWithTheContext) {
  for (const bool from_context : {false, true}) {
    open({}, SocketKey::kGiven,
         std::string("output_format=pcm_24000") + (from_context ? "&sync_alignment=true" : ""));
    say("a", "Hello there. ", true);
    say("a", "How are you? ", true);
    close("a");
    finish_works();
    std::vector<int> starts;
    for (const json& message : messages_) {
      if (message["alignment"].is_object())
        starts.push_back(message["alignment"]["charStartTimesMs"][0].get<int>());
    }
    EXPECT_EQ(starts, (std::vector<int>{0, from_context ? 85 : 0}));
  }
}

TEST_F(SeveralContexts, TooManyContextsCloseTheSocket) {
  for (int i = 0; i < 8; ++i) say("context " + std::to_string(i), " ");
  EXPECT_EQ(close_code_, 0);
  say("one more", " ");
  EXPECT_EQ(last()["error"], "max_contexts_exceeded");
  EXPECT_EQ(close_code_, 1008);
}

TEST_F(SeveralContexts, ARefusedContextIsToldAndTheOthersGoOn) {
  for (int i = 0; i < 20; ++i) {
    const std::string id = "context " + std::to_string(i);
    say(id, "Hello. So ");
    ASSERT_EQ(works_.size(), 1U) << "contexts that failed count";
    const WorkId work = works_.begin()->first;
    works_.clear();
    conversation_->take_refusal(work, too_busy_response(8, 3), now_);
    do_all();
    EXPECT_EQ(last()["contextId"], id);
    EXPECT_EQ(last()["error"], "rate_limit_exceeded");
    say(id, "on and on. And ", true);
    EXPECT_TRUE(works_.empty()) << "the rest of its text is ignored";
  }
  EXPECT_EQ(close_code_, 0);
  close("context 19");
  say("context 19", "Hello. So ");
  EXPECT_EQ(works_.size(), 1U);
}

TEST_F(SeveralContexts, CloseSocketSpeaksWhatHasArrivedAndCloses) {
  say("a", "One. And ");
  say("b", "Two");
  say({{"close_socket", true}});
  EXPECT_EQ(close_code_, 0);
  say("c", "Three. And ");
  EXPECT_EQ(works_.size(), 2U);
  finish_works();
  EXPECT_EQ(joined("alignment"), "One. And Two");
  EXPECT_EQ(close_code_, 1000);
  open();
  say({{"close_socket", true}});
  EXPECT_EQ(close_code_, 1000);
}

// Guards against: an interruption is not heard while the server stops or the socket closes.
TEST_F(SeveralContexts, AContextCanBeStoppedWhileTheSocketCloses) {
  for (const bool is_stopping : {false, true}) {
    open();
    say("a", "One. And ");
    say("b", "Two. And ");
    num_dropped_ = 0;
    if (is_stopping) {
      conversation_->drain(now_);
      do_all();
    } else {
      say({{"close_socket", true}});
    }
    close("a");
    EXPECT_EQ(num_dropped_, 1);
    EXPECT_EQ(last()["contextId"], "a");
    EXPECT_EQ(last()["isFinal"], true);
    EXPECT_EQ(close_code_, 0);
    conversation_->take_text("no JSON", now_);
    finish_works();
    EXPECT_EQ(joined("alignment"), "Two. And ");
    EXPECT_EQ(close_code_, is_stopping ? 1001 : 1000);
  }
}

// Guards against: the usual close at the end of a flushed text stops it because the server has
// ended it first.
TEST_F(SeveralContexts, TheFirstCloseOfAFlushedContextLetsItSpeakWhateverEndedIt) {
  for (const bool is_stopping : {false, true}) {
    open();
    say("a", "Hello there. ", true);
    num_dropped_ = 0;
    if (is_stopping) {
      conversation_->drain(now_);
      do_all();
    } else {
      wait(seconds(20));
    }
    close("a");
    EXPECT_EQ(num_dropped_, 0);
    EXPECT_EQ(works_.size(), 1U);
    close("a");
    EXPECT_EQ(num_dropped_, 1);
    EXPECT_EQ(last()["isFinal"], true);
    EXPECT_EQ(close_code_, is_stopping ? 1001 : 0);
  }
}

// Guards against: one context's error ends the others.
TEST_F(SeveralContexts, AChangedSpeedIsAnErrorOfItsContextAlone) {
  say("a", "One. And ");
  say("b", "Two. And ");
  say({{"context_id", "a"}, {"text", "x"}, {"voice_settings", {{"speed", 1.5}}}});
  EXPECT_EQ(last()["error"], "voice_settings_changed");
  EXPECT_EQ(last()["contextId"], "a");
  EXPECT_EQ(close_code_, 0);
  EXPECT_EQ(works_.size(), 1U);
  close("b");
  EXPECT_EQ(last()["contextId"], "b");
}

class BrokenContext : public ElevenLabsTalk {
 protected:
  BrokenContext()
      : ElevenLabsTalk(Contexts::kOne, [](const auto&, const auto&) -> Result<speech::Summary> {
          return fail({.kind = ErrorKind::kUsage, .what = "<break> is wrong"});
        }) {}
};

TEST_F(BrokenContext, ASpeechThatFailsClosesTheSocketWithTheCodeOfItsError) {
  say({{"text", "Hello. So "}});
  finish_works();
  EXPECT_EQ(messages_.size(), 1U);
  EXPECT_EQ(last()["code"], 1008);
  EXPECT_EQ(close_code_, 1008);
}

class BrokenContexts : public ElevenLabsTalk {
 protected:
  BrokenContexts()
      : ElevenLabsTalk(Contexts::kSeveral, [](const auto&, const auto&) -> Result<speech::Summary> {
          return fail({.kind = ErrorKind::kUnavailable, .what = "no device"});
        }) {}
};

TEST_F(BrokenContexts, ASpeechThatFailsIsAnErrorOfItsContextAlone) {
  say("a", "Hello. So ");
  finish_works();
  EXPECT_EQ(messages_.size(), 1U);
  EXPECT_EQ(last()["contextId"], "a");
  EXPECT_EQ(last()["message"], "no device");
  EXPECT_EQ(close_code_, 0);
  EXPECT_FALSE(conversation_->is_working());
}

class BusyContexts : public ElevenLabsTalk {
 protected:
  BusyContexts()
      : ElevenLabsTalk(Contexts::kSeveral, [](const auto&, const auto&) -> Result<speech::Summary> {
          return fail(lm::too_busy(3));
        }) {}
};

// Guards against: a refusal that the operator has asked for fills the log with errors.
TEST_F(BusyContexts, ARefusalOfABusyServerIsNoErrorInTheLog) {
  std::string lines;
  log::send_to(log::Level::kInfo, [&](log::Level /*level*/, std::string_view line) {
    lines += std::string(line) + "\n";
  });
  say("a", "Hello. So ");
  finish_works();
  log::send_to(log::Level::kInfo, {});
  EXPECT_EQ(last()["error"], "rate_limit_exceeded");
  EXPECT_EQ(lines.find("failed"), std::string::npos) << lines;
}

// Guards against: an order of messages that the author did not think of.
TEST_F(SeveralContexts, AnyOrderOfEventsLeavesAConversationThatWorks) {
  std::mt19937 random(7);  // NOLINT: the same events in every run
  for (int event = 0; event < 20'000; ++event) {
    const std::string id(1, static_cast<char>('a' + random() % 6));
    const auto any_work = [&] {
      return std::next(works_.begin(), static_cast<int>(random() % works_.size()))->first;
    };
    switch (random() % 12) {
      case 0: say(id, "Hello there. How ", random() % 2 == 0); break;
      case 1: say(id, "a"); break;
      case 2: say(id, "<think>\nSo. "); break;
      case 3: say({{"context_id", id}, {"flush", true}}); break;
      case 4: say(id, ""); break;
      case 5: say(id, " "); break;
      case 6:
      case 7: close(id); break;
      case 8: wait(std::chrono::milliseconds(random() % 2000)); break;
      case 9:
        if (!works_.empty()) {
          const WorkId work = any_work();
          works_.erase(work);
          conversation_->take_refusal(work, stopping_response(), now_);
          do_all();
        }
        break;
      case 10:
        if (!works_.empty()) {
          const WorkId work = any_work();
          works_.erase(work);
          conversation_->end_work(work, Conversation::WorkEnd::kBroken, now_);
          do_all();
        }
        break;
      default:
        if (!works_.empty() && random() % 20 == 0) finish_work(any_work());
    }
    ASSERT_LE(works_.size(), 8U);
    if (close_code_ != 0) {  // closed contexts count until they were spoken
      ASSERT_EQ(last()["error"], "max_contexts_exceeded");
      open();
    }
    messages_.clear();
  }
  for (const char* id : {"a", "b", "c", "d", "e", "f"}) {
    for (int i = 0; i < 8; ++i) close(id);
  }
  EXPECT_FALSE(conversation_->is_working());
  EXPECT_TRUE(works_.empty());
  EXPECT_EQ(conversation_->due(), std::nullopt);
  say("a", "Hello. ", true);
  close("a");
  finish_works();
  EXPECT_EQ(last()["isFinal"], true);
}

}  // namespace
}  // namespace orpheus::http
