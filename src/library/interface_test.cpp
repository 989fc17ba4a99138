// What others call: the C interface, and the C++ one over it.
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

  static std::filesystem::path folder_;
  static std::unique_ptr<orpheus::Speaker> speaker_;
};
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
  const orpheus_settings settings{.data_folder = folder.c_str(), .device = "CPU", .threads = 1};
  ASSERT_EQ(orpheus_create(&settings, &speaker), ORPHEUS_OK) << orpheus_last_error();
  orpheus_speech* speech = nullptr;
  const orpheus_request request{.text = "This one is not heard to its end."};
  ASSERT_EQ(orpheus_start(speaker, &request, &speech), ORPHEUS_OK) << orpheus_last_error();
  orpheus_free(speaker);  // the speech goes on without it
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

// Guards against a library that loads what the machine does not hold: the system would end the
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
  EXPECT_NE(opened.outcome.error.find("does not fit the memory of"), std::string::npos)
      << opened.outcome.error;
}

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
