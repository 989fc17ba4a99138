#include "config/layers.h"

#include <fstream>
#include <map>

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/testing/test_folder.h"

namespace orpheus::config {
namespace {

Environment environment_with(std::map<std::string, std::string> variables) {
  return [variables = std::move(variables)](const char* name) -> std::optional<std::string> {
    const auto found = variables.find(name);
    if (found == variables.end()) return std::nullopt;
    return found->second;
  };
}

Result<Settings> settings_with(std::map<std::string, std::string> variables) {
  return settings_from({.process = environment_with(std::move(variables))});
}

std::string value_of(const Settings& settings, std::string_view name) {
  return find_setting(name)->read(settings);
}

TEST(Layers, NothingSetGivesTheDefaults) {
  const auto settings = settings_with({});
  ASSERT_TRUE(settings.has_value());
  EXPECT_EQ(settings->server.host, "127.0.0.1");
  EXPECT_EQ(settings->server.port, 5005);
  EXPECT_EQ(settings->max_tokens, 8192);
  EXPECT_FALSE(settings->sampling.temperature.has_value());
  EXPECT_TRUE(settings->voice.model.empty());
  EXPECT_TRUE(settings->sources.empty());
}

TEST(Layers, ThePredecessorsVariablesAreKept) {
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
  EXPECT_EQ(settings->sampling.temperature, 0.9F);
  EXPECT_EQ(settings->sampling.top_p, 0.8F);
  EXPECT_EQ(settings->voice.data_folder, "/data/orpheus");
}

TEST(Layers, DataGoesToTheFirstFolderThatIsNamed) {
  const auto folder = [](std::map<std::string, std::string> variables) {
    return settings_with(std::move(variables))->voice.data_folder;
  };
  EXPECT_EQ(folder({{"XDG_DATA_HOME", "/data"}, {"HOME", "/home/a"}}), "/data/orpheus");
  EXPECT_EQ(folder({{"HOME", "/home/a"}, {"TMPDIR", "/b"}}), "/home/a/.local/share/orpheus");
  // Guards against: the first user's folder blocks all others.
  const std::string own = "orpheus-" + std::to_string(::geteuid());
  EXPECT_EQ(folder({{"TMPDIR", "/nowhere"}}), "/nowhere/" + own);
  EXPECT_EQ(folder({}), "/tmp/" + own);
}

// Guards against: other users put models and settings into a data folder below /tmp.
TEST(Layers, WithoutAHomeTheDataFolderMustBeOnesOwn) {
  const TestFolder temporary;
  const auto claim = [&](std::map<std::string, std::string> variables) {
    variables["TMPDIR"] = temporary.path().string();
    return claim_data_folder(*settings_with(std::move(variables)));
  };
  const auto folder = temporary.path() / ("orpheus-" + std::to_string(::geteuid()));
  EXPECT_TRUE(claim({{"HOME", "/nowhere"}}).has_value());
  EXPECT_FALSE(std::filesystem::exists(folder));
  EXPECT_TRUE(claim({}).has_value());
  EXPECT_TRUE(claim({}).has_value());
  EXPECT_EQ(std::filesystem::status(folder).permissions(), std::filesystem::perms::owner_all);
  std::filesystem::permissions(folder, std::filesystem::perms::all);
  ASSERT_FALSE(claim({}).has_value());
  EXPECT_NE(claim({}).error().message().find("XDG_DATA_HOME"), std::string::npos);
}

TEST(Layers, WhatIsNotANumberIsNamed) {
  for (const char* text : {"x", "80x", "-1", "65536", "99999999999999999999", "1.5", " 80"}) {
    const auto settings = settings_with({{"ORPHEUS_PORT", text}});
    ASSERT_FALSE(settings.has_value()) << text;
    EXPECT_NE(settings.error().message().find("ORPHEUS_PORT"), std::string::npos);
    EXPECT_NE(settings.error().message().find(text), std::string::npos);
  }
  // What Kubernetes sets for a service called orpheus.
  EXPECT_NE(settings_with({{"ORPHEUS_PORT", "tcp://10.0.0.1:5005"}})
                .error()
                .message()
                .find("enableServiceLinks: false"),
            std::string::npos);
  EXPECT_FALSE(settings_with({{"ORPHEUS_TOP_P", "nan"}}).has_value());
  EXPECT_FALSE(settings_with({{"ORPHEUS_UNKNOWN_VOICE", "guess"}}).has_value());
  EXPECT_FALSE(settings_with({{"ORPHEUS_LOG_TEXT", "maybe"}}).has_value());
}

// Four layers set a value, then three, …: the strongest wins and is recorded as the source.
TEST(Layers, TheStrongestWinsAndIsRemembered) {
  Layers layers{
      .process = environment_with({{"ORPHEUS_PORT", "1"}}),
      .env_file = *EnvFile::parse("ORPHEUS_PORT=2\nORPHEUS_HOST=::1\nORPHEUS_THREADS=\n"),
      .env_file_name = "my.env",
      .config_file = *ConfigFile::parse("# mine\nport = 3\nhost = 'a'\nthreads = 4\n", "my.toml")};
  auto settings = settings_from(layers);
  ASSERT_TRUE(settings.has_value()) << settings.error().message();
  ASSERT_TRUE(write(*settings, *find_setting("max_tokens"), "70", {Origin::kFlag, "--max-tokens"}));
  const auto expect = [&](const char* name, const char* value, Origin origin, const char* where) {
    EXPECT_EQ(value_of(*settings, name), value);
    EXPECT_EQ(settings->sources[name].origin, origin) << name;
    EXPECT_EQ(settings->sources[name].where, where) << name;
  };
  expect("port", "1", Origin::kEnvironment, "ORPHEUS_PORT");
  expect("host", "::1", Origin::kEnvFile, "my.env");
  expect("threads", "4", Origin::kConfigFile, "my.toml, line 4");  // empty in .env is not set
  expect("max_tokens", "70", Origin::kFlag, "--max-tokens");
}

// Guards against: a default computed for the machine replaces a value that the user set in any of
// the layers.
TEST(Layers, TheMachinesSuggestionNeverOverridesASetValue) {
  const Setting& setting = *find_setting("max_tokens");
  const std::vector<Layers> layers = {
      {.process = environment_with({{"ORPHEUS_MAX_TOKENS", "70"}})},
      {.env_file = *EnvFile::parse("ORPHEUS_MAX_TOKENS=70\n")},
      {.config_file = *ConfigFile::parse("max_tokens = 70\n", "my.toml")}};
  for (const Layers& each : layers) {
    auto settings = settings_from(each);
    ASSERT_TRUE(settings.has_value());
    const Source before = settings->sources["max_tokens"];
    suggest(*settings, setting, "4096", "CPU tier");
    EXPECT_EQ(settings->max_tokens, 70);
    EXPECT_EQ(settings->sources["max_tokens"].origin, before.origin);
    EXPECT_EQ(settings->sources["max_tokens"].where, before.where);
  }
  Settings settings;
  ASSERT_TRUE(write(settings, setting, "70", {Origin::kFlag, "--max-tokens"}).has_value());
  suggest(settings, setting, "4096", "CPU tier");
  EXPECT_EQ(settings.max_tokens, 70);
  EXPECT_EQ(settings.sources["max_tokens"].origin, Origin::kFlag);
  // Even the default's own number, where a person chose it.
  ASSERT_TRUE(write(settings, setting, "8192", {Origin::kFlag, "--max-tokens"}).has_value());
  suggest(settings, setting, "4096", "CPU tier");
  EXPECT_EQ(settings.max_tokens, 8192);
}

// Every setting parses the text that it prints, and all names follow one rule.
TEST(Layers, EverySettingReadsWhatItWritesAndIsDescribed) {
  for (const Setting& setting : all_settings()) {
    SCOPED_TRACE(setting.name);
    const Settings defaults;
    Settings settings;
    EXPECT_TRUE(setting.write(settings, setting.read(defaults)));
    EXPECT_EQ(setting.read(settings), setting.read(defaults));
    EXPECT_FALSE(setting.help.empty());
    EXPECT_FALSE(setting.expected.empty());
    EXPECT_TRUE(setting.variable.starts_with("ORPHEUS_"));
    EXPECT_EQ(find_setting(setting.name), &setting);
    EXPECT_EQ(find_setting_of_variable(setting.variable), &setting);
  }
}

TEST(Layers, SamplingIsLeftOpenUntilSomebodySaysIt) {
  Settings settings;
  EXPECT_FALSE(settings.sampling.temperature.has_value());
  const Setting& temperature = *find_setting("temperature");
  EXPECT_TRUE(temperature.write(settings, "0.25"));
  EXPECT_EQ(settings.sampling.temperature, 0.25F);
  EXPECT_FALSE(temperature.write(settings, "warm"));
  EXPECT_TRUE(temperature.write(settings, ""));
  EXPECT_FALSE(settings.sampling.temperature.has_value());
}

// docs/configuration.md has a row for each of them, as it is here.
TEST(Layers, TheDocumentTellsEverySetting) {
  const std::string document = content_of(ORPHEUS_TEST_DATA "/../../docs/configuration.md");
  const Settings defaults;
  for (const Setting& setting : all_settings()) {
    std::string value = setting.value_name.empty() ? "1 or 0"
                        : setting.allowed.empty()  ? setting.value_name
                                                   : setting.allowed;
    if (const std::string is = setting.read(defaults); !is.empty()) value += "; `" + is + "`";
    const std::string row = "| `" + setting.name + "` | `" + setting.variable + "` | " + value +
                            " | " + setting.help + " |";
    EXPECT_NE(document.find(row), std::string::npos) << "it lacks\n" << row;
  }
}

TEST(Layers, ServersOfTheLanguageModelAreAList) {
  const auto settings = settings_with({{"ORPHEUS_API_URL", "http://a:1/v1, http://b:2"},
                                       {"ORPHEUS_API_KEY", "key"},
                                       {"ORPHEUS_API_TIMEOUT", "7"},
                                       {"ORPHEUS_MODEL_NAME", "orpheus-3b"}});
  const remote::Options& remote = settings->voice.remote;
  EXPECT_EQ(remote.urls, (std::vector<std::string>{"http://a:1/v1", "http://b:2"}));
  EXPECT_EQ(remote.api_key, "key");
  EXPECT_EQ(remote.model, "orpheus-3b");
  EXPECT_EQ(remote.timeout_s, 7);
  EXPECT_TRUE(settings->server.keys.empty());
}

// Guards against: the setting "${A},${B}" with both variables empty gives a server without keys.
// The test covers every list setting in every layer.
TEST(Layers, AListOfSeparatorsAloneIsAnError) {
  for (const Setting& setting : all_settings()) {
    if (!setting.is_list) continue;
    for (const char* text : {",", ",,,", " ", " , ", "\t,"}) {
      const auto settings = settings_with({{setting.variable, text}});
      ASSERT_FALSE(settings.has_value()) << setting.name << " '" << text << "'";
      EXPECT_EQ(settings.error().kind, ErrorKind::kUsage);
      EXPECT_NE(settings.error().message().find(setting.variable), std::string::npos);
      const auto file = EnvFile::parse(setting.variable + "='" + text + "'\n");
      EXPECT_FALSE(settings_from({.env_file = *file}).has_value()) << setting.name;
      const auto config = ConfigFile::parse(setting.name + " = '" + text + "'\n", "a.toml");
      EXPECT_FALSE(settings_from({.config_file = *config}).has_value()) << setting.name;
    }
    for (const char* text : {"['']", "['', '']", "[' ']"})
      EXPECT_FALSE(ConfigFile::parse(setting.name + " = " + text + "\n", "a.toml").has_value())
          << setting.name << text;
    EXPECT_TRUE(settings_with({{setting.variable, "a,"}}).has_value()) << setting.name;
  }
}

// Guards against: a list of keys is empty, so the server needs no key, and no warning is printed.
TEST(Layers, AnEmptyListIsNotSetAndIsTold) {
  const auto told = [](const Layers& layers, const std::vector<std::string>& empty) {
    EXPECT_TRUE(settings_from(layers).has_value());
    const auto warnings = told_of(layers, empty);
    return warnings.size() == 1 ? warnings.front() : std::to_string(warnings.size());
  };
  for (const char* name : {"server_keys", "admin_keys_file", "cors_origins"}) {
    const std::string variable = find_setting(name)->variable;
    EXPECT_EQ(told({}, {variable}),
              "the environment variable " + variable + " is empty and treated as not set");
    EXPECT_EQ(told({.env_file = *EnvFile::parse(variable + "=\n")}, {}),
              variable + " in .env is empty and treated as not set");
    for (const char* nothing : {"''", "[]"}) {
      if (!find_setting(name)->is_list && *nothing == '[') continue;
      EXPECT_EQ(told({.config_file =
                          *ConfigFile::parse(std::string(name) + " = " + nothing + "\n", "a.toml")},
                     {}),
                "'" + std::string(name) + "' in a.toml, line 1 is empty and treated as not set");
    }
  }
  // Another layer says it, or it is no list.
  EXPECT_EQ(told({.env_file = *EnvFile::parse("ORPHEUS_SERVER_KEYS=k\n")}, {"ORPHEUS_SERVER_KEYS"}),
            "0");
  EXPECT_EQ(told({}, {"ORPHEUS_PORT", "ORPHEUS_NO_SETTING"}), "0");
}

TEST(Layers, ASecretIsNotShown) {
  const auto settings = settings_with({{"ORPHEUS_SERVER_KEYS", "a, b,"}});
  EXPECT_EQ(settings->server.keys, (std::vector<std::string>{"a", "b"}));
  EXPECT_EQ(shown_value(*settings, *find_setting("server_keys")), "***");
  EXPECT_EQ(shown_value(*settings, *find_setting("admin_keys")), "");
  const auto elsewhere =
      settings_with({{"ORPHEUS_API_URL", "http://me:p@ss@a:1/v1,http://b/x@y,http://you@c"}});
  EXPECT_EQ(shown_value(*elsewhere, *find_setting("lm_url")),
            "http://***@a:1/v1,http://b/x@y,http://***@c");
  const auto keyed = settings_with({{"ORPHEUS_API_URL", "http://a/v1?key=k@x,http://me:p@b?c=d/e"},
                                    {"ORPHEUS_HUB_URL", "https://me:p@mirror/hub"}});
  EXPECT_EQ(shown_value(*keyed, *find_setting("lm_url")), "http://a/v1?***,http://***@b?***");
  EXPECT_EQ(shown_value(*keyed, *find_setting("hub_url")), "https://***@mirror/hub");
}

// Whoever sets it, but flags, where shells do that; and nothing that is no path.
TEST(Layers, ATildeIsTheHomeFolder) {
  const Layers layers{
      .process = environment_with({{"HOME", "/home/a"}, {"ORPHEUS_MODEL", "~/lm.gguf"}}),
      .env_file = *EnvFile::parse("ORPHEUS_MORE_MODELS=~/b.gguf, /c~/d, ~e/f\n"
                                  "ORPHEUS_MODEL_NAME=~/x\nORPHEUS_OUTPUTS=~\n"),
      .config_file = *ConfigFile::parse("codec = '~/snac.gguf'\ntls_key = 'a/~/b'\n", "a.toml")};
  const auto settings = settings_from(layers);
  ASSERT_TRUE(settings.has_value()) << settings.error().message();
  EXPECT_EQ(settings->voice.model, "/home/a/lm.gguf");
  EXPECT_EQ(settings->voice.codec, "/home/a/snac.gguf");
  EXPECT_EQ(settings->voice.more_models,
            (std::vector<std::string>{"/home/a/b.gguf", "/c~/d", "~e/f"}));
  EXPECT_EQ(settings->server.outputs_folder, "/home/a");
  EXPECT_EQ(settings->server.tls_key, "a/~/b");
  EXPECT_EQ(settings->server.model_name, "~/x");
  EXPECT_EQ(settings_with({{"ORPHEUS_MODEL", "~/lm.gguf"}})->voice.model, "~/lm.gguf");
  const auto home = environment_with(
      {{"HOME", "/home/a"}, {"ORPHEUS_ENV_FILE", "~/my.env"}, {"ORPHEUS_CONFIG", "~/my.toml"}});
  EXPECT_EQ(env_file_path(home), "/home/a/my.env");
  EXPECT_EQ(config_file_paths(home).front(), "/home/a/my.toml");
}

// Names that other programs have for the same, below ours.
TEST(Layers, OthersVariablesCountWhereOursAreNotSet) {
  const auto settings = settings_with({{"HF_ENDPOINT", "https://mirror"},
                                       {"HF_TOKEN", "t"},
                                       {"ORPHEUS_HUB_TOKEN", "ours"},
                                       {"SSL_CERT_FILE", "a.pem"},
                                       {"CURL_CA_BUNDLE", "b.pem"}});
  EXPECT_EQ(settings->models.hub_url, "https://mirror");
  EXPECT_EQ(settings->models.token, "ours");
  EXPECT_EQ(settings->voice.remote.ca_certificates, "b.pem");
  EXPECT_EQ(settings->voice.remote.ca_certificates_given_by,
            "the environment variable CURL_CA_BUNDLE");
  EXPECT_EQ(settings->sources.at("hub_url").where, "HF_ENDPOINT");
}

class LayersOnDisk : public testing::Test {
 protected:
  LayersOnDisk() { std::filesystem::create_directories(folder_ / "orpheus"); }
  std::string write(const std::string& name, const std::string& text) const {
    std::ofstream(folder_ / name) << text;
    return (folder_ / name).string();
  }
  const TestFolder own_;
  const std::filesystem::path folder_ = own_.path();
};

TEST_F(LayersOnDisk, TheFileOfSettingsIsTheFirstThatIsThere) {
  const std::string env = write("none.env", "");
  write("orpheus/config.toml", "port = 1\n");
  const std::string other = write("other.toml", "port = 2\n");
  const auto port = [&](std::map<std::string, std::string> variables,
                        const std::string& named = {}) {
    variables["ORPHEUS_ENV_FILE"] = env;
    const auto layers = read_layers(environment_with(std::move(variables)), named);
    EXPECT_TRUE(layers.has_value()) << layers.error().message();
    return layers ? settings_from(*layers)->server.port : 0;
  };
  EXPECT_EQ(port({}), 5005);
  EXPECT_EQ(port({{"XDG_CONFIG_HOME", folder_.string()}}), 1);
  EXPECT_EQ(port({{"XDG_CONFIG_HOME", folder_.string()}, {"ORPHEUS_CONFIG", other}}), 2);
  EXPECT_EQ(port({{"ORPHEUS_CONFIG", (folder_ / "orpheus/config.toml").string()}}, other), 2);
  write("none.env", "ORPHEUS_CONFIG=" + other + "\n");
  EXPECT_EQ(port({}), 2);
}

// A .env in the current folder is read only if it is trusted; a named one is always read.
TEST_F(LayersOnDisk, AFileThatOthersMayWriteCountsWhereItIsNamed) {
  const auto before = std::filesystem::current_path();
  std::filesystem::current_path(folder_);
  const std::string path = write(".env", "ORPHEUS_PORT=1\n");
  std::filesystem::permissions(path, std::filesystem::perms::all);
  const auto found = read_layers(environment_with({}), {});
  const auto named = read_layers(environment_with({{"ORPHEUS_ENV_FILE", path}}), {});
  std::filesystem::permissions(path, std::filesystem::perms::owner_all);
  const auto trusted = read_layers(environment_with({}), {});
  std::filesystem::current_path(before);
  ASSERT_TRUE(found.has_value() && named.has_value() && trusted.has_value());
  EXPECT_EQ(found->env_file.value("ORPHEUS_PORT"), std::nullopt);
  ASSERT_TRUE(found->refused_env_file);
  EXPECT_NE(found->refused_env_file->message().find(path), std::string::npos);
  EXPECT_EQ(named->env_file.value("ORPHEUS_PORT"), "1");
  EXPECT_EQ(trusted->env_file.value("ORPHEUS_PORT"), "1");
  EXPECT_FALSE(trusted->refused_env_file);
}

TEST_F(LayersOnDisk, NamesThatMeanNothingAreErrorsThatSayWhatWasMeant) {
  const auto refused = [&](const std::string& env, const std::string& config) {
    const auto layers = read_layers(environment_with({{"ORPHEUS_ENV_FILE", write("my.env", env)}}),
                                    folder_ / config);
    EXPECT_FALSE(layers.has_value());
    return layers ? "" : layers.error().message();
  };
  EXPECT_NE(refused("ORPHEUS_TEMPRATURE=1\n", "").find("ORPHEUS_TEMPERATURE"), std::string::npos);
  EXPECT_NE(refused("ORPHEUS_COLOUR=1\n", "").find("orpheus doctor"), std::string::npos);
  EXPECT_NE(refused("", "missing.toml").find("--config"), std::string::npos);
  EXPECT_EQ(meant_variable("ORPHEUS_"), "");
}

TEST_F(LayersOnDisk, KeysMayStandInAFile) {
  const auto keys = [&](const std::string& text) {
    return settings_with(
        {{"ORPHEUS_SERVER_KEYS", "a"}, {"ORPHEUS_SERVER_KEYS_FILE", write("keys", text)}});
  };
  auto settings = keys("# ours\nb\n\nc\n");
  EXPECT_EQ(settings->server.keys, (std::vector<std::string>{"a", "b", "c"}));
  // A flag that names another file comes later.
  settings->server_keys_file = write("more-keys", "d\na\n");
  ASSERT_TRUE(complete(*settings).has_value());
  EXPECT_EQ(settings->server.keys, (std::vector<std::string>{"a", "b", "c", "d"}));
  EXPECT_FALSE(keys("# none\n").has_value());
  EXPECT_FALSE(keys("").has_value());
  EXPECT_FALSE(keys(" \n\t\n").has_value());
  EXPECT_FALSE(keys(",,,\n , \n").has_value());
  EXPECT_TRUE(keys(std::string(1 << 20, 'k')).has_value());
  EXPECT_FALSE(keys(std::string((1 << 20) + 1, 'k')).has_value());
  EXPECT_FALSE(settings_with({{"ORPHEUS_ADMIN_KEYS_FILE", folder_.string()}}).has_value());
  const std::string fifo = (folder_ / "fifo").string();
  ASSERT_EQ(::mkfifo(fifo.c_str(), 0600), 0);
  EXPECT_FALSE(settings_with({{"ORPHEUS_SERVER_KEYS_FILE", fifo}}).has_value());
  EXPECT_FALSE(ConfigFile::read(fifo).has_value());
}

// Guards against: a file of exactly the documented largest size is refused, or a larger file is
// read.
TEST_F(LayersOnDisk, FilesOfSettingsMayHaveAMebibyte) {
  for (const size_t size : {size_t{1} << 20U, (size_t{1} << 20U) + 1}) {
    const std::string text = "#" + std::string(size - 1, 'x');
    EXPECT_EQ(ConfigFile::read(write("large.toml", text)).has_value(), size == 1U << 20U) << size;
    EXPECT_EQ(EnvFile::read(write("large.env", text)).has_value(), size == 1U << 20U) << size;
  }
}

}  // namespace
}  // namespace orpheus::config
