#pragma once
// One file from the web to the disk: resumed where an earlier try ended, checked, and only then put
// in its place. Blocks its thread; several threads and processes that fetch one file wait for each
// other and end with the same file.
//
// Beside FILE lie, until it is whole: FILE.part (the bytes so far), FILE.part.tag (which version of
// the file they are of) and, while a process works on it, FILE.lock.

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>

#include "base/cancel.h"
#include "base/result.h"
#include "net/client.h"

namespace orpheus::models {

struct Source {
  std::string url;
  std::string token = {};  // sent to this server alone, not to where it leads
};

enum class Step {
  kWaitingForOther,
  kFetching,
  kWaitingToRetry,
  kChecking,
  kDamaged,  // what lay there was not what was recorded, and is fetched again
};

struct DownloadProgress {
  Step step = Step::kFetching;
  uint64_t bytes_done = 0;
  uint64_t bytes_total = 0;  // 0: not known
  std::string problem = {};  // of kWaitingToRetry: what went wrong
};

struct DownloadOptions {
  int most_tries = 6;                           // in a row without a new byte
  std::chrono::milliseconds first_pause{1000};  // doubled with each try, up to a minute
  CancelToken cancel = {};
  net::Timeouts timeouts =
      {};  // a server that sends no byte for as long as idle is left and asked again
  // The file's size as far as it is known beforehand, for the check of free space where the server
  // does not tell it; 0: not known.
  uint64_t about_bytes = 0;
  // Looks at the whole of what came before it takes its place; what this refuses is removed, and
  // its error told as kBadReply.
  std::function<Result<void>(const std::filesystem::path&)> check = {};
  // Of the disk that a folder lies on; nothing where that is not known. Empty: asks the system.
  std::function<std::optional<uint64_t>(const std::filesystem::path&)> free_bytes = {};
};

struct Downloaded {
  std::string sha256;
  bool announced = false;  // the server told the same hash beforehand
  bool was_there = false;  // nothing was fetched
};

// Makes the file's folder. A file that is there is read: one that is no longer what was recorded
// when it came is removed and fetched again. Errors: kUsage (the URL), kNotFound (404),
// kUnavailable (no connection; 401, 403, 429 and 5xx; broken off too often), kTimedOut, kBadReply,
// kLimit (too little free space), kBadFile (the bytes are not those that were announced), kIo,
// kCancelled.
Result<Downloaded> download(net::Client& client, const Source& source,
                            const std::filesystem::path& file, const DownloadOptions& options,
                            const std::function<void(const DownloadProgress&)>& progress);

}  // namespace orpheus::models
