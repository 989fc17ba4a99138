#pragma once
// One request and its response, through libcurl. Belongs to one thread.

#include <array>
#include <chrono>
#include <exception>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include <curl/curl.h>

#include "net/client.h"

namespace orpheus::net {

// Makes a deleter of a libcurl function.
template <auto clean_up>
struct By {
  template <typename T>
  void operator()(T* handle) const {
    clean_up(handle);
  }
};

// The libcurl handles that are kept between requests. The multi handle owns the connections.
struct Session {
  std::unique_ptr<CURLM, By<curl_multi_cleanup>> multi;
  std::unique_ptr<CURL, By<curl_easy_cleanup>> easy;
};

class Exchange {
 public:
  // All four must outlive the exchange.
  Exchange(Session& session, const Request& request, const Receiver& receiver,
           const Authorities& authorities);
  ~Exchange();
  Exchange(const Exchange&) = delete;
  Exchange& operator=(const Exchange&) = delete;

  Result<StreamedResponse> run();

 private:
  using Clock = std::chrono::steady_clock;
  enum class Stop { kNone, kByReceiver, kHeadTooLong };

  Result<void> set_up();
  Result<void> set_headers();
  CURLcode set_authorities();
  std::optional<Error> overdue() const;
  std::string proxy() const;
  Result<StreamedResponse> outcome(CURLcode code);

  size_t take_header(std::string_view line);
  size_t take_body(std::string_view bytes);
  bool deliver_head();

  template <size_t (Exchange::*take)(std::string_view)>
  static size_t on_bytes(char* bytes, size_t size, size_t count, void* self);
  static int on_progress(void* self, curl_off_t, curl_off_t received, curl_off_t, curl_off_t sent);

  Session& session_;
  const Request& request_;
  const Receiver& receiver_;
  const Authorities& authorities_;
  std::unique_ptr<curl_slist, By<curl_slist_free_all>> headers_;
  std::array<char, CURL_ERROR_SIZE> words_{};  // libcurl's text about a failure

  ResponseHead head_;
  size_t head_bytes_ = 0;  // sum over all heads of this exchange
  bool head_delivered_ = false;
  Stop stop_ = Stop::kNone;
  std::exception_ptr thrown_;  // by the receiver; rethrown after libcurl, which is C, has returned

  Clock::time_point began_ = Clock::now();
  Clock::time_point active_ = began_;  // when a byte last went either way
  curl_off_t bytes_seen_ = 0;
};

}  // namespace orpheus::net
