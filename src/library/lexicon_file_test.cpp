#include "library/lexicon_file.h"

#include <filesystem>
#include <fstream>
#include <string>

#include <gtest/gtest.h>
#include <unistd.h>

namespace orpheus::library {
namespace {

class LexiconFileTest : public ::testing::Test {
 protected:
  ~LexiconFileTest() override { std::filesystem::remove(path_); }

  Result<speech::Options> with(const std::string& bytes) const {
    std::ofstream(path_) << bytes;
    speech::Options options;
    options.lexicon_file = path_;
    return with_lexicon(options);
  }

  const std::filesystem::path path_ = std::filesystem::path(::testing::TempDir()) /
                                      ("orpheus-lexicon-" + std::to_string(::getpid()) + ".txt");
};

// Guards against: a program without a file of pronunciations does not start.
TEST_F(LexiconFileTest, WithoutAFileTheOptionsStayAsTheyAre) {
  const auto options = with_lexicon({});
  ASSERT_TRUE(options.has_value()) << options.error().message();
  EXPECT_EQ(*options, speech::Options());
  EXPECT_EQ(options->lexicon, nullptr);
}

// Guards against: a file of pronunciations is ignored, or a wrong one is an empty one.
TEST_F(LexiconFileTest, ItsEntriesAreReadOrItIsAnError) {
  const auto options = with("GIF jif\n");
  ASSERT_TRUE(options.has_value()) << options.error().message();
  ASSERT_NE(options->lexicon, nullptr);
  EXPECT_EQ(options->lexicon->entries(), (std::vector<text::Lexicon::Entry>{{"GIF", "jif"}}));

  const auto wrong = with("GIF jif\nSQL\n");
  ASSERT_FALSE(wrong.has_value());
  EXPECT_EQ(wrong.error().kind, ErrorKind::kBadFile);
  EXPECT_NE(wrong.error().message().find("line 2"), std::string::npos) << wrong.error().message();

  speech::Options missing;
  missing.lexicon_file = path_.string() + ".none";
  EXPECT_EQ(with_lexicon(missing).error().kind, ErrorKind::kNotFound);
}

}  // namespace
}  // namespace orpheus::library
