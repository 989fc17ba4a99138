#pragma once
// The embedded files of web/. The build writes page_files() from that folder
// (cmake/EmbedPage.cmake). Constant: may be used from any thread.

#include <span>
#include <string_view>

namespace orpheus::http {

struct PageFile {
  std::string_view name;  // in web/: "index.html"
  std::string_view content_type;
  std::string_view etag;  // quoted; made from the bytes
  std::string_view bytes;
  std::string_view gzipped;  // the same bytes for a client that accepts gzip
};

std::span<const PageFile> page_files();

}  // namespace orpheus::http
