// Input: replies of a remote server. The tokens and the result do not depend on how the bytes are
// divided; never more tokens than requested, and only audio tokens.
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>
#include <vector>

#include "lm/remote/reply_reader.h"

namespace {

using namespace orpheus;

constexpr int kMaxTokens = 50;

struct Read {
  std::vector<prompt::Token> tokens;
  std::string verdict;
  int num_dropped = 0;
  bool operator==(const Read&) const = default;
};

Read read(std::string_view bytes, size_t portion, bool streams) {
  const prompt::TokenLayout layout;
  Read all;
  remote::ReplyReader reader(layout, {.max_tokens = kMaxTokens}, [&](prompt::Token token) {
    if (!layout.is_audio(token)) std::abort();
    all.tokens.push_back(token);
  });
  reader.take_head(
      {.status = 200, .headers = {{"content-type", streams ? "text/event-stream" : "text/plain"}}});
  for (size_t i = 0; i < bytes.size(); i += portion) {
    if (!reader.take(bytes.substr(i, portion))) break;
  }
  const auto finished = reader.finish();
  all.verdict = finished ? "" : finished.error().message();
  all.num_dropped = reader.num_dropped();
  if (all.tokens.size() > kMaxTokens) std::abort();
  return all;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size < 2) return 0;
  const std::string_view bytes(reinterpret_cast<const char*>(data + 2), size - 2);
  const bool streams = (data[0] & 1U) == 0;
  const Read whole = read(bytes, bytes.size() + 1, streams);
  if (read(bytes, 1 + data[1] % 16, streams) != whole) std::abort();
  return 0;
}
