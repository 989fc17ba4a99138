#include "http/elevenlabs_api.h"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "http/testing/fake_synthesiser.h"
#include "http/testing/recorded.h"

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

  const FakeSynthesiser breaks(
      [](const speech::Request&, const speech::SampleSink&) -> Result<speech::Summary> {
        return fail({.kind = ErrorKind::kUnavailable, .what = "it broke"});
      });
  for (const char* path : {"/v1/text-to-speech/leo", "/v1/text-to-speech/leo/stream"}) {
    const Recorded failed = post(path, R"({"text": "Hi"})", breaks);
    EXPECT_EQ(failed.head.status, 503) << path;
    EXPECT_EQ(json::parse(failed.head.body)["detail"]["message"], "it broke") << path;
  }
}

}  // namespace
}  // namespace orpheus::http
