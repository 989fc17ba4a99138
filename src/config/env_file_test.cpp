#include "config/env_file.h"

#include <gtest/gtest.h>

#include "base/testing/test_folder.h"

namespace orpheus::config {
namespace {

EnvFile parsed(std::string_view text) {
  auto file = EnvFile::parse(text);
  EXPECT_TRUE(file.has_value()) << file.error().message();
  return file.value_or(EnvFile());
}

TEST(EnvFile, ReadsValuesAsTheyAreWritten) {
  const EnvFile file = parsed(
      "# a comment\n\n"
      "A=1\n"
      "  export B = two words  # and a comment\n"
      "C='single $x \\n'\r\n"
      "D=\"a \\\"b\\\" \\\\ \\$x\\nend\" # c\n"
      "E=\n"
      "F=http://x/#fragment\n"
      "A=2");
  EXPECT_EQ(file.value("A"), "2");
  EXPECT_EQ(file.value("B"), "two words");
  EXPECT_EQ(file.value("C"), "single $x \\n");
  EXPECT_EQ(file.value("D"), "a \"b\" \\ $x\nend");
  EXPECT_EQ(file.value("E"), "");
  EXPECT_EQ(file.value("F"), "http://x/#fragment");
  EXPECT_EQ(file.value("G"), std::nullopt);
}

TEST(EnvFile, LeavesAloneWhatItDoesNotUnderstandUnlessItIsOurs) {
  const std::string text = "what is this\nOTHER='unclosed\nA=1\n";
  EXPECT_EQ(parsed(text).text(), text);
  const auto ours = EnvFile::parse("\nORPHEUS_PORT 5005\n", "my.env");
  ASSERT_FALSE(ours.has_value());
  EXPECT_NE(ours.error().message().find("my.env, line 2"), std::string::npos);
  EXPECT_FALSE(EnvFile::parse("ORPHEUS_HOST=\"unclosed\n").has_value());
  EXPECT_FALSE(EnvFile::parse(std::string(2 << 20, 'a')).has_value());
}

TEST(EnvFile, KeepsEverythingElseWhenAValueChanges) {
  EnvFile file = parsed("# mine\nOTHER=x # why\n\nA=1\n");
  file.set("A", "2");
  file.set("NEW", "a b");
  EXPECT_EQ(file.text(), "# mine\nOTHER=x # why\n\nA=2\nNEW=\"a b\"\n");
}

TEST(EnvFile, ReadsBackWhatItWrites) {
  for (const char* value : {"", "plain", "a b", "#x", "it's", "\"", "\\", "$HOME", "a\\nb", " x ",
                            "유나", "=", "'a'", "`x`"}) {
    EnvFile file;
    file.set("A", value);
    EXPECT_EQ(parsed(file.text()).value("A"), value);
    EXPECT_EQ(parsed(file.text()).text(), file.text());
  }
}

TEST(EnvFile, KeepsTheRightsOfAFileAndGivesANewOneToItsOwnerAlone) {
  using std::filesystem::perms;
  const TestFolder folder;
  const std::filesystem::path path = folder.path() / "rights.env";
  EXPECT_EQ(EnvFile::read(path)->text(), "");
  EnvFile file;
  file.set("A", "1");
  ASSERT_TRUE(file.write(path).has_value());
  EXPECT_EQ(std::filesystem::status(path).permissions(), perms::owner_read | perms::owner_write);
  std::filesystem::permissions(path, perms::group_read, std::filesystem::perm_options::add);
  ASSERT_TRUE(file.write(path).has_value());
  EXPECT_EQ(std::filesystem::status(path).permissions(),
            perms::owner_read | perms::owner_write | perms::group_read);
  EXPECT_EQ(EnvFile::read(path)->value("A"), "1");
  EXPECT_FALSE(EnvFile::read(testing::TempDir()).has_value());  // a folder
  std::filesystem::remove(path);
}

}  // namespace
}  // namespace orpheus::config
