#pragma once
// Result<T>: a value, or an Error that tells a user what happened. Every failure that a user, a
// file, the network or a device can cause is returned as a Result. Our code throws nothing.

#include <string>
#include <utility>

#include <tl/expected.hpp>

namespace orpheus {

// Each kind is one exit code of the program (exit_code) and one family of HTTP statuses.
enum class ErrorKind {
  kInternal,     // a fault of the program
  kUsage,        // the call or the request is wrong
  kNotFound,     // a file, voice, device or model that does not exist
  kBadFile,      // a file with wrong bytes
  kUnsupported,  // valid, but beyond this build or device
  kIo,           // reading or writing failed
  kLimit,        // beyond a limit: text length, memory, queue
  kUnavailable,  // a device or a server does not answer
  kTimedOut,     // another server did not answer in time
  kBadReply,     // another server's answer is not usable
  kCancelled,    // the client left, or Ctrl-C
};

struct Error {
  ErrorKind kind = ErrorKind::kInternal;
  std::string what =
      {};  // what went wrong, and where: "lm.gguf: tensor 'output.weight' ends beyond the file"
  std::string expected = {};  // may be empty
  std::string found = {};     // may be empty
  std::string remedy = {};    // what to do, as a sentence; may be empty

  // One line: "what (expected …, found …). Remedy."
  std::string message() const;
};

// 1 internal, 2 usage, 3 not found, 4 bad file, 5 unsupported, 6 input/output, 7 limit, 8
// unavailable, 9 timed out, 10 bad reply, 130 cancelled (as a shell reports Ctrl-C).
int exit_code(ErrorKind kind);

template <typename T>
using Result = tl::expected<T, Error>;

inline tl::unexpected<Error> fail(Error error) { return tl::unexpected<Error>(std::move(error)); }

}  // namespace orpheus

#define ORPHEUS_CONCAT_INNER(a, b) a##b
#define ORPHEUS_CONCAT(a, b) ORPHEUS_CONCAT_INNER(a, b)

// ORPHEUS_TRY(auto file, MappedFile::open(path)): declares file, or returns the error to the
// caller.
#define ORPHEUS_TRY(declaration, expression) \
  ORPHEUS_TRY_IMPL(ORPHEUS_CONCAT(orpheus_result_, __LINE__), declaration, expression)
#define ORPHEUS_TRY_IMPL(result, declaration, expression)         \
  auto result = (expression);                                     \
  if (!result) return ::orpheus::fail(std::move(result).error()); \
  declaration = std::move(*result)

// ORPHEUS_CHECK(write(…)): the same for a Result<void>.
#define ORPHEUS_CHECK(expression)                                        \
  do {                                                                   \
    if (auto orpheus_check_result = (expression); !orpheus_check_result) \
      return ::orpheus::fail(std::move(orpheus_check_result).error());   \
  } while (false)
