#include "lm/remote/failure.h"

#include <string>

namespace orpheus::remote {

bool may_be_retried(const Error& error) {
  return error.kind == ErrorKind::kUnavailable || error.kind == ErrorKind::kTimedOut ||
         error.kind == ErrorKind::kBadReply;
}

Error no_server_answers(std::span<const Error> last_errors) {
  if (last_errors.size() == 1) return last_errors.front();
  Error error;
  for (const Error& last : last_errors) {
    error.found += (error.found.empty() ? "" : "; ") + last.what;
    error.kind = last.kind;
  }
  if (error.kind == ErrorKind::kInternal) error.kind = ErrorKind::kUnavailable;
  error.what = "no server of the language model responds";
  error.remedy = "The program asks them again every few seconds.";
  return error;
}

Error no_thread(const std::system_error& error) {
  return {.kind = ErrorKind::kLimit,
          .what = std::string("a thread cannot be started: ") + error.what()};
}

}  // namespace orpheus::remote
