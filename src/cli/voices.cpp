// orpheus voices lists the voices; orpheus devices lists the devices.

#include "prompt/voices.h"

#include <cstdio>
#include <string>

#include <spdlog/fmt/fmt.h>

#include "base/log.h"
#include "cli/command.h"
#include "library/built_in_voice.h"
#include "library/voice_metadata.h"
#include "lm/llama/config.h"
#include "tensor/backends.h"
#include "tensor/device.h"
#include "tensor/gguf_file.h"

namespace orpheus::cli {
namespace {

// main() reports errors of standard output.
void put(const std::string& line) { std::fputs(line.c_str(), stdout); }

// The voices of a file; without one, of the default voice.
Result<std::vector<prompt::Voice>> voices_of(std::filesystem::path model) {
  if (model.empty()) {
    const auto small = library::small_voice(library::places_of_installed_voices());
    if (small) model = small->model;
  }
  if (model.empty()) return library::published_voice_metadata().voices;
  ORPHEUS_TRY(const auto file, tensor::GgufFile::open(model));
  ORPHEUS_TRY([[maybe_unused]] const auto config, llama::read_config(file));
  return library::voices_of_file(file, library::Company::kAlone);
}

Result<void> list_voices(const config::Settings& settings) {
  ORPHEUS_TRY(const auto voices, voices_of(settings.voice.model));
  for (const prompt::Voice& voice : voices) {
    put(fmt::format("{}\t{}\t{}\t{}\n", voice.name, voice.language, voice.gender,
                    voice.description));
  }
  return {};
}

Result<void> list_devices() {
  const auto devices = tensor::list_devices();
  for (const tensor::DeviceInfo& device : devices) {
    put(fmt::format("{}\t{}\t{} MiB of {} MiB free\n", device.name, device.description,
                    device.memory_free_bytes >> 20U, device.memory_total_bytes >> 20U));
  }
  for (const tensor::IdleModule& module : tensor::idle_modules())
    log::warn("no device of {}: {}. {}", module.name, module.reason, module.remedy);
  if (devices.empty()) return fail(tensor::no_backend());
  return {};
}

}  // namespace

void add_voices(CLI::App& program, config::Settings& settings, Chosen& chosen) {
  CLI::App* command =
      program.add_subcommand("voices", "List the voices: name, language, gender, character");
  add_model_flag(*command, settings);
  command->callback([&] { chosen.action = [&settings] { return list_voices(settings); }; });
}

void add_devices(CLI::App& program, Chosen& chosen) {
  CLI::App* command = program.add_subcommand("devices", "List the devices that --device takes");
  command->callback([&] {
    chosen.finds_models = false;
    chosen.uses_data_folder = false;
    chosen.action = list_devices;
  });
}

}  // namespace orpheus::cli
