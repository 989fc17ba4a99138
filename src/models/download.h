#pragma once
// Downloads one file. Resumes an earlier try, checks the bytes, and only then puts the file in its
// place. Blocks its thread. Several threads and processes that fetch one file wait for each other
// and end with the same file.
//
// Until FILE is complete, these lie beside it: FILE.part (the bytes so far), FILE.part.tag (the
// version that they belong to) and, while a process works on it, FILE.lock.

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
  std::string token = {};  // sent to this server only, not to a redirect's target
};

enum class Step {
  kWaitingForOther,
  kFetching,
  kWaitingToRetry,
  kChecking,
  kDamaged,  // the existing file did not match its recorded hash, and is fetched again
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
      {};  // a server that sends no byte for the idle time is disconnected and asked again
  // The file's size if it is known beforehand. Used for the check of free space if the server tells
  // no size. 0: not known.
  uint64_t about_bytes = 0;
  // Checks the complete file before it is put in its place. If it returns an error, the file is
  // removed and the error is reported as kBadReply.
  std::function<Result<void>(const std::filesystem::path&)> check = {};
  // Free bytes of the disk that holds a folder; nothing if unknown. Empty: asks the system.
  std::function<std::optional<uint64_t>(const std::filesystem::path&)> free_bytes = {};
};

struct Downloaded {
  std::string sha256;
  bool announced = false;  // the server had announced the same hash
  bool was_there = false;  // nothing was fetched
};

// Makes the file's folder. An existing file is read first; if it does not match its recorded hash,
// it is removed and fetched again. Errors: kUsage (the URL), kNotFound (404), kUnavailable (no
// connection; 401, 403, 429 and 5xx; broken off too often), kTimedOut, kBadReply, kLimit (too
// little free space), kBadFile (the bytes do not match the announced hash or size), kIo,
// kCancelled.
Result<Downloaded> download(net::Client& client, const Source& source,
                            const std::filesystem::path& file, const DownloadOptions& options,
                            const std::function<void(const DownloadProgress&)>& progress);

}  // namespace orpheus::models
