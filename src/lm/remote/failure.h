#pragma once
// What a request is answered where servers fail: whether another server may do better, and the
// error where none answers. Pure functions.

#include <span>
#include <system_error>

#include "base/result.h"

namespace orpheus::remote {

// Whether another server, or the same one a little later, may do better.
bool may_be_retried(const Error& error);

// The error of a request that no server takes. last_errors: each server's own; of one server, that
// error itself; else kUnavailable or the kind of the last, naming all of them.
Error no_server_answers(std::span<const Error> last_errors);

Error no_thread(const std::system_error& error);

}  // namespace orpheus::remote
