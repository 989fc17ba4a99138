#include "net/transfer_error.h"

#include <cstring>
#include <string_view>
#include <system_error>

#include "base/utf8.h"

namespace orpheus::net {

Error proxy_refusal(const Url& url, long status) {
  return {.kind = ErrorKind::kUnavailable,
          .what = url.shown() + ": the proxy refused to connect",
          .expected = "status 200",
          .found = std::to_string(status),
          .remedy = status == 407
                        ? "The proxy needs a name and a password: https_proxy=http://NAME:"
                          "PASSWORD@HOST:PORT."
                        : "Check the variables https_proxy and no_proxy."};
}

namespace {

constexpr const char* kProxyRemedy = "Check the variables http_proxy, https_proxy and no_proxy.";

// "Failed to connect to HOST port PORT after 0 ms: …": HOST:PORT, where it is not the server's.
std::string called_instead(const Url& url, std::string_view words) {
  constexpr std::string_view kBefore = "Failed to connect to ";
  constexpr std::string_view kBetween = " port ";
  const size_t begin = words.find(kBefore);
  const size_t between = words.find(kBetween);
  if (begin == words.npos || between == words.npos || between < begin + kBefore.size()) return {};
  std::string host(words.substr(begin + kBefore.size(), between - begin - kBefore.size()));
  if (host.find(':') != host.npos) host = "[" + host + "]";
  const std::string_view behind = words.substr(between + kBetween.size());
  const std::string_view port = behind.substr(0, behind.find_first_not_of("0123456789"));
  if (host == url.host() && port == std::to_string(url.port())) return {};
  return printable(host) + ":" + std::string(port);
}

// The setting that names the file of authorities.
std::string setting_of(const Authorities& authorities) {
  return authorities.given_by.empty() ? "ca_certificates" : authorities.given_by;
}

std::string remedy_for_distrust(const Authorities& authorities) {
  const std::string remedy =
      "For a server without TLS use http://. For a private certificate, set "
      "ORPHEUS_CA_CERTIFICATES to the PEM file of its authority.";
  if (authorities.file.empty()) return remedy;
  return remedy + " Now only the authorities in '" + printable(authorities.file) +
         "' are trusted, as " + setting_of(authorities) + " says.";
}

std::string remedy_for_authorities(const Authorities& authorities) {
  if (authorities.file.empty())
    return "On Debian, the package ca-certificates installs the system's certificates. "
           "ORPHEUS_CA_CERTIFICATES names another file.";
  return "Check " + setting_of(authorities) + " (expected a PEM file of certificate authorities).";
}

Error error_of(CURLcode code, const Url& url, const Circumstances& circumstances) {
  const std::string& words = circumstances.words;
  const long os_error = circumstances.os_error;
  const Authorities& authorities = circumstances.authorities;
  const std::string& where = url.shown();
  const std::string own = printable(words.empty() ? curl_easy_strerror(code) : words.c_str());
  switch (code) {
    case CURLE_COULDNT_RESOLVE_HOST:
      return {.kind = ErrorKind::kUnavailable,
              .what = where + ": the name '" + printable(url.host()) + "' cannot be resolved",
              .remedy = "Check the name and this machine's network connection."};
    case CURLE_COULDNT_RESOLVE_PROXY:
      return {.kind = ErrorKind::kUnavailable,
              .what = where + ": the proxy's name cannot be resolved",
              .found = own,
              .remedy = "Check the variables http_proxy and https_proxy."};
    case CURLE_COULDNT_CONNECT:
      if (const std::string proxy = called_instead(url, words); !proxy.empty()) {
        return {.kind = ErrorKind::kUnavailable,
                .what = where + ": cannot connect to the proxy " + proxy,
                .found = own,
                .remedy = kProxyRemedy};
      }
      return {.kind = ErrorKind::kUnavailable,
              .what = where + ": cannot connect: " +
                      (os_error == 0
                           ? own
                           : std::error_code(static_cast<int>(os_error), std::generic_category())
                                 .message()),
              .remedy = "Check that a server is running at this address."};
    case CURLE_OPERATION_TIMEDOUT:
      return {
          .kind = ErrorKind::kTimedOut,
          .what = where + ": connecting timed out",
          .remedy = "Check that a server is running at this address and can be reached from here."};
    case CURLE_SSL_CONNECT_ERROR:
    case CURLE_SSL_CERTPROBLEM:
    case CURLE_SSL_CIPHER:
    case CURLE_SSL_ISSUER_ERROR:
    case CURLE_SSL_INVALIDCERTSTATUS:
    case CURLE_PEER_FAILED_VERIFICATION:
      return {.kind = ErrorKind::kUnavailable,
              .what = where + ": the TLS connection failed: " + own,
              .remedy = remedy_for_distrust(authorities)};
    case CURLE_SSL_CACERT_BADFILE:
      return {.kind = ErrorKind::kUnavailable,
              .what = where + ": the trusted certificates cannot be read: " + own,
              .remedy = remedy_for_authorities(authorities)};
    case CURLE_UNSUPPORTED_PROTOCOL:
    case CURLE_WEIRD_SERVER_REPLY:
    case CURLE_BAD_CONTENT_ENCODING:
      return {.kind = ErrorKind::kBadReply,
              .what = where + ": the response is not HTTP",
              .found = own,
              .remedy = "Check the port, and whether the URL needs http or https."};
    case CURLE_TOO_MANY_REDIRECTS:
    case CURLE_URL_MALFORMAT:
      return {.kind = ErrorKind::kBadReply,
              .what = where + ": invalid address or redirect",
              .found = own};
    case CURLE_OUT_OF_MEMORY: return {.kind = ErrorKind::kLimit, .what = where + ": out of memory"};
    default:
      return {.kind = ErrorKind::kUnavailable,
              .what = where + ": the connection was lost",
              .found = own,
              .remedy = "Try again."};
  }
}

}  // namespace

Error transfer_error(CURLcode code, const Url& url, const Circumstances& circumstances) {
  Error error = error_of(code, url, circumstances);
  if (circumstances.proxy.empty() || error.what.find("proxy") != error.what.npos) return error;
  error.what += " (through the proxy " + circumstances.proxy + ")";
  error.remedy += std::string(error.remedy.empty() ? "" : " ") + kProxyRemedy;
  return error;
}

}  // namespace orpheus::net
