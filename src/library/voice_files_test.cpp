// Which files a voice is made of, for every combination of settings.
#include "library/voice_files.h"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include <gtest/gtest.h>
#include <unistd.h>

#include "library/built_in_voice.h"

namespace orpheus::library {
namespace {

namespace fs = std::filesystem;

class VoiceFilesTest : public ::testing::Test {
 protected:
  VoiceFilesTest() { fs::create_directories(folder_); }
  ~VoiceFilesTest() override { fs::remove_all(folder_); }

  fs::path file(const std::string& name) const {
    fs::create_directories((folder_ / name).parent_path());
    std::ofstream(folder_ / name) << name;
    return folder_ / name;
  }

  const fs::path folder_ =
      fs::path(::testing::TempDir()) / ("orpheus-voice-files-" + std::to_string(::getpid()));
};

// Guards against: a file that was set is replaced by the built-in voice's.
TEST_F(VoiceFilesTest, AreThoseThatAreSet) {
  const Options both = {.model = file("lm.gguf"), .codec = file("codec.gguf")};
  const auto files = voice_files(both);
  ASSERT_TRUE(files.has_value()) << files.error().message();
  EXPECT_EQ(files->model, both.model);
  EXPECT_EQ(files->codec, both.codec);

  Options remote = {.codec = both.codec};
  remote.remote.urls = {"http://127.0.0.1:9"};
  const auto without_model = voice_files(remote);
  ASSERT_TRUE(without_model.has_value()) << without_model.error().message();
  EXPECT_TRUE(without_model->model.empty());
  EXPECT_EQ(without_model->codec, both.codec);
}

// Guards against: the message for a missing file asks for a setting, and that for a missing
// setting names no setting.
TEST_F(VoiceFilesTest, HalfAVoiceIsAnErrorThatNamesTheOtherHalf) {
  const auto error_of = [](const Options& options) {
    const auto files = voice_files(options);
    EXPECT_FALSE(files.has_value());
    return files ? Error() : files.error();
  };
  const Error absent = error_of({.model = folder_ / "none.gguf"});
  EXPECT_EQ(absent.kind, ErrorKind::kNotFound);
  EXPECT_NE(absent.message().find("none.gguf"), std::string::npos) << absent.message();

  const Error model = error_of({.model = file("lm.gguf")});
  EXPECT_EQ(model.kind, ErrorKind::kUsage);
  EXPECT_NE(model.what.find("without --codec"), std::string::npos) << model.message();

  const Error codec = error_of({.codec = file("codec.gguf")});
  EXPECT_EQ(codec.kind, ErrorKind::kUsage);
  EXPECT_NE(codec.what.find("without --model"), std::string::npos) << codec.message();

  Options remote;
  remote.remote.urls = {"http://127.0.0.1:9"};
  const Error elsewhere = error_of(remote);
  EXPECT_EQ(elsewhere.kind, ErrorKind::kUsage);
  EXPECT_NE(elsewhere.what.find("remote"), std::string::npos) << elsewhere.message();
  EXPECT_EQ(elsewhere.expected, "--codec SNAC.gguf");
}

// Guards against: a folder with one of the two files hides a whole voice in the next folder.
TEST_F(VoiceFilesTest, TheSmallVoiceIsThatOfTheFirstFolderWithBothFiles) {
  const std::vector<fs::path> places = {folder_ / "a", folder_ / "b", folder_ / "c", folder_ / "d"};
  EXPECT_FALSE(small_voice(places));
  file("a/small/lm.gguf");
  file("b/small/codec.gguf");
  EXPECT_FALSE(small_voice(places));
  for (const char* place : {"d", "c"}) {
    file(std::string(place) + "/small/lm.gguf");
    const fs::path codec = file(std::string(place) + "/small/codec.gguf");
    const auto found = small_voice(places);
    ASSERT_TRUE(found);
    EXPECT_EQ(found->model, folder_ / place / "small" / "lm.gguf");
    EXPECT_EQ(found->codec, codec);
  }
}

// Guards against: an installed program babbles, because it does not look where its voice is
// installed.
TEST(PlacesOfInstalledVoices, AreBesideTheProgramAndBelowItsPrefix) {
  const auto places = places_of_installed_voices();
  const fs::path folder = fs::read_symlink("/proc/self/exe").parent_path();
  const fs::path prefix = folder.parent_path();
  for (const fs::path& place : {folder / "voices", prefix / "share/orpheus/voices",
                                prefix.parent_path() / "share/orpheus/voices"})
    EXPECT_EQ(std::count(places.begin(), places.end(), place), 1) << place;
}

// Guards against: every start writes 20 MB again, also while another program reads them.
TEST_F(VoiceFilesTest, TheVoiceOfRandomWeightsIsWrittenOnce) {
  const auto files = synthetic_voice(folder_);
  ASSERT_TRUE(files.has_value()) << files.error().message();
  ASSERT_TRUE(fs::exists(files->model) && fs::exists(files->codec));
  std::ofstream(files->model) << "kept";
  const auto again = synthetic_voice(folder_);
  ASSERT_TRUE(again.has_value());
  EXPECT_EQ(fs::file_size(again->model), 4U);
  fs::remove(files->codec);
  ASSERT_TRUE(synthetic_voice(folder_).has_value());
  EXPECT_TRUE(fs::exists(files->codec));
  EXPECT_GT(fs::file_size(files->model), 4U);

  const auto nowhere = synthetic_voice(file("plain") / "below");
  ASSERT_FALSE(nowhere.has_value());
  EXPECT_NE(nowhere.error().remedy.find("XDG_DATA_HOME"), std::string::npos)
      << nowhere.error().message();
}

// Guards against: a model speaks codes that the codec lacks, which end the speech in its middle.
TEST_F(VoiceFilesTest, ACodecHasAtLeastTheCodesOfTheModel) {
  const prompt::TokenLayout layout{.codebook_size = 64};
  for (const int codes : {64, 65, 4096}) {
    snac::Config codec;
    codec.codebook_size = codes;
    EXPECT_TRUE(check_codec_of(layout, codec).has_value()) << codes;
  }
  snac::Config small;
  small.codebook_size = 63;
  const auto refused = check_codec_of(layout, small);
  ASSERT_FALSE(refused.has_value());
  EXPECT_EQ(refused.error().kind, ErrorKind::kBadFile);
  EXPECT_EQ(refused.error().found, "63");
}

}  // namespace
}  // namespace orpheus::library
