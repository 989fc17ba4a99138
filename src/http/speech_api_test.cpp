#include "http/speech_api.h"

#include <set>
#include <string>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "audio/pcm.h"
#include "audio/wav.h"
#include "http/fake_synthesiser.h"

namespace orpheus::http {
namespace {

using speech::SampleSink;
using speech::Summary;

// What a handler answered, whichever way.
struct Recorded final : ResponseWriter {
  void send(Response response) override {
    head = std::move(response);
    whole = true;
  }
  void begin(Response response) override { head = std::move(response); }
  bool write(std::span<const std::byte> bytes) override {
    body.insert(body.end(), bytes.begin(), bytes.end());
    return listening;
  }
  void finish() override { finished = true; }

  std::string header(const std::string& name) const {
    for (const Header& header : head.headers) {
      if (header.name == name) return header.value;
    }
    return "(none)";
  }
  nlohmann::json error() const { return nlohmann::json::parse(head.body)["error"]; }

  Response head;
  std::vector<std::byte> body;
  bool whole = false;
  bool finished = false;
  bool listening = true;
};

Recorded post(const std::string& body, FakeSynthesiser synthesiser = {}, bool listening = true) {
  Request request;
  request.body = body;
  Recorded recorded;
  recorded.listening = listening;
  Answer answer = speech_routes({}, synthesiser).front().handler(request);
  if (auto* response = std::get_if<Response>(&answer)) recorded.send(std::move(*response));
  if (auto* work = std::get_if<Work>(&answer)) work->run(recorded);
  return recorded;
}

FakeSynthesiser failing(ErrorKind kind, int num_frames) {
  return FakeSynthesiser([=](const speech::Request&, const SampleSink& sink) -> Result<Summary> {
    for (int frame = 0; frame < num_frames; ++frame) sink(sine_frame(frame));
    return fail({.kind = kind, .what = "it broke"});
  });
}

std::vector<std::byte> pcm_of_sine(int num_frames) {
  std::vector<std::byte> bytes;
  for (int frame = 0; frame < num_frames; ++frame) {
    audio::append_int16_bytes(sine_frame(frame), bytes);
  }
  return bytes;
}

TEST(SpeechApi, PcmIsTheSamplesAndNothingElse) {
  const Recorded answer = post(R"({"input": "Hi", "response_format": "pcm"})");
  EXPECT_EQ(answer.head.status, 200);
  EXPECT_EQ(answer.header("Content-Type"), "audio/pcm");
  EXPECT_EQ(answer.body, pcm_of_sine(4));
  EXPECT_TRUE(answer.finished);
}

TEST(SpeechApi, WavIsAHeaderOfUnknownLengthAndTheSamples) {
  const Recorded answer = post(R"({"input": "Hi"})");
  EXPECT_EQ(answer.header("Content-Type"), "audio/wav");
  std::vector<std::byte> expected;
  for (const std::byte byte : audio::wav_header(24000, std::nullopt)) expected.push_back(byte);
  for (const std::byte byte : pcm_of_sine(4)) expected.push_back(byte);
  EXPECT_EQ(answer.body, expected);
}

TEST(SpeechApi, SaysWhatSpoke) {
  EXPECT_EQ(post(R"({"input": "Hi"})").header("X-Voice"), "tara");
  EXPECT_EQ(post(R"({"input": "Hi"})").header("X-Model"), "sine");
  EXPECT_EQ(post(R"({"input": "Hi", "voice": "leo"})").header("X-Voice"), "leo");
  EXPECT_EQ(post(R"({"input": "Hi", "voice": "onyx"})").header("X-Voice"), "leo");
  EXPECT_EQ(post(R"({"input": "Hi", "voice": "유나"})").header("X-Voice"), "%EC%9C%A0%EB%82%98");
  EXPECT_EQ(post(R"({"input": "Hi", "seed": 7})").header("X-Seed"), "7");
}

TEST(SpeechApi, DrawsASeedWhereNoneIsGiven) {
  std::set<std::string> seeds;
  for (int i = 0; i < 20; ++i) seeds.insert(post(R"({"input": "Hi"})").header("X-Seed"));
  EXPECT_EQ(seeds.size(), 20U);
  for (const std::string& seed : seeds) EXPECT_LT(std::stoull(seed), 1ULL << 53U);
}

TEST(SpeechApi, HandsTheRequestToTheSynthesiser) {
  speech::Request heard;
  const FakeSynthesiser synthesiser(
      [&](const speech::Request& request, const SampleSink& sink) -> Result<Summary> {
        heard = request;
        sink(sine_frame(0));
        return Summary{};
      });
  post(R"({"input": "Hi", "voice": "onyx", "seed": 5, "top_k": 3, "max_tokens": 70})", synthesiser);
  EXPECT_EQ(heard.text, "Hi");
  EXPECT_EQ(heard.voice, "leo");
  EXPECT_EQ(heard.sampling.seed, 5U);
  EXPECT_EQ(heard.sampling.top_k, 3);
  EXPECT_EQ(heard.max_tokens, 70);
}

TEST(SpeechApi, AVoiceThatIsNotThereIsNotReplaced) {
  const Recorded answer = post(R"({"input": "Hi", "voice": "../../etc/passwd"})");
  EXPECT_EQ(answer.head.status, 404);
  EXPECT_EQ(answer.error()["param"], "voice");
  EXPECT_EQ(answer.error()["code"], "voice_not_found");
}

TEST(SpeechApi, WhatFailsBeforeTheFirstSampleHasItsOwnStatus) {
  EXPECT_EQ(post(R"({"input": "Hi"})", failing(ErrorKind::kUsage, 0)).head.status, 400);
  EXPECT_EQ(post(R"({"input": "Hi"})", failing(ErrorKind::kLimit, 0)).head.status, 413);
  EXPECT_EQ(post(R"({"input": "Hi"})", failing(ErrorKind::kUnavailable, 0)).head.status, 503);
  EXPECT_EQ(post(R"({"input": "Hi"})", failing(ErrorKind::kInternal, 0)).head.status, 500);
  EXPECT_EQ(post(R"({"input": "Hi"})", failing(ErrorKind::kUsage, 0)).error()["message"],
            "it broke");
}

TEST(SpeechApi, WhatFailsLaterIsNotFinished) {
  const Recorded answer = post(R"({"input": "Hi"})", failing(ErrorKind::kInternal, 2));
  EXPECT_EQ(answer.head.status, 200);
  EXPECT_FALSE(answer.whole);
  EXPECT_FALSE(answer.finished);
}

TEST(SpeechApi, ASpeechWithoutASampleIsAnError) {
  const FakeSynthesiser silent([](const speech::Request&, const SampleSink& sink) {
    EXPECT_TRUE(sink({}));
    return Result<Summary>(Summary{});
  });
  const Recorded answer = post(R"({"input": "Hi"})", silent);
  EXPECT_EQ(answer.head.status, 500);
  EXPECT_TRUE(answer.whole);
}

TEST(SpeechApi, TellsTheSynthesiserThatTheListenerLeft) {
  const FakeSynthesiser synthesiser(
      [](const speech::Request&, const SampleSink& sink) -> Result<Summary> {
        EXPECT_FALSE(sink(sine_frame(0)));
        return fail({.kind = ErrorKind::kCancelled, .what = "left"});
      });
  EXPECT_FALSE(post(R"({"input": "Hi"})", synthesiser, false).finished);
}

TEST(SpeechApi, IsFoundAtBothPaths) {
  FakeSynthesiser synthesiser;
  std::set<std::string> paths;
  for (const Route& route : speech_routes({}, synthesiser)) paths.insert(route.path);
  EXPECT_EQ(paths, (std::set<std::string>{"/v1/audio/speech", "/v1/speech/audio"}));
}

}  // namespace
}  // namespace orpheus::http
