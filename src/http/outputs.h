#pragma once
// The folder of speeches that POST /speak keeps. Names are random, only this user can read the
// files, and their number, size and age are bounded. A request's name must have the form of our
// names, so no path comes from outside. Only regular files are opened, counted or removed. Safe
// from every thread.

#include <cstdio>
#include <filesystem>
#include <mutex>
#include <string>
#include <string_view>
#include <utility>

#include "base/atomic_file.h"
#include "base/regular_file.h"
#include "base/result.h"

namespace orpheus::http {

class Outputs {
 public:
  explicit Outputs(std::filesystem::path folder) : folder_(std::move(folder)) {}

  // "speech-<32 hex>.wav".
  static std::string fresh_name();
  static bool is_name(std::string_view name);

  // Creates a file that appears under the name when it is committed. Makes the folder, with the
  // rights 0700, if needed. Errors: kIo.
  Result<AtomicFile> create(std::string_view name) const;

  struct Kept {
    OpenFile file;
    uint64_t num_bytes = 0;
  };
  // Errors: kNotFound (no such file, one that is too old, a link, a pipe, a folder).
  Result<Kept> open(std::string_view name) const;

  // Removes files older than a day, then the oldest until the rest is within the bounds. Unfinished
  // files count too, and are removed after a day.
  void prune() const;
  // For the start of a server: also removes unfinished files of a killed server.
  void clean_up() const;

 private:
  enum class Unfinished { kCount, kRemove };
  void prune(Unfinished unfinished) const;

  const std::filesystem::path folder_;
  mutable std::mutex mutex_;
};

}  // namespace orpheus::http
