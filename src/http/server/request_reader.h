#pragma once
// From the bytes of one connection to its requests, within bounds whatever the bytes are. Has no
// socket: the connection pours in what it reads. Belongs to one thread.

#include <optional>

#include <boost/asio/buffer.hpp>
#include <boost/beast/core/flat_buffer.hpp>

#include "http/errors.h"
#include "http/options.h"
#include "http/request.h"
#include "http/server/wire.h"

namespace orpheus::http {

class RequestReader {
 public:
  // The options give the limits and outlive the reader.
  explicit RequestReader(const Options& options) : options_(options) {}

  // Where the next bytes go, and then how many have come.
  boost::asio::mutable_buffer room(size_t num_bytes) { return bytes_.prepare(num_bytes); }
  void take_in(size_t num_bytes) { bytes_.commit(num_bytes); }
  // Bytes that have come and belong to no request yet.
  size_t num_unread_bytes() const { return bytes_.size(); }
  void drop_unread() { bytes_.clear(); }
  // Gives memory back; for a connection between two requests.
  void rest() { bytes_.shrink_to_fit(); }
  // What bytes that have come occupy, read or not.
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

  // The headers are those of the head: a trailer behind the body is none.
  Request& request() { return *request_; }
  const ApiError& refusal() const { return *refusal_; }
  const Manner& manner() const { return manner_; }
  bool is_whole() const { return request_ && !parser_; }
  // Whether the client sends its body only once it has read 100 Continue.
  bool waits_for_continue() const;
  // After kHead: refuses a body longer than this, for a request whose body is not wanted.
  void limit_body(size_t max_bytes);

 private:
  Next read_head();
  Next read_body();
  Next refuse(ApiError refusal);
  Next refuse(boost::system::error_code error) { return refuse(refusal_of(error, options_)); }
  bool frames_too_much() const;
  void make_room_in_body();

  const Options& options_;
  boost::beast::flat_buffer bytes_;
  std::optional<RequestParser> parser_;
  std::optional<Request> request_;
  std::optional<ApiError> refusal_;
  Manner manner_;
  size_t max_body_bytes_ = 0;
  size_t num_body_stage_bytes_ = 0;  // consumed behind the head: chunks, their sizes, trailers
};

}  // namespace orpheus::http
