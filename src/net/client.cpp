#include "net/client.h"

#include <algorithm>
#include <mutex>
#include <utility>

#include "net/exchange.h"

namespace orpheus::net {
namespace {

// At most this many idle sessions are kept.
constexpr size_t kMaxIdle = 64;

// libcurl must be initialised once, before any thread uses it.
bool start_libcurl() {
  static const bool started = curl_global_init(CURL_GLOBAL_DEFAULT) == CURLE_OK;
  return started;
}

}  // namespace

std::string_view ResponseHead::header(std::string_view name) const {
  const auto found = std::find_if(headers.begin(), headers.end(), [&](const Header& header) {
    return header.name.size() == name.size() &&
           curl_strnequal(header.name.c_str(), name.data(), name.size()) != 0;
  });
  return found == headers.end() ? std::string_view() : std::string_view(found->value);
}

// Sessions that no call uses now. The last used one is taken first.
struct Client::Idle {
  std::mutex mutex;
  std::vector<Session> sessions;

  Session take() {
    const std::lock_guard lock(mutex);
    if (sessions.empty()) return {};
    Session session = std::move(sessions.back());
    sessions.pop_back();
    return session;
  }
  void put_back(Session session) {
    const std::lock_guard lock(mutex);
    if (sessions.size() < kMaxIdle) sessions.push_back(std::move(session));
  }
};

Client::Client(Authorities authorities)
    : authorities_(std::move(authorities)), idle_(std::make_unique<Idle>()) {}
Client::~Client() = default;

Result<StreamedResponse> Client::send(const Request& request, const Receiver& receiver) {
  Session session = start_libcurl() ? idle_->take() : Session();
  if (!session.multi) {
    session.multi.reset(curl_multi_init());
    session.easy.reset(curl_easy_init());
  }
  if (!session.multi || !session.easy)
    return fail({.kind = ErrorKind::kLimit, .what = "libcurl cannot be started: out of memory"});
  auto streamed = Exchange(session, request, receiver, authorities_).run();
  idle_->put_back(std::move(session));
  return streamed;
}

Result<Response> Client::fetch(const Request& request, size_t max_body_bytes) {
  Response response;
  bool too_long = false;
  ORPHEUS_TRY(StreamedResponse streamed,
              send(request, {.on_head =
                                 [&](const ResponseHead& head) {
                                   too_long = head.body_bytes.value_or(0) > max_body_bytes;
                                   return !too_long;
                                 },
                             .on_bytes =
                                 [&](std::string_view bytes) {
                                   too_long = bytes.size() > max_body_bytes - response.body.size();
                                   if (!too_long) response.body += bytes;
                                   return !too_long;
                                 }}));
  if (too_long) {
    return fail({.kind = ErrorKind::kLimit,
                 .what = request.url.shown() + ": the response is too long",
                 .expected = "at most " + std::to_string(max_body_bytes) + " bytes"});
  }
  response.head = std::move(streamed.head);
  return response;
}

}  // namespace orpheus::net
