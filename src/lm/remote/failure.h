#pragma once
// Decides what follows when a server fails: whether another server may succeed, and the error if
// none does. Pure functions.

#include <span>
#include <system_error>

#include "base/result.h"

namespace orpheus::remote {

// Whether another server, or the same one a little later, may succeed.
bool may_be_retried(const Error& error);

// The error of a request that no server takes. last_errors: the last error of each server. With one
// server it is that error. With several it names all servers; its kind is kUnavailable or that of
// the last error.
Error no_server_answers(std::span<const Error> last_errors);

Error no_thread(const std::system_error& error);

}  // namespace orpheus::remote
