#pragma once
// The folder of speeches that POST /speak keeps: names that nobody can guess, and a bound on how
// many there are, how large and how old. No path ever comes from a request: a name is one of ours
// or it is none. Safe from every thread.

#include <filesystem>
#include <mutex>
#include <string>
#include <string_view>
#include <utility>

#include "base/result.h"

namespace orpheus::http {

class Outputs {
 public:
  explicit Outputs(std::filesystem::path folder) : folder_(std::move(folder)) {}

  // Makes the folder where that is needed. Errors: kIo.
  Result<void> prepare() const;
  // "speech-<32 hex>.wav".
  static std::string fresh_name();
  static bool is_name(std::string_view name);
  std::filesystem::path path_of(std::string_view name) const;

  // Removes the oldest until what is left keeps the bounds.
  void prune() const;

 private:
  const std::filesystem::path folder_;
  mutable std::mutex mutex_;
};

}  // namespace orpheus::http
