#include "models/store.h"

#include <fstream>

#include <gtest/gtest.h>

#include "base/testing/test_folder.h"

namespace orpheus::models {
namespace {

class StoreTest : public testing::Test {
 protected:
  std::filesystem::path write(const std::string& name, const std::string& content) const {
    std::ofstream(folder_ / name, std::ios::binary) << content;
    return folder_ / name;
  }
  const TestFolder own_;
  const std::filesystem::path folder_ = own_.path();
};

TEST_F(StoreTest, KnowsAnIntactFileFromADamagedOne) {
  const Store store(folder_);
  const auto file = folder_ / "a.gguf";
  EXPECT_EQ(store.check(file), State::kMissing);
  write("a.gguf", "abc");
  EXPECT_EQ(store.check(file), State::kUnknown);
  ASSERT_TRUE(record_hash(file, hash_file(file).value()).has_value());
  EXPECT_EQ(store.check(file), State::kIntact);
  // As sha256sum -c reads it.
  std::ifstream in(folder_ / "a.gguf.sha256");
  std::string line;
  std::getline(in, line);
  EXPECT_EQ(line, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad  a.gguf");
  write("a.gguf", "abd");
  EXPECT_EQ(store.check(file), State::kDamaged);
  write("a.gguf.sha256", "garbage");
  EXPECT_EQ(store.check(file), State::kUnknown);
}

TEST_F(StoreTest, FindsModelsByTheirNamesAndNothingElse) {
  const Store store(folder_);
  const Entry french = find_entry("french").value();
  EXPECT_FALSE(store.find("french").has_value());
  EXPECT_TRUE(store.others().empty());
  write(french.installed, "x");
  write("my-voice.gguf", "y");
  write(".hidden.gguf", "z");
  write("notes.txt", "z");
  EXPECT_EQ(store.find("french"), folder_ / french.installed);
  EXPECT_EQ(store.find("french-q8_0"), folder_ / french.installed);
  EXPECT_EQ(store.find("my-voice"), folder_ / "my-voice.gguf");
  ASSERT_EQ(store.others().size(), 1U);
  EXPECT_EQ(store.others().front().name, "my-voice");
  for (const char* name : {"", ".", "..", "../my-voice", ".hidden", "german", "notes"})
    EXPECT_FALSE(store.find(name).has_value()) << name;
}

TEST_F(StoreTest, TheChoiceIsKept) {
  const Store store(folder_);
  EXPECT_FALSE(store.chosen().has_value());
  ASSERT_TRUE(store.choose("french-q8_0").has_value());
  EXPECT_EQ(Store(folder_).chosen(), "french-q8_0");
}

}  // namespace
}  // namespace orpheus::models
