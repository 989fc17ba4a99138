#include "http/server/request_reader.h"

#include <algorithm>
#include <chrono>
#include <string_view>
#include <utility>

#include <spdlog/fmt/fmt.h>

namespace orpheus::http {
namespace {

namespace wire = boost::beast::http;
using boost::system::error_code;

// A body may come in chunks of a single byte: "1\r\nx\r\n".
constexpr size_t kFramingBytesOfABodyByte = 8;

// "0\r\n\r\n": no body in chunks ends with less. Beast 1.74 asserts that it is not given less.
constexpr size_t kLastChunkBytes = 5;

ApiError too_much_framing(size_t max_bytes) {
  return {.status = 431,
          .message = fmt::format("the chunk sizes, extensions and trailers of the body are too "
                                 "large (expected at most {} bytes)",
                                 max_bytes),
          .code = "headers_too_large"};
}

}  // namespace

size_t RequestReader::num_held_bytes() const {
  return bytes_.capacity() + (parser_ ? parser_->get().body().capacity() : 0) +
         (request_ ? request_->body.capacity() : 0);
}

void RequestReader::begin() {
  request_.reset();
  refusal_.reset();
  manner_ = {};
  num_head_bytes_ = 0;
  num_body_stage_bytes_ = 0;
  max_body_bytes_ = options_.max_body_bytes;
  num_announced_bytes_ = 0;
  parser_.emplace();
  parser_->on_chunk_header(count_chunk_);
  parser_->header_limit(static_cast<uint32_t>(options_.max_header_bytes));
  parser_->body_limit(max_body_bytes_);
}

RequestReader::Next RequestReader::go_on() { return request_ ? read_body() : read_head(); }

RequestReader::Next RequestReader::refuse(ApiError refusal) {
  refusal_ = std::move(refusal);
  return Next::kRefusal;
}

RequestReader::Next RequestReader::read_head() {
  if (bytes_.size() == 0) return Next::kMoreBytes;
  error_code error;
  const size_t num_consumed = parser_->put(bytes_.data(), error);
  bytes_.consume(num_consumed);
  // The parser's own limit is for what it has not consumed: it takes in line after line.
  num_head_bytes_ += num_consumed;
  const bool needs_more = error == wire::error::need_more;
  if (num_head_bytes_ + (needs_more ? bytes_.size() : 0) > options_.max_header_bytes)
    return refuse(wire::error::header_limit);
  if (needs_more) return Next::kMoreBytes;
  // All headers were read before the announced length is found too large.
  if (error == wire::error::body_limit) request_ = to_head(*parser_);
  if (error) return refuse(error);
  if (!parser_->is_header_done()) return read_head();
  if (has_unknown_coding(*parser_)) return refuse(wire::error::bad_transfer_encoding);
  if (names_two_hosts(*parser_)) {
    return refuse(ApiError{.status = 400,
                           .message = "the request has more than one Host header",
                           .code = "bad_request"});
  }
  parser_->eager(true);
  request_ = to_head(*parser_);
  manner_ = {.version = static_cast<int>(parser_->get().version()),
             .keep_alive = parser_->keep_alive(),
             .head_only = request_->method == "HEAD",
             .id = request_->id};
  return Next::kHead;
}

RequestReader::Next RequestReader::read_body() {
  const auto announced = parser_->content_length();
  if (announced && *announced > max_body_bytes_) return refuse(wire::error::body_limit);
  while (!parser_->is_done()) {
    const size_t least = parser_->chunked() ? kLastChunkBytes : 1;
    if (!may_begin_a_chunk()) return refuse(wire::error::bad_chunk);
    if (bytes_.size() < least) return Next::kMoreBytes;
    make_room_in_body();
    error_code error;
    const size_t num_consumed = parser_->put(bytes_.data(), error);
    bytes_.consume(num_consumed);
    num_body_stage_bytes_ += num_consumed;
    if (error && error != wire::error::need_more) return refuse(error);
    if (frames_too_much()) return refuse(too_much_framing(options_.max_header_bytes));
    if (error) return may_begin_a_chunk() ? Next::kMoreBytes : refuse(wire::error::bad_chunk);
  }
  request_->body = std::move(parser_->get().body());
  request_->received = std::chrono::steady_clock::now();
  parser_.reset();
  return Next::kWhole;
}

// Whether the unconsumed bytes may be the line with a chunk's size, if they stand between chunks.
// Found before the line has ended, so that a client with a wrong size is not left to wait: Beast
// looks for the line's end, and behind a size of 0 for that of all trailers.
bool RequestReader::may_begin_a_chunk() const {
  if (!parser_->chunked() || parser_->get().body().size() != num_announced_bytes_) return true;
  std::string_view line(static_cast<const char*>(bytes_.data().data()), bytes_.size());
  const bool follows_a_chunk = num_announced_bytes_ > 0;
  if (follows_a_chunk && line == "\r") return true;
  if (follows_a_chunk && line.starts_with("\r\n")) line.remove_prefix(2);
  const size_t num_digits = std::min(line.find_first_not_of("0123456789abcdefABCDEF"), line.size());
  if (num_digits == line.size()) return true;
  return num_digits > 0 && std::string_view(" \t;\r").find(line[num_digits]) != line.npos;
}

// Unconsumed bytes after a head are one line with a chunk's size, or trailers.
bool RequestReader::frames_too_much() const {
  if (parser_->is_done()) return false;
  if (bytes_.size() > options_.max_header_bytes) return true;
  const size_t num_body_bytes = parser_->get().body().size();
  return num_body_stage_bytes_ >
         options_.max_header_bytes + (1 + kFramingBytesOfABodyByte) * num_body_bytes;
}

// Reserves in two steps, because a growing string doubles and holds up to three times the limit
// while it moves.
void RequestReader::make_room_in_body() {
  if (!parser_->chunked()) return;  // its whole length is reserved
  std::string& body = parser_->get().body();
  const size_t needed = body.size() + bytes_.size();
  if (needed <= body.capacity()) return;
  const size_t quarter = max_body_bytes_ / 4;
  body.reserve(needed > quarter ? max_body_bytes_
                                : std::clamp(4 * body.capacity(), needed, quarter));
}

bool RequestReader::waits_for_continue() const {
  return parser_ && !parser_->is_done() && manner_.version == 11 &&
         equal_ignoring_case(request_->header("Expect").value_or(""), "100-continue");
}

void RequestReader::limit_body(size_t max_bytes) {
  if (max_bytes >= max_body_bytes_ || parser_->is_done()) return;
  max_body_bytes_ = max_bytes;
  parser_->body_limit(max_bytes);
}

}  // namespace orpheus::http
