#include "http/speech_request.h"

#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

namespace orpheus::http {
namespace {

TEST(SpeechRequest, NeedsNoMoreThanAnInput) {
  Options options;
  options.sampling.temperature = 0.7F;
  options.max_tokens = 500;
  const auto request = parse_speech_request(R"({"input": "Hello."})", options);
  ASSERT_TRUE(request.has_value());
  EXPECT_EQ(request->speech.text, "Hello.");
  EXPECT_EQ(request->speech.voice, "");
  EXPECT_EQ(request->format,
            audio::can_encode(audio::Format::kMp3) ? audio::Format::kMp3 : audio::Format::kWav);
  EXPECT_EQ(request->delivery, Delivery::kStream);
  EXPECT_EQ(request->speed, 1.0);
  EXPECT_TRUE(request->speech.normalize);
  EXPECT_EQ(request->seed, std::nullopt);
  EXPECT_EQ(request->speech.sampling.temperature, 0.7F);
  EXPECT_EQ(request->speech.max_tokens, 500);
}

TEST(SpeechRequest, ReadsWhatOpenAisClientsAndOursSend) {
  const auto request = parse_speech_request(
      R"({"model": "gpt-4o-mini-tts", "input": "Hé 世界", "voice": {"id": "leo"}, "speed": 1,
          "response_format": "pcm", "stream_format": "audio", "instructions": "Be calm.",
          "temperature": 0, "top_p": 0.5, "top_k": 40, "min_p": 0.05, "repetition_penalty": 1.3,
          "language": "de-AT", "normalize": false, "seed": 9223372036854775807, "max_tokens": 70, "x_unknown": [{"deep": {}}]})",
      {});
  ASSERT_TRUE(request.has_value());
  EXPECT_EQ(request->speech.text, "Hé 世界");
  EXPECT_EQ(request->speech.voice, "leo");
  EXPECT_EQ(request->speech.language, "de");
  EXPECT_FALSE(request->speech.normalize);
  EXPECT_EQ(request->format, audio::Format::kPcm);
  EXPECT_EQ(request->speech.sampling.temperature, 0.0F);
  EXPECT_EQ(request->speech.sampling.top_p, 0.5F);
  EXPECT_EQ(request->speech.sampling.top_k, 40);
  EXPECT_EQ(request->speech.sampling.min_p, 0.05F);
  EXPECT_EQ(request->speech.sampling.repetition_penalty, 1.3F);
  EXPECT_EQ(request->seed, 9223372036854775807U);
  EXPECT_EQ(request->speech.max_tokens, 70);
}

TEST(SpeechRequest, NullMeansAbsent) {
  EXPECT_TRUE(parse_speech_request(
                  R"({"input": "a", "model": null, "voice": null, "speed": null, "seed": null,
                      "response_format": null, "temperature": null, "max_tokens": null})",
                  {})
                  .has_value());
}

TEST(SpeechRequest, NamesTheKeyThatIsWrong) {
  const std::vector<std::pair<std::string, std::string>> cases = {
      {R"({})", "input"},
      {R"({"input": ""})", "input"},
      {R"({"input": " \n\t"})", "input"},
      {R"({"input": null})", "input"},
      {R"({"input": ["a"]})", "input"},
      {R"({"input": 5})", "input"},
      {R"({"input": "a", "model": 1})", "model"},
      {R"({"input": "a", "voice": 1})", "voice"},
      {R"({"input": "a", "voice": {"name": "tara"}})", "voice"},
      {R"({"input": "a", "voice": {"id": 1}})", "voice"},
      {R"({"input": "a", "response_format": "mp4"})", "response_format"},
      {R"({"input": "a", "response_format": true})", "response_format"},
      {R"({"input": "a", "stream_format": "ogg"})", "stream_format"},
      {R"({"input": "a", "speed": 0.2})", "speed"},
      {R"({"input": "a", "stream": 1})", "stream"},
      {R"({"input": "a", "normalize": "no"})", "normalize"},
      {R"({"input": "a", "language": "the german one"})", "language"},
      {R"({"input": "a", "language": "d"})", "language"},
      {R"({"input": "a", "speed": 9})", "speed"},
      {R"({"input": "a", "speed": "1"})", "speed"},
      {R"({"input": "a", "temperature": -0.1})", "temperature"},
      {R"({"input": "a", "temperature": true})", "temperature"},
      {R"({"input": "a", "top_p": 1.1})", "top_p"},
      {R"({"input": "a", "min_p": 2})", "min_p"},
      {R"({"input": "a", "top_k": 1.5})", "top_k"},
      {R"({"input": "a", "top_k": -1})", "top_k"},
      {R"({"input": "a", "repetition_penalty": 0})", "repetition_penalty"},
      {R"({"input": "a", "seed": -1})", "seed"},
      {R"({"input": "a", "seed": 0.5})", "seed"},
      {R"({"input": "a", "max_tokens": 0})", "max_tokens"},
      {R"({"input": "a", "max_tokens": 6})", "max_tokens"},
      {R"({"input": "a", "max_tokens": 1000000})", "max_tokens"},
  };
  for (const auto& [body, param] : cases) {
    const auto request = parse_speech_request(body, {});
    ASSERT_FALSE(request.has_value()) << body;
    EXPECT_EQ(request.error().status, 400) << body;
    EXPECT_EQ(request.error().param, param) << body;
    EXPECT_FALSE(request.error().code.empty()) << body;
  }
}

TEST(SpeechRequest, SaysWhichFormatsThereAre) {
  for (const char* format : {"mp4", "oga", "WAV", ""}) {
    const auto request = parse_speech_request(
        std::string(R"({"input": "a", "response_format": ")") + format + "\"}", {});
    ASSERT_FALSE(request.has_value()) << format;
    EXPECT_NE(request.error().message.find("wav"), std::string::npos);
  }
}

TEST(SpeechRequest, ReadsFormatsSpeedsAndDeliveries) {
  for (const audio::Format format : audio::all_formats()) {
    const auto request = parse_speech_request(
        R"({"input": "a", "response_format": ")" + std::string(audio::name_of(format)) + "\"}", {});
    ASSERT_EQ(request.has_value(), audio::can_encode(format));
    if (request) {
      EXPECT_EQ(request->format, format);
    }
  }
  const auto delivery_of = [](const std::string& keys) {
    return parse_speech_request(R"({"input": "a", )" + keys + "}", {})->delivery;
  };
  EXPECT_EQ(delivery_of(R"("stream_format": "sse")"), Delivery::kEvents);
  EXPECT_EQ(delivery_of(R"("stream_format": "sse", "stream": false)"), Delivery::kEvents);
  EXPECT_EQ(delivery_of(R"("stream": false)"), Delivery::kWhole);
  EXPECT_EQ(delivery_of(R"("stream": true)"), Delivery::kStream);
  if (!audio::can_filter()) GTEST_SKIP();
  for (const char* speed : {"0.25", "1.5", "4"}) {
    EXPECT_EQ(
        parse_speech_request(std::string(R"({"input": "a", "speed": )") + speed + "}", {})->speed,
        std::stod(speed));
  }
}

// Guards against: a rate that the format lacks is refused only after the response has begun.
TEST(SpeechRequest, ReadsASampleRateThatTheFormatHas) {
  if (!audio::can_filter()) GTEST_SKIP() << "this build cannot change the rate";
  const auto parse = [](const std::string& keys) {
    return parse_speech_request(R"({"input": "a", )" + keys + "}", {});
  };
  EXPECT_EQ(parse(R"("response_format": "pcm")")->sample_rate_hz, std::nullopt);
  EXPECT_EQ(parse(R"("response_format": "pcm", "sample_rate": 12345)")->sample_rate_hz, 12345);
  EXPECT_EQ(parse(R"("response_format": "mp3", "sample_rate": 44100)")->sample_rate_hz, 44100);
  for (const char* keys :
       {R"("response_format": "mp3", "sample_rate": 12345)",
        R"("response_format": "pcm", "sample_rate": 7999)",
        R"("response_format": "pcm", "sample_rate": 48001)",
        R"("response_format": "pcm", "sample_rate": 8000.5)",
        R"("response_format": "pcm", "sample_rate": "8000")",
        R"("response_format": "pcm", "file_format": "mp3", "sample_rate": 9000)"}) {
    const auto request = parse(keys);
    ASSERT_FALSE(request.has_value()) << keys;
    EXPECT_EQ(request.error().param, "sample_rate") << keys;
  }
  EXPECT_TRUE(
      parse_speech_request(R"({"text": "a", "sample_rate": 9000})", {}, "text", audio::Format::kWav)
          .has_value());
}

TEST(SpeechRequest, CountsCharactersNotBytes) {
  Options options;
  options.max_input_code_points = 3;
  EXPECT_TRUE(parse_speech_request(R"({"input": "世界人"})", options).has_value());
  EXPECT_TRUE(parse_speech_request(R"({"input": "\ud83d\udc67ab"})", options).has_value());
  const auto request = parse_speech_request(R"({"input": "abcd"})", options);
  ASSERT_FALSE(request.has_value());
  EXPECT_EQ(request.error().code, "string_above_max_length");
}

TEST(SpeechRequest, TheLongestInputFitsTheLargestBodyEvenWhenAllOfItIsEscaped) {
  const Options options;
  std::string body = R"({"input": ")";
  for (size_t i = 0; i < options.max_input_code_points; ++i) body += "\\ud83d\\udc67";
  body += "\"}";
  EXPECT_LT(body.size(), options.max_body_bytes);
  EXPECT_TRUE(parse_speech_request(body, options).has_value());
}

TEST(SpeechRequest, AFileBesideTheSoundHasAFormatOfItsOwn) {
  const auto parsed = [](const std::string& keys) {
    return parse_speech_request(R"({"input": "a", "stream_format": "sse")" + keys + "}", {});
  };
  EXPECT_EQ(parsed("")->file_format, std::nullopt);
  const auto both = parsed(R"(, "response_format": "pcm", "file_format": "wav")");
  EXPECT_EQ(both->format, audio::Format::kPcm);
  EXPECT_EQ(both->file_format, audio::Format::kWav);
  EXPECT_EQ(parsed(R"(, "file_format": "doc")").error().param, "file_format");
}

}  // namespace
}  // namespace orpheus::http
