#include "http/elevenlabs_message.h"

#include <gtest/gtest.h>

namespace orpheus::http {
namespace {

using std::chrono::milliseconds;

TEST(ElevenLabsMessage, KeysHaveTwoSpellings) {
  for (const char* text :
       {R"({"text": "Hi ", "context_id": "a", "try_trigger_generation": true, "flush": true,
            "voice_settings": {"speed": 1.1, "stability": 0.5}, "xi_api_key": "k"})",
        R"({"text": "Hi ", "contextId": "a", "tryTriggerGeneration": true, "flush": true,
            "voiceSettings": {"speed": 1.1}, "xi-api-key": "k"})",
        R"({"text": "Hi ", "context_id": "a", "try_trigger_generation": true, "flush": true,
            "voice_settings": {"speed": 1.1}, "authorization": "Bearer k"})"}) {
    const auto message = parse_elevenlabs_message(text);
    ASSERT_TRUE(message) << text;
    EXPECT_EQ(message->text, "Hi ");
    EXPECT_EQ(message->context_id, "a");
    EXPECT_EQ(message->key, "k");
    EXPECT_EQ(message->speed, 1.1);
    EXPECT_TRUE(message->flush && message->triggers);
    EXPECT_FALSE(message->closes_context || message->closes_socket);
  }
  const auto closes = parse_elevenlabs_message(R"({"close_context": true, "closeSocket": true})");
  ASSERT_TRUE(closes);
  EXPECT_TRUE(closes->closes_context && closes->closes_socket);
  EXPECT_FALSE(closes->text || closes->context_id || closes->speed);
  const auto none = parse_elevenlabs_message(R"({"text": null, "voice_settings": null})");
  ASSERT_TRUE(none);
  EXPECT_FALSE(none->text);
}

TEST(ElevenLabsMessage, AWrongValueIsAnError) {
  for (const char* text :
       {"", "[]", "\"text\"", "{", R"({"text": 5})", R"({"text": "a", "flush": "yes"})",
        R"({"context_id": 7})", R"({"voice_settings": 1})", R"({"voice_settings": {"speed": 9}})",
        R"({"voice_settings": {"speed": "fast"}})", R"({"generation_config": []})",
        R"({"generation_config": {"chunk_length_schedule": 120}})",
        R"({"generation_config": {"chunk_length_schedule": [20]}})", R"({"xi_api_key": 1})"}) {
    const auto message = parse_elevenlabs_message(text);
    ASSERT_FALSE(message) << text;
    EXPECT_EQ(message.error().status, 400) << text;
    EXPECT_FALSE(message.error().message.empty()) << text;
  }
  EXPECT_FALSE(parse_elevenlabs_message(R"({"context_id": ")" + std::string(257, 'x') + "\"}"));
  EXPECT_TRUE(parse_elevenlabs_message(
      R"({"generation_config": {"chunk_length_schedule": [50, 120, 500]}})"));
}

TEST(ElevenLabsSettings, TheQueryHasTheirMeaning) {
  const auto settings = parse_elevenlabs_settings(
      "21m00Tcm4TlvDq8ikWAM",
      "model_id=eleven_turbo_v2_5&output_format=pcm_22050&language_code=de&seed=7&"
      "enable_ssml_parsing=true&inactivity_timeout=180&apply_text_normalization=off&"
      "sync_alignment=true&auto_mode=True&enable_logging=true",
      {});
  ASSERT_TRUE(settings);
  const SpeechRequest& request = settings->turn.request;
  EXPECT_EQ(request.speech.voice, "tara");
  EXPECT_EQ(request.speech.language, "de");
  EXPECT_EQ(request.speech.format, text::markup::Format::kSsml);
  EXPECT_FALSE(request.speech.normalize);
  EXPECT_TRUE(request.speech.is_heard_live);
  EXPECT_EQ(request.format, audio::Format::kPcm);
  EXPECT_EQ(request.sample_rate_hz, 22050);
  EXPECT_EQ(request.seed, 7U);
  EXPECT_EQ(settings->inactivity, std::chrono::seconds(180));
  EXPECT_EQ(settings->times, ElevenLabsMessages::Times::kFromContext);
  EXPECT_LT(settings->turn.pause, milliseconds(100));

  const auto usual = parse_elevenlabs_settings("leo", "", {});
  ASSERT_TRUE(usual);
  EXPECT_EQ(usual->turn.request.speech.voice, "leo");
  EXPECT_EQ(usual->turn.request.format, audio::Format::kMp3);
  EXPECT_EQ(usual->turn.request.sample_rate_hz, 44100);
  EXPECT_EQ(usual->inactivity, std::chrono::seconds(20));
  EXPECT_EQ(usual->times, ElevenLabsMessages::Times::kFromChunk);
  EXPECT_EQ(usual->turn.pause, milliseconds(250));
}

TEST(ElevenLabsSettings, AWrongQueryIsAnError) {
  for (const char* query :
       {"output_format=pcm_7", "output_format=", "inactivity_timeout=0", "inactivity_timeout=181",
        "inactivity_timeout=x", "seed=-1", "seed=x", "language_code=%22%7D"}) {
    const auto settings = parse_elevenlabs_settings("leo", query, {});
    ASSERT_FALSE(settings) << query;
    EXPECT_EQ(settings.error().status, 400) << query;
  }
}

}  // namespace
}  // namespace orpheus::http
