#include "net/transfer_error.h"

#include <cstring>
#include <string_view>
#include <system_error>

#include "base/utf8.h"

namespace orpheus::net {

Error proxy_refusal(const Url& url, long status) {
  return {.kind = ErrorKind::kUnavailable,
          .what = url.shown() + ": the proxy does not lead there",
          .expected = "status 200",
          .found = std::to_string(status),
          .remedy = status == 407 ? "It wants a name and a password: https_proxy=http://NAME:"
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

Error error_of(CURLcode code, const Url& url, const std::string& words, long os_error) {
  const std::string& where = url.shown();
  const std::string own = printable(words.empty() ? curl_easy_strerror(code) : words.c_str());
  switch (code) {
    case CURLE_COULDNT_RESOLVE_HOST:
      return {.kind = ErrorKind::kUnavailable,
              .what = where + ": the name '" + printable(url.host()) + "' is not known",
              .remedy = "Check the name, and that this machine has a network."};
    case CURLE_COULDNT_RESOLVE_PROXY:
      return {.kind = ErrorKind::kUnavailable,
              .what = where + ": the proxy's name is not known",
              .found = own,
              .remedy = "Check the variables http_proxy and https_proxy."};
    case CURLE_COULDNT_CONNECT:
      if (const std::string proxy = called_instead(url, words); !proxy.empty()) {
        return {.kind = ErrorKind::kUnavailable,
                .what = where + ": no connection to the proxy " + proxy,
                .found = own,
                .remedy = kProxyRemedy};
      }
      return {.kind = ErrorKind::kUnavailable,
              .what = where + ": no connection: " +
                      (os_error == 0
                           ? own
                           : std::error_code(static_cast<int>(os_error), std::generic_category())
                                 .message()),
              .remedy = "Is the server running there?"};
    case CURLE_OPERATION_TIMEDOUT:
      return {.kind = ErrorKind::kTimedOut,
              .what = where + ": no connection within the time for it",
              .remedy = "Is the server running there, and reachable?"};
    case CURLE_SSL_CONNECT_ERROR:
    case CURLE_SSL_CERTPROBLEM:
    case CURLE_SSL_CIPHER:
    case CURLE_SSL_ISSUER_ERROR:
    case CURLE_SSL_INVALIDCERTSTATUS:
    case CURLE_PEER_FAILED_VERIFICATION:
      return {.kind = ErrorKind::kUnavailable,
              .what = where + ": no encrypted connection (TLS): " + own,
              .remedy =
                  "A server without TLS is called by http://; for a certificate of your own, let "
                  "ORPHEUS_CA_CERTIFICATES name the PEM file of whoever signed it."};
    case CURLE_SSL_CACERT_BADFILE:
      return {.kind = ErrorKind::kUnavailable,
              .what = where + ": the trusted certificates cannot be read: " + own,
              .remedy =
                  "Check ORPHEUS_CA_CERTIFICATES (or SSL_CERT_FILE, CURL_CA_BUNDLE) if it is "
                  "set; on Debian the package ca-certificates brings the system's."};
    case CURLE_UNSUPPORTED_PROTOCOL:
    case CURLE_WEIRD_SERVER_REPLY:
    case CURLE_BAD_CONTENT_ENCODING:
      return {.kind = ErrorKind::kBadReply,
              .what = where + ": the answer is not HTTP",
              .found = own,
              .remedy = "Check the port, and whether it is http or https."};
    case CURLE_TOO_MANY_REDIRECTS:
    case CURLE_URL_MALFORMAT:
      return {.kind = ErrorKind::kBadReply, .what = where + ": it leads nowhere", .found = own};
    case CURLE_OUT_OF_MEMORY:
      return {.kind = ErrorKind::kLimit, .what = where + ": there is not enough memory"};
    default:
      return {.kind = ErrorKind::kUnavailable,
              .what = where + ": the connection broke before the end",
              .found = own,
              .remedy = "Try again."};
  }
}

}  // namespace

Error transfer_error(CURLcode code, const Url& url, const Circumstances& circumstances) {
  Error error = error_of(code, url, circumstances.words, circumstances.os_error);
  if (circumstances.proxy.empty() || error.what.find("proxy") != error.what.npos) return error;
  error.what += " (through the proxy " + circumstances.proxy + ")";
  error.remedy += std::string(error.remedy.empty() ? "" : " ") + kProxyRemedy;
  return error;
}

}  // namespace orpheus::net
