#pragma once
// One client's connection: reads requests one after the other and answers each. While an answer is
// being made it goes on reading, and so learns that the client has left. A client that only ends
// its own half gets its answer. Belongs to the I/O thread, as all connections do.

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <utility>  // Asio 1.74's awaitable.hpp needs it

#include <boost/asio/awaitable.hpp>
#include <boost/asio/buffer.hpp>
#include <boost/asio/steady_timer.hpp>

#include "http/answer.h"
#include "http/live.h"
#include "http/metrics.h"
#include "http/options.h"
#include "http/request.h"
#include "http/response_channel.h"
#include "http/router.h"
#include "http/server/request_reader.h"
#include "http/server/tls.h"
#include "http/server/transport.h"
#include "http/server/wire.h"
#include "http/worker_pool.h"
#include "lm/playback.h"

namespace orpheus::http {

// What all connections share; outlives them.
struct Service {
  const Options& options;  // of connections: they stay as they were at the start
  const Router& router;
  WorkerPool& speech_workers;
  WorkerPool& errand_workers;
  Live& live;
  Metrics& metrics;
  Tls* tls = nullptr;  // around every connection, where there is one
};

class Connection : public std::enable_shared_from_this<Connection> {
 public:
  Connection(std::unique_ptr<Transport> transport, const Service& service);

  // Serves until either side ends it. A shared_ptr must hold the connection meanwhile.
  boost::asio::awaitable<void> run();

  // From here on each answer is the last of its connection, and says so.
  void drain();
  // No further request: closes now when none is being answered, else after the answer.
  void close();
  // Whether a request is being answered, or the client has not taken the last answer whole.
  bool is_working();
  // Cancels the work under way; what its answer is then, the client still gets.
  void cancel();
  // Closes now; work that is under way is cancelled.
  void abort();

  using Clock = std::chrono::steady_clock;
  // Since when it waits for its client: for a request, for the rest of one, or for the client's end
  // of the connection. Nothing while an answer is made or sent.
  std::optional<Clock::time_point> idle_since() const { return idle_since_; }
  // Closes one that waits, so that another client may have its place.
  void give_way();

 private:
  enum class Next { kRequest, kClose };
  struct Incoming {
    Manner manner;
    std::shared_ptr<const Request> request;
    std::optional<ApiError> refusal;  // with neither, the client left
  };

  boost::asio::awaitable<Next> wait_for_request();
  boost::asio::awaitable<Incoming> read_request();
  boost::asio::awaitable<bool> read_more(size_t num_bytes);
  Incoming take_request();
  boost::asio::awaitable<Next> answer(Incoming incoming);
  using Made = std::optional<Answer>;  // nothing until it is there
  std::shared_ptr<Made> make_answer(const std::shared_ptr<const Request>& request);
  boost::asio::awaitable<Next> send(Response response, Manner manner);
  boost::asio::awaitable<Next> send_work(Work work, Manner manner);
  boost::asio::awaitable<Next> relay(Manner manner);
  boost::asio::awaitable<void> write_piece(std::span<const std::byte> bytes, BodyEnd end);
  boost::asio::awaitable<void> write(boost::asio::const_buffer first,
                                     boost::asio::const_buffer second = {},
                                     boost::asio::const_buffer third = {});
  boost::asio::awaitable<void> watch_client();
  boost::asio::awaitable<boost::system::error_code> wait_for_reset();
  boost::asio::awaitable<void> wait_for_news();
  boost::asio::awaitable<bool> wait_for_news(std::chrono::milliseconds most);
  boost::asio::awaitable<void> linger();

  void record(const Request& request);
  void record_refused(const ApiError& refusal, const Manner& manner);
  bool start(Work work, WorkerPool& workers);
  static WorkerPool::Next step(Task& task, ResponseChannel& channel, lm::Playback* playback,
                               const Wake& wake);
  std::function<void()> news_bringer();

  const Service& service_;
  const std::unique_ptr<Transport> transport_;
  RequestReader reader_;
  boost::asio::steady_timer news_;            // cancelled when there is something new
  std::shared_ptr<ResponseChannel> channel_;  // of the work under way
  bool answering_ = false;                    // or reading a request
  bool working_ = false;                      // answering one
  bool watching_ = false;
  bool draining_ = false;
  bool closing_ = false;
  bool half_closed_ = false;  // the client sends nothing more; it may still read
  bool gone_ = false;         // nothing more can reach the client
  std::optional<Clock::time_point> idle_since_;
  std::chrono::milliseconds until_probe_{0};  // of a client that may have left
  bool peer_is_local_ = false;
  std::string peer_;
  int status_ = 0;          // of the answer
  uint64_t num_bytes_ = 0;  // of its body, sent so far
  std::optional<std::chrono::steady_clock::time_point> first_byte_at_;
  std::string voice_;  // of a speech
  size_t num_characters_ = 0;
};

}  // namespace orpheus::http
