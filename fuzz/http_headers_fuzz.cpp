// Input: any bytes as a request line and headers. Ranges, queries, keys, hosts and origins are read
// or refused; a part of a file is within the file; no client gets access without a right.

#include <cstdint>
#include <string_view>

#include "http/access.h"
#include "http/byte_range.h"
#include "http/outputs.h"
#include "http/request.h"
#include "require.h"

namespace {

using namespace orpheus::http;

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const uint64_t file_bytes = size * 7;
  const RangeAnswer range = parse_range(text, file_bytes);
  if (const auto* part = std::get_if<ByteRange>(&range)) {
    require(part->count > 0 && part->first < file_bytes && part->count <= file_bytes - part->first);
  }

  const Target target = parse_target(text);
  query_value(target.query, "legacy");
  if (Outputs::is_name(text)) require(text.find('/') == std::string_view::npos);

  Options options;
  options.keys = {"a-key-of-the-server"};
  options.cors_origins = {"https://a.example"};
  Request request;
  request.method = "POST";
  request.peer_is_local = true;
  for (const char* name : {"Authorization", "Host", "Origin", "Content-Type", "X-API-Key"}) {
    request.headers = {{name, std::string(text)}};
    if (!refuse_access(options, Access::kKey, request)) {
      require(text.find(options.keys.front()) != std::string_view::npos);
    }
    require(refuse_access(options, Access::kAdmin, request).has_value());
    for (const Header& header : cors_headers(options, request))
      require(text == "https://a.example" && !header.value.empty());
  }
  return 0;
}
