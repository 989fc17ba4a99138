#include "http/outputs.h"

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <random>
#include <system_error>
#include <vector>

#include <spdlog/fmt/fmt.h>

namespace orpheus::http {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kPrefix = "speech-";
constexpr std::string_view kEnding = ".wav";
constexpr size_t kNumDigits = 32;
constexpr size_t kMaxFiles = 100;
constexpr int64_t kMaxBytes = int64_t{1} << 30;
constexpr std::chrono::hours kMaxAge{24};

struct Kept {
  fs::path path;
  fs::file_time_type time;
  int64_t num_bytes = 0;
};

}  // namespace

Result<void> Outputs::prepare() const {
  std::error_code error;
  fs::create_directories(folder_, error);
  if (!error) return {};
  return fail({.kind = ErrorKind::kIo,
               .what = "the folder for speeches cannot be made: " + error.message(),
               .remedy = "Name another one in ORPHEUS_OUTPUTS."});
}

std::string Outputs::fresh_name() {
  std::random_device random;
  return fmt::format("{}{:08x}{:08x}{:08x}{:08x}{}", kPrefix, random(), random(), random(),
                     random(), kEnding);
}

bool Outputs::is_name(std::string_view name) {
  if (name.size() != kPrefix.size() + kNumDigits + kEnding.size()) return false;
  const std::string_view digits = name.substr(kPrefix.size(), kNumDigits);
  return name.starts_with(kPrefix) && name.ends_with(kEnding) &&
         std::all_of(digits.begin(), digits.end(),
                     [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); });
}

fs::path Outputs::path_of(std::string_view name) const { return folder_ / name; }

void Outputs::prune() const {
  const std::lock_guard lock(mutex_);
  std::error_code error;
  std::vector<Kept> files;
  for (fs::directory_iterator entry(folder_, error), end; !error && entry != end;
       entry.increment(error)) {
    std::error_code gone;
    if (!is_name(entry->path().filename().string())) continue;
    Kept kept{entry->path(), entry->last_write_time(gone), 0};
    kept.num_bytes = static_cast<int64_t>(entry->file_size(gone));
    if (!gone) files.push_back(std::move(kept));
  }
  std::sort(files.begin(), files.end(),
            [](const Kept& a, const Kept& b) { return a.time > b.time; });
  const auto oldest = fs::file_time_type::clock::now() - kMaxAge;
  int64_t num_bytes = 0;
  for (size_t i = 0; i < files.size(); ++i) {
    num_bytes += files[i].num_bytes;
    const bool keep = i < kMaxFiles && num_bytes <= kMaxBytes && files[i].time >= oldest;
    if (!keep) fs::remove(files[i].path, error);
  }
}

}  // namespace orpheus::http
