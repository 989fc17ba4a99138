#include "http/elevenlabs_api.h"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "http/testing/fake_synthesiser.h"
#include "http/testing/recorded.h"
#include "text/words.h"

namespace orpheus::http {
namespace {

using nlohmann::json;

Recorded post(const std::string& path, const std::string& body, FakeSynthesiser synthesiser = {}) {
  Request request;
  request.method = "POST";
  request.path = path;
  request.query = "output_format=pcm_24000";
  request.body = body;
  Recorded recorded;
  const FakeContext context(synthesiser);
  answer_into(Router(elevenlabs_routes(context.get())).answer(request), recorded);
  return recorded;
}

TEST(ElevenLabsApi, ConvertIsWholeAndStreamIsSentWhileItIsMade) {
  const Recorded whole = post("/v1/text-to-speech/21m00Tcm4TlvDq8ikWAM", R"({"text": "Hi"})");
  EXPECT_EQ(whole.head.status, 200);
  EXPECT_TRUE(whole.whole);
  EXPECT_EQ(whole.header("Content-Type"), "audio/pcm");
  EXPECT_EQ(whole.header("X-Voice"), "tara");
  EXPECT_EQ(whole.header("X-Sample-Rate"), "24000");
  const Recorded streamed = post("/v1/text-to-speech/leo/stream", R"({"text": "Hi"})");
  EXPECT_EQ(streamed.head.status, 200);
  EXPECT_FALSE(streamed.whole);
  EXPECT_TRUE(streamed.finished);
  EXPECT_EQ(streamed.header("X-Voice"), "leo");
  EXPECT_EQ(streamed.body.size(), whole.head.body.size());
}

// Their clients read "detail", wherever the error comes from.
TEST(ElevenLabsApi, ErrorsHaveTheirForm) {
  const Recorded wrong = post("/v1/text-to-speech/leo", R"({"text": ""})");
  EXPECT_EQ(wrong.head.status, 422);
  const json list = json::parse(wrong.head.body)["detail"];
  ASSERT_TRUE(list.is_array());
  EXPECT_EQ(list[0]["loc"], (json::array({"body", "text"})));
  EXPECT_TRUE(list[0]["msg"].is_string());

  const Recorded unknown = post("/v1/text-to-speech/nobody", R"({"text": "Hi"})");
  EXPECT_EQ(unknown.head.status, 404);
  EXPECT_EQ(json::parse(unknown.head.body)["detail"]["status"], "voice_not_found");

  for (const char* path : {"/v1/text-to-speech/leo/other", "/v1/text-to-speech//stream"}) {
    const Recorded elsewhere = post(path, R"({"text": "Hi"})");
    EXPECT_EQ(elsewhere.head.status, 404) << path;
    EXPECT_TRUE(json::parse(elsewhere.head.body).contains("detail")) << path;
  }
}

// Speaks a frame for each word, as a piece of its own.
FakeSynthesiser in_words() {
  return FakeSynthesiser([](const speech::Request& request,
                            const speech::SampleSink& sink) -> Result<speech::Summary> {
    int64_t num_samples = 0;
    size_t index = 0;
    for (const text::Word& word : text::words_of(text::Spanned::verbatim(request.text))) {
      text::Spanned piece;
      piece.append_verbatim(
          std::string_view(request.text).substr(word.text.begin, word.text.size()),
          word.text.begin);
      request.on_piece(
          {.index = index++, .text = piece.text(), .first_sample = num_samples, .spanned = &piece});
      sink(sine_frame(0));
      num_samples += speech::kSamplesPerFrame;
    }
    return speech::Summary{.num_samples = num_samples};
  });
}

std::string joined(const json& alignment) {
  EXPECT_EQ(alignment["characters"].size(), alignment["character_start_times_seconds"].size());
  EXPECT_EQ(alignment["characters"].size(), alignment["character_end_times_seconds"].size());
  std::string text;
  for (const json& character : alignment["characters"]) text += character.get<std::string>();
  return text;
}

constexpr double kFrameSeconds =
    static_cast<double>(speech::kSamplesPerFrame) / speech::kSampleRateHz;

TEST(ElevenLabsApi, AWholeSpeechHasTheTimeOfEveryCharacter) {
  const std::string text = R"({"text": "Hello dear ears", "voice_settings": {"speed": 2}})";
  const Recorded whole = post("/v1/text-to-speech/leo/with-timestamps", text, in_words());
  EXPECT_EQ(whole.head.status, 200);
  EXPECT_EQ(whole.header("Content-Type"), "application/json");
  const json body = json::parse(whole.head.body);
  EXPECT_FALSE(body["audio_base64"].get<std::string>().empty());
  EXPECT_EQ(joined(body["alignment"]), "Hello dear ears");
  EXPECT_EQ(joined(body["normalized_alignment"]), "Hello dear ears");
  EXPECT_EQ(body["alignment"]["character_start_times_seconds"][0], 0.0);
  EXPECT_NEAR(body["alignment"]["character_end_times_seconds"].back().get<double>(),
              3 * kFrameSeconds / 2, 0.001);
}

TEST(ElevenLabsApi, AStreamWithTimestampsHasALineForItsSound) {
  const Recorded streamed = post("/v1/text-to-speech/leo/stream/with-timestamps",
                                 R"({"text": "Hello dear ears"})", in_words());
  EXPECT_EQ(streamed.header("Content-Type"), "application/json");
  EXPECT_TRUE(streamed.finished);
  std::string_view lines(reinterpret_cast<const char*>(streamed.body.data()), streamed.body.size());
  std::string spoken;
  size_t num_sound_bytes = 0;
  double at_s = 0;
  while (!lines.empty()) {
    const std::string_view line = lines.substr(0, lines.find('\n'));
    lines.remove_prefix(line.size() + 1);
    const json chunk = json::parse(line);
    num_sound_bytes += chunk["audio_base64"].get<std::string>().size() / 4 * 3;
    if (chunk["alignment"].is_null()) continue;
    spoken += joined(chunk["alignment"]);
    EXPECT_GE(chunk["alignment"]["character_start_times_seconds"][0].get<double>(), at_s - 0.001);
    at_s = chunk["alignment"]["character_end_times_seconds"].back().get<double>();
  }
  EXPECT_EQ(spoken, "Hello dear ears");
  EXPECT_NEAR(at_s, 3 * kFrameSeconds, 0.001);
  EXPECT_NEAR(static_cast<double>(num_sound_bytes), 3.0 * 2 * speech::kSamplesPerFrame, 10);
}

}  // namespace
}  // namespace orpheus::http
