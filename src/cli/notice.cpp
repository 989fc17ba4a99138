#include "cli/notice.h"

#include <chrono>
#include <cstdio>
#include <system_error>

#include "base/atomic_file.h"
#include "base/utf8.h"

namespace orpheus::cli {

void tell(std::string_view line) { std::fprintf(stderr, "orpheus: %s\n", printable(line).c_str()); }

void tell_once_a_day(const std::filesystem::path& data_folder, const std::string& name,
                     std::string_view line) {
  namespace fs = std::filesystem;
  constexpr std::chrono::hours kDay{24};
  const fs::path file = data_folder / "notices" / name;
  std::error_code failed;
  const auto told = fs::last_write_time(file, failed);
  const auto now = fs::file_time_type::clock::now();
  // A clock that was set back makes no notice last for years.
  if (!failed && told <= now && now - told < kDay) return;
  tell(line);
  fs::create_directories(file.parent_path(), failed);
  auto written = AtomicFile::create(file);
  if (written) static_cast<void>(written->commit());
}

}  // namespace orpheus::cli
