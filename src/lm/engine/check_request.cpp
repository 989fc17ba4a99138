#include "lm/engine/check_request.h"

#include <algorithm>
#include <string>

namespace orpheus::engine {
namespace {

Result<void> check_text_rows(const lm::GenerateRequest& request) {
  if (!request.text_rows) return {};
  const auto num_rows = static_cast<int>(request.prompt.size());
  const auto [first, count] = *request.text_rows;
  if (first >= 0 && count >= 1 && first < num_rows && count <= num_rows - first) return {};
  return fail({.kind = ErrorKind::kUsage,
               .what = "the rows of the text are not in the prompt",
               .expected = "1 or more of " + std::to_string(num_rows) + " rows",
               .found = std::to_string(count) + " from " + std::to_string(first)});
}

}  // namespace

Result<void> check_request(const lm::GenerateRequest& request, int vocabulary_size,
                           int context_tokens) {
  const auto inside = [&](lm::Token token) { return token >= 0 && token < vocabulary_size; };
  const auto outside = std::find_if_not(request.prompt.begin(), request.prompt.end(), inside);
  const auto forced = std::find_if_not(request.forced.begin(), request.forced.end(), inside);
  if (request.prompt.empty() || outside != request.prompt.end()) {
    return fail({.kind = ErrorKind::kUsage,
                 .what = "the prompt is empty or contains an id outside the vocabulary",
                 .expected = "at least one id, each below " + std::to_string(vocabulary_size),
                 .found = request.prompt.empty() ? "none" : std::to_string(*outside)});
  }
  if (forced != request.forced.end()) {
    return fail({.kind = ErrorKind::kUsage,
                 .what = "the speech contains an id outside the vocabulary",
                 .expected = "ids below " + std::to_string(vocabulary_size),
                 .found = std::to_string(*forced)});
  }
  if (request.max_tokens < 1) {
    return fail({.kind = ErrorKind::kUsage,
                 .what = "max_tokens is out of range",
                 .expected = "1 or more",
                 .found = std::to_string(request.max_tokens)});
  }
  const auto num_rows = static_cast<size_t>(context_tokens);
  if (request.prompt.size() >= num_rows) {
    return fail({.kind = ErrorKind::kLimit,
                 .what = "the text is too long to be spoken in one piece",
                 .expected = "fewer than " + std::to_string(context_tokens) + " tokens",
                 .found = std::to_string(request.prompt.size())});
  }
  if (request.forced.size() > num_rows - request.prompt.size()) {
    return fail(
        {.kind = ErrorKind::kLimit,
         .what = "the speech is too long to be aligned in one piece",
         .expected = "at most " + std::to_string(num_rows - request.prompt.size()) + " tokens",
         .found = std::to_string(request.forced.size())});
  }
  return check_text_rows(request);
}

}  // namespace orpheus::engine
