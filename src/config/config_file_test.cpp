#include "config/config_file.h"

#include <gtest/gtest.h>

namespace orpheus::config {
namespace {

std::string text_of(const std::string& toml, std::string_view name) {
  const auto file = ConfigFile::parse(toml, "my.toml");
  EXPECT_TRUE(file.has_value()) << file.error().message();
  const auto entry = file ? file->value(*find_setting(name)) : std::nullopt;
  return entry ? entry->text : "";
}

TEST(ConfigFile, ReadsEveryKindOfValue) {
  EXPECT_EQ(text_of("port = 5_006", "port"), "5006");
  EXPECT_EQ(text_of("port = '5006'", "port"), "5006");
  EXPECT_EQ(text_of("temperature = 0.7", "temperature"), "0.7");
  EXPECT_EQ(text_of("temperature = 1", "temperature"), "1");
  EXPECT_EQ(text_of("log_text = true", "log_text"), "1");
  EXPECT_EQ(text_of("voices = ['anna', \"유나\"]", "voices"), "anna,유나");
  EXPECT_EQ(text_of("voices = 'anna,ben'", "voices"), "anna,ben");
  EXPECT_EQ(text_of("host = ''", "host"), "");
  EXPECT_EQ(text_of("\xEF\xBB\xBF# été ~\nhost = \"\"\"\\\n é~/~41\\\"\"\"\" # 'é", "host"),
            "é~/~41\"");
  EXPECT_EQ(text_of("", "host"), "");
}

TEST(ConfigFile, SaysWhatIsWrongAndWhatWasMeant) {
  const std::pair<std::string, std::string> wrong[] = {
      {"\nprot = 1", "my.toml, line 2: there is no setting 'prot' (expected 'port')"},
      {"ORPHEUS_PORT = 1", "(expected 'port')"},
      {"max-tokens = 70", "(expected 'max_tokens')"},
      {"colour = 'red'", "'orpheus doctor' lists all settings"},
      {"[server]\nport = 1", "sections are not allowed"},
      {"port = [1, 2]", "'port' has an invalid value (expected a whole number from 0 to 65535)"},
      {"port = 1979-05-27", "'port' has an invalid value"},
      {"voices = ['a,b']", "a list of strings without commas"},
      {"voices = [['a']]", "a list of strings without commas"},
      {"port = 1\nport = 2", "my.toml, line 2: not valid TOML"},
      {"model = orpheus.gguf", "Put text values in quotes"},
      {"model = \"\x01\"", "not valid TOML"},
      {"\xff\xfe", "not valid TOML"},
      {"port = 1\nhost = été", "my.toml, line 2: not valid TOML"},
      {"port =-$ \"\xCB\x90\"", "not valid TOML"},
      {"'prêt~' = 1", "there is no setting 'prêt~'"},
      {std::string(2 << 20, 'a'), "at most 1 MiB"},
      {std::string(100'000, '['), "not valid TOML"},
  };
  for (const auto& [toml, message] : wrong) {
    const auto file = ConfigFile::parse(toml, "my.toml");
    ASSERT_FALSE(file.has_value()) << toml.substr(0, 40);
    EXPECT_NE(file.error().message().find(message), std::string::npos) << file.error().message();
  }
}

}  // namespace
}  // namespace orpheus::config
