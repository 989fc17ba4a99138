// Input: any bytes on a connection, in parts of any size. They give requests or an error, the
// stored bytes stay within the limit, and other parts of the same bytes give the same requests.

#include <algorithm>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "http/server/request_reader.h"
#include "require.h"

namespace {

using namespace orpheus::http;
using Next = RequestReader::Next;

constexpr size_t kMostReadAtOnce = size_t{64} << 10U;

Options limits() {
  Options options;
  options.max_header_bytes = 512;
  options.max_body_bytes = 2048;
  return options;
}

struct Read {
  std::vector<std::string> requests;  // with all fields that were read
  int refused = 0;                    // the status of an error; 0: none

  bool operator==(const Read&) const = default;
};

std::string told(const Request& request, const Manner& manner) {
  std::string all = request.method + ' ' + request.path + '?' + request.query + '\n';
  for (const Header& header : request.headers) all += header.name + '=' + header.value + '\n';
  return all + request.body + '\n' + std::to_string(manner.version) +
         (manner.keep_alive ? "kept" : "closed");
}

// next_part returns the size of the next part.
template <typename NextPart>
Read read_all(std::string_view bytes, const Options& options, NextPart next_part) {
  RequestReader reader(options);
  Read read;
  reader.begin();
  // The largest read of a connection; a buffer may have twice the needed capacity.
  const size_t most_held =
      2 * (options.max_header_bytes + kMostReadAtOnce) + 4 * options.max_body_bytes;
  while (true) {
    const Next next = reader.go_on();
    require(reader.num_held_bytes() <= most_held);
    if (next == Next::kHead) {
      require(reader.request().body.empty());
    } else if (next == Next::kWhole) {
      require(reader.request().body.size() <= options.max_body_bytes);
      size_t num_header_bytes = 0;
      for (const Header& header : reader.request().headers)
        num_header_bytes += header.name.size() + header.value.size();
      require(num_header_bytes <= options.max_header_bytes);
      read.requests.push_back(told(reader.request(), reader.manner()));
      reader.begin();
    } else if (next == Next::kRefusal) {
      read.refused = reader.refusal().status;
      require(read.refused >= 400 && read.refused < 600 && !reader.refusal().message.empty());
      return read;
    } else {
      if (bytes.empty()) return read;
      const size_t count = std::clamp<size_t>(next_part(), 1, bytes.size());
      const auto room = reader.room(count);
      std::copy_n(bytes.data(), count, static_cast<char*>(room.data()));
      reader.take_in(count);
      bytes.remove_prefix(count);
    }
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size < 2 || size > kMostReadAtOnce) return 0;
  const std::string_view bytes(reinterpret_cast<const char*>(data) + 2, size - 2);
  const Options options = limits();
  uint32_t random = 1U + data[0] + 256U * data[1];
  const Read in_parts = read_all(bytes, options, [&] {
    random = random * 1664525U + 1013904223U;
    return (random >> 16U) % 97U;
  });
  const Read at_once = read_all(bytes, options, [&] { return bytes.size(); });
  // For refused bytes, the parts may change which error is found first, and whether one is found
  // before the end.
  if (in_parts.refused == 0 && at_once.refused == 0) require(in_parts == at_once);
  return 0;
}
