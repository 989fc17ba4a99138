#include "config/env_file.h"

#include <fstream>

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

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

TEST(EnvFile, NamesHaveLettersDigitsAndUnderscores) {
  for (const std::string name : {"A", "Z", "a", "z", "_", "x0", "x9", "AZaz_09"})
    EXPECT_EQ(parsed(name + "=1").value(name), "1") << name;
  for (const std::string name : {"x@", "x[", "x`", "x{", "x/", "x:", "x-y", "é"})
    EXPECT_EQ(parsed(name + "=1").value(name), std::nullopt) << name;
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

// Guards against: a shell that reads the saved file runs a command from a value.
TEST(EnvFile, ABacktickIsEscapedAsAShellWantsIt) {
  EnvFile file;
  file.set("A", "`x` $y");
  EXPECT_EQ(file.text(), "A=\"\\`x\\` \\$y\"\n");
}

// Guards against: a comment is read as a value.
TEST(EnvFile, ACommentIsNoValue) {
  const EnvFile file = parsed("A= # comment\nB=# comment\nC=\t#\nD=a#b\nE=''# c\n");
  for (const char* name : {"A", "B", "C", "E"}) EXPECT_EQ(file.value(name), "") << name;
  EXPECT_EQ(file.value("D"), "a#b");
}

// Guards against: another user's .env in a shared folder sends texts to that user's server.
TEST(EnvFile, AStrangersFileDoesNotCount) {
  const TestFolder folder;
  const auto path = folder.path() / ".env";
  std::ofstream(path) << "ORPHEUS_API_URL=http://stranger\n";
  const auto refusal = [&](const std::filesystem::path& of) {
    const auto read = EnvFile::read_trusted(of);
    EXPECT_TRUE(read.has_value()) << read.error().message();
    EXPECT_EQ(read->file.names().empty(), read->refusal.has_value());
    return read->refusal ? read->refusal->message() : "";
  };
  for (const mode_t rights : {0600U, 0644U, 0400U}) {
    ASSERT_EQ(::chmod(path.c_str(), rights), 0);
    EXPECT_EQ(refusal(path), "") << rights;
  }
  ASSERT_EQ(::chmod(path.c_str(), 0606), 0);
  EXPECT_NE(refusal(path).find("other users may write to it"), std::string::npos) << refusal(path);
  EXPECT_NE(refusal(path).find(path.string()), std::string::npos) << refusal(path);
  EXPECT_NE(refusal(path).find("ORPHEUS_ENV_FILE"), std::string::npos) << refusal(path);
  EXPECT_EQ(EnvFile::read_trusted(folder.path() / "none")->refusal, std::nullopt);
  ASSERT_EQ(::chmod(path.c_str(), 0660), 0);
  if (::chown(path.c_str(), ::geteuid(), 12345) != 0) GTEST_SKIP() << "needs root";
  EXPECT_NE(refusal(path), "");  // a group that others are in
  ASSERT_EQ(::chown(path.c_str(), ::geteuid(), ::geteuid()), 0);
  EXPECT_EQ(refusal(path), "");  // this user's own group
  ASSERT_EQ(::chown(path.c_str(), 12345, 12345), 0);
  ASSERT_EQ(::chmod(path.c_str(), 0600), 0);
  EXPECT_NE(refusal(path).find("12345"), std::string::npos) << refusal(path);
  // And a link of a stranger's, to a file of ours.
  std::ofstream(folder.path() / "ours") << "A=1\n";
  std::filesystem::create_symlink("ours", folder.path() / "link");
  EXPECT_EQ(refusal(folder.path() / "link"), "");
  ASSERT_EQ(::lchown((folder.path() / "link").c_str(), 12345, 12345), 0);
  EXPECT_NE(refusal(folder.path() / "link"), "");
}

TEST(EnvFile, AFifoIsRefusedAtOnce) {
  const TestFolder folder;
  const auto path = folder.path() / "fifo";
  ASSERT_EQ(::mkfifo(path.c_str(), 0600), 0);
  EXPECT_FALSE(EnvFile::read(path).has_value());
  EXPECT_FALSE(EnvFile::read_trusted(path).has_value());
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
