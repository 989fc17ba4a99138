#pragma once
// Errors of the server as error events. Pure; from any thread.

#include <cstddef>
#include <vector>

#include "http/response.h"

namespace orpheus::wyoming {

// Appends an event with the error of a response in OpenAI's form (http/errors.h): its message as
// text, and its code, or its type if it has none. A response that says when to retry adds
// retry_after_seconds.
void append_error(const http::Response& refusal, std::vector<std::byte>& bytes);

}  // namespace orpheus::wyoming
