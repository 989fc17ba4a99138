#include "config/environment.h"

#include <cstdlib>
#include <string_view>
#include <type_traits>

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

}  // namespace

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
  settings.voice.device.name = environment("ORPHEUS_DEVICE").value_or(settings.voice.device.name);
  settings.server.host = environment("ORPHEUS_HOST").value_or(settings.server.host);
  ORPHEUS_CHECK(
      read_number(environment, "ORPHEUS_THREADS", 0, 1024, settings.voice.device.num_threads));
  ORPHEUS_CHECK(read_number(environment, "ORPHEUS_PORT", 0, 65535, settings.server.port));
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
  return settings;
}

}  // namespace orpheus::config
