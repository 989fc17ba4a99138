#include "config/environment.h"

#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include "base/parse_number.h"

namespace orpheus::config {
namespace {

// Reads a number in [low, high] into target, if the variable is set.
template <typename T>
Result<void> read_number(const Environment& environment, const char* name, T low, T high,
                         T& target) {
  const auto text = environment(name);
  if (!text) return {};
  if (const auto value = parse_number<T>(*text); value && *value >= low && *value <= high) {
    target = *value;
    return {};
  }
  const auto print = [](T number) {
    std::string printed = std::to_string(number);
    if constexpr (std::is_floating_point_v<T>) printed.resize(printed.find('.') + 2);
    return printed;
  };
  return fail({.kind = ErrorKind::kUsage,
               .what = std::string("the environment variable ") + name + " is not usable",
               .expected = "a number from " + print(low) + " to " + print(high),
               .found = "'" + *text + "'"});
}

std::string_view without_blanks(std::string_view text) {
  constexpr std::string_view kBlanks = " \t\r";
  const size_t start = std::min(text.find_first_not_of(kBlanks), text.size());
  text.remove_prefix(start);
  return text.substr(0, text.find_last_not_of(kBlanks) + 1);
}

// "a, b" is a and b; nothing between two commas is nothing.
std::vector<std::string> read_list(std::string_view text, char separator) {
  std::vector<std::string> entries;
  while (!text.empty()) {
    const std::string_view whole = text.substr(0, text.find(separator));
    text.remove_prefix(std::min(whole.size() + 1, text.size()));
    if (const auto entry = without_blanks(whole); !entry.empty()) entries.emplace_back(entry);
  }
  return entries;
}

// Keys in the variable itself, and in the file that NAME_FILE names: one a line, '#' begins a
// comment.
Result<std::vector<std::string>> read_keys(const Environment& environment,
                                           const std::string& name) {
  auto keys = read_list(environment(name.c_str()).value_or(""), ',');
  const auto path = environment((name + "_FILE").c_str());
  if (!path) return keys;
  std::ifstream in(*path, std::ios::binary);
  const std::string text{std::istreambuf_iterator<char>(in), {}};
  if (!in || !std::filesystem::is_regular_file(*path)) {
    return fail({.kind = ErrorKind::kNotFound,
                 .what = "the file of keys '" + *path + "' cannot be read",
                 .expected = name + "_FILE with one key a line"});
  }
  for (std::string& line : read_list(text, '\n')) {
    if (!line.starts_with('#')) keys.push_back(std::move(line));
  }
  if (keys.empty()) {  // an empty file must not open the door
    return fail({.kind = ErrorKind::kUsage,
                 .what = "the file of keys '" + *path + "' holds none",
                 .expected = "one key a line"});
  }
  return keys;
}

Result<void> read_flag(const Environment& environment, const char* name, bool& target) {
  int number = target ? 1 : 0;
  ORPHEUS_CHECK(read_number(environment, name, 0, 1, number));
  target = number == 1;
  return {};
}

Result<void> read_server(const Environment& environment, http::Options& server) {
  server.host = environment("ORPHEUS_HOST").value_or(server.host);
  ORPHEUS_CHECK(read_number(environment, "ORPHEUS_PORT", 0, 65535, server.port));
  ORPHEUS_CHECK(
      read_number(environment, "ORPHEUS_MAX_SPEECHES", 1, 4096, server.num_speech_threads));
  ORPHEUS_CHECK(
      read_number(environment, "ORPHEUS_MAX_WAITING", 0, 1 << 20, server.max_waiting_speeches));
  ORPHEUS_CHECK(
      read_number(environment, "ORPHEUS_MAX_CONNECTIONS", 1, 1 << 20, server.max_connections));
  ORPHEUS_CHECK(read_number(environment, "ORPHEUS_MAX_INPUT", size_t{1}, size_t{100'000},
                            server.max_input_code_points));
  ORPHEUS_CHECK(
      read_number(environment, "ORPHEUS_SAMPLE_RATE", 8000, 48000, server.sample_rate_hz));
  ORPHEUS_CHECK(read_flag(environment, "ORPHEUS_LOG_TEXT", server.log_text));
  ORPHEUS_CHECK(read_flag(environment, "ORPHEUS_METRICS_KEY", server.metrics_need_key));
  ORPHEUS_TRY(server.keys, read_keys(environment, "ORPHEUS_SERVER_KEYS"));
  ORPHEUS_TRY(server.admin_keys, read_keys(environment, "ORPHEUS_ADMIN_KEYS"));
  server.cors_origins = read_list(environment("ORPHEUS_CORS_ORIGINS").value_or(""), ',');
  server.model_name = environment("ORPHEUS_MODEL_NAME").value_or("");
  const std::string unknown = environment("ORPHEUS_UNKNOWN_VOICE").value_or("refuse");
  if (unknown == "accept") {
    server.unknown_voice = prompt::UnknownVoice::kAccept;
  } else if (unknown == "first") {
    server.unknown_voice = prompt::UnknownVoice::kFirst;
  } else if (unknown != "refuse") {
    return fail({.kind = ErrorKind::kUsage,
                 .what = "the environment variable ORPHEUS_UNKNOWN_VOICE is not usable",
                 .expected = "refuse, accept or first",
                 .found = "'" + unknown + "'"});
  }
  return {};
}

}  // namespace

Environment layered(Environment first, Environment second) {
  return [first = std::move(first), second = std::move(second)](const char* name) {
    auto value = first(name);
    return value ? value : second(name);
  };
}

Environment environment_of(EnvFile file) {
  return [file = std::move(file)](const char* name) -> std::optional<std::string> {
    auto value = file.value(name);
    if (!value || value->empty()) return std::nullopt;
    return value;
  };
}

std::filesystem::path env_file_path(const Environment& environment) {
  return environment("ORPHEUS_ENV_FILE").value_or(".env");
}

Result<Environment> complete_environment() {
  const Environment process = process_environment();
  ORPHEUS_TRY(EnvFile file, EnvFile::read(env_file_path(process)));
  return layered(process, environment_of(std::move(file)));
}

Environment process_environment() {
  return [](const char* name) -> std::optional<std::string> {
    const char* value = std::getenv(
        name);  // NOLINT(concurrency-mt-unsafe): nothing of ours changes the environment
    if (value == nullptr || *value == '\0') return std::nullopt;
    return std::string(value);
  };
}

Result<Settings> settings_from(const Environment& environment) {
  Settings settings;
  settings.voice.model = environment("ORPHEUS_MODEL").value_or("");
  settings.voice.codec = environment("ORPHEUS_CODEC").value_or("");
  settings.voice.remote.urls = read_list(environment("ORPHEUS_API_URL").value_or(""), ',');
  settings.voice.remote.api_key = environment("ORPHEUS_API_KEY").value_or("");
  settings.voice.remote.model = environment("ORPHEUS_MODEL_NAME").value_or("");
  ORPHEUS_CHECK(
      read_number(environment, "ORPHEUS_API_TIMEOUT", 1, 86'400, settings.voice.remote.timeout_s));
  settings.voice.device.name = environment("ORPHEUS_DEVICE").value_or(settings.voice.device.name);
  settings.voice.added_voices = read_list(environment("ORPHEUS_VOICES").value_or(""), ',');
  ORPHEUS_CHECK(read_server(environment, settings.server));
  ORPHEUS_CHECK(
      read_number(environment, "ORPHEUS_THREADS", 0, 1024, settings.voice.device.num_threads));
  ORPHEUS_CHECK(read_number(environment, "ORPHEUS_MAX_TOKENS", 7, 1 << 20, settings.max_tokens));
  ORPHEUS_CHECK(
      read_number(environment, "ORPHEUS_TEMPERATURE", 0.0F, 10.0F, settings.sampling.temperature));
  ORPHEUS_CHECK(read_number(environment, "ORPHEUS_TOP_P", 0.0F, 1.0F, settings.sampling.top_p));
  if (const auto data = environment("XDG_DATA_HOME")) {
    settings.voice.data_folder = std::filesystem::path(*data) / "orpheus";
  } else if (const auto home = environment("HOME")) {
    settings.voice.data_folder = std::filesystem::path(*home) / ".local" / "share" / "orpheus";
  } else {
    settings.voice.data_folder =
        std::filesystem::path(environment("TMPDIR").value_or("/tmp")) / "orpheus";
  }
  settings.server.outputs_folder =
      environment("ORPHEUS_OUTPUTS").value_or((settings.voice.data_folder / "outputs").string());
  return settings;
}

}  // namespace orpheus::config
