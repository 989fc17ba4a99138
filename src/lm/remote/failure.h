#pragma once
// Decides what follows when a server fails: whether another server may succeed, and the error if
// all servers fail. Pure functions.

#include <span>
#include <system_error>

#include "base/result.h"

namespace orpheus::remote {

// Whether another server, or the same one a little later, may succeed.
bool may_be_retried(const Error& error);

// The error of a request that every server failed. last_errors: one per server. With one server it
// is that error; with several it names all, and is kUnavailable or of the last error's kind.
Error no_server_answers(std::span<const Error> last_errors);

Error no_thread(const std::system_error& error);

}  // namespace orpheus::remote
