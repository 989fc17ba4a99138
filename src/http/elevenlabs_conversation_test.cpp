// One context: the socket stream-input.

#include "http/elevenlabs_conversation.h"

#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "http/testing/elevenlabs_talk.h"

namespace orpheus::http {
namespace {

class OneContext : public ElevenLabsTalk {
 protected:
  OneContext() : ElevenLabsTalk(Contexts::kOne) {}
};

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
  EXPECT_EQ(last()["code"], 1001);
  EXPECT_EQ(close_code_, 1001);
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

}  // namespace
}  // namespace orpheus::http
