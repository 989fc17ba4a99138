#include "net/url.h"

#include <memory>
#include <optional>

#include <curl/curl.h>

#include "base/parse_number.h"
#include "base/utf8.h"

namespace orpheus::net {
namespace {

constexpr size_t kMaxBytes = 8192;

struct CleanUp {
  void operator()(CURLU* url) const { curl_url_cleanup(url); }
  void operator()(char* text) const { curl_free(text); }
};
using Handle = std::unique_ptr<CURLU, CleanUp>;

std::optional<std::string> part(CURLU* url, CURLUPart which, unsigned flags = 0) {
  char* text = nullptr;
  if (curl_url_get(url, which, &text, flags) != CURLUE_OK) return std::nullopt;
  return std::string(std::unique_ptr<char, CleanUp>(text).get());
}

tl::unexpected<Error> not_a_url(std::string_view text) {
  text.remove_prefix(text.rfind('@') + 1);  // drops "user:password@" if there is one
  return fail({.kind = ErrorKind::kUsage,
               .what = "invalid URL",
               .expected = "http://HOST:PORT/PATH or https://HOST/PATH",
               .found = "'" + printable_excerpt(text, 200) + "'"});
}

}  // namespace

Result<Url> Url::parse(std::string_view text) {
  const Handle handle(curl_url());
  // A blank or control character would split the request's first line.
  for (const char c : text) {
    if (static_cast<unsigned char>(c) <= ' ' || c == '\x7f') return not_a_url(text);
  }
  const std::string whole(text);
  if (!handle || whole.size() >= kMaxBytes ||
      curl_url_set(handle.get(), CURLUPART_URL, whole.c_str(), 0) != CURLUE_OK)
    return not_a_url(text);
  curl_url_set(handle.get(), CURLUPART_FRAGMENT, nullptr, 0);

  Url url;
  url.scheme_ = part(handle.get(), CURLUPART_SCHEME).value_or("");
  url.host_ = part(handle.get(), CURLUPART_HOST).value_or("");
  url.path_ = part(handle.get(), CURLUPART_PATH).value_or("/");
  url.text_ = part(handle.get(), CURLUPART_URL).value_or("");
  const auto port = part(handle.get(), CURLUPART_PORT, CURLU_DEFAULT_PORT);
  const auto number = parse_number<int>(port.value_or(""));
  const bool known = url.scheme_ == "http" || url.scheme_ == "https";
  if (!known || url.host_.empty() || !number || *number < 1 || *number > 65535)
    return not_a_url(text);
  url.port_ = *number;
  for (const CURLUPart secret : {CURLUPART_USER, CURLUPART_PASSWORD, CURLUPART_QUERY})
    curl_url_set(handle.get(), secret, nullptr, 0);
  url.shown_ = printable(part(handle.get(), CURLUPART_URL).value_or(""));
  return url;
}

bool Url::is_loopback() const {
  return host_ == "localhost" || host_.ends_with(".localhost") || host_.starts_with("127.") ||
         host_ == "[::1]" || host_ == "0.0.0.0" || host_ == "[::]";
}

Result<Url> Url::with_path(std::string_view path) const {
  // The part before the path. After "//", the path begins at the first '/' and the query at the
  // '?'.
  const size_t begin = text_.find_first_of("/?", text_.find("//") + 2);
  return parse(text_.substr(0, begin) + std::string(path));
}

Result<Url> Url::resolve(std::string_view reference) const {
  const Handle handle(curl_url());
  const std::string whole(reference);
  if (!handle || whole.empty() ||
      curl_url_set(handle.get(), CURLUPART_URL, text_.c_str(), 0) != CURLUE_OK ||
      curl_url_set(handle.get(), CURLUPART_URL, whole.c_str(), 0) != CURLUE_OK)
    return not_a_url(reference);
  return parse(part(handle.get(), CURLUPART_URL).value_or(""));
}

}  // namespace orpheus::net
