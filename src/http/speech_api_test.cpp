#include "http/speech_api.h"

#include <cmath>
#include <set>
#include <sstream>
#include <string>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "audio/pcm.h"
#include "audio/wav.h"
#include "http/speech_body.h"
#include "http/testing/fake_synthesiser.h"
#include "http/testing/recorded.h"

namespace orpheus::http {
namespace {

using speech::SampleSink;
using speech::Summary;

Recorded post(const std::string& body, FakeSynthesiser synthesiser = {}, bool listening = true) {
  Request request;
  request.body = body;
  Recorded recorded;
  recorded.listening = listening;
  const FakeContext context(synthesiser);
  Answer answer = speech_routes(context.get()).front().handler(request);
  answer_into(std::move(answer), recorded);
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
  const Recorded answer = post(R"({"input": "Hi", "response_format": "wav"})");
  EXPECT_EQ(answer.header("Content-Type"), "audio/wav");
  std::vector<std::byte> expected;
  for (const std::byte byte : audio::wav_header(24000, std::nullopt)) expected.push_back(byte);
  for (const std::byte byte : pcm_of_sine(4)) expected.push_back(byte);
  EXPECT_EQ(answer.body, expected);
}

TEST(SpeechApi, AnAnswerInOnePieceHasItsLengthAndItsTime) {
  const Recorded answer = post(R"({"input": "Hi", "response_format": "wav", "stream": false})");
  EXPECT_TRUE(answer.whole);
  EXPECT_NE(answer.header("X-Generation-Time-Ms"), "(none)");
  const auto header = audio::wav_header(24000, int64_t{4} * speech::kSamplesPerFrame);
  EXPECT_EQ(answer.head.body.substr(0, 44),
            std::string(reinterpret_cast<const char*>(header.data()), header.size()));
  EXPECT_EQ(answer.head.body.size(), 44 + pcm_of_sine(4).size());
}

// In FLAC's first block (RFC 9639, 8.2).
uint64_t length_told_by(std::string_view flac) {
  uint64_t num_samples = static_cast<uint8_t>(flac.at(21)) & 0xFU;
  for (size_t i = 22; i < 26; ++i)
    num_samples = num_samples << 8U | static_cast<uint8_t>(flac.at(i));
  return num_samples;
}

TEST(SpeechApi, AnAnswerInOnePieceIsAWholeFile) {
  if (!audio::can_encode(audio::Format::kFlac)) GTEST_SKIP() << "this build has no FLAC";
  const Recorded answer = post(R"({"input": "Hi", "response_format": "flac", "stream": false})");
  EXPECT_EQ(length_told_by(answer.head.body), 4U * speech::kSamplesPerFrame);
}

TEST(SpeechApi, OggIsOpus) {
  if (!audio::can_encode(audio::Format::kOpus)) GTEST_SKIP() << "this build has no Opus";
  const Recorded ogg = post(R"({"input": "Hi", "response_format": "ogg"})");
  EXPECT_EQ(ogg.header("Content-Type"), "audio/ogg");
  EXPECT_EQ(ogg.body, post(R"({"input": "Hi", "response_format": "opus"})").body);
}

// A telephone gets 8000 bytes for each second, a request's rate overrides the server's.
TEST(SpeechApi, ARequestChoosesItsSampleRate) {
  if (!audio::can_filter()) GTEST_SKIP() << "this build cannot change the rate";
  const size_t num_samples = post(R"({"input": "Hi", "response_format": "pcm"})").body.size() / 2;
  for (const auto& [keys, rate_hz, bytes_per_sample] :
       {std::tuple(R"("response_format": "ulaw")", 8000, 1),
        std::tuple(R"("response_format": "alaw", "sample_rate": 16000)", 16000, 1),
        std::tuple(R"("response_format": "pcm", "sample_rate": 22050)", 22050, 2)}) {
    const Recorded answer = post(std::string(R"({"input": "Hi", )") + keys + "}");
    EXPECT_EQ(answer.header("X-Sample-Rate"), std::to_string(rate_hz));
    const double expected = static_cast<double>(num_samples) * rate_hz / speech::kSampleRateHz;
    EXPECT_EQ(answer.body.size(),
              static_cast<size_t>(std::llround(expected)) * static_cast<size_t>(bytes_per_sample))
        << keys;
  }
}

TEST(SpeechApi, EveryFormatIsAnswered) {
  for (const audio::Format format : audio::all_formats()) {
    if (!audio::can_encode(format)) continue;
    const Recorded answer = post(R"({"input": "Hi", "response_format": ")" +
                                 std::string(audio::name_of(format)) + "\"}");
    EXPECT_EQ(answer.head.status, 200);
    EXPECT_EQ(answer.header("Content-Type"), audio::content_type(format));
    EXPECT_GT(answer.body.size(), 100U);
    EXPECT_TRUE(answer.finished);
  }
}

TEST(SpeechApi, EventsSayWhichPieceIsHeardOnlyWhenAsked) {
  const FakeSynthesiser two_pieces([](const speech::Request& request, const SampleSink& sink) {
    for (size_t piece = 0; piece < 2; ++piece) {
      if (request.on_piece) {
        request.on_piece({.index = piece,
                          .count = 2,
                          .text = piece == 0 ? "One." : "Two.",
                          .first_sample = static_cast<int64_t>(piece) * speech::kSamplesPerFrame});
      }
      sink(sine_frame(static_cast<int>(piece)));
    }
    return Result<Summary>(Summary{});
  });
  const auto types_of = [&](const std::string& keys) {
    const Recorded answer =
        post(R"({"input": "Hi", "response_format": "pcm", "stream_format": "sse")" + keys + "}",
             two_pieces);
    std::string types;
    std::istringstream lines(
        std::string(reinterpret_cast<const char*>(answer.body.data()), answer.body.size()));
    for (std::string line; std::getline(lines, line);) {
      if (line.empty()) continue;
      const auto event = nlohmann::json::parse(line.substr(sizeof("data: ") - 1));
      types += event["type"].get<std::string>() + " ";
      if (event.contains("text")) {
        types += event["text"].get<std::string>() + " ";
        EXPECT_EQ(event["count"], 2);
        EXPECT_DOUBLE_EQ(
            event["start_seconds"].get<double>(),
            event["index"].get<double>() * speech::kSamplesPerFrame / speech::kSampleRateHz);
      }
    }
    return types;
  };
  EXPECT_EQ(types_of(""), "speech.audio.delta speech.audio.delta speech.audio.done ");
  EXPECT_EQ(types_of(R"(, "progress": true)"),
            "orpheus.speech.piece One. speech.audio.delta orpheus.speech.piece Two. "
            "speech.audio.delta speech.audio.done ");
}

// Two pieces of a word each; the words are known when a piece has ended.
FakeSynthesiser two_words() {
  return FakeSynthesiser([](const speech::Request& request, const SampleSink& sink) {
    for (size_t piece = 0; piece < 2; ++piece) {
      sink(sine_frame(static_cast<int>(piece)));
      if (!request.on_words) continue;
      const int64_t begin = static_cast<int64_t>(piece) * speech::kSamplesPerFrame;
      const align::WordTime word{.word = piece == 0 ? "five" : "then",
                                 .origin = piece == 0 ? text::Range{3, 5} : text::Range{7, 11},
                                 .begin = begin + 240,
                                 .end = begin + 1200,
                                 .confidence = 0.5F};
      request.on_words({.piece = piece, .words = {&word, 1}});
    }
    return Result<Summary>(Summary{.num_samples = int64_t{2} * speech::kSamplesPerFrame});
  });
}

std::vector<nlohmann::json> events_of(const Recorded& answer) {
  std::string text(reinterpret_cast<const char*>(answer.body.data()), answer.body.size());
  std::vector<nlohmann::json> events;
  for (size_t end = 0; (end = text.find("\n\n")) != std::string::npos; text.erase(0, end + 2))
    events.push_back(nlohmann::json::parse(text.substr(6, end - 6)));
  return events;
}

// A client that asks for words must get sound and words, whatever else it asks for.
TEST(SpeechApi, EventsSayWhenEachWordIsHeard) {
  for (const std::string keys : {R"("words": true)", R"("words": true, "stream": true)",
                                 R"("words": true, "stream_format": "sse", "stream": false)"}) {
    const Recorded answer =
        post(R"({"input": "\u00fc $5, then", "response_format": "pcm", "speed": 1, )" + keys + "}",
             two_words());
    EXPECT_EQ(answer.header("Content-Type"), "text/event-stream") << keys;
    const auto events = events_of(answer);
    std::string types;
    nlohmann::json words = nlohmann::json::array();
    for (const auto& event : events) {
      types += event["type"].get<std::string>() + " ";
      if (event.contains("words"))
        words.insert(words.end(), event["words"].begin(), event["words"].end());
    }
    EXPECT_EQ(types,
              "speech.audio.delta orpheus.speech.words speech.audio.delta orpheus.speech.words "
              "speech.audio.done ");
    EXPECT_EQ(words, nlohmann::json::parse(R"([
        {"word": "five", "start": 0.01, "end": 0.05, "confidence": 0.5, "source": "estimate",
         "begin": 3, "end_of": 5, "begin_utf16": 2, "end_of_utf16": 4},
        {"word": "then", "start": 0.0953, "end": 0.1353, "confidence": 0.5, "source": "estimate",
         "begin": 7, "end_of": 11, "begin_utf16": 6, "end_of_utf16": 10}])"));
  }
  // Without the key there are none, and nothing else is different.
  for (const auto& event : events_of(post(
           R"({"input": "Hi", "response_format": "pcm", "stream_format": "sse"})", two_words())))
    EXPECT_NE(event["type"], "orpheus.speech.words");
}

TEST(SpeechApi, AWholeResponseWithWordsIsJson) {
  const Recorded answer = post(
      R"({"input": "\u00fc $5, then", "response_format": "wav", "words": true, "stream": false})",
      two_words());
  EXPECT_EQ(answer.header("Content-Type"), "application/json");
  const auto body = nlohmann::json::parse(
      answer.head.body.empty()
          ? std::string(reinterpret_cast<const char*>(answer.body.data()), answer.body.size())
          : answer.head.body);
  EXPECT_EQ(body["format"], "wav");
  EXPECT_EQ(body["sample_rate"], 24000);
  EXPECT_EQ(body["seconds"], 0.1707);
  ASSERT_EQ(body["words"].size(), 2U);
  EXPECT_EQ(body["words"][1]["word"], "then");
  EXPECT_EQ(body["words"][1]["begin_utf16"], 6);
  const Recorded sound =
      post(R"({"input": "Hi", "response_format": "wav", "stream": false})", two_words());
  const std::string plain =
      sound.head.body.empty()
          ? std::string(reinterpret_cast<const char*>(sound.body.data()), sound.body.size())
          : sound.head.body;
  EXPECT_EQ(body["audio"], base64(std::as_bytes(std::span(plain))));
}

TEST(SpeechApi, EventsCarryTheSameBytesAndTheTrueUsage) {
  const FakeSynthesiser counting([](const speech::Request&, const SampleSink& sink) {
    for (int frame = 0; frame < 4; ++frame) sink(sine_frame(frame));
    return Result<Summary>(Summary{.num_prompt_tokens = 14, .num_audio_tokens = 28});
  });
  const Recorded answer =
      post(R"({"input": "Hi", "response_format": "pcm", "stream_format": "sse"})", counting);
  EXPECT_EQ(answer.header("Content-Type"), "text/event-stream");
  std::string text(reinterpret_cast<const char*>(answer.body.data()), answer.body.size());
  std::vector<nlohmann::json> events;
  for (size_t end = 0; (end = text.find("\n\n")) != std::string::npos; text.erase(0, end + 2)) {
    ASSERT_TRUE(text.starts_with("data: "));
    events.push_back(nlohmann::json::parse(text.substr(6, end - 6)));
  }
  EXPECT_EQ(text, "");
  ASSERT_EQ(events.size(), 5U);
  std::string audio;
  for (size_t i = 0; i < 4; ++i) {
    EXPECT_EQ(events[i]["type"], "speech.audio.delta");
    audio += events[i]["audio"].get<std::string>();
  }
  EXPECT_EQ(audio.size(), 4 * base64(pcm_of_sine(1)).size());
  EXPECT_EQ(events[0]["audio"], base64(pcm_of_sine(1)));
  EXPECT_EQ(events[4], nlohmann::json::parse(R"({"type": "speech.audio.done", "usage":
            {"input_tokens": 14, "output_tokens": 28, "total_tokens": 42}})"));
}

std::string decoded(const std::string& base64_text) {
  std::string bytes;
  uint32_t group = 0;
  uint32_t bits = 0;
  for (const char c : base64_text) {
    constexpr std::string_view kLetters =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    const size_t value = kLetters.find(c);
    if (value == std::string_view::npos) break;
    group = group << 6U | static_cast<uint32_t>(value);
    bits += 6;
    if (bits >= 8) bytes += static_cast<char>(group >> (bits -= 8));
  }
  return bytes;
}

// A client that hears PCM and keeps a file must not have the text spoken twice: the second speech
// may be another one.
TEST(SpeechApi, AFileBesideTheSoundHoldsTheSameSound) {
  const Recorded answer = post(
      R"({"input": "Hi", "response_format": "pcm", "stream_format": "sse", "file_format": "wav"})");
  std::string text(reinterpret_cast<const char*>(answer.body.data()), answer.body.size());
  std::string sound;
  std::string file;
  std::string last;
  for (size_t end = 0; (end = text.find("\n\n")) != std::string::npos; text.erase(0, end + 2)) {
    const auto event = nlohmann::json::parse(text.substr(6, end - 6));
    last = event["type"];
    if (last == "speech.audio.delta") sound += decoded(event["audio"]);
    if (last == "orpheus.speech.file") file += decoded(event["audio"]);
  }
  EXPECT_EQ(last, "speech.audio.done") << "nothing comes behind it";
  ASSERT_EQ(sound.size(), size_t{4} * 2 * speech::kSamplesPerFrame);
  ASSERT_EQ(file.size(), 44 + sound.size());
  EXPECT_EQ(file.substr(44), sound);
}

// Marks on a page follow these, so that no page needs rules of its own for where sentences end.
TEST(SpeechApi, EventsSayWhereThePiecesSentencesStand) {
  const std::string input = "Ü: St. Ives is wet. Go.";
  const FakeSynthesiser voice([&](const speech::Request& request, const SampleSink& sink) {
    const text::Spanned spoken = text::Spanned::verbatim(input);
    request.on_piece({.text = spoken.text(), .language = "en", .spanned = &spoken});
    sink(sine_frame(0));
    return Result<Summary>(Summary{});
  });
  const Recorded answer =
      post(R"({"response_format": "pcm", "stream_format": "sse", "progress": true, "input": ")" +
               input + "\"}",
           voice);
  const std::string text(reinterpret_cast<const char*>(answer.body.data()), answer.body.size());
  const auto event = nlohmann::json::parse(text.substr(6, text.find("\n\n") - 6));
  EXPECT_EQ(event["sentences"], nlohmann::json::parse(R"([
      {"begin": 0, "end": 20, "begin_utf16": 0, "end_utf16": 19},
      {"begin": 21, "end": 24, "begin_utf16": 20, "end_utf16": 23}])"));
}

TEST(SpeechApi, EventsSayWhatWentWrongInTheMiddle) {
  const Recorded answer =
      post(R"({"input": "Hi", "response_format": "pcm", "stream_format": "sse"})",
           failing(ErrorKind::kUnavailable, 1));
  const std::string text(reinterpret_cast<const char*>(answer.body.data()), answer.body.size());
  EXPECT_NE(text.find(R"("type":"error")"), std::string::npos);
  EXPECT_NE(text.find("it broke"), std::string::npos);
  EXPECT_TRUE(answer.finished);
}

TEST(SpeechApi, WhileTheVoiceIsLoadedItSaysSo) {
  FakeSynthesiser synthesiser;
  FakeContext context(synthesiser);
  context.live().replace({}, nullptr);
  Request request;
  request.body = R"({"input": "Hi"})";
  const Answer answer = speech_routes(context.get()).front().handler(request);
  const auto& response = std::get<Response>(answer);
  EXPECT_EQ(response.status, 503);
  EXPECT_NE(response.body.find("model_loading"), std::string::npos);
}

TEST(SpeechApi, UnknownVoicesAreTakenAsTheSettingsSay) {
  FakeSynthesiser synthesiser;
  Options options;
  options.unknown_voice = prompt::UnknownVoice::kAccept;
  const FakeContext context(synthesiser, options);
  Request request;
  request.body = R"({"input": "Hi", "voice": "mine"})";
  Answer answer = speech_routes(context.get()).front().handler(request);
  Recorded recorded;
  run(std::get<Work>(std::move(answer)), recorded);
  EXPECT_EQ(recorded.header("X-Voice"), "mine");
}

TEST(SpeechApi, CountsWhatItSpeaks) {
  FakeSynthesiser synthesiser;
  FakeContext context(synthesiser);
  Request request;
  request.body = R"({"input": "Hi"})";
  Answer answer = speech_routes(context.get()).front().handler(request);
  Recorded recorded;
  run(std::get<Work>(std::move(answer)), recorded);
  EXPECT_EQ(context.metrics().requests_running.value(), 0);
  EXPECT_EQ(context.metrics().audio_milliseconds.value(), 341U);
  EXPECT_EQ(context.metrics().time_to_first_byte_seconds.count_up_to(15), 1U);
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
  const FakeContext context(synthesiser);
  for (const Route& route : speech_routes(context.get())) paths.insert(route.path);
  EXPECT_EQ(paths, (std::set<std::string>{"/v1/audio/speech", "/v1/speech/audio"}));
}

}  // namespace
}  // namespace orpheus::http
