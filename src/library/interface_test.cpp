// What others call: the C interface, and the C++ one over it.
#include <array>
#include <cmath>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <string>
#include <thread>
#include <vector>

#include <gtest/gtest.h>
#include <orpheus/orpheus.hpp>
#include <unistd.h>

#include "tensor/gguf_file.h"

namespace {

class Library : public ::testing::Test {
 protected:
  // The built-in voice: it is made once for all tests.
  static void SetUpTestSuite() {
    folder_ = std::filesystem::path(::testing::TempDir()) /
              ("orpheus-library-" + std::to_string(::getpid()));
    auto opened =
        orpheus::Speaker::open({.data_folder = folder_.string(), .device = "CPU", .threads = 1});
    ASSERT_TRUE(opened) << opened.outcome.error;
    speaker_ = std::make_unique<orpheus::Speaker>(std::move(*opened.value));
  }
  static void TearDownTestSuite() {
    speaker_.reset();
    orpheus_free(plain_);
    plain_ = nullptr;
    std::filesystem::remove_all(folder_);
  }

  static std::vector<float> speak(const orpheus::SpeechRequest& request) {
    std::vector<float> samples;
    const orpheus::Outcome spoken = speaker_->speak(request, [&](std::span<const float> next) {
      samples.insert(samples.end(), next.begin(), next.end());
      return true;
    });
    EXPECT_TRUE(spoken) << spoken.error;
    return samples;
  }

  // A speaker of the C interface, made when first asked for.
  static orpheus_speaker* plain() {
    if (plain_ == nullptr) {
      EXPECT_EQ(orpheus_create(nullptr, &plain_), ORPHEUS_OK);
    }
    return plain_;
  }
  static std::vector<float> speak_in_c(const orpheus_request& request) {
    std::vector<float> samples;
    orpheus_speech* speech = nullptr;
    EXPECT_EQ(orpheus_start(plain(), &request, &speech), ORPHEUS_OK) << orpheus_last_error();
    std::array<float, 1000> next{};
    size_t count = 1;
    while (count > 0 && orpheus_next(speech, next.data(), next.size(), &count) == ORPHEUS_OK)
      samples.insert(samples.end(), next.begin(), next.begin() + static_cast<ptrdiff_t>(count));
    orpheus_finish(speech);
    return samples;
  }

  static orpheus_speaker* plain_;
  static std::filesystem::path folder_;
  static std::unique_ptr<orpheus::Speaker> speaker_;
};
orpheus_speaker* Library::plain_ = nullptr;
std::filesystem::path Library::folder_;
std::unique_ptr<orpheus::Speaker> Library::speaker_;

TEST_F(Library, SpeaksWholeFramesTheSameForTheSameSeed) {
  const std::vector<float> samples = speak({.text = "Hello there.", .seed = 1});
  EXPECT_GT(samples.size(), 0U);
  EXPECT_EQ(samples.size() % 2048, 0U);
  EXPECT_EQ(speak({.text = "Hello there.", .seed = 1}), samples);
  EXPECT_NE(speak({.text = "Hello there.", .seed = 2}), samples);
}

TEST_F(Library, SaysWhatIsWrong) {
  const auto nothing = [](std::span<const float>) { return true; };
  const orpheus::Outcome empty = speaker_->speak({.text = ""}, nothing);
  EXPECT_EQ(empty.status, ORPHEUS_USAGE);
  EXPECT_NE(empty.error.find("nothing to speak"), std::string::npos) << empty.error;
  EXPECT_EQ(speaker_->speak({.text = "Hi", .voice = "nobody"}, nothing).status, ORPHEUS_NOT_FOUND);
  const auto missing = orpheus::Speaker::open({.model = "/nowhere.gguf", .codec = "/nowhere.gguf"});
  EXPECT_FALSE(missing);
  EXPECT_EQ(missing.outcome.status, ORPHEUS_NOT_FOUND);
  EXPECT_FALSE(missing.outcome.error.empty());
}

TEST_F(Library, AListenerMayLeaveAtAnyTime) {
  int calls = 0;
  EXPECT_TRUE(speaker_->speak({.text = "Hello there."}, [&](std::span<const float>) {
    ++calls;
    return false;
  }));
  EXPECT_EQ(calls, 1);
}

TEST_F(Library, ListsItsVoices) {
  const std::vector<std::string> voices = speaker_->voices();
  ASSERT_FALSE(voices.empty());
  EXPECT_EQ(voices.front(), "rms");  // of the small voice
}

TEST_F(Library, ManyThreadsSpeakAtOnce) {
  const std::vector<float> alone = speak({.text = "All at once.", .seed = 9});
  std::vector<std::vector<float>> together(3);
  std::vector<std::thread> threads;
  for (auto& samples : together)
    threads.emplace_back([&samples] { samples = speak({.text = "All at once.", .seed = 9}); });
  for (std::thread& thread : threads) thread.join();
  for (const auto& samples : together) EXPECT_EQ(samples.size(), alone.size());
}

TEST_F(Library, AnotherThreadMayCancel) {
  orpheus_speaker* speaker = nullptr;
  const std::string folder = folder_.string();
  orpheus_settings settings{.struct_size = sizeof settings};
  settings.data_folder = folder.c_str();
  settings.device = "CPU";
  settings.threads = 1;
  ASSERT_EQ(orpheus_create(&settings, &speaker), ORPHEUS_OK) << orpheus_last_error();
  orpheus_speech* speech = nullptr;
  const orpheus_request request{.struct_size = sizeof request,
                                .text = "This one is not heard to its end."};
  ASSERT_EQ(orpheus_start(speaker, &request, &speech), ORPHEUS_OK) << orpheus_last_error();
  orpheus_free(speaker);  // the speech continues
  float sample = 0;
  size_t count = 0;
  ASSERT_EQ(orpheus_next(speech, &sample, 1, &count), ORPHEUS_OK);
  EXPECT_EQ(count, 1U);
  std::thread([&] { orpheus_cancel(speech); }).join();
  orpheus_status status = ORPHEUS_OK;
  while (status == ORPHEUS_OK) status = orpheus_next(speech, &sample, 1, &count);
  EXPECT_EQ(status, ORPHEUS_CANCELLED);
  orpheus_finish(speech);
}

// The file with one more tensor of twice the machine's memory, all of it a hole. Tensors are listed
// as (name, dimensions, type, offset); with a name of 24 bytes the entry keeps the data's alignment
// of 32.
void write_voice_too_large(const std::filesystem::path& from, const std::filesystem::path& to) {
  const auto file = orpheus::tensor::GgufFile::open(from);
  ASSERT_TRUE(file.has_value());
  const std::string name = "blk.0.more.than.any.ram.";
  std::string entry;
  const auto put = [&entry](auto value) {
    entry.append(reinterpret_cast<const char*>(&value), sizeof value);
  };
  const auto* begin = reinterpret_cast<const char*>(file->bytes().data());
  const char* first_entry = file->tensors().front().name.data() - sizeof(uint64_t);
  const auto data_begin = static_cast<uint64_t>(
      reinterpret_cast<const char*>(file->tensors().front().data.data()) - begin);
  put(uint64_t{name.size()});
  entry += name;
  put(uint32_t{2});
  const auto row = uint64_t{1} << 18U;  // values, 1 MiB
  const uint64_t num_rows = static_cast<uint64_t>(::sysconf(_SC_PHYS_PAGES)) *
                                static_cast<uint64_t>(::sysconf(_SC_PAGESIZE)) * 2 >>
                            20U;
  put(row);
  put(num_rows);
  put(uint32_t{0});  // float32
  put(file->bytes().size() - data_begin);
  ASSERT_EQ(entry.size() % 32, 0U);
  std::string bytes(begin, file->bytes().size());
  bytes.insert(static_cast<size_t>(first_entry - begin), entry);
  const uint64_t num_tensors = file->tensors().size() + 1;
  std::memcpy(bytes.data() + 8, &num_tensors, sizeof num_tensors);
  std::ofstream(to, std::ios::binary) << bytes;
  std::error_code error;
  std::filesystem::resize_file(to, bytes.size() + (num_rows << 20U), error);
  ASSERT_FALSE(error) << error.message();
}

// Guards against: the library loads a model that does not fit into memory, and the system kills the
// host's process.
TEST_F(Library, AVoiceLargerThanTheMemoryIsRefusedByThePlan) {
  const auto model = folder_ / "large.gguf";
  std::filesystem::create_directories(folder_);
  const auto small = std::filesystem::path(ORPHEUS_VOICES) / "small";
  write_voice_too_large(small / "lm.gguf", model);
  const auto opened = orpheus::Speaker::open(
      {.model = model.string(), .codec = (small / "codec.gguf").string(), .device = "CPU"});
  std::filesystem::remove(model);
  ASSERT_FALSE(opened);
  EXPECT_EQ(opened.outcome.status, ORPHEUS_LIMIT) << opened.outcome.error;
  EXPECT_NE(opened.outcome.error.find("does not fit into the memory of"), std::string::npos)
      << opened.outcome.error;
}

// Guards against: the interface's defaults override the values in the voice's file. The small
// voice's file has its own sampling values.
TEST_F(Library, WhatNobodyChoseIsTheVoicesOwnInCAndInCpp) {
  const std::string text = "Nobody chose a temperature.";
  const std::vector<float> in_cpp = speak({.text = text, .seed = 3});
  EXPECT_EQ(speak_in_c({.struct_size = sizeof(orpheus_request), .text = text.c_str(), .seed = 3}),
            in_cpp);
  EXPECT_NE(speak({.text = text, .temperature = 0.6F, .repetition_penalty = 1.1F, .seed = 3}),
            in_cpp);
}

TEST_F(Library, ValuesOutOfRangeFailAtTheStart) {
  struct Case {
    const char* name;
    orpheus_request request;
  };
  const orpheus_request good{.struct_size = sizeof good, .text = "Hello."};
  std::vector<Case> cases;
  const auto add = [&](const char* name, const auto& change) {
    cases.push_back({name, good});
    change(cases.back().request);
  };
  add("temperature", [](auto& r) { r.temperature = 10.5F; });
  add("temperature", [](auto& r) { r.temperature = std::nanf(""); });
  add("top_p", [](auto& r) { r.top_p = 1.5F; });
  add("top_k", [](auto& r) { r.top_k = -2; });
  add("min_p", [](auto& r) { r.min_p = 2; });
  add("repetition_penalty", [](auto& r) { r.repetition_penalty = -1; });
  add("max_tokens", [](auto& r) { r.max_tokens = 3; });
  add("max_tokens", [](auto& r) { r.max_tokens = -1; });
  add("speed", [](auto& r) { r.speed = 5; });
  add("speed", [](auto& r) { r.speed = -1; });
  for (const Case& one : cases) {
    orpheus_speech* speech = nullptr;
    EXPECT_EQ(orpheus_start(plain(), &one.request, &speech), ORPHEUS_USAGE) << one.name;
    EXPECT_EQ(speech, nullptr) << one.name;
    EXPECT_EQ(std::string(orpheus_last_error()).rfind(one.name, 0), 0U) << orpheus_last_error();
    orpheus_finish(speech);
  }
  const auto too_many = orpheus::Speaker::open({.threads = 2000});
  EXPECT_EQ(too_many.outcome.status, ORPHEUS_USAGE) << too_many.outcome.error;
  const auto too_long = orpheus::Speaker::open({.server_timeout_s = 100'000});
  EXPECT_EQ(too_long.outcome.status, ORPHEUS_USAGE) << too_long.outcome.error;
  // A zero that somebody chose is no default.
  const auto none = speaker_->speak({.text = "Hello.", .max_tokens = 0}, [](auto) { return true; });
  EXPECT_EQ(none.status, ORPHEUS_USAGE) << none.error;
  EXPECT_TRUE(
      speaker_->speak({.text = "Hi.", .top_k = 0, .min_p = 0.0F}, [](auto) { return false; }));
}

// Guards against: the library reads past the end of a struct of an older header, or ignores the
// unknown fields of a newer one.
TEST_F(Library, StructsSayTheirSize) {
  orpheus_request request{.text = "Hello."};
  orpheus_speech* speech = nullptr;
  EXPECT_EQ(orpheus_start(plain(), &request, &speech), ORPHEUS_USAGE);
  EXPECT_NE(std::string(orpheus_last_error()).find("struct_size"), std::string::npos);

  struct Newer {
    orpheus_request known;
    uint64_t unknown;
  };
  Newer newer{.known = {.struct_size = sizeof newer, .text = "Hello."}, .unknown = 0};
  ASSERT_EQ(orpheus_start(plain(), &newer.known, &speech), ORPHEUS_OK) << orpheus_last_error();
  orpheus_finish(speech);
  newer.unknown = 1;
  EXPECT_EQ(orpheus_start(plain(), &newer.known, &speech), ORPHEUS_UNSUPPORTED);

  orpheus_settings settings{};
  orpheus_speaker* speaker = nullptr;
  EXPECT_EQ(orpheus_create(&settings, &speaker), ORPHEUS_USAGE);
}

TEST_F(Library, PiecesAreToldBeforeTheirFirstSample) {
  const std::string text = "One is here. Two is there.\n\nThree is far away.";
  for (const float speed : {1.0F, 2.0F}) {
    struct Told {
      size_t index;
      std::string written;
      int64_t first_sample;
      size_t heard_before;
    };
    std::vector<Told> told;
    size_t heard = 0;
    orpheus::SpeechRequest request{.text = text, .seed = 4, .speed = speed};
    size_t count = 0;
    request.on_piece = [&](const orpheus::Piece& piece) {
      count = piece.count;
      EXPECT_EQ(piece.voice, "rms");
      told.push_back({piece.index, text.substr(piece.text_begin, piece.text_end - piece.text_begin),
                      piece.first_sample, heard});
    };
    const auto spoken = speaker_->speak(request, [&](std::span<const float> samples) {
      heard += samples.size();
      return true;
    });
    if (spoken.status == ORPHEUS_UNSUPPORTED) continue;  // a build without FFmpeg
    ASSERT_TRUE(spoken) << spoken.error;
    ASSERT_EQ(told.size(), 3U);
    EXPECT_EQ(count, 3U);
    for (size_t i = 0; i < told.size(); ++i) {
      EXPECT_EQ(told[i].index, i);
      EXPECT_EQ(static_cast<size_t>(told[i].first_sample), told[i].heard_before)
          << "speed " << speed;
    }
    EXPECT_EQ(told[0].written, "One is here.");
    EXPECT_EQ(told[2].written, "Three is far away.");
    EXPECT_LT(told[2].heard_before, heard);
  }
}

// A caption must not name a word before its piece, or a place outside the sound.
TEST_F(Library, WordsAreToldBehindTheirPieceAndWithTheirTimes) {
  const std::string text = "One is here, for $5. Two is there.\n\nThree is far away.";
  for (const float speed : {1.0F, 2.0F}) {
    std::vector<size_t> pieces;
    std::vector<std::string> words;
    std::vector<std::string> written;
    int64_t behind = 0;
    size_t heard = 0;
    orpheus::SpeechRequest request{.text = text, .seed = 4, .speed = speed};
    request.on_piece = [&](const orpheus::Piece& piece) { pieces.push_back(piece.index); };
    request.on_word = [&](const orpheus::Word& word) {
      ASSERT_FALSE(pieces.empty());
      EXPECT_LE(word.piece, pieces.back());
      words.emplace_back(word.word);
      written.push_back(text.substr(word.text_begin, word.text_end - word.text_begin));
      EXPECT_GE(word.first_sample, behind);
      EXPECT_GT(word.end_sample, word.first_sample);
      behind = word.end_sample;
    };
    const auto spoken = speaker_->speak(request, [&](std::span<const float> samples) {
      heard += samples.size();
      return true;
    });
    if (spoken.status == ORPHEUS_UNSUPPORTED) continue;  // a build without FFmpeg
    ASSERT_TRUE(spoken) << spoken.error;
    EXPECT_EQ(words, (std::vector<std::string>{"One", "is", "here", "for", "five", "dollars", "Two",
                                               "is", "there", "Three", "is", "far", "away"}));
    EXPECT_EQ(written[4], "$5");
    EXPECT_EQ(written[5], "$5");
    EXPECT_EQ(written[12], "away");
    EXPECT_LE(behind, static_cast<int64_t>(heard) + 1);
    EXPECT_GT(behind, static_cast<int64_t>(heard) * 3 / 4);
  }
}

TEST_F(Library, SpeedShortensTheSpeech) {
  const size_t usual = speak({.text = "Hello there.", .seed = 1}).size();
  size_t fast = 0;
  const auto spoken = speaker_->speak({.text = "Hello there.", .seed = 1, .speed = 2.0F},
                                      [&](std::span<const float> samples) {
                                        fast += samples.size();
                                        return true;
                                      });
  if (spoken.status == ORPHEUS_UNSUPPORTED) GTEST_SKIP() << spoken.error;
  ASSERT_TRUE(spoken) << spoken.error;
  EXPECT_NEAR(static_cast<double>(fast), static_cast<double>(usual) / 2, 2048);
}

// Guards against: the library writes to its host's stderr.
TEST_F(Library, LogsWhereTheHostSaysAndNowhereElse) {
  ::testing::internal::CaptureStderr();
  ::testing::internal::CaptureStdout();
  std::vector<std::string> lines;
  orpheus::set_log([&](orpheus::LogLevel, std::string_view line) { lines.emplace_back(line); },
                   orpheus::LogLevel::kInfo);
  EXPECT_TRUE(orpheus::Speaker::open({.data_folder = folder_.string(), .device = "CPU"}));
  orpheus::set_log({});
  const size_t num_lines = lines.size();
  EXPECT_TRUE(orpheus::Speaker::open({.data_folder = folder_.string(), .device = "CPU"}));
  EXPECT_FALSE(orpheus::Speaker::open({.model = "/nowhere.gguf", .codec = "/nowhere.gguf"}));
  EXPECT_EQ(::testing::internal::GetCapturedStdout(), "");
  EXPECT_EQ(::testing::internal::GetCapturedStderr(), "");
  EXPECT_GE(num_lines, 1U);
  EXPECT_EQ(lines.size(), num_lines);
}

TEST_F(Library, TakesFurtherModelsAndServersElsewhere) {
  const auto small = std::filesystem::path(ORPHEUS_VOICES) / "small";
  const std::string model = (small / "lm.gguf").string();
  const std::string codec = (small / "codec.gguf").string();
  const auto two = orpheus::Speaker::open({.model = model, .codec = codec, .more_models = {model}});
  ASSERT_TRUE(two) << two.outcome.error;
  const auto lost =
      orpheus::Speaker::open({.model = model, .codec = codec, .more_models = {"/nowhere.gguf"}});
  EXPECT_EQ(lost.outcome.status, ORPHEUS_NOT_FOUND) << lost.outcome.error;

  const auto wrong = orpheus::Speaker::open({.codec = codec, .servers = {"no address"}});
  EXPECT_EQ(wrong.outcome.status, ORPHEUS_USAGE) << wrong.outcome.error;
  const auto elsewhere =
      orpheus::Speaker::open({.codec = codec, .servers = {"http://127.0.0.1:9"}});
  ASSERT_TRUE(elsewhere) << elsewhere.outcome.error;
  const auto spoken = elsewhere.value->speak({.text = "Hello."}, [](auto) { return true; });
  EXPECT_EQ(spoken.status, ORPHEUS_UNAVAILABLE) << spoken.error;
}

TEST(LibraryVersion, IsTheHeaders) { EXPECT_STREQ(orpheus::version(), ORPHEUS_VERSION); }

TEST(LibraryMisuse, IsAnErrorToo) {
  size_t count = 0;
  EXPECT_EQ(orpheus_create(nullptr, nullptr), ORPHEUS_USAGE);
  EXPECT_EQ(orpheus_start(nullptr, nullptr, nullptr), ORPHEUS_USAGE);
  EXPECT_EQ(orpheus_next(nullptr, nullptr, 0, &count), ORPHEUS_USAGE);
  EXPECT_STRNE(orpheus_last_error(), "");
  EXPECT_EQ(orpheus_voice(nullptr, 0), nullptr);
  orpheus_cancel(nullptr);
  orpheus_finish(nullptr);
  orpheus_free(nullptr);
}

}  // namespace
