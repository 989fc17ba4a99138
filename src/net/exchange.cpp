#include "net/exchange.h"

#include <algorithm>
#include <cstdint>
#include <utility>

#include "base/parse_number.h"
#include "base/utf8.h"
#include "net/system_certificates.h"
#include "net/transfer_error.h"

namespace orpheus::net {
namespace {

constexpr size_t kMaxHeadBytes = size_t{256} << 10U;
constexpr long kMaxRedirects = 8;
constexpr int kGlanceMs = 50;  // how often cancellation and timeouts are checked
constexpr std::string_view kBlanks = " \t\r\n";

std::string_view trimmed(std::string_view text) {
  const size_t begin = std::min(text.find_first_not_of(kBlanks), text.size());
  text.remove_prefix(begin);
  return text.substr(0, text.find_last_not_of(kBlanks) + 1);
}

bool is_redirect(const ResponseHead& head) {
  switch (head.status) {
    case 301:
    case 302:
    case 303:
    case 307:
    case 308: return !head.header("location").empty();
    default: return false;
  }
}

bool fits_header(const Header& header) {
  const auto ends_line = [](char c) { return c == '\r' || c == '\n' || c == '\0'; };
  return !header.name.empty() && header.name.find(':') == std::string::npos &&
         std::none_of(header.name.begin(), header.name.end(), ends_line) &&
         std::none_of(header.value.begin(), header.value.end(), ends_line);
}

}  // namespace

Exchange::Exchange(Session& session, const Request& request, const Receiver& receiver,
                   const Authorities& authorities)
    : session_(session), request_(request), receiver_(receiver), authorities_(authorities) {}

Exchange::~Exchange() {
  curl_multi_remove_handle(session_.multi.get(), session_.easy.get());
  curl_easy_reset(session_.easy.get());  // the connections stay with the multi handle
}

Result<StreamedResponse> Exchange::run() {
  ORPHEUS_CHECK(set_up());
  if (curl_multi_add_handle(session_.multi.get(), session_.easy.get()) != CURLM_OK)
    return fail({.what = "libcurl did not accept the request"});
  bool running = true;
  while (running) {
    if (request_.cancel.cancelled())
      return fail({.kind = ErrorKind::kCancelled, .what = "the request was cancelled"});
    int num_running = 0;
    if (curl_multi_perform(session_.multi.get(), &num_running) != CURLM_OK)
      return fail({.what = "libcurl failed"});
    if (thrown_) std::rethrow_exception(thrown_);
    running = num_running > 0;
    // Checked only after all arrived bytes were read, so a machine that was suspended does not
    // count as a silent server.
    if (running) {
      if (auto late = overdue()) return fail(std::move(*late));
      if (auto late = receiver_.overdue ? receiver_.overdue() : std::nullopt)
        return fail(std::move(*late));
      curl_multi_poll(session_.multi.get(), nullptr, 0, kGlanceMs, nullptr);
    }
  }
  CURLcode code = CURLE_OK;
  int num_left = 0;
  while (const CURLMsg* message = curl_multi_info_read(session_.multi.get(), &num_left)) {
    if (message->msg == CURLMSG_DONE) code = message->data.result;
  }
  return outcome(code);
}

Result<StreamedResponse> Exchange::outcome(CURLcode code) {
  if (stop_ == Stop::kByReceiver) return StreamedResponse{.head = std::move(head_), .whole = false};
  if (stop_ == Stop::kHeadTooLong) {
    return fail({.kind = ErrorKind::kBadReply,
                 .what = request_.url.shown() + ": the response's headers are too long",
                 .expected = "at most 256 KiB"});
  }
  if (code != CURLE_OK) {
    long of_proxy = 0;
    curl_easy_getinfo(session_.easy.get(), CURLINFO_HTTP_CONNECTCODE, &of_proxy);
    if (of_proxy >= 300) return fail(proxy_refusal(request_.url, of_proxy));
    long os_error = 0;
    curl_easy_getinfo(session_.easy.get(), CURLINFO_OS_ERRNO, &os_error);
    return fail(transfer_error(code, request_.url,
                               {.words = words_.data(),
                                .os_error = os_error,
                                .proxy = proxy(),
                                .authorities = authorities_}));
  }
  const bool more = deliver_head();  // of a response without a body
  if (thrown_) std::rethrow_exception(thrown_);
  return StreamedResponse{.head = std::move(head_), .whole = more};
}

std::optional<Error> Exchange::overdue() const {
  const auto now = Clock::now();
  const auto past = [&](Clock::time_point from, std::chrono::milliseconds limit) {
    return limit.count() > 0 && now - from > limit;
  };
  const auto seconds = [](std::chrono::milliseconds time) {
    return std::to_string(time.count() / 1000) + "." + std::to_string(time.count() / 100 % 10) +
           " s";
  };
  const Timeouts& limits = request_.timeouts;
  if (past(began_, limits.total)) {
    return Error{.kind = ErrorKind::kTimedOut,
                 .what = request_.url.shown() + ": the response took too long",
                 .expected = "the complete response within " + seconds(limits.total),
                 .found = head_.status == 0 ? "no response" : "a part of it"};
  }
  if (past(active_, limits.idle)) {
    return Error{.kind = ErrorKind::kTimedOut,
                 .what = request_.url.shown() + ": the server sent nothing for too long",
                 .expected = "at least a byte every " + seconds(limits.idle),
                 .found = head_.status == 0 ? "no response" : "the first part only"};
  }
  return std::nullopt;
}

// HOST:PORT of the proxy that libcurl is connected to; empty if it is connected to the server. Only
// the ports are compared, because one host name can have many addresses.
std::string Exchange::proxy() const {
  const char* address = nullptr;
  long port = 0;
  curl_easy_getinfo(session_.easy.get(), CURLINFO_PRIMARY_IP, &address);
  curl_easy_getinfo(session_.easy.get(), CURLINFO_PRIMARY_PORT, &port);
  const bool may_be_elsewhere = request_.redirects == Redirects::kFollow;
  if (port == 0 || port == request_.url.port() || may_be_elsewhere || address == nullptr) return {};
  const std::string host(address);
  return (host.find(':') == std::string::npos ? host : "[" + host + "]") + ":" +
         std::to_string(port);
}

Result<void> Exchange::set_up() {
  CURL* easy = session_.easy.get();
  ORPHEUS_CHECK(set_headers());
  CURLcode worst = CURLE_OK;
  const auto set = [&](CURLoption option, auto value) {
    if (const CURLcode code = curl_easy_setopt(easy, option, value); code != CURLE_OK) worst = code;
  };
  set(CURLOPT_URL, request_.url.text().c_str());
  set(CURLOPT_PROTOCOLS_STR, "http,https");
  set(CURLOPT_HTTPHEADER, headers_.get());
  set(CURLOPT_USERAGENT, "orpheus");
  if (request_.proxy) {
    set(CURLOPT_PROXY, request_.proxy->c_str());
    set(CURLOPT_NOPROXY, "");
  }
  if (const CURLcode code = set_authorities(); code != CURLE_OK) worst = code;
  set(CURLOPT_NOSIGNAL, 1L);
  set(CURLOPT_TCP_KEEPALIVE, 1L);
  set(CURLOPT_ERRORBUFFER, words_.data());
  set(CURLOPT_SUPPRESS_CONNECT_HEADERS, 1L);
  const auto connect_ms = request_.timeouts.connect.count();
  // 0 would mean libcurl's default of five minutes; this is 24 days.
  set(CURLOPT_CONNECTTIMEOUT_MS, connect_ms > 0 ? static_cast<long>(connect_ms) : long{INT32_MAX});
  if (request_.method == Method::kPost) {
    set(CURLOPT_POST, 1L);
    set(CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(request_.body.size()));
    set(CURLOPT_POSTFIELDS, request_.body.c_str());
  }
  if (request_.redirects == Redirects::kFollow) {
    set(CURLOPT_FOLLOWLOCATION, 1L);
    set(CURLOPT_MAXREDIRS, kMaxRedirects);
    set(CURLOPT_REDIR_PROTOCOLS_STR, request_.url.is_encrypted() ? "https" : "http,https");
  }
  set(CURLOPT_HEADERFUNCTION, &Exchange::on_bytes<&Exchange::take_header>);
  set(CURLOPT_HEADERDATA, this);
  set(CURLOPT_WRITEFUNCTION, &Exchange::on_bytes<&Exchange::take_body>);
  set(CURLOPT_WRITEDATA, this);
  set(CURLOPT_XFERINFOFUNCTION, &Exchange::on_progress);
  set(CURLOPT_XFERINFODATA, this);
  set(CURLOPT_NOPROGRESS, 0L);
  if (worst == CURLE_OK) return {};
  return fail({.what = std::string("libcurl refused an option: ") + curl_easy_strerror(worst)});
}

CURLcode Exchange::set_authorities() {
  CURL* easy = session_.easy.get();
  const bool is_given = !authorities_.file.empty();
  const std::string file = is_given ? authorities_.file : system_certificates();
  // Besides its file, libcurl trusts a folder of the system. A libcurl without folders refuses the
  // option.
  if (is_given) curl_easy_setopt(easy, CURLOPT_CAPATH, nullptr);
  return file.empty() ? CURLE_OK : curl_easy_setopt(easy, CURLOPT_CAINFO, file.c_str());
}

Result<void> Exchange::set_headers() {
  // Without these two headers, libcurl waits for "100 Continue" before it sends a long body.
  std::vector<Header> all = {{"Expect", ""}};
  all.insert(all.end(), request_.headers.begin(), request_.headers.end());
  if (request_.resume_from_bytes > 0)
    all.push_back({"Range", "bytes=" + std::to_string(request_.resume_from_bytes) + "-"});
  for (const Header& header : all) {
    if (!fits_header(header)) {
      return fail({.kind = ErrorKind::kUsage,
                   .what = "the header '" + printable(header.name) + "' cannot be sent",
                   .expected = "a name and a value without line breaks"});
    }
    // libcurl removes the header for "Name:" and sends it without a value for "Name;".
    const bool removes = header.name == "Expect";
    const std::string line =
        header.value.empty() && !removes ? header.name + ";" : header.name + ": " + header.value;
    curl_slist* longer = curl_slist_append(headers_.get(), line.c_str());
    if (longer == nullptr) return fail({.kind = ErrorKind::kLimit, .what = "out of memory"});
    static_cast<void>(headers_.release());
    headers_.reset(longer);
  }
  return {};
}

// Takes a line of a head. A status line begins a new head: of "100 Continue", of a redirect, or of
// the response.
size_t Exchange::take_header(std::string_view line) {
  head_bytes_ += line.size();
  if (head_bytes_ > kMaxHeadBytes) {
    stop_ = Stop::kHeadTooLong;
    return 0;
  }
  if (line.starts_with("HTTP/")) {
    long status = 0;
    curl_easy_getinfo(session_.easy.get(), CURLINFO_RESPONSE_CODE, &status);
    head_ = {.status = static_cast<int>(status)};
    return line.size();
  }
  const size_t colon = line.find(':');
  if (colon != std::string_view::npos) {
    head_.headers.push_back({std::string(trimmed(line.substr(0, colon))),
                             std::string(trimmed(line.substr(colon + 1)))});
    return line.size();
  }
  const bool at_end = trimmed(line).empty();
  const bool goes_on =
      head_.status < 200 || (request_.redirects == Redirects::kFollow && is_redirect(head_));
  if (at_end && !goes_on && !deliver_head()) return 0;
  return line.size();
}

bool Exchange::deliver_head() {
  if (head_delivered_) return true;
  head_delivered_ = true;
  const char* url = nullptr;
  curl_easy_getinfo(session_.easy.get(), CURLINFO_EFFECTIVE_URL, &url);
  head_.url = url == nullptr ? request_.url.text() : url;
  head_.body_bytes = parse_number<uint64_t>(head_.header("content-length"));
  head_.proxy = proxy();
  if (!receiver_.on_head || receiver_.on_head(head_)) return true;
  stop_ = Stop::kByReceiver;
  return false;
}

size_t Exchange::take_body(std::string_view bytes) {
  if (!deliver_head()) return 0;
  if (!receiver_.on_bytes || receiver_.on_bytes(bytes)) return bytes.size();
  stop_ = Stop::kByReceiver;
  return 0;
}

template <size_t (Exchange::*take)(std::string_view)>
size_t Exchange::on_bytes(char* bytes, size_t size, size_t count, void* self) {
  auto& exchange = *static_cast<Exchange*>(self);
  try {
    const size_t taken = (exchange.*take)({bytes, size * count});
    exchange.active_ = Clock::now();  // the receiver's time does not count
    return taken;
  } catch (...) {
    exchange.thrown_ = std::current_exception();
    return 0;
  }
}

int Exchange::on_progress(void* self, curl_off_t, curl_off_t received, curl_off_t,
                          curl_off_t sent) {
  auto& exchange = *static_cast<Exchange*>(self);
  if (received + sent != exchange.bytes_seen_) {
    exchange.bytes_seen_ = received + sent;
    exchange.active_ = Clock::now();
  }
  return 0;
}

}  // namespace orpheus::net
