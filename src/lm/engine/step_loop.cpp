#include "lm/engine/step_loop.h"

#include <algorithm>
#include <exception>
#include <iterator>
#include <numeric>
#include <string>
#include <utility>

#include "base/log.h"
#include "base/thread_clock.h"
#include "base/threads.h"
#include "lm/check_sampling.h"
#include "lm/engine/cache_layout.h"
#include "lm/engine/check_request.h"
#include "lm/engine/stream.h"
#include "lm/too_busy.h"

namespace orpheus::engine {
namespace {

using lm::GenerateRequest;

Error cancelled() { return {.kind = ErrorKind::kCancelled, .what = "the speech was cancelled"}; }

// Short enough that std::string takes no memory for it: there is none.
Error out_of_memory() { return {.kind = ErrorKind::kLimit, .what = "out of memory"}; }

}  // namespace

StepLoop::StepLoop(std::shared_ptr<const llama::Model> model, tensor::DeviceChain devices,
                   llama::Runner runner, const Options& options, const lm::Sampling& usual_sampling)
    : model_(std::move(model)),
      devices_(std::move(devices)),
      options_(options),
      usual_sampling_(usual_sampling),
      runner_(std::move(runner)),
      capacity_({.max_sequences = std::min(options_.max_sequences, runner_.plan().num_lanes),
                 .context_tokens = std::min({options_.context_tokens,
                                             runner_.plan().lane_rows + runner_.plan().tail_rows,
                                             model_->config().context_length}),
                 .cache_bytes = runner_.cache_bytes()}),
      cost_(options_.prompt_chunk + capacity_.max_sequences, llama::Runner::bucket_of_rows),
      threads_(devices_, options_.reproducible),
      lanes_(lane_map_of(runner_.plan())),
      scheduler_({.prompt_chunk = options_.prompt_chunk, .fixed_shapes = options_.reproducible}),
      guarantee_(capacity_.max_sequences, lanes_.num_units(), llama::Runner::bucket_of_rows,
                 devices_.includes_a_cpu() ? RealtimeGuarantee::kShare
                                           : RealtimeGuarantee::kShareWithWindows) {}

StepLoop::~StepLoop() { stop(); }

Result<void> StepLoop::start() {
  ORPHEUS_TRY(thread_, start_thread([this] { run(); }));
  return {};
}

void StepLoop::stop() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
    work_.notify_one();
  }
  if (thread_.joinable()) thread_.join();
}

size_t StepLoop::load() const {
  const std::lock_guard lock(mutex_);
  return num_open_;
}

Overhead StepLoop::overhead() const {
  const std::lock_guard lock(mutex_);
  return overhead_;
}

Result<std::unique_ptr<lm::TokenStream>> StepLoop::begin(GenerateRequest request,
                                                         AskedHeads asked) {
  const lm::Sampling sampling = request.sampling.over(usual_sampling_);
  ORPHEUS_CHECK(lm::check_sampling(sampling));
  const llama::Config& config = model_->config();
  const int context = capacity_.context_tokens;
  ORPHEUS_CHECK(check_request(request, config.vocabulary_size, context));
  if (!request.forced.empty()) request.max_tokens = static_cast<int>(request.forced.size());
  request.max_tokens =
      std::min(request.max_tokens, context - static_cast<int>(request.prompt.size()));

  const int num_rows = static_cast<int>(request.prompt.size()) + request.max_tokens;
  const int num_units = LaneMap::units_for(num_rows, runner_.plan().lane_rows);

  // All allocations come before anything is counted. If one throws, the stream is destroyed, which
  // also ends the sequence.
  const bool is_first_piece = !request.continues_speech;
  auto sequence =
      std::make_unique<Sequence>(next_id_.fetch_add(1), std::move(request), sampling,
                                 model_->layout(), config.vocabulary_size, std::move(asked));
  sequence->num_units = num_units;
  auto stream =
      std::make_unique<Stream>(sequence->delivery, mutex_, work_, ready_, shared_from_this());
  const std::lock_guard lock(mutex_);
  if (stopping_) return fail(cancelled());
  const auto most_waiting = static_cast<size_t>(options_.max_waiting);
  if (is_first_piece && num_waiting_ >= most_waiting) {
    return fail({.kind = ErrorKind::kLimit,
                 .what = "too many requests are waiting",
                 .expected = "at most " + std::to_string(most_waiting),
                 .remedy = "Try again in a moment."});
  }
  if (is_first_piece) ORPHEUS_CHECK(check_room(num_units));
  arrived_.push_back(std::move(sequence));
  ++num_open_;
  if (is_first_piece) ++num_waiting_;
  work_.notify_one();
  return stream;
}

// What is thrown, where memory runs out, ends the sequences that there are and no more.
void StepLoop::run() {
  bool ended = false;
  while (!ended) {
    try {
      serve();
      ended = true;
    } catch (const std::exception& thrown) {
      log::error("a step of the engine failed; all requests in progress end: {}", thrown.what());
      give_up_all();
    }
  }
}

// Until the engine ends.
void StepLoop::serve() {
  while (wait_for_work()) {
    drop_unwanted();
    look();
    share_lanes();
    const StepPlan plan = plan_step();
    if (!plan.empty()) step(plan);
    forget_finished();
  }
  for (const auto& sequence : sequences_) finish(*sequence, cancelled());
  sequences_.clear();
}

// Takes no memory. What a step left half done goes with the lanes that it concerned.
void StepLoop::give_up_all() {
  std::vector<std::unique_ptr<Sequence>> newcomers;
  {
    const std::lock_guard lock(mutex_);
    newcomers.swap(arrived_);
  }
  for (const auto& sequence : newcomers) finish(*sequence, out_of_memory());
  for (const auto& sequence : sequences_) {
    if (!sequence->ended) finish(*sequence, out_of_memory());
  }
  sequences_.clear();
}

// Whether the request was cancelled or its stream destroyed. Call with the mutex held.
bool StepLoop::is_unwanted(const Sequence& sequence) const {
  return sequence.request.cancel.cancelled() || sequence.delivery->abandoned;
}

// Whether enough unread tokens are waiting. Call with the mutex held. A later piece of a speech is
// never paused: its reader may be waiting for an earlier piece that needs a lane.
bool StepLoop::is_paused(const Sequence& sequence) const {
  return !sequence.request.continues_speech &&
         sequence.delivery->tokens.size() >= static_cast<size_t>(options_.max_undelivered);
}

// Call with the mutex held.
bool StepLoop::has_work() const {
  bool lane_is_to_be_had = num_lanes_held_ < capacity_.max_sequences;
  bool one_waits = !arrived_.empty();
  for (const auto& sequence : sequences_) {
    if (is_unwanted(*sequence)) return true;
    const bool paused = is_paused(*sequence);
    if (sequence->lane >= 0 && !paused) return true;
    if (sequence->lane >= 0 && !options_.reproducible) lane_is_to_be_had = true;
    if (sequence->lane < 0 && !paused) one_waits = true;
  }
  return one_waits && lane_is_to_be_had;
}

// Sleeps while there is nothing to compute, then takes in new requests. False when the engine ends.
bool StepLoop::wait_for_work() {
  std::unique_lock lock(mutex_);
  note_demand();
  if (!stopping_ && !has_work()) {
    work_.wait(lock, [&] { return stopping_ || has_work(); });
    busy_since_ = Clock::now();
  }
  sequences_.reserve(sequences_.size() + arrived_.size());  // all of them move, or none
  std::move(arrived_.begin(), arrived_.end(), std::back_inserter(sequences_));
  arrived_.clear();
  note_demand();
  return !stopping_;
}

// What the sequences ask of the engine, for newcomers until the next step ends. Call with the mutex
// held.
void StepLoop::note_demand() {
  if (!refuses()) return;
  const auto now = Clock::now();
  demanding_.clear();
  for (const auto& sequence : sequences_) {
    demanding_.push_back({sequence->standing(now), sequence->request.playback.get()});
    demanding_.back().standing.paused = is_paused(*sequence);
    open_speeches_.note(sequence->request.playback, sequence->num_units);
  }
  open_speeches_.add_waiting(demanding_);
  demand_ = demand_of(demanding_);
}

// Whether another listener may begin, with a sequence of num_units. Call with the mutex held.
Result<void> StepLoop::check_room(int num_units) const {
  if (!refuses()) return {};
  Demand with_newcomers = demand_;
  for (const auto& sequence : arrived_) {
    if (sequence->request.continues_speech) continue;
    ++with_newcomers.num_listeners;
    ++with_newcomers.num_near;
    with_newcomers.num_units += sequence->num_units;
  }
  if (guarantee_.has_room(with_newcomers, num_units)) return {};
  return fail(lm::too_busy(guarantee_.most_listeners()));
}

// Ends cancelled requests at once, in progress or waiting.
void StepLoop::drop_unwanted() {
  std::vector<Sequence*> ended;
  {
    const std::lock_guard lock(mutex_);
    for (const auto& sequence : sequences_) {
      if (is_unwanted(*sequence)) ended.push_back(sequence.get());
    }
  }
  for (Sequence* sequence : ended) finish(*sequence, cancelled());
  forget_finished();
}

// Notes the state of all sequences at this moment.
void StepLoop::look() {
  const auto now = Clock::now();
  standings_.clear();
  const std::lock_guard lock(mutex_);
  for (const auto& sequence : sequences_) {
    standings_.push_back(sequence->standing(now));
    standings_.back().paused = is_paused(*sequence);
  }
}

void StepLoop::share_lanes() {
  const auto yielding = options_.reproducible ? lm::Yielding::kNever : lm::Yielding::kMay;
  const auto standing_of = [&](SequenceId id) {
    return std::find_if(standings_.begin(), standings_.end(),
                        [&](const Standing& standing) { return standing.id == id; });
  };
  lanes_.keep_nothing();
  for (int turns = 0; turns < capacity_.max_sequences; ++turns) {
    const auto turn = next_turn(standings_, capacity_.max_sequences, yielding, &lanes_);
    if (!turn) return;
    if (turn->yields) {
      free_lane(with(*turn->yields));
      standing_of(*turn->yields)->holds_lane = false;
    }
    if (turn->begins == 0) continue;
    give_lane(with(turn->begins));
    standing_of(turn->begins)->holds_lane = true;
  }
}

void StepLoop::give_lane(Sequence& sequence) {
  const int first_unit = *lanes_.find(sequence.num_units);  // the policy asked for it
  lanes_.take(first_unit, sequence.num_units, sequence.id);
  ++num_lanes_held_;
  sequence.enter_lane(first_unit);
  runner_.empty_lane(first_unit, sequence.num_units);
  if (std::exchange(sequence.began, true) || sequence.request.continues_speech) return;
  const std::lock_guard lock(mutex_);
  --num_waiting_;
}

void StepLoop::free_lane(Sequence& sequence) {
  lanes_.free(sequence.id);
  --num_lanes_held_;
  sequence.leave_lane();
}

StepPlan StepLoop::plan_step() {
  candidates_.clear();
  for (size_t i = 0; i < sequences_.size(); ++i) {
    if (sequences_[i]->lane >= 0)
      candidates_.push_back({standings_[i], sequences_[i]->num_readable()});
  }
  return scheduler_.plan(candidates_, cost_, guarantee_.pace());
}

void StepLoop::step(const StepPlan& plan) {
  readings_.clear();
  readers_.clear();
  int num_rows = 0;
  for (const SequenceId id : plan.singles) add_reading(with(id), 1);
  if (plan.chunk) add_reading(with(plan.chunk->id), plan.chunk->num_tokens);
  for (const llama::Reading& reading : readings_)
    num_rows += static_cast<int>(reading.tokens.size());

  num_steps_.fetch_add(1);
  threads_.choose(devices_, model_->bytes_per_token(), num_rows);
  const auto begin = Clock::now();
  const auto done = runner_.step(readings_);
  threads_.follow_free_cores(devices_);
  if (!done) {
    for (Sequence* sequence : readers_) finish(*sequence, done.error());
    return;
  }
  cost_.record(num_rows, std::chrono::duration<double>(Clock::now() - begin).count());
  for (size_t i = 0; i < readers_.size(); ++i)
    take(*readers_[i], static_cast<int>(readings_[i].tokens.size()));
  ready_.notify_all();
  const auto count = [](size_t sum, const llama::Reading& reading) {
    const bool draws = reading.wanted.head != llama::OutputHead::kNone;
    return sum + (draws ? static_cast<size_t>(reading.wanted.num_tokens) : 0);
  };
  end_step(std::accumulate(readings_.begin(), readings_.end(), size_t{0}, count),
           static_cast<int>(plan.singles.size()));
}

// Counts the engine thread's time from the end of one step to the end of the next. num_singles: the
// sequences that got a token each.
void StepLoop::end_step(size_t num_tokens, int num_singles) {
  const double now = thread_cpu_seconds() - runner_.network_cpu_seconds();
  const auto end = Clock::now();
  const double seconds =
      std::chrono::duration<double>(end - std::exchange(busy_since_, end)).count();
  const std::lock_guard lock(mutex_);
  guarantee_.record(num_singles, seconds);
  overhead_.num_tokens += num_tokens;
  overhead_.cpu_seconds += now - cpu_seconds_before_;
  cpu_seconds_before_ = now;
}

void StepLoop::add_reading(Sequence& sequence, int num_tokens) {
  const llama::Wanted wanted = sequence.wanted_behind(num_tokens);
  sequence.make_room(wanted);
  readings_.push_back({.lane = sequence.lane,
                       .tokens = sequence.upcoming(num_tokens),
                       .wanted = wanted,
                       .logits = sequence.logits.data(),
                       .question = sequence.question(),
                       .text_weights = sequence.text_weights.data()});
  readers_.push_back(&sequence);
}

// Takes the sequence's logits, draws a token and hands it out; several, if they are forced.
void StepLoop::take(Sequence& sequence, int num_tokens) {
  made_.clear();
  auto taken = sequence.take(num_tokens, model_->layout().end_of_speech, draw_, made_);
  if (!taken) return finish(sequence, std::move(taken).error());
  if (!made_.empty()) {
    const std::lock_guard lock(mutex_);
    auto& tokens = sequence.delivery->tokens;
    tokens.insert(tokens.end(), std::make_move_iterator(made_.begin()),
                  std::make_move_iterator(made_.end()));
  }
  if (sequence.is_over()) return finish(sequence, std::nullopt);
  if (!made_.empty() && sequence.request.wake && sequence.is_at_frame()) sequence.request.wake();
}

Sequence& StepLoop::with(SequenceId id) {
  return **std::find_if(sequences_.begin(), sequences_.end(),
                        [&](const auto& sequence) { return sequence->id == id; });
}

void StepLoop::finish(Sequence& sequence, std::optional<Error> error) {
  if (sequence.lane >= 0) free_lane(sequence);
  sequence.ended = true;
  {
    const std::lock_guard lock(mutex_);
    --num_open_;
    if (!sequence.began && !sequence.request.continues_speech) --num_waiting_;
    sequence.delivery->error = std::move(error);
    sequence.delivery->finished = true;
  }
  ready_.notify_all();
  if (sequence.request.wake) sequence.request.wake();
}

void StepLoop::forget_finished() {
  std::erase_if(sequences_, [](const auto& sequence) { return sequence->ended; });
}

}  // namespace orpheus::engine
