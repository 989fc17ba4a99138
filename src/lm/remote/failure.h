#pragma once
// Decides what follows when a server fails: whether another server may succeed, and the error if
// none does. Pure functions.

#include <span>
#include <system_error>

#include "base/result.h"

namespace orpheus::remote {

// Whether another server, or the same one a little later, may succeed.
bool may_be_retried(const Error& error);

// The error of a request that no server takes. last_errors: of each server. One server: that error.
// Several: an error that names all of them, of kind kUnavailable or the last error's kind.
Error no_server_answers(std::span<const Error> last_errors);

Error no_thread(const std::system_error& error);

}  // namespace orpheus::remote
