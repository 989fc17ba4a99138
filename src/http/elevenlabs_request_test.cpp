#include "http/elevenlabs_request.h"

#include <gtest/gtest.h>

#include "audio/encoder.h"

namespace orpheus::http {
namespace {

TEST(OutputFormat, IsAFormatAndARateThatItHas) {
  if (!audio::can_filter()) GTEST_SKIP() << "this build has wav and pcm alone";
  const auto expect = [](std::string_view name, audio::Format format, int rate_hz) {
    const auto output = output_format_named(name);
    ASSERT_TRUE(output.has_value()) << name;
    EXPECT_EQ(output->format, format) << name;
    EXPECT_EQ(output->sample_rate_hz, rate_hz) << name;
  };
  expect("mp3_22050_32", audio::Format::kMp3, 22050);
  expect("mp3_44100_192", audio::Format::kMp3, 44100);
  expect("pcm_8000", audio::Format::kPcm, 8000);
  expect("pcm_48000", audio::Format::kPcm, 48000);
  expect("ulaw_8000", audio::Format::kUlaw, 8000);
  expect("alaw_8000", audio::Format::kAlaw, 8000);
  expect("opus_48000_64", audio::Format::kOpus, 48000);
  expect("wav_24000", audio::Format::kWav, 24000);
  for (const char* name : {"", "mp3", "mp3_", "mp3_x", "mp3_12345_128", "pcm_7999", "pcm_96000",
                           "mp4_44100", "_44100", "pcm_-8000", "pcm_99999999999999999999"})
    EXPECT_FALSE(output_format_named(name).has_value()) << name;
}

TEST(ElevenLabsVoice, AnIdOfTheirsIsOneOfOursAndOthersAreNames) {
  EXPECT_EQ(voice_for_elevenlabs_id("bIHbv24MWmeRgasZH58o"), "dan");
  EXPECT_EQ(voice_for_elevenlabs_id("21m00Tcm4TlvDq8ikWAM"), "tara");
  EXPECT_EQ(voice_for_elevenlabs_id("leah"), "leah");
  EXPECT_EQ(voice_for_elevenlabs_id(""), "");
}

TEST(ElevenLabsRequest, ItsKeysHaveTheirMeaningAndOthersNone) {
  const auto request = parse_elevenlabs_request(
      "21m00Tcm4TlvDq8ikWAM", "output_format=pcm_24000&optimize_streaming_latency=3",
      R"({"text": "Hello \"there\" \u00e9", "model_id": "eleven_turbo_v2_5", "seed": 7, "language_code": "de",
          "voice_settings": {"stability": 0.5, "similarity_boost": 0.8, "style": 0, "speed": 1.0},
          "apply_text_normalization": "off", "previous_text": "x", "next_text": null})",
      {});
  ASSERT_TRUE(request.has_value()) << request.error().message;
  EXPECT_EQ(request->speech.text, "Hello \"there\" é");
  EXPECT_EQ(request->speech.voice, "tara");
  EXPECT_EQ(request->speech.language, "de");
  EXPECT_FALSE(request->speech.normalize);
  EXPECT_EQ(request->seed, 7U);
  EXPECT_EQ(request->format, audio::Format::kPcm);
  EXPECT_EQ(request->sample_rate_hz, 24000);
  EXPECT_EQ(request->speed, 1.0);
}

TEST(ElevenLabsRequest, HasTheirDefaultFormat) {
  if (!audio::can_encode(audio::Format::kMp3)) GTEST_SKIP() << "this build has no mp3";
  const auto request = parse_elevenlabs_request("leo", "", R"({"text": "Hi"})", {});
  ASSERT_TRUE(request.has_value());
  EXPECT_EQ(request->format, audio::Format::kMp3);
  EXPECT_EQ(request->sample_rate_hz, 44100);
  EXPECT_TRUE(request->speech.normalize);
}

// Guards against: a voice's name, or half of a surrogate pair in a text, breaks out of the JSON
// that is passed on.
TEST(ElevenLabsRequest, PassesAnyTextAndAnyVoiceOn) {
  const auto request =
      parse_elevenlabs_request("a\", \"text\": \"b\x01\xff", "output_format=pcm_24000",
                               R"({"text": "\ud800 x", "text2": "y"})", {});
  ASSERT_TRUE(request.has_value()) << request.error().message;
  EXPECT_EQ(request->speech.text, "\uFFFD x");
  EXPECT_TRUE(request->speech.voice.starts_with("a\", \"text\": \"b"));
}

// Guards against: a number that JSON does not know is passed on as JSON.
TEST(ElevenLabsQuery, ASeedIsANumberAndALanguageIsAText) {
  const auto request =
      parse_elevenlabs_query("leo", "output_format=pcm_24000&seed=007&language_code=de", {});
  ASSERT_TRUE(request.has_value()) << request.error().message;
  EXPECT_EQ(request->seed, 7U);
  EXPECT_EQ(request->speech.language, "de");
  const auto text_seed = parse_elevenlabs_query("leo", "output_format=pcm_24000&seed=x", {});
  ASSERT_FALSE(text_seed.has_value());
  EXPECT_EQ(text_seed.error().param, "seed");
  const auto number =
      parse_elevenlabs_query("leo", "output_format=pcm_24000&language_code=012", {});
  EXPECT_TRUE(number || number.error().code != "invalid_json") << number.error().message;
}

TEST(ElevenLabsRequest, SaysWhichKeyIsWrong) {
  const auto param_of = [](std::string_view query, std::string_view body) {
    const auto request = parse_elevenlabs_request("leo", query, body, {});
    EXPECT_FALSE(request.has_value()) << body;
    return request ? "" : request.error().param;
  };
  EXPECT_EQ(param_of("output_format=pcm_24000", R"({"text": ""})"), "text");
  EXPECT_EQ(param_of("output_format=pcm_24000", R"({"model_id": "x"})"), "text");
  EXPECT_EQ(param_of("output_format=pcm_24000", R"({"text": 5})"), "text");
  EXPECT_EQ(param_of("output_format=pcm_24000", R"({"text": "a", "seed": "x"})"), "seed");
  EXPECT_EQ(param_of("output_format=pcm_24000", R"({"text": "a", "voice_settings": {"speed": 9}})"),
            "speed");
  EXPECT_EQ(param_of("output_format=mp9_1", R"({"text": "a"})"), "output_format");
  for (const char* body : {"", "[]", "{", "5", "{\"text\": \"\xff\"}"}) param_of("", body);
}

}  // namespace
}  // namespace orpheus::http
