#pragma once
// The folder of speeches that POST /speak keeps: names that nobody can guess, files that this user
// alone can read, and a bound on how many there are, how large and how old. No path ever comes from
// a request: a name is one of ours or it is none. Nothing but a regular file is opened, counted or
// removed. Safe from every thread.

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

  // A file that appears under the name when it is committed. Makes the folder, with the rights
  // 0700, where there is none. Errors: kIo.
  Result<AtomicFile> create(std::string_view name) const;

  struct Kept {
    OpenFile file;
    uint64_t num_bytes = 0;
  };
  // Errors: kNotFound (no such file, one that is too old, a link, a pipe, a folder).
  Result<Kept> open(std::string_view name) const;

  // Removes what is older than a day, then the oldest until what is left keeps the bounds. Files
  // that are being written count, and are removed when a day old.
  void prune() const;
  // For a server that starts: also removes what one that was killed did not finish.
  void clean_up() const;

 private:
  enum class Unfinished { kCount, kRemove };
  void prune(Unfinished unfinished) const;

  const std::filesystem::path folder_;
  mutable std::mutex mutex_;
};

}  // namespace orpheus::http
