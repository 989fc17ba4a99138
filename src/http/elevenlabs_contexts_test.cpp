// Several contexts: the socket multi-stream-input.

#include <random>
#include <string>

#include <gtest/gtest.h>

#include "base/log_sink.h"
#include "http/elevenlabs_conversation.h"
#include "http/testing/elevenlabs_talk.h"
#include "lm/too_busy.h"

namespace orpheus::http {
namespace {

using SeveralContexts = ElevenLabsTalk;

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
  conversation_->take_output(work, output.body, now_);
  close("a");
  EXPECT_TRUE(cancel.cancelled());
  EXPECT_EQ(num_dropped_, 1);
  EXPECT_EQ(num_sounds(), 0U) << "sound was sent after the close was read";
  EXPECT_EQ(last()["isFinal"], true);
  conversation_->take_output(work, output.body, now_);
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
