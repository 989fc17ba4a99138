// orpheus align: the words of codes that are known.

#include <cmath>
#include <fstream>
#include <iterator>
#include <string>

#include <nlohmann/json.hpp>

#include "program_fixture.h"

namespace orpheus::program {
namespace {

using nlohmann::json;

constexpr const char* kText = "Hello there, this is a small voice speaking.";
constexpr size_t kNumWords = 8;

// Exit codes.
constexpr int kUsage = 2;
constexpr int kNotFound = 3;
constexpr int kBadFile = 4;
constexpr int kUnsupported = 5;
constexpr int kLimit = 7;

constexpr double kFrameSeconds = 2048.0 / 24000;

class Align : public ProgramTest {
 protected:
  void SetUp() override {
    ProgramTest::SetUp();
    if (!std::filesystem::exists(small("lm.gguf"))) GTEST_SKIP() << "built without the small voice";
  }

  static std::string small(const std::string& name) {
    return (std::filesystem::path(ORPHEUS_PROGRAM).parent_path() / "voices/small" / name).string();
  }

  // What the small voice says, with the likeliest tokens: [[7 codes], …].
  std::vector<std::vector<int>> frames_of(const std::string& text) const {
    const json ids =
        json::parse(must({"tokenize", "rms: " + text, "--model", small("lm.gguf")}))["ids"];
    json prompt = {258, 256};
    for (const json& id : ids) prompt.push_back(id);
    for (const int id : {257, 259, 260, 262}) prompt.push_back(id);
    const json made = json::parse(must({"generate", "--prompt-ids", "-", "--tokens", "1000",
                                        "--greedy", "--model", small("lm.gguf")},
                                       prompt.dump()));
    std::vector<std::vector<int>> frames;
    for (size_t i = 0; i + 7 <= made["ids"].size(); i += 7) {
      std::vector<int> codes;
      for (int slot = 0; slot < 7; ++slot)
        codes.push_back(made["ids"][i + static_cast<size_t>(slot)].get<int>() - 288 - slot * 4096);
      frames.push_back(codes);
    }
    return frames;
  }

  json aligned(const std::vector<std::vector<int>>& frames, std::vector<std::string> more) const {
    json codes = {{"c0", json::array()}, {"c1", json::array()}, {"c2", json::array()}};
    for (const auto& frame : frames) {
      for (const size_t slot : {0U}) codes["c0"].push_back(frame[slot]);
      for (const size_t slot : {1U, 4U}) codes["c1"].push_back(frame[slot]);
      for (const size_t slot : {2U, 3U, 5U, 6U}) codes["c2"].push_back(frame[slot]);
    }
    write("codes.json", codes.dump());
    std::vector<std::string> arguments = {"align", path("codes.json"), "--text",
                                          kText,   "--model",          small("lm.gguf")};
    arguments.insert(arguments.end(), more.begin(), more.end());
    return json::parse(must(arguments));
  }
};

TEST_F(Align, EveryWordHasItsTime) {
  const auto frames = frames_of(kText);
  for (const bool has_sound : {false, true}) {
    const json words =
        aligned(frames, has_sound ? std::vector<std::string>{"--codec", small("codec.gguf")}
                                  : std::vector<std::string>());
    ASSERT_EQ(words.size(), kNumWords);
    double behind = 0;
    for (const json& word : words) {
      EXPECT_EQ(word["source"], "attention");
      EXPECT_GE(word["start"].get<double>(), behind);
      EXPECT_GT(word["end"].get<double>(), word["start"].get<double>());
      EXPECT_GT(word["confidence"].get<double>(), 0.3) << word;
      behind = word["end"];
    }
    EXPECT_LE(behind, static_cast<double>(frames.size()) * kFrameSeconds);
    EXPECT_EQ(words[1]["word"], "there");
    EXPECT_EQ(words[1]["begin"], 6);
    EXPECT_EQ(words[1]["end_of"], 11);
  }
}

// What is heard without a word, or with one twice, must not pass as the text.
TEST_F(Align, SpoiledSpeechIsTold) {
  const auto frames = frames_of(kText);
  const json good = aligned(frames, {"--verdict"});
  EXPECT_EQ(good["fault"], "none") << good;
  EXPECT_EQ(good["is_sure"], true);
  const json& word = good["words"][6];  // "voice"
  const auto begin = std::lround(word["start"].get<double>() / kFrameSeconds);
  const auto end = std::lround(word["end"].get<double>() / kFrameSeconds);
  ASSERT_GE(end - begin, 3);
  auto cut = frames;
  cut.erase(cut.begin() + begin, cut.begin() + end);
  EXPECT_NE(aligned(cut, {"--verdict"})["fault"], "none");
  auto doubled = frames;
  doubled.insert(doubled.begin() + end, frames.begin() + begin, frames.begin() + end);
  EXPECT_NE(aligned(doubled, {"--verdict"})["fault"], "none");
  auto early = frames;
  early.resize(static_cast<size_t>(begin));
  EXPECT_NE(aligned(early, {"--verdict"})["fault"], "none");
}

// Guards against: a command that wants flags where say finds the voice by itself.
TEST_F(Align, TheVoiceIsFoundAsSayFindsIt) {
  const auto frames = frames_of(kText);
  const json words = aligned(frames, {});
  const std::string codes = path("codes.json");
  const json by_default = json::parse(must({"align", codes, "--text", kText}));
  ASSERT_EQ(by_default.size(), kNumWords);
  EXPECT_EQ(by_default, json::parse(must({"align", codes, "--text", kText, "--model", "small"})));
  EXPECT_EQ(by_default, json::parse(must({"align", codes, "--text", kText, "--model",
                                          small("lm.gguf"), "--codec", small("codec.gguf")})));
  EXPECT_EQ(by_default[1]["word"], words[1]["word"]);
  must({"say", kText, "--model", "small", "--seed", "1", "-o", path("named.wav")});
  must({"say", kText, "--seed", "1", "-o", path("unnamed.wav")});
  const auto bytes_of = [&](const std::string& name) {
    std::ifstream file(path(name), std::ios::binary);
    return std::string(std::istreambuf_iterator<char>(file), {});
  };
  EXPECT_EQ(bytes_of("named.wav"), bytes_of("unnamed.wav"));
  // The small voice's codec has no encoder.
  expect_refused(call({"align", path("named.wav"), "--text", kText}), kUnsupported,
                 {"codec.gguf", "has no encoder"});
}

TEST_F(Align, RandomWeightsAreNotAsked) {
  make_voice();
  write("codes.json", R"({"c0": [1], "c1": [1, 2], "c2": [1, 2, 3, 4]})");
  const Call align =
      call({"align", path("codes.json"), "--text", "Hi", "--model", path("voice/lm.gguf")});
  run(align);  // what is known of the heads is kept beside the model
  expect_refused(align, kUnsupported, {"does not tell which word is spoken"});
}

TEST_F(Align, WhatCannotBeAlignedIsRefused) {
  const auto refused = [&](std::vector<std::string> arguments, int exit_code,
                           const std::vector<std::string>& parts) {
    arguments.insert(arguments.begin(), "align");
    expect_refused(call(std::move(arguments)), exit_code, parts);
  };
  const std::string lm = small("lm.gguf");
  write("codes.json", R"({"c0": [1], "c1": [1, 2], "c2": [1, 2, 3, 4]})");
  must({"codec", "decode", path("codes.json"), "--codec", small("codec.gguf"), "-o",
        path("sound.wav")});
  write("short.json", R"({"c0": [1], "c1": [1], "c2": [1, 2, 3, 4]})");
  refused({path("codes.json"), "--model", lm}, kUsage, {"--text is required"});
  refused({path("sound.wav"), "--text", "Hi", "--model", lm}, kUsage,
          {"--model is set without --codec"});
  refused({path("sound.wav"), "--text", "Hi", "--codec", small("codec.gguf")}, kUsage,
          {"--codec is set without --model"});
  refused({path("codes.json"), "--text", "Hi", "--model", path("none.gguf")}, kNotFound,
          {"none.gguf", "no such file or installed voice"});
  refused({path("none.json"), "--text", "Hi", "--model", lm}, kNotFound, {"none.json"});
  refused({path("short.json"), "--text", "Hi", "--model", lm}, kBadFile, {"not SNAC codes"});
  // The file that is aligned comes first, whatever else is wrong. Guards against: a misspelt path
  // of a sound is answered with a complaint about the codec.
  write("text.wav", "this is no sound");
  for (const char* file : {"none.wav", "text.wav", "none.json", "short.json"}) {
    const bool is_missing = std::string_view(file).starts_with("none");
    const int expected = is_missing ? kNotFound : kBadFile;
    refused({path(file), "--text", "...", "--model", path("none.gguf")}, expected, {file});
    refused({path(file), "--text", "Hi", "--model", lm}, expected, {file});
    refused({path(file), "--text", "Hi", "--codec", path("none.gguf")}, expected, {file});
  }
  refused({path("codes.json"), "--text", "...", "--model", lm}, kUsage, {""});
  std::string book;
  for (int i = 0; i < 60; ++i) book += "This is one more sentence. ";
  refused({path("codes.json"), "--text", book, "--model", lm}, kLimit, {"too long"});
}

}  // namespace
}  // namespace orpheus::program
