#include "base/result.h"

namespace orpheus {

std::string Error::message() const {
  std::string line = what;
  if (!expected.empty() && !found.empty()) {
    line += " (expected " + expected + ", found " + found + ")";
  } else if (!expected.empty()) {
    line += " (expected " + expected + ")";
  } else if (!found.empty()) {
    line += " (found " + found + ")";
  }
  if (!remedy.empty()) line += ". " + remedy;
  return line;
}

int exit_code(ErrorKind kind) {
  switch (kind) {
    case ErrorKind::kInternal: return 1;
    case ErrorKind::kUsage: return 2;
    case ErrorKind::kNotFound: return 3;
    case ErrorKind::kBadFile: return 4;
    case ErrorKind::kUnsupported: return 5;
    case ErrorKind::kIo: return 6;
    case ErrorKind::kLimit: return 7;
    case ErrorKind::kUnavailable: return 8;
    case ErrorKind::kTimedOut: return 9;
    case ErrorKind::kBadReply: return 10;
    case ErrorKind::kCancelled: return 130;
  }
  return 1;
}

}  // namespace orpheus
