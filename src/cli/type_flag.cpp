#include "cli/type_flag.h"

#include <spdlog/fmt/fmt.h>

#include "convert/weight_mix.h"

namespace orpheus::cli {

CLI::Option* add_type_flag(CLI::App& command, std::string& type) {
  std::string names;
  for (const std::string_view name : convert::mix_names())
    names += (names.empty() ? "" : ", ") + std::string(name);
  CLI::Option* option =
      command.add_option("--type", type, "Weight type, finest first: " + names)->type_name("TYPE");
  if (!type.empty()) option->default_str(type);
  return option;
}

convert::WriteProgress progress_in_megabytes(Progress& progress) {
  return [&progress](uint64_t done, uint64_t total) {
    progress.show(fmt::format("{} of {} MB", done / 1'000'000, total / 1'000'000));
  };
}

}  // namespace orpheus::cli
