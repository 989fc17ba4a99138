#include "config/environment.h"

#include <map>

#include <gtest/gtest.h>

namespace orpheus::config {
namespace {

Result<Settings> settings_with(std::map<std::string, std::string> variables) {
  return settings_from(
      [variables = std::move(variables)](const char* name) -> std::optional<std::string> {
        const auto found = variables.find(name);
        if (found == variables.end()) return std::nullopt;
        return found->second;
      });
}

TEST(Environment, NothingSetGivesTheDefaults) {
  const auto settings = settings_with({});
  ASSERT_TRUE(settings.has_value());
  EXPECT_EQ(settings->server.host, "127.0.0.1");
  EXPECT_EQ(settings->server.port, 5005);
  EXPECT_EQ(settings->max_tokens, 8192);
  EXPECT_FLOAT_EQ(settings->sampling.temperature, 0.6F);
  EXPECT_TRUE(settings->voice.model.empty());
}

TEST(Environment, ThePredecessorsVariablesAreKept) {
  const auto settings = settings_with({{"ORPHEUS_HOST", "0.0.0.0"},
                                       {"ORPHEUS_PORT", "8080"},
                                       {"ORPHEUS_MAX_TOKENS", "4096"},
                                       {"ORPHEUS_TEMPERATURE", "0.9"},
                                       {"ORPHEUS_TOP_P", "0.8"},
                                       {"XDG_DATA_HOME", "/data"}});
  ASSERT_TRUE(settings.has_value());
  EXPECT_EQ(settings->server.host, "0.0.0.0");
  EXPECT_EQ(settings->server.port, 8080);
  EXPECT_EQ(settings->max_tokens, 4096);
  EXPECT_FLOAT_EQ(settings->sampling.temperature, 0.9F);
  EXPECT_FLOAT_EQ(settings->sampling.top_p, 0.8F);
  EXPECT_EQ(settings->voice.data_folder, "/data/orpheus");
}

TEST(Environment, ServersOfTheLanguageModelAreAList) {
  EXPECT_TRUE(settings_with({})->voice.remote.urls.empty());
  const auto settings = settings_with({{"ORPHEUS_API_URL", "http://a:1/v1, http://b:2"},
                                       {"ORPHEUS_API_KEY", "key"},
                                       {"ORPHEUS_API_TIMEOUT", "7"},
                                       {"ORPHEUS_MODEL_NAME", "orpheus-3b"}});
  ASSERT_TRUE(settings.has_value());
  const remote::Options& remote = settings->voice.remote;
  EXPECT_EQ(remote.urls, (std::vector<std::string>{"http://a:1/v1", "http://b:2"}));
  EXPECT_EQ(remote.api_key, "key");
  EXPECT_EQ(remote.model, "orpheus-3b");
  EXPECT_EQ(remote.timeout_s, 7);
  EXPECT_TRUE(settings->server.keys.empty());
  EXPECT_FALSE(settings_with({{"ORPHEUS_API_TIMEOUT", "0"}}));
}

TEST(Environment, DataGoesToTheFirstFolderThatIsNamed) {
  const auto folder = [](std::map<std::string, std::string> variables) {
    return settings_with(std::move(variables))->voice.data_folder;
  };
  EXPECT_EQ(folder({{"XDG_DATA_HOME", "/data"}, {"HOME", "/home/a"}}), "/data/orpheus");
  EXPECT_EQ(folder({{"HOME", "/home/a"}, {"TMPDIR", "/b"}}), "/home/a/.local/share/orpheus");
  EXPECT_EQ(folder({{"TMPDIR", "/nowhere"}}), "/nowhere/orpheus");
  EXPECT_EQ(folder({}), "/tmp/orpheus");
}

TEST(Environment, WhatIsNotANumberIsNamed) {
  for (const char* text : {"x", "80x", "-1", "65536", "99999999999999999999", "1.5", " 80"}) {
    const auto settings = settings_with({{"ORPHEUS_PORT", text}});
    ASSERT_FALSE(settings.has_value()) << text;
    EXPECT_NE(settings.error().message().find("ORPHEUS_PORT"), std::string::npos);
    EXPECT_NE(settings.error().message().find(text), std::string::npos);
  }
  EXPECT_FALSE(settings_with({{"ORPHEUS_TOP_P", "nan"}}).has_value());
}

}  // namespace
}  // namespace orpheus::config
