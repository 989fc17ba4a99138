#include "lm/remote/remote.h"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <exception>
#include <list>
#include <mutex>
#include <optional>
#include <random>
#include <string>
#include <system_error>
#include <thread>
#include <utility>
#include <vector>

#include "base/log.h"
#include "base/metrics.h"
#include "base/philox.h"
#include "lm/admission.h"
#include "lm/check_sampling.h"
#include "lm/playback.h"
#include "lm/remote/backend.h"
#include "lm/remote/balance.h"
#include "lm/remote/completions_server.h"
#include "lm/remote/delivery.h"
#include "lm/remote/failure.h"
#include "net/client.h"

namespace orpheus::remote {
namespace {

using std::chrono::milliseconds;

constexpr uint64_t kRetryPauseMs = 300;  // the longest pause before the only server is asked again

Error cancelled() { return {.kind = ErrorKind::kCancelled, .what = "the speech was cancelled"}; }

}  // namespace

class Remote::State {
 public:
  State(const Options& options, const prompt::TokenLayout& layout, const lm::SamplingOptions& usual,
        std::vector<Backend> backends);
  ~State();

  const lm::Sampling& usual_sampling() const { return usual_; }

  // Call once, before any request. Errors: kLimit (a thread cannot be started).
  Result<void> start_probing();
  Result<std::unique_ptr<lm::TokenStream>> generate(lm::GenerateRequest request);
  std::string metrics() const { return registry_.text(); }

 private:
  // A server, and what this program reports of it.
  struct Server {
    CompletionsServer completions;
    Error last_error;  // guarded by the mutex of all servers
    metrics::Gauge& up;
    metrics::Gauge& outstanding;
    metrics::Counter& failures;
  };
  // One request in progress. Its thread ends soon after the cancel token is set.
  struct Job {
    lm::GenerateRequest request;  // with this job's own cancel token
    std::shared_ptr<Delivery> delivery;
    lm::Playback::Clock::time_point asked = lm::Playback::Clock::now();
    std::atomic<bool> ended = false;
    std::thread thread;  // starts when the request is sent
  };
  using Outcome = CompletionsServer::Outcome;

  void send_what_may();
  void run(Job& job);
  Result<void> serve(Job& job);
  std::optional<size_t> begin_with(const std::vector<bool>& tried);
  void end_with(size_t index, const Outcome& outcome);
  Error all_down();
  void join_ended();
  void probe_while_down(size_t index);
  bool find_well(Server& server);

  const Options options_;
  const prompt::TokenLayout layout_;
  const lm::Sampling usual_;
  metrics::Registry registry_;
  metrics::Counter& retries_;
  metrics::Counter& dropped_tokens_;
  net::Client client_;
  const RequestContext context_;
  std::vector<std::unique_ptr<Server>> servers_;

  std::mutex mutex_;  // guards the following members
  std::condition_variable changed_;
  Balance balance_;
  std::list<Job> jobs_;
  bool stopping_ = false;
  CancelToken stop_;                  // cancels every request and every probe
  std::vector<std::thread> probers_;  // one for each server, so that none waits for another
};

Remote::State::State(const Options& options, const prompt::TokenLayout& layout,
                     const lm::SamplingOptions& usual, std::vector<Backend> backends)
    : options_(options),
      layout_(layout),
      usual_(usual.over({})),
      retries_(registry_.counter("orpheus_remote_retries_total",
                                 "Requests moved to another server before their first sound.")),
      dropped_tokens_(
          registry_.counter("orpheus_remote_dropped_tokens_total",
                            "Dropped tokens: not audio tokens, or not valid for their slot.")),
      client_({options.ca_certificates, options.ca_certificates_given_by}),
      context_{.options = options_,
               .layout = layout_,
               .usual = usual_,
               .client = client_,
               .dropped_tokens = dropped_tokens_},
      balance_(backends.size(), std::random_device()()) {
  for (Backend& backend : backends) {
    const metrics::Labels label = {{"url", backend.shown()}};
    auto& up = registry_.gauge("orpheus_remote_up",
                               "1 if the server is considered healthy, else 0.", label);
    up.set(1);
    // NOLINTNEXTLINE(modernize-make-unique): make_unique cannot initialise an aggregate.
    servers_.push_back(std::unique_ptr<Server>(new Server{
        .completions = CompletionsServer(std::move(backend), context_),
        .last_error = {},
        .up = up,
        .outstanding = registry_.gauge("orpheus_remote_requests_running",
                                       "Requests in progress at a server.", label),
        .failures = registry_.counter("orpheus_remote_failures_total",
                                      "Failed requests to a server.", label),
    }));
  }
}

Result<void> Remote::State::start_probing() {
  try {
    for (size_t index = 0; index < servers_.size(); ++index)
      probers_.emplace_back([this, index] { probe_while_down(index); });
  } catch (const std::system_error& error) {
    return fail(no_thread(error));
  }
  return {};
}

Remote::State::~State() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
    stop_.cancel();
    changed_.notify_all();
  }
  for (std::thread& prober : probers_) prober.join();
  for (Job& job : jobs_) {
    if (job.thread.joinable()) {
      job.thread.join();
    } else if (!job.ended) {
      job.delivery->end(cancelled());
    }
  }
}

Result<std::unique_ptr<lm::TokenStream>> Remote::State::generate(lm::GenerateRequest request) {
  ORPHEUS_CHECK(lm::check_sampling(request.sampling.over(usual_)));
  if ((request.prompt.empty() && request.spoken.empty()) || request.max_tokens < 1) {
    return fail({.kind = ErrorKind::kUsage,
                 .what = request.max_tokens < 1 ? "max_tokens is out of range"
                                                : "the request has no prompt (ids or text)"});
  }
  if (!request.forced.empty()) {
    return fail({.kind = ErrorKind::kUnsupported,
                 .what = "a remote server cannot align a speech that is known"});
  }
  join_ended();
  // Cancelled by the client, by destroying the stream, and by this object's end.
  request.cancel = CancelToken::below(request.cancel, stop_);
  auto delivery = std::make_shared<Delivery>(request.wake);
  auto stream = std::make_unique<Stream>(delivery, request.cancel);
  const std::lock_guard lock(mutex_);
  if (balance_.are_all_down()) return fail(all_down());
  Job& job = jobs_.emplace_back();
  job.request = std::move(request);
  job.delivery = std::move(delivery);
  send_what_may();
  return stream;
}

// Sends the requests that the policy admits. Call with the mutex held.
void Remote::State::send_what_may() {
  if (stopping_) return;
  const auto now = lm::Playback::Clock::now();
  std::vector<Job*> jobs;
  std::vector<lm::Standing> standings;
  for (Job& job : jobs_) {
    if (job.ended) continue;
    if (!job.thread.joinable() && job.request.cancel.cancelled()) {
      job.delivery->end(cancelled());
      job.ended = true;
      continue;
    }
    lm::Standing standing = lm::standing_of(job.request, job.asked, 0, now);
    standing.id = jobs.size();
    standing.holds_lane = job.thread.joinable();
    standings.push_back(standing);
    jobs.push_back(&job);
  }
  while (const auto turn = lm::next_turn(standings, options_.max_requests, lm::Yielding::kNever)) {
    Job& job = *jobs[turn->begins];
    standings[turn->begins].holds_lane = true;
    try {
      job.thread = std::thread([this, &job] { run(job); });
    } catch (const std::system_error& error) {
      job.delivery->end(no_thread(error));
      job.ended = true;
    }
  }
}

// Joins finished threads.
void Remote::State::join_ended() {
  std::list<Job> ended;
  {
    const std::lock_guard lock(mutex_);
    for (auto job = jobs_.begin(); job != jobs_.end();) {
      const auto next = std::next(job);
      if (job->ended) ended.splice(ended.end(), jobs_, job);
      job = next;
    }
  }
  for (Job& job : ended) {
    if (job.thread.joinable()) job.thread.join();
  }
}

// What is thrown, where memory runs out, must not leave the thread: it would end the program.
void Remote::State::run(Job& job) {
  try {
    auto served = serve(job);
    job.delivery->end(served ? std::optional<Error>() : std::move(served).error());
  } catch (const std::exception&) {
    job.delivery->end(Error{.kind = ErrorKind::kLimit, .what = "out of memory"});
  }
  const std::lock_guard lock(mutex_);
  job.ended = true;
  try {
    send_what_may();
  } catch (const std::exception& thrown) {  // the next that ends or comes tries again
    log::error("a request has to wait: {}", thrown.what());
  }
}

// Tries one server after the other until a token was handed out. Each server is tried once; a
// single server is tried twice.
Result<void> Remote::State::serve(Job& job) {
  std::vector<bool> tried(servers_.size());
  std::optional<Error> error;
  const size_t most = std::max<size_t>(servers_.size(), 2);
  for (size_t attempt = 0; attempt < most; ++attempt) {
    if (attempt > 0) {
      if (!job.delivery->begin_again()) break;
      retries_.add();
    }
    const auto index = begin_with(tried);
    if (!index) break;
    Outcome outcome;
    try {
      outcome = servers_[*index]->completions.generate(job.request, *job.delivery);
    } catch (const std::exception& thrown) {  // out of memory; this speech ends, the others go on
      outcome.result =
          fail({.kind = ErrorKind::kLimit,
                .what = std::string("the request could not continue: ") + thrown.what()});
    }
    end_with(*index, outcome);
    if (outcome.result) return {};
    if (job.request.cancel.cancelled()) return fail(cancelled());
    error = std::move(outcome.result).error();
    log::debug("{}", error->message());
    if (!may_be_retried(*error) || outcome.verdict == Verdict::kGood) break;
    // A server that let the time pass would hold this place once more.
    if (servers_.size() == 1 && error->kind == ErrorKind::kTimedOut) break;
    tried[*index] = servers_.size() > 1;
    if (servers_.size() == 1) {
      const auto draw = philox(job.request.sampling.seed, attempt, 0x7265747279ULL)[0];  // "retry"
      const auto until =
          Balance::Clock::now() + milliseconds(kRetryPauseMs / 2 + draw % (kRetryPauseMs / 2));
      while (Balance::Clock::now() < until && !job.request.cancel.cancelled())
        std::this_thread::sleep_for(milliseconds(20));
    }
  }
  if (error) return fail(std::move(*error));
  const std::lock_guard lock(mutex_);
  return fail(all_down());
}

std::optional<size_t> Remote::State::begin_with(const std::vector<bool>& tried) {
  const std::lock_guard lock(mutex_);
  const auto index = balance_.pick(Balance::Clock::now(), tried);
  if (!index) return std::nullopt;
  balance_.begin(*index);
  servers_[*index]->outstanding.set(balance_.num_outstanding(*index));
  return index;
}

void Remote::State::end_with(size_t index, const Outcome& outcome) {
  Server& server = *servers_[index];
  const std::lock_guard lock(mutex_);
  if (!outcome.result && outcome.result.error().kind != ErrorKind::kCancelled) {
    server.last_error = outcome.result.error();
    server.failures.add();
  }
  const bool was_down = balance_.is_down(index);
  balance_.end(index, outcome.verdict, Balance::Clock::now());
  server.outstanding.set(balance_.num_outstanding(index));
  if (was_down || !balance_.is_down(index)) return;
  server.up.set(0);
  log::info("{} gets no requests until it responds again: {}", server.completions.shown(),
            outcome.result.error().message());
  changed_.notify_all();
}

// Call with the mutex held.
Error Remote::State::all_down() {
  std::vector<Error> last_errors;
  for (const auto& server : servers_) last_errors.push_back(server->last_error);
  return no_server_answers(last_errors);
}

// Asks a server that is down for its facts. If it answers, it is up again, possibly as another kind
// of server.
void Remote::State::probe_while_down(size_t index) {
  std::unique_lock lock(mutex_);
  while (!stopping_) {
    const auto due = balance_.probe_due(index);
    if (!due) {
      changed_.wait(lock);
      continue;
    }
    if (Balance::Clock::now() < *due) {
      changed_.wait_until(lock, *due);
      continue;
    }
    lock.unlock();
    const bool is_well = find_well(*servers_[index]);
    lock.lock();
    balance_.probed(index, is_well, Balance::Clock::now());
  }
}

bool Remote::State::find_well(Server& server) {
  const auto look = [&]() -> Result<void> {
    try {
      return server.completions.look_again(stop_);
    } catch (const std::exception& thrown) {  // out of memory; it is asked again later
      return fail({.kind = ErrorKind::kLimit,
                   .what = std::string("the request to the server failed: ") + thrown.what()});
    }
  };
  auto looked = look();
  if (!looked) {
    const std::lock_guard lock(mutex_);
    server.last_error = std::move(looked).error();
    return false;
  }
  log::info("{} responds again", server.completions.shown());
  server.up.set(1);
  return true;
}

Remote::Remote(std::unique_ptr<State> state) : state_(std::move(state)) {}
Remote::~Remote() = default;

Result<std::unique_ptr<Remote>> Remote::open(const Options& options,
                                             const prompt::TokenLayout& layout,
                                             const lm::SamplingOptions& usual) {
  std::vector<Backend> backends;
  for (const std::string& url : options.urls) {
    ORPHEUS_TRY(Backend backend, Backend::parse(url, options.proxy));
    backends.push_back(std::move(backend));
  }
  if (backends.empty()) {
    return fail({.kind = ErrorKind::kUsage,
                 .what = "no server is set for the language model",
                 .expected = "--lm-url http://HOST:PORT"});
  }
  auto state = std::make_unique<State>(options, layout, usual, std::move(backends));
  ORPHEUS_CHECK(state->start_probing());
  return std::unique_ptr<Remote>(new Remote(std::move(state)));
}

Result<std::unique_ptr<lm::TokenStream>> Remote::generate(lm::GenerateRequest request) {
  return state_->generate(std::move(request));
}

lm::Sampling Remote::usual_sampling() const { return state_->usual_sampling(); }

std::string Remote::metrics() const { return state_->metrics(); }

}  // namespace orpheus::remote
