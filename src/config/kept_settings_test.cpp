#include "config/kept_settings.h"

#include <fstream>
#include <map>
#include <utility>

#include <gtest/gtest.h>

#include "base/testing/test_folder.h"
#include "config/setting.h"

namespace orpheus::config {
namespace {

class Kept : public testing::Test {
 protected:
  void write(const std::string& text) const { std::ofstream(path_) << text; }

  const TestFolder folder_;
  const std::filesystem::path path_ = folder_.path() / "kept.env";
  KeptSettings kept_{[](const char*) { return std::nullopt; }, path_};
};

TEST_F(Kept, ChangesWhatIsNamedAndDropsNothing) {
  write("# mine\nSECRET=x\nORPHEUS_PORT=5005\n");
  ASSERT_TRUE(
      kept_.save({{"ORPHEUS_PORT", "6000"}, {"ORPHEUS_MODEL_NAME", "my model"}}).has_value());
  EXPECT_EQ(content_of(path_),
            "# mine\nSECRET=x\nORPHEUS_PORT=6000\nORPHEUS_MODEL_NAME=\"my model\"\n");
}

TEST_F(Kept, RefusesNamesAndValuesThatAreNotItsOwn) {
  write("A=1\n");
  const std::vector<std::map<std::string, std::string>> wrong = {
      {{"SECRET", "x"}},
      {{"ORPHEUS_ADMIN_KEYS", "x"}},
      {{"ORPHEUS_MODEL", "/etc/passwd"}},
      {{"ORPHEUS_PORT", "web"}},
      {{"ORPHEUS_PORT", "70000"}},
      {{"ORPHEUS_MODEL_NAME", "a\nORPHEUS_HOST=0.0.0.0"}},
      {{"ORPHEUS_MODEL_NAME", std::string(5000, 'a')}},
      {{"ORPHEUS_TEMPERATURE", "0.5"}, {"ORPHEUS_TOP_P", "2"}},  // all or none
  };
  for (const auto& changes : wrong) {
    const auto saved = kept_.save(changes);
    ASSERT_FALSE(saved.has_value()) << changes.begin()->first;
    EXPECT_EQ(saved.error().kind, ErrorKind::kUsage);
    EXPECT_EQ(content_of(path_), "A=1\n");
  }
}

TEST_F(Kept, AValueMayHaveFourKibibytes) {
  EXPECT_TRUE(kept_.save({{"ORPHEUS_MODEL_NAME", std::string(4096, 'a')}}).has_value());
  EXPECT_FALSE(kept_.save({{"ORPHEUS_MODEL_NAME", std::string(4097, 'a')}}).has_value());
}

TEST_F(Kept, ListsEverySettingWithItsSource) {
  write("ORPHEUS_PORT=6000\n");
  EXPECT_EQ(kept_.list().size(), 9U);
  for (const auto& entry : kept_.list()) {
    EXPECT_EQ(entry.source, entry.name == "ORPHEUS_PORT" ? "kept.env" : "default");
    if (entry.name == "ORPHEUS_PORT") {
      EXPECT_EQ(entry.value, "6000");
    }
  }
  const KeptSettings hidden(
      [](const char* name) -> std::optional<std::string> {
        if (std::string_view(name) == "ORPHEUS_PORT") return "7000";
        return std::nullopt;
      },
      path_);
  for (const auto& entry : hidden.list()) {
    if (entry.name != "ORPHEUS_PORT") continue;
    EXPECT_EQ(entry.value, "7000");
    EXPECT_EQ(entry.source, "environment");
  }
}

// Guards against: an invalid value, hidden by a variable, is saved and prevents the next start.
TEST_F(Kept, ABadValueThatAVariableHidesIsNotSaved) {
  write("A=1\n");
  KeptSettings hidden(
      [](const char* name) -> std::optional<std::string> {
        if (std::string_view(name) == "ORPHEUS_PORT") return "7000";
        return std::nullopt;
      },
      path_);
  const auto saved = hidden.save({{"ORPHEUS_PORT", "web"}});
  ASSERT_FALSE(saved.has_value());
  EXPECT_EQ(saved.error().kind, ErrorKind::kUsage);
  EXPECT_EQ(content_of(path_), "A=1\n");
  EXPECT_TRUE(hidden.save({{"ORPHEUS_PORT", "6000"}}).has_value());
}

// Guards against: lines that another user wrote to the file are saved as this user's settings.
TEST_F(Kept, AFileThatDoesNotCountIsNotSavedTo) {
  write("ORPHEUS_API_URL=http://stranger\n");
  std::filesystem::permissions(path_, std::filesystem::perms::all);
  const auto saved = kept_.save({{"ORPHEUS_PORT", "6000"}});
  ASSERT_FALSE(saved.has_value());
  EXPECT_NE(saved.error().message().find("other users may write"), std::string::npos);
  EXPECT_EQ(content_of(path_), "ORPHEUS_API_URL=http://stranger\n");
}

// What the next reload takes up: flags stay, and so does what the machine suggests.
TEST_F(Kept, TellsWhatIsInForce) {
  write("ORPHEUS_PORT=6000\nORPHEUS_TOP_P=0.8\n");
  config::Settings in_force;
  for (const auto& [name, text] : {std::pair("port", "7000"), std::pair("temperature", "0.9")}) {
    const Setting& setting = *find_setting(name);
    ASSERT_TRUE(config::write(in_force, setting, text, {Origin::kFlag, setting.flag}).has_value());
  }
  suggest(in_force, *find_setting("max_tokens"), "4096", "CPU tier");
  suggest(in_force, *find_setting("top_p"), "0.7", "CPU tier");
  const KeptSettings kept([](const char*) { return std::nullopt; }, path_, {},
                          [&] { return in_force; });
  std::map<std::string, std::string> told;
  for (const auto& entry : kept.list()) told[entry.name] = entry.value + " " + entry.source;
  EXPECT_EQ(told["ORPHEUS_PORT"], "7000 flag");
  EXPECT_EQ(told["ORPHEUS_TEMPERATURE"], "0.9 flag");
  EXPECT_EQ(told["ORPHEUS_MAX_TOKENS"], "4096 machine");
  EXPECT_EQ(told["ORPHEUS_TOP_P"], "0.8 kept.env");
  EXPECT_EQ(told["ORPHEUS_HOST"], "127.0.0.1 default");
}

}  // namespace
}  // namespace orpheus::config
