#pragma once
// Parses the bytes of one connection into requests, within bounds for any bytes. It has no socket;
// the connection passes in the bytes that it reads. Belongs to one thread.

#include <cstdint>
#include <functional>
#include <optional>
#include <utility>

#include <boost/asio/buffer.hpp>
#include <boost/beast/core/flat_buffer.hpp>

#include "http/errors.h"
#include "http/options.h"
#include "http/request.h"
#include "http/server/wire.h"

namespace orpheus::http {

class RequestReader {
 public:
  // options has the limits. It must outlive the reader.
  explicit RequestReader(const Options& options) : options_(options) {}
  RequestReader(const RequestReader&) = delete;
  RequestReader& operator=(const RequestReader&) = delete;

  // The buffer for the next bytes; then their number.
  boost::asio::mutable_buffer room(size_t num_bytes) { return bytes_.prepare(num_bytes); }
  void take_in(size_t num_bytes) { bytes_.commit(num_bytes); }
  // Bytes that arrived and belong to no request yet.
  size_t num_unread_bytes() const { return bytes_.size(); }
  void drop_unread() { bytes_.clear(); }
  boost::beast::flat_buffer take_unread() { return std::exchange(bytes_, {}); }
  // Frees memory between two requests.
  void rest() { bytes_.shrink_to_fit(); }
  // Memory of all arrived bytes, parsed or not.
  size_t num_held_bytes() const;

  enum class Next {
    kMoreBytes,  // nothing to do until more has come
    kHead,       // request() has all but its body
    kWhole,      // request() is whole
    kRefusal,    // no request: see refusal(); nothing more can be read
  };
  // begin() starts a request; go_on() reads it and returns kHead once, then kWhole.
  void begin();
  Next go_on();

  // Headers come only from the head; trailers after the body do not count.
  Request& request() { return *request_; }
  // The same; null if the head has not come whole, or is malformed.
  const Request* head() const { return request_ ? &*request_ : nullptr; }
  const ApiError& refusal() const { return *refusal_; }
  const Manner& manner() const { return manner_; }
  bool is_whole() const { return request_ && !parser_; }
  // Whether the client waits for 100 Continue before it sends its body.
  bool waits_for_continue() const;
  // After kHead, for a request with an unwanted body: refuses a body longer than this.
  void limit_body(size_t max_bytes);

 private:
  Next read_head();
  Next read_body();
  Next refuse(ApiError refusal);
  Next refuse(boost::system::error_code error) { return refuse(refusal_of(error, options_)); }
  bool may_begin_a_chunk() const;
  bool frames_too_much() const;
  void make_room_in_body();

  const Options& options_;
  boost::beast::flat_buffer bytes_;
  std::optional<RequestParser> parser_;
  std::optional<Request> request_;
  std::optional<ApiError> refusal_;
  Manner manner_;
  size_t max_body_bytes_ = 0;
  size_t num_head_bytes_ = 0;         // consumed
  uint64_t num_announced_bytes_ = 0;  // by the sizes of the chunks so far
  // The parser keeps a reference to it.
  std::function<void(uint64_t, boost::beast::string_view, boost::system::error_code&)>
      count_chunk_ =
          [this](uint64_t num_bytes, boost::beast::string_view /*extensions*/,
                 boost::system::error_code& /*error*/) { num_announced_bytes_ += num_bytes; };
  size_t num_body_stage_bytes_ = 0;  // consumed after the head: chunks, their sizes, trailers
};

}  // namespace orpheus::http
