#include "http/captioned_speech_api.h"

#include <sstream>
#include <string>
#include <vector>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "audio/pcm.h"
#include "http/speech_body.h"
#include "http/testing/fake_synthesiser.h"
#include "http/testing/recorded.h"

namespace orpheus::http {
namespace {

using nlohmann::json;

// Two frames, and a word of each that is known behind it.
FakeSynthesiser two_words() {
  return FakeSynthesiser([](const speech::Request& request, const speech::SampleSink& sink) {
    for (int piece = 0; piece < 2; ++piece) {
      sink(sine_frame(piece));
      if (!request.on_words) continue;
      const int64_t begin = int64_t{piece} * speech::kSamplesPerFrame;
      const align::WordTime word{
          .word = piece == 0 ? "Hello" : "there", .begin = begin, .end = begin + 1200};
      request.on_words({.piece = static_cast<size_t>(piece), .words = {&word, 1}});
    }
    return Result<speech::Summary>(speech::Summary{});
  });
}

Recorded post(const std::string& body, FakeSynthesiser synthesiser = two_words()) {
  Request request;
  request.body = body;
  Recorded recorded;
  const FakeContext context(synthesiser);
  answer_into(captioned_speech_routes(context.get()).front().handler(request), recorded);
  return recorded;
}

std::vector<json> lines_of(const Recorded& answer) {
  std::istringstream text(
      std::string(reinterpret_cast<const char*>(answer.body.data()), answer.body.size()));
  std::vector<json> lines;
  for (std::string line; std::getline(text, line);) lines.push_back(json::parse(line));
  return lines;
}

std::string pcm_of(int first, int behind) {
  std::vector<std::byte> bytes;
  for (int frame = first; frame < behind; ++frame)
    audio::append_int16_bytes(sine_frame(frame), bytes);
  return base64(bytes);
}

// Their clients read audio, and word, start_time and end_time of timestamps.
TEST(CaptionedSpeech, AWholeAnswerIsOneObject) {
  const Recorded answer =
      post(R"({"input": "Hello there", "stream": false, "response_format": "pcm"})");
  EXPECT_EQ(answer.header("Content-Type"), "application/json");
  const json body = json::parse(answer.head.body);
  EXPECT_EQ(body["audio"], pcm_of(0, 2));
  EXPECT_EQ(body["audio_format"], "audio/pcm");
  EXPECT_EQ(body["timestamps"], json::parse(R"([
      {"word": "Hello", "start_time": 0.0, "end_time": 0.05},
      {"word": "there", "start_time": 0.0853, "end_time": 0.1353}])"));
  EXPECT_EQ(body.size(), 3U);
}

// A client that plays the lines as they come must lose neither sound nor words.
TEST(CaptionedSpeech, AStreamIsAnObjectInEachLine) {
  const Recorded answer = post(R"({"input": "Hello there", "response_format": "pcm"})");
  EXPECT_EQ(answer.header("Content-Type"), "application/json");
  EXPECT_TRUE(answer.finished);
  const auto lines = lines_of(answer);
  ASSERT_EQ(lines.size(), 3U);
  EXPECT_EQ(lines[0]["audio"], pcm_of(0, 1));
  EXPECT_EQ(lines[1]["audio"], pcm_of(1, 2));
  EXPECT_EQ(lines[2]["audio"], "");
  EXPECT_TRUE(lines[0]["timestamps"].empty());
  EXPECT_EQ(lines[1]["timestamps"][0]["word"], "Hello");
  EXPECT_EQ(lines[2]["timestamps"][0]["word"], "there");
}

TEST(CaptionedSpeech, WithoutTimestampsTheyAreNull) {
  const Recorded answer =
      post(R"({"input": "Hi", "return_timestamps": false, "response_format": "pcm"})");
  const auto lines = lines_of(answer);
  ASSERT_EQ(lines.size(), 2U);
  for (const json& line : lines) EXPECT_TRUE(line["timestamps"].is_null());
}

// Their clients send names that no voice here has.
TEST(CaptionedSpeech, KokorosVoicesAreSpokenByFittingOnes) {
  for (const auto& [asked, speaks] :
       {std::pair{"af_heart", "tara"}, {"bm_george", "leo"}, {"af_bella+af_sky", "tara"}}) {
    const Recorded answer =
        post(R"({"input": "Hi", "lang_code": "a", "voice": ")" + std::string(asked) + "\"}");
    EXPECT_EQ(answer.header("X-Voice"), speaks) << asked;
  }
}

TEST(CaptionedSpeech, ErrorsHaveKokorosForm) {
  for (const auto& [body, status] : {std::pair{R"({"input": ""})", 400},
                                     {R"({"input": "Hi", "voice": "nobody"})", 404},
                                     {R"({"input": "Hi", "return_timestamps": 3})", 400}}) {
    const Recorded answer = post(body);
    EXPECT_EQ(answer.head.status, status) << body;
    const json detail = json::parse(answer.head.body)["detail"];
    EXPECT_EQ(detail["error"], "validation_error");
    EXPECT_TRUE(detail["message"].is_string());
  }
  const FakeSynthesiser breaks([](const speech::Request&, const speech::SampleSink&) {
    return Result<speech::Summary>(fail({.kind = ErrorKind::kInternal, .what = "it broke"}));
  });
  const Recorded answer = post(R"({"input": "Hi"})", breaks);
  EXPECT_EQ(answer.head.status, 500);
  EXPECT_EQ(json::parse(answer.head.body)["detail"]["error"], "processing_error");
}

}  // namespace
}  // namespace orpheus::http
