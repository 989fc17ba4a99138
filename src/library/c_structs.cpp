#include "library/c_structs.h"

#include <algorithm>
#include <cstddef>
#include <cstring>
#include <filesystem>
#include <string>
#include <system_error>
#include <vector>

#include <spdlog/fmt/fmt.h>

#include "audio/encoder.h"
#include "base/user.h"

namespace orpheus::library {
namespace {

constexpr int kMostThreads = 1024;
constexpr int kMostSeconds = 86'400;

Result<void> in_range(const char* name, double value, double least, double most) {
  if (value >= least && value <= most) return {};  // NaN fails both
  return fail({.kind = ErrorKind::kUsage,
               .what = std::string(name) + " is out of range",
               .expected = fmt::format("{} to {}, or 0 for the default", least, most),
               .found = fmt::format("{}", value)});
}

// The struct as this version has it. A shorter one is an older header's; a longer one is a newer
// header's, and then its further fields must be unset. first_size: of the first header's.
template <typename Struct>
Result<Struct> whole(const Struct& given, const char* name, size_t first_size) {
  size_t size = 0;
  std::memcpy(&size, &given, sizeof size);  // struct_size; the rest may not be there
  if (size < first_size || size > size_t{1} << 16U) {
    return fail({.kind = ErrorKind::kUsage,
                 .what = std::string(name) + ".struct_size is not set",
                 .expected = fmt::format("sizeof({}), {}", name, sizeof(Struct)),
                 .found = std::to_string(size)});
  }
  Struct read{};
  std::memcpy(&read, &given, std::min(size, sizeof read));
  const auto* bytes = reinterpret_cast<const char*>(&given);
  if (size > sizeof read &&
      std::any_of(bytes + sizeof read, bytes + size, [](char byte) { return byte != 0; })) {
    return fail(
        {.kind = ErrorKind::kUnsupported,
         .what = std::string(name) + " sets a field that is unknown to this version of the library",
         .expected = "a header of version " ORPHEUS_VERSION " or older",
         .found = "a header of a newer version"});
  }
  return read;
}

std::string text_of(const char* text) { return text == nullptr ? std::string() : text; }

std::vector<std::string> list_of(const char* const* texts) {
  std::vector<std::string> list;
  for (; texts != nullptr && *texts != nullptr; ++texts) list.emplace_back(*texts);
  return list;
}

template <typename Setting, typename Value>
void set(Setting& setting, Value value) {
  if (value != 0) setting = value;
}
// Of a setting that -1 turns off.
template <typename Setting, typename Value>
void set_or_off(Setting& setting, Value value) {
  if (value != 0) setting = value == -1 ? Value{0} : value;
}

}  // namespace

Result<Options> options_of(const orpheus_settings* settings) {
  constexpr orpheus_settings kNothingChosen{.struct_size = sizeof(orpheus_settings)};
  ORPHEUS_TRY(const orpheus_settings given,
              settings == nullptr
                  ? kNothingChosen
                  : whole(*settings, "orpheus_settings",
                          offsetof(orpheus_settings, server_timeout_s) + sizeof(int32_t)));
  Options options;
  options.model = text_of(given.model);
  options.codec = text_of(given.codec);
  options.more_models = list_of(given.more_models);
  std::error_code none;
  if (given.data_folder != nullptr) {
    options.data_folder = given.data_folder;
  } else {
    options.data_folder = std::filesystem::temp_directory_path(none) / name_with_user("orpheus");
    options.data_folder_is_temporary = true;
  }
  if (given.device != nullptr) options.device.name = given.device;
  ORPHEUS_CHECK(in_range("threads", given.threads, 0, kMostThreads));
  options.device.num_threads = given.threads;
  options.remote.urls = list_of(given.servers);
  options.remote.api_key = text_of(given.server_key);
  options.remote.model = text_of(given.server_model);
  options.remote.proxy = text_of(given.server_proxy);
  options.remote.ca_certificates = text_of(given.ca_certificates);
  set(options.remote.timeout_s, given.server_timeout_s);
  ORPHEUS_CHECK(in_range("server_timeout_s", options.remote.timeout_s, 1, kMostSeconds));
  return options;
}

Result<CRequest> request_of(const orpheus_request& request) {
  ORPHEUS_TRY(
      const orpheus_request given,
      whole(request, "orpheus_request", offsetof(orpheus_request, context) + sizeof(void*)));
  CRequest read{.on_piece = given.on_piece, .on_word = given.on_word, .context = given.context};
  speech::Request& speech = read.speech;
  speech.text = text_of(given.text);
  speech.voice = text_of(given.voice);
  speech.language = text_of(given.language);
  speech.normalize = given.numbers_as_written == 0;
  set(speech.sampling.temperature, given.temperature);
  if (given.greedy != 0) speech.sampling.temperature = 0;
  set(speech.sampling.top_p, given.top_p);
  set_or_off(speech.sampling.top_k, given.top_k);
  set_or_off(speech.sampling.min_p, given.min_p);
  set(speech.sampling.repetition_penalty, given.repetition_penalty);
  speech.sampling.seed = given.seed;
  set(speech.max_tokens, given.max_tokens);
  set(read.speed, given.speed);
  ORPHEUS_CHECK(in_range("speed", read.speed, audio::kLeastSpeed, audio::kMostSpeed));
  return read;
}

}  // namespace orpheus::library
