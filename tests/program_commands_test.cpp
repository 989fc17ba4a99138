// The commands that print or compute, except say and serve: their output, and its agreement with
// the golden data.

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <map>
#include <vector>

#include <nlohmann/json.hpp>

#include "program_fixture.h"

namespace orpheus::program {
namespace {

using nlohmann::json;

const std::string kGoldenVoice = ORPHEUS_TEST_DEPS "/golden-voice/";
const std::string kGoldenCodec = ORPHEUS_TEST_DATA "/snac-tiny";

class Generate : public ProgramTest {
 protected:
  // The model's output for the prompt of a golden row, with as many tokens.
  json continued(const std::string& model, const json& row, const std::string& head) const {
    return json::parse(must({"generate", "--model", kGoldenVoice + model, "--prompt-ids", "-",
                             "--tokens", std::to_string(row["greedy"].size()), "--greedy",
                             "--ignore-stop", "--head", head, "--top", "10", "--threads", "1"},
                            row["prompt"].dump()));
  }

  static json golden(const std::string& name) {
    return json::parse(read_file(ORPHEUS_TEST_DATA "/lm-small/" + name));
  }

  static void expect_top10(const json& found, const json& expected) {
    std::map<int, double> logprobs;
    for (const json& entry : found) logprobs[entry["id"]] = entry["logprob"];
    EXPECT_EQ(logprobs.size(), 10U);
    for (size_t i = 0; i < expected.size(); ++i) {
      ASSERT_TRUE(logprobs.contains(expected[i]["id"])) << expected[i];
      EXPECT_NEAR(logprobs[expected[i]["id"]], expected[i]["logprob"].get<double>(), 0.02);
    }
  }
};

TEST_F(Generate, TheFullHeadAnswersAsLlamaCppDoes) {
  for (const auto& [model, answers] : {std::pair("small.gguf", "greedy.json"),
                                       std::pair("small-slots.gguf", "greedy-slots.json")}) {
    for (const json& row : golden(answers)) {
      const json answer = continued(model, row, "full");
      EXPECT_EQ(answer["ids"], row["greedy"]) << model;
      ASSERT_EQ(answer["top"].size(), row["greedy"].size());
      expect_top10(answer["top"][0], row["first_top10"]);
    }
  }
}

TEST_F(Generate, TheSlotHeadAnswersTheSameWhereTokensFitTheirSlots) {
  for (const json& row : golden("greedy-slots.json")) {
    const json answer = continued("small-slots.gguf", row, "slot");
    EXPECT_EQ(answer["ids"], row["greedy"]);
    for (size_t step = 0; step < answer["ids"].size(); ++step) {
      ASSERT_EQ(answer["top"][step].size(), 10U);
      EXPECT_EQ(answer["top"][step][0]["id"], answer["ids"][step]);
    }
  }
}

TEST_F(Generate, TheSeedDecidesTheDraws) {
  make_voice();
  const auto draw = [&](const std::string& seed) {
    return must({"generate", "--model", path("voice/lm.gguf"), "--prompt-ids", "-", "--tokens",
                 "21", "--seed", seed, "--threads", "1"},
                "[128259, 128000, 72, 128009, 128260, 128261, 128257]");
  };
  const std::string first = draw("1");
  EXPECT_EQ(json::parse(first)["ids"].size(), 21U);
  EXPECT_FALSE(json::parse(first).contains("top"));
  EXPECT_EQ(draw("1"), first);
  EXPECT_NE(draw("2"), first);
}

class Tokenize : public ProgramTest {};

// A synthetic voice has no merges: its tokens are the bytes of the text.
TEST_F(Tokenize, ATextAndALineOfJsonGiveTheSameIds) {
  make_voice();
  const std::string model = path("voice/lm.gguf");
  const std::string text = "Grüße, <laugh> “世界”";
  json bytes = json::array();
  for (const char c : text) bytes.push_back(static_cast<uint8_t>(c));
  const std::string alone = must({"tokenize", "--model", model, text});
  EXPECT_EQ(json::parse(alone), (json{{"ids", bytes}}));
  const std::string lines = json{{"text", text}}.dump() + "\n" + json{{"text", ""}}.dump() + "\n";
  EXPECT_EQ(must({"tokenize", "--model", model, "--jsonl"}, lines), alone + "{\"ids\":[]}\n");
  EXPECT_EQ(must({"tokenize", "--model", model, "--jsonl"}), "");
}

class CodecDecode : public ProgramTest {
 protected:
  void SetUp() override {
    ProgramTest::SetUp();
    must({"convert", "codec", kGoldenCodec, "-o", path("snac.gguf")});
    json codes;
    for (const int row : {0, 1, 2}) {
      const std::string name = std::to_string(row);
      codes["c" + name] = numbers_in<int32_t>(read_file(kGoldenCodec + "/codes_" + name + ".i32"));
    }
    write("codes.json", codes.dump());
  }

  std::vector<float> decode(const std::string& noise, const std::string& chunk,
                            const std::string& threads = "1") const {
    must({"codec", "decode", path("codes.json"), "--codec", path("snac.gguf"), "--noise", noise,
          "--chunk", chunk, "--threads", threads, "-o", path("out.f32")});
    return numbers_in<float>(read_file(path("out.f32")));
  }

  static double largest_difference(const std::vector<float>& left,
                                   const std::vector<float>& right) {
    EXPECT_EQ(left.size(), right.size());
    double largest = 0;
    for (size_t i = 0; i < std::min(left.size(), right.size()); ++i)
      largest = std::max(largest, std::abs(double{left[i]} - double{right[i]}));
    return largest;
  }
};

TEST_F(CodecDecode, QuietNoiseGivesTheReferencesSamples) {
  const auto quiet = numbers_in<float>(read_file(kGoldenCodec + "/audio_quiet.f32"));
  EXPECT_LT(largest_difference(decode("off", "24"), quiet), 1e-4);
}

TEST_F(CodecDecode, ChunksDoNotShowInTheSamples) {
  for (const std::string noise : {"off", "7"}) {
    const auto whole = decode(noise, "24");
    EXPECT_EQ(whole.size(), 24U * 2048);
    EXPECT_LT(largest_difference(decode(noise, "1"), whole), 1e-5);
    EXPECT_LT(largest_difference(decode(noise, "5"), whole), 1e-5);
    EXPECT_EQ(largest_difference(decode(noise, "0", "3"), whole), 0);
  }
  EXPECT_GT(largest_difference(decode("7", "24"), decode("8", "24")), 1e-4);
}

TEST_F(CodecDecode, ABenchSaysHowFastItIs) {
  const std::vector<std::string> bench = {"bench",    "codec", "--codec",   path("snac.gguf"),
                                          "--frames", "9",     "--runs",    "1",
                                          "--device", "CPU",   "--threads", "2"};
  std::vector<std::string> as_json = bench;
  as_json.emplace_back("--json");
  const json answer = json::parse(must(as_json));
  for (const char* key : {"whole_x_realtime", "batch8_x_realtime", "gflop_s", "gemm_gflop_s"})
    EXPECT_GT(answer.at(key), 0) << key;
  for (const char* frames : {"1", "2", "4"})
    EXPECT_GT(answer.at("stream_x_realtime").at(frames), 0) << frames;
  EXPECT_NE(must(bench).find("x real time"), std::string::npos);
}

TEST_F(CodecDecode, CodesComeThroughAPipeAndSoundGoesOutOfOne) {
  const std::vector<std::string> rest = {"--codec", path("snac.gguf"), "--threads", "1", "-o"};
  std::vector<std::string> to_file = {"codec", "decode", path("codes.json")};
  to_file.insert(to_file.end(), rest.begin(), rest.end());
  to_file.push_back(path("out.pcm"));
  std::vector<std::string> through = {"codec", "decode", "-"};
  through.insert(through.end(), rest.begin(), rest.end());
  through.emplace_back("-");
  must(to_file);
  EXPECT_EQ(must(through, read_file(path("codes.json"))).substr(44), read_file(path("out.pcm")));
}

using Bench = ProgramTest;

TEST_F(Bench, OfTheLanguageModelSaysWhatADrawAndAStepTake) {
  make_voice();
  const std::vector<std::string> bench = {"bench",    "lm", "--model",     path("voice/lm.gguf"),
                                          "--tokens", "4",  "--sequences", "1,3",
                                          "--device", "CPU"};
  std::vector<std::string> as_json = bench;
  as_json.emplace_back("--json");
  const json answer = json::parse(must(as_json));
  EXPECT_GT(answer.at("sampler_us"), 0);
  for (const char* key : {"generate_tok_s", "engine_us_per_token"}) {
    for (const char* count : {"1", "3"}) EXPECT_GT(answer.at(key).at(count), 0) << key << count;
  }
  EXPECT_NE(must(bench).find("a draw: "), std::string::npos);
}

// Guards against: one of the codec's implementations delays the first sound. Three frames contain
// its full context.
TEST_F(Bench, OfSpeechSaysAfterHowManyTokensTheFirstSoundComes) {
  make_voice();
  for (const char* arithmetic : {"kernels", "graph"}) {
    const json answer =
        json::parse(must({"bench", "speech", "--model", path("voice/lm.gguf"), "--codec",
                          path("voice/codec.gguf"), "--device", "CPU", "--listeners", "2",
                          "--speech-tokens", "70", "--codec-arithmetic", arithmetic, "--json"}));
    EXPECT_EQ(answer.at("listeners").at("2").at("first_sound_tokens"), 21) << arithmetic;
  }
}

TEST_F(Bench, OfLiveSpeechSaysWhatAListenerHears) {
  make_voice();
  const std::vector<std::string> bench = {"bench",
                                          "speech",
                                          "--live",
                                          "--model",
                                          path("voice/lm.gguf"),
                                          "--codec",
                                          path("voice/codec.gguf"),
                                          "--device",
                                          "CPU",
                                          "--listeners",
                                          "2",
                                          "--speech-tokens",
                                          "70",
                                          "--words-per-second",
                                          "200",
                                          "--runs",
                                          "2"};
  std::vector<std::string> as_json = bench;
  as_json.emplace_back("--json");
  const json answer = json::parse(must(as_json));
  for (const char* feed : {"evenly", "in_bursts"}) {
    const json figures = answer.at("live_listeners").at("2").at(feed);
    EXPECT_GT(figures.at("text_s"), 0.1);
    EXPECT_GT(figures.at("sound_s"), 0.5);
    for (const char* key : {"first_part_s", "first_audible_s", "after_last_word_s"}) {
      EXPECT_GT(figures.at(key).at("p50"), 0) << feed << key;
      EXPECT_GE(figures.at(key).at("p99"), figures.at(key).at("p50")) << feed << key;
    }
    for (const char* key : {"gaps_between_pieces", "gaps_within_pieces"}) {
      EXPECT_GE(figures.at(key).at("count"), 0);
      EXPECT_GE(figures.at(key).at("longest_s"), 0);
    }
  }
  EXPECT_NE(must(bench).find("2 listeners, text word by word"), std::string::npos);
}

using CodecArithmetic = ProgramTest;

// Guards against: say refuses --codec-arithmetic, or the two implementations give other sound.
TEST_F(CodecArithmetic, ChangesTheSoundOfSayByRoundingOnly) {
  make_voice();
  const auto said = [&](const std::string& arithmetic) {
    must({"say", "One two.", "--model", path("voice/lm.gguf"), "--codec", path("voice/codec.gguf"),
          "--device", "CPU", "--seed", "3", "--max-tokens", "70", "--codec-arithmetic", arithmetic,
          "-o", path(arithmetic + ".wav")});
    const std::string bytes = read_file(path(arithmetic + ".wav")).substr(44);
    std::vector<int16_t> samples(bytes.size() / 2);
    std::memcpy(samples.data(), bytes.data(), samples.size() * 2);
    return samples;
  };
  const auto kernels = said("kernels");
  const auto graph = said("graph");
  ASSERT_EQ(graph.size(), kernels.size());
  int largest = 0;
  for (size_t i = 0; i < graph.size(); ++i)
    largest = std::max(largest, std::abs(int{graph[i]} - int{kernels[i]}));
  EXPECT_LE(largest, 2);  // both round to 16 bits
}

class CodecEncode : public CodecDecode {
 protected:
  json encode(const std::string& sound, const std::string& input = {}) const {
    return json::parse(
        must({"codec", "encode", sound, "--codec", path("snac.gguf"), "-o", "-"}, input));
  }

  // A WAV of 32-bit floats.
  static std::string wav_of(const std::string& samples, uint32_t rate_hz) {
    const auto number = [](uint32_t value, int bytes) {
      std::string text;
      for (int i = 0; i < bytes; ++i) text += static_cast<char>(value >> (8 * i) & 0xFFU);
      return text;
    };
    return "RIFF" + number(static_cast<uint32_t>(samples.size()) + 36, 4) + "WAVEfmt " +
           number(16, 4) + number(3, 2) + number(1, 2) + number(rate_hz, 4) +
           number(4 * rate_hz, 4) + number(4, 2) + number(32, 2) + "data" +
           number(static_cast<uint32_t>(samples.size()), 4) + samples;
  }

  static void expect_golden(const json& codes) {
    for (const std::string row : {"0", "1", "2"}) {
      EXPECT_EQ(codes["c" + row].get<std::vector<int32_t>>(),
                numbers_in<int32_t>(read_file(kGoldenCodec + "/encoded_" + row + ".i32")));
    }
  }
};

TEST_F(CodecEncode, AClipGivesTheReferencesCodes) {
  const std::string wav = wav_of(read_file(kGoldenCodec + "/clip.f32"), 24000);
  expect_golden(encode(write("clip.wav", wav)));
  expect_golden(encode("-", wav));
  must({"codec", "encode", path("clip.wav"), "--codec", path("snac.gguf"), "-o",
        path("encoded.json")});
  expect_golden(json::parse(read_file(path("encoded.json"))));
}

TEST_F(CodecEncode, CodesGoThroughSoundAndBackInEqualNumber) {
  must({"codec", "decode", path("codes.json"), "--codec", path("snac.gguf"), "--threads", "1", "-o",
        path("sound.wav")});
  const json codes = encode(path("sound.wav"));
  EXPECT_EQ(codes["c0"].size(), 24U);
  EXPECT_EQ(codes["c1"].size(), 48U);
  EXPECT_EQ(codes["c2"].size(), 96U);
}

TEST_F(CodecEncode, WhatIsNoSoundIsRefused) {
  const auto refused = [&](const std::string& name, int exit_code, const std::string& part) {
    expect_refused(call({"codec", "encode", path(name), "--codec", path("snac.gguf"), "-o",
                         path("never.json")}),
                   exit_code, {name, part});
  };
  refused("missing.wav", 3, "");
  write("empty.wav", wav_of("", 24000));
  refused("empty.wav", 4, "no audio samples");
  write("cut.wav", wav_of("", 24000).substr(0, 40));
  refused("cut.wav", 4, "no audio data");
  write("strange.wav", wav_of("abcd", 7));
  refused("strange.wav", 4, "7 Hz");
}

class Listings : public ProgramTest {};

TEST_F(Listings, VoicesHaveANameALanguageAndAGender) {
  make_voice();
  const auto lines = lines_of(must({"voices", "--model", path("voice/lm.gguf")}));
  ASSERT_EQ(lines.size(), 8U);
  EXPECT_EQ(lines.front(), "tara\ten\tfemale\tconversational");
  for (const std::string& line : lines) EXPECT_EQ(std::count(line.begin(), line.end(), '\t'), 3);
  EXPECT_EQ(must({"voices"}), "rms\ten\tmale\tplain\n");  // the small voice's
}

TEST_F(Listings, DevicesHaveTheCpuAmongThem) {
  const std::string devices = must({"devices"});
  EXPECT_NE(("\n" + devices).find("\nCPU\t"), std::string::npos) << devices;
}

TEST_F(Listings, AFullDiskIsNotAnEmptyListing) {
  Call listing = call({"voices"});
  listing.output_path = "/dev/full";  // accepts no bytes, like a full disk
  const Finished finished = program::run(listing);
  EXPECT_EQ(finished.exit_code, 6);
  EXPECT_NE(finished.messages.find("orpheus: cannot write to standard output"), std::string::npos);
}

}  // namespace
}  // namespace orpheus::program
