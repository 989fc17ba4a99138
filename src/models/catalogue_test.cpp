#include "models/catalogue.h"

#include <set>

#include <gtest/gtest.h>

namespace orpheus::models {
namespace {

TEST(Catalogue, EveryEntryIsFoundByItsNameAndIsAFileOfItsOwn) {
  std::set<std::string> installed;
  for (const Entry& entry : catalogue()) {
    const auto found = find_entry(entry.name);
    ASSERT_TRUE(found.has_value()) << entry.name;
    EXPECT_EQ(found->repository, entry.repository);
    EXPECT_TRUE(installed.insert(entry.installed).second) << entry.installed;
    EXPECT_TRUE(entry.installed.ends_with(".gguf"));
    EXPECT_FALSE(entry.files.empty());
  }
}

TEST(Catalogue, ALanguageMeansItsVoiceForMostMachines) {
  EXPECT_EQ(find_entry("english")->name, "english-q4_k_m");
  EXPECT_EQ(find_entry("en")->name, "english-q4_k_m");
  EXPECT_EQ(find_entry("English-Q8_0")->name, "english-q8_0");
  EXPECT_EQ(find_entry("fr")->name, "french-q8_0");
  for (const char* name : {"italian", "es", "it", "spanish", "italian-spanish"})
    EXPECT_EQ(find_entry(name)->name, "italian-spanish-q8_0") << name;
  EXPECT_EQ(find_entry("snac")->kind, Kind::kCodec);
}

TEST(Catalogue, AnyFileOfTheHubHasAName) {
  const auto entry = find_entry("some-one/a.repo/Model_1-Q8_0.gguf");
  ASSERT_TRUE(entry.has_value()) << entry.error().message();
  EXPECT_EQ(entry->name, "some-one+a.repo+Model_1-Q8_0");
  EXPECT_EQ(entry->installed, "some-one+a.repo+Model_1-Q8_0.gguf");
  EXPECT_EQ(find_entry("a/b/C.GGUF")->installed, "a+b+C.gguf");
  EXPECT_EQ(address_of("http://h:1/m/", *entry, entry->files.front()),
            "http://h:1/m/some-one/a.repo/resolve/main/Model_1-Q8_0.gguf");
  for (const char* name : {"a/b", "a/b/c.bin", "a/b/c/d.gguf", "../b/c.gguf", "a/b/.gguf",
                           "/a/b.gguf", "a/../c.gguf", "a/b/c?.gguf", "a//c.gguf"}) {
    const auto refused = find_entry(name);
    ASSERT_FALSE(refused.has_value()) << name;
    EXPECT_EQ(refused.error().kind, ErrorKind::kUsage);
  }
}

TEST(Catalogue, EachFileOfTheHubHasAPlaceOfItsOwn) {
  std::set<std::string> installed;
  for (const Entry& entry : catalogue()) {
    installed.insert(entry.installed);
    const auto other = find_entry("some-one/else/" + entry.installed);
    EXPECT_TRUE(installed.insert(other->installed).second) << other->installed;
  }
  for (const char* name : {"anna/one/m.gguf", "ben/one/m.gguf", "anna/two/m.gguf",
                           "anna/one-m/m.gguf", "anna-one/m/m.gguf", "anna/one/m-m.gguf"})
    EXPECT_TRUE(installed.insert(find_entry(name)->installed).second) << name;
}

TEST(Catalogue, AnUnknownNameIsToldTheKnownOnesAndTheOneThatWasMeant) {
  const auto refused = find_entry("klingon");
  EXPECT_EQ(refused.error().kind, ErrorKind::kNotFound);
  EXPECT_NE(refused.error().message().find("french-q8_0"), std::string::npos);
  EXPECT_EQ(refused.error().message().find("Did you mean"), std::string::npos);
  for (const auto& [mistyped, meant] : std::initializer_list<std::pair<const char*, const char*>>{
           {"englsh", "'english'"}, {"Frech", "'french'"}, {"german-q8", "'german-q8_0'"}}) {
    const std::string message = find_entry(mistyped).error().message();
    EXPECT_NE(message.find("Did you mean " + std::string(meant) + "?"), std::string::npos)
        << message;
  }
}

}  // namespace
}  // namespace orpheus::models
