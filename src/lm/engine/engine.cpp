#include "lm/engine/engine.h"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <exception>
#include <iterator>
#include <mutex>
#include <numeric>
#include <optional>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "base/log.h"
#include "base/thread_clock.h"
#include "base/threads.h"
#include "lm/check_sampling.h"
#include "lm/engine/cache_layout.h"
#include "lm/engine/check_request.h"
#include "lm/engine/guarantee.h"
#include "lm/engine/head_search.h"
#include "lm/engine/lane_map.h"
#include "lm/engine/scheduler.h"
#include "lm/engine/sequence.h"
#include "lm/engine/step_cost.h"
#include "lm/engine/step_threads.h"
#include "lm/engine/stream.h"
#include "lm/llama/runner.h"
#include "lm/too_busy.h"

namespace orpheus::engine {
namespace {

using lm::GenerateRequest;
using lm::Token;
using Clock = std::chrono::steady_clock;

Error cancelled() { return {.kind = ErrorKind::kCancelled, .what = "the speech was cancelled"}; }

// Short enough that std::string takes no memory for it: there is none.
Error out_of_memory() { return {.kind = ErrorKind::kLimit, .what = "out of memory"}; }

// With fixed shapes every part of a prompt costs as much as the longest, so the longest is kept
// short.
Options settled(Options options) {
  constexpr int kFixedChunk = 32;
  if (options.reproducible) options.prompt_chunk = std::min(options.prompt_chunk, kFixedChunk);
  return options;
}

llama::RunnerOptions runner_options(const llama::Model& model, const Options& options) {
  return {.cache = cache_plan_of(model.config(), options),
          .max_chunk = options.prompt_chunk,
          .shapes = options.reproducible ? llama::Shapes::kFixed : llama::Shapes::kSmallest,
          .flash_attention = options.flash_attention};
}

}  // namespace

struct Engine::State : std::enable_shared_from_this<Engine::State> {
  State(std::shared_ptr<const llama::Model> m, tensor::DeviceChain d, llama::Runner r,
        const Options& o, const lm::Sampling& s)
      : model(std::move(m)),
        devices(std::move(d)),
        options(o),
        usual_sampling(s),
        runner(std::move(r)),
        capacity({.max_sequences = std::min(options.max_sequences, runner.plan().num_lanes),
                  .context_tokens = std::min({options.context_tokens,
                                              runner.plan().lane_rows + runner.plan().tail_rows,
                                              model->config().context_length}),
                  .cache_bytes = runner.cache_bytes()}),
        cost(options.prompt_chunk + capacity.max_sequences, llama::Runner::bucket_of_rows),
        threads(devices, options.reproducible),
        lanes(lane_map_of(runner.plan())),
        scheduler({.prompt_chunk = options.prompt_chunk, .fixed_shapes = options.reproducible}) {
    if (options.guarantee == Guarantee::kRealtime) {
      guarantee.emplace(capacity.max_sequences, llama::Runner::bucket_of_rows,
                        devices.includes_a_cpu() ? RealtimeGuarantee::kShare
                                                 : RealtimeGuarantee::kShareWithWindows);
    }
  }

  const std::shared_ptr<const llama::Model> model;
  tensor::DeviceChain devices;  // used by the engine thread only, from start to end
  const Options options;
  const lm::Sampling usual_sampling;
  llama::Runner runner;  // likewise
  const Capacity capacity;

  // Used by the engine thread only.
  StepCost cost;
  StepThreads threads;
  LaneMap lanes;
  Scheduler scheduler;
  std::vector<std::unique_ptr<Sequence>> sequences;  // in the order of their arrival
  std::vector<Standing> standings;                   // of each of them
  int num_lanes_held = 0;
  std::vector<Candidate> candidates;
  std::vector<Demanding> demanding;  // of each sequence, for the guarantee
  std::vector<llama::Reading> readings;
  std::vector<Sequence*> readers;  // of each reading
  double cpu_seconds_before = 0;   // outside the network, when the last step ended
  WeightedDraw draw;
  std::vector<lm::GeneratedToken> made;         // by one sequence in the last step
  Clock::time_point busy_since = Clock::now();  // the end of the last step, or of a pause

  std::mutex mutex;
  std::condition_variable work;   // wakes the engine thread: a request, room for tokens, the end
  std::condition_variable ready;  // wakes callers of next(): a token, an end
  std::vector<std::unique_ptr<Sequence>> arrived;  // not among the sequences yet
  size_t num_open = 0;                             // arrived, or among the sequences
  size_t num_waiting = 0;                          // of these: first pieces that had no lane yet
  std::atomic<SequenceId> next_id = 1;
  bool stopping = false;
  Overhead overhead;
  std::optional<RealtimeGuarantee> guarantee;  // if it was asked for
  Demand demand;                               // of the sequences, for the guarantee

  std::atomic<uint64_t> num_steps = 0;

  std::thread thread;

  Result<std::unique_ptr<lm::TokenStream>> begin(GenerateRequest request, AskedHeads asked);
  void run();
  void serve();
  void give_up_all();
  bool wait_for_work();
  bool has_work() const;
  void note_demand();
  Result<void> check_room() const;
  void drop_unwanted();
  void look();
  int num_lanes_in_use() const;
  void share_lanes();
  void give_lane(Sequence& sequence);
  void free_lane(Sequence& sequence);
  StepPlan plan_step();
  void step(const StepPlan& plan);
  void end_step(size_t num_tokens, int num_singles);
  void add_reading(Sequence& sequence, int num_tokens);
  void take(Sequence& sequence, int num_tokens);
  bool is_unwanted(const Sequence& sequence) const;
  bool is_paused(const Sequence& sequence) const;
  Sequence& with(SequenceId id);
  void finish(Sequence& sequence, std::optional<Error> error);
  void forget_finished();
};

Engine::Engine(std::shared_ptr<State> state, std::unique_ptr<HeadSearch> heads)
    : state_(std::move(state)), heads_(std::move(heads)) {}

Result<std::unique_ptr<Engine>> Engine::start(std::shared_ptr<const llama::Model> model,
                                              tensor::DeviceChain devices, const Options& wanted) {
  const Options options = settled(wanted);
  ORPHEUS_TRY(const lm::SamplingOptions said, llama::read_sampling(model->file()));
  ORPHEUS_TRY(llama::Runner runner,
              llama::Runner::create(model, devices, runner_options(*model, options)));
  auto state = std::make_shared<State>(std::move(model), std::move(devices), std::move(runner),
                                       options, said.over({}));
  log::debug("{} sequences of up to {} tokens at once on {}, {} MB of keys and values",
             state->capacity.max_sequences, state->capacity.context_tokens, state->devices.name(),
             state->capacity.cache_bytes / 1'000'000);
  State& begun = *state;
  ORPHEUS_TRY(
      auto heads, HeadSearch::create(begun.model, [&begun](GenerateRequest request, Heads asked) {
        return begun.begin(std::move(request), {.heads = std::move(asked), .each_alone = true});
      }));
  // It joins the thread.
  std::unique_ptr<Engine> engine(new Engine(std::move(state), std::move(heads)));
  ORPHEUS_TRY(begun.thread, start_thread([&begun] { begun.run(); }));
  return engine;
}

Engine::~Engine() {
  {
    const std::lock_guard lock(state_->mutex);
    state_->stopping = true;
    state_->work.notify_one();
  }
  if (state_->thread.joinable()) state_->thread.join();
  heads_.reset();  // a search's speeches have ended, and it can begin no others
}

Capacity Engine::capacity() const { return state_->capacity; }

size_t Engine::load() const {
  const std::lock_guard lock(state_->mutex);
  return state_->num_open;
}

lm::Sampling Engine::usual_sampling() const { return state_->usual_sampling; }

Overhead Engine::overhead() const {
  const std::lock_guard lock(state_->mutex);
  return state_->overhead;
}

uint64_t Engine::num_steps() const { return state_->num_steps.load(); }

Result<std::unique_ptr<lm::TokenStream>> Engine::generate(GenerateRequest request) {
  AskedHeads asked;
  if (request.text_rows) asked.heads = heads_->heads();
  return state_->begin(std::move(request), std::move(asked));
}

lm::KnownAlignment Engine::known_alignment() { return heads_->known(); }

void Engine::seek_alignment() { heads_->begin_in_background(); }

double Engine::alignment_quality() { return heads_->quality(); }

std::string Engine::alignment_heads() {
  std::string told;
  for (const llama::AttentionHead& head : alignment().heads)
    told += fmt::format("{}{}.{}", told.empty() ? "" : " ", head.layer, head.head);
  return told;
}

Result<Alignment> Engine::search_alignment() { return heads_->find(); }

Alignment Engine::alignment() const { return heads_->alignment(); }

void Engine::use_alignment(const Alignment& alignment) { heads_->use(alignment); }

Result<std::unique_ptr<lm::TokenStream>> Engine::State::begin(GenerateRequest request,
                                                              AskedHeads asked) {
  const lm::Sampling sampling = request.sampling.over(usual_sampling);
  ORPHEUS_CHECK(lm::check_sampling(sampling));
  const llama::Config& config = model->config();
  const int context = capacity.context_tokens;
  ORPHEUS_CHECK(check_request(request, config.vocabulary_size, context));
  if (!request.forced.empty()) request.max_tokens = static_cast<int>(request.forced.size());
  request.max_tokens =
      std::min(request.max_tokens, context - static_cast<int>(request.prompt.size()));

  const int num_rows = static_cast<int>(request.prompt.size()) + request.max_tokens;
  const int num_units = LaneMap::units_for(num_rows, runner.plan().lane_rows);

  // All allocations come before anything is counted. If one throws, the stream is destroyed, which
  // also ends the sequence.
  const bool is_first_piece = !request.continues_speech;
  auto sequence =
      std::make_unique<Sequence>(next_id.fetch_add(1), std::move(request), sampling,
                                 model->layout(), config.vocabulary_size, std::move(asked));
  sequence->num_units = num_units;
  auto stream =
      std::make_unique<Stream>(sequence->delivery, mutex, work, ready, shared_from_this());
  const std::lock_guard lock(mutex);
  if (stopping) return fail(cancelled());
  const auto most_waiting = static_cast<size_t>(options.max_waiting);
  if (is_first_piece && num_waiting >= most_waiting) {
    return fail({.kind = ErrorKind::kLimit,
                 .what = "too many requests are waiting",
                 .expected = "at most " + std::to_string(most_waiting),
                 .remedy = "Try again in a moment."});
  }
  if (is_first_piece) ORPHEUS_CHECK(check_room());
  arrived.push_back(std::move(sequence));
  ++num_open;
  if (is_first_piece) ++num_waiting;
  work.notify_one();
  return stream;
}

// What is thrown, where memory runs out, ends the sequences that there are and no more.
void Engine::State::run() {
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
void Engine::State::serve() {
  while (wait_for_work()) {
    drop_unwanted();
    look();
    share_lanes();
    const StepPlan plan = plan_step();
    if (!plan.empty()) step(plan);
    forget_finished();
  }
  for (const auto& sequence : sequences) finish(*sequence, cancelled());
  sequences.clear();
}

// Takes no memory. What a step left half done goes with the lanes that it concerned.
void Engine::State::give_up_all() {
  std::vector<std::unique_ptr<Sequence>> newcomers;
  {
    const std::lock_guard lock(mutex);
    newcomers.swap(arrived);
  }
  for (const auto& sequence : newcomers) finish(*sequence, out_of_memory());
  for (const auto& sequence : sequences) {
    if (!sequence->ended) finish(*sequence, out_of_memory());
  }
  sequences.clear();
}

// Whether the request was cancelled or its stream destroyed. Call with the mutex held.
bool Engine::State::is_unwanted(const Sequence& sequence) const {
  return sequence.request.cancel.cancelled() || sequence.delivery->abandoned;
}

// Whether enough unread tokens are waiting. Call with the mutex held. A later piece of a speech is
// never paused: its reader may be waiting for an earlier piece that needs a lane.
bool Engine::State::is_paused(const Sequence& sequence) const {
  return !sequence.request.continues_speech &&
         sequence.delivery->tokens.size() >= static_cast<size_t>(options.max_undelivered);
}

// Call with the mutex held.
bool Engine::State::has_work() const {
  bool lane_is_to_be_had = num_lanes_held < num_lanes_in_use();
  bool one_waits = !arrived.empty();
  for (const auto& sequence : sequences) {
    if (is_unwanted(*sequence)) return true;
    const bool paused = is_paused(*sequence);
    if (sequence->lane >= 0 && !paused) return true;
    if (sequence->lane >= 0 && !options.reproducible) lane_is_to_be_had = true;
    if (sequence->lane < 0 && !paused) one_waits = true;
  }
  return one_waits && lane_is_to_be_had;
}

// Sleeps while there is nothing to compute, then takes in new requests. False when the engine ends.
bool Engine::State::wait_for_work() {
  std::unique_lock lock(mutex);
  note_demand();
  if (!stopping && !has_work()) {
    work.wait(lock, [&] { return stopping || has_work(); });
    busy_since = Clock::now();
  }
  sequences.reserve(sequences.size() + arrived.size());  // all of them move, or none
  std::move(arrived.begin(), arrived.end(), std::back_inserter(sequences));
  arrived.clear();
  note_demand();
  return !stopping;
}

// What the sequences ask of the engine, for newcomers until the next step ends. Call with the mutex
// held.
void Engine::State::note_demand() {
  if (!guarantee) return;
  const auto now = Clock::now();
  demanding.clear();
  for (const auto& sequence : sequences) {
    demanding.push_back({sequence->standing(now), sequence->request.playback.get()});
    demanding.back().standing.paused = is_paused(*sequence);
  }
  demand = demand_of(demanding);
}

// Whether another listener may begin. Call with the mutex held.
Result<void> Engine::State::check_room() const {
  if (!guarantee) return {};
  Demand with_newcomers = demand;
  for (const auto& sequence : arrived)
    with_newcomers.num_listeners += sequence->request.continues_speech ? 0 : 1;
  if (guarantee->has_room(with_newcomers)) return {};
  return fail(lm::too_busy(guarantee->most_listeners()));
}

// Ends cancelled requests at once, in progress or waiting.
void Engine::State::drop_unwanted() {
  std::vector<Sequence*> ended;
  {
    const std::lock_guard lock(mutex);
    for (const auto& sequence : sequences) {
      if (is_unwanted(*sequence)) ended.push_back(sequence.get());
    }
  }
  for (Sequence* sequence : ended) finish(*sequence, cancelled());
  forget_finished();
}

// Notes the state of all sequences at this moment.
void Engine::State::look() {
  const auto now = Clock::now();
  standings.clear();
  const std::lock_guard lock(mutex);
  for (const auto& sequence : sequences) {
    standings.push_back(sequence->standing(now));
    standings.back().paused = is_paused(*sequence);
  }
}

// With a guarantee, pieces ahead get no more lanes than there may be listeners: a step of all lanes
// would be too slow for those who listen.
int Engine::State::num_lanes_in_use() const {
  if (!guarantee) return capacity.max_sequences;
  return std::min(capacity.max_sequences,
                  std::max(guarantee->most_listeners(), demand.num_listeners));
}

void Engine::State::share_lanes() {
  const auto yielding = options.reproducible ? lm::Yielding::kNever : lm::Yielding::kMay;
  const auto standing_of = [&](SequenceId id) {
    return std::find_if(standings.begin(), standings.end(),
                        [&](const Standing& standing) { return standing.id == id; });
  };
  lanes.keep_nothing();
  for (int turns = 0; turns < capacity.max_sequences; ++turns) {
    const auto turn = next_turn(standings, num_lanes_in_use(), yielding, &lanes);
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

void Engine::State::give_lane(Sequence& sequence) {
  const int first_unit = *lanes.find(sequence.num_units);  // the policy asked for it
  lanes.take(first_unit, sequence.num_units, sequence.id);
  ++num_lanes_held;
  sequence.enter_lane(first_unit);
  runner.empty_lane(first_unit, sequence.num_units);
  if (std::exchange(sequence.began, true) || sequence.request.continues_speech) return;
  const std::lock_guard lock(mutex);
  --num_waiting;
}

void Engine::State::free_lane(Sequence& sequence) {
  lanes.free(sequence.id);
  --num_lanes_held;
  sequence.leave_lane();
}

StepPlan Engine::State::plan_step() {
  candidates.clear();
  for (size_t i = 0; i < sequences.size(); ++i) {
    if (sequences[i]->lane >= 0) candidates.push_back({standings[i], sequences[i]->num_readable()});
  }
  return scheduler.plan(candidates, cost);
}

void Engine::State::step(const StepPlan& plan) {
  readings.clear();
  readers.clear();
  int num_rows = 0;
  for (const SequenceId id : plan.singles) add_reading(with(id), 1);
  if (plan.chunk) add_reading(with(plan.chunk->id), plan.chunk->num_tokens);
  for (const llama::Reading& reading : readings)
    num_rows += static_cast<int>(reading.tokens.size());

  num_steps.fetch_add(1);
  threads.choose(devices, model->bytes_per_token(), num_rows);
  const auto begin = Clock::now();
  const auto done = runner.step(readings);
  threads.follow_free_cores(devices);
  if (!done) {
    for (Sequence* sequence : readers) finish(*sequence, done.error());
    return;
  }
  cost.record(num_rows, std::chrono::duration<double>(Clock::now() - begin).count());
  for (size_t i = 0; i < readers.size(); ++i)
    take(*readers[i], static_cast<int>(readings[i].tokens.size()));
  ready.notify_all();
  const auto count = [](size_t sum, const llama::Reading& reading) {
    const bool draws = reading.wanted.head != llama::OutputHead::kNone;
    return sum + (draws ? static_cast<size_t>(reading.wanted.num_tokens) : 0);
  };
  end_step(std::accumulate(readings.begin(), readings.end(), size_t{0}, count),
           static_cast<int>(plan.singles.size()));
}

// Counts the engine thread's time from the end of one step to the end of the next. num_singles: the
// sequences that got a token each.
void Engine::State::end_step(size_t num_tokens, int num_singles) {
  const double now = thread_cpu_seconds() - runner.network_cpu_seconds();
  const auto end = Clock::now();
  const double seconds =
      std::chrono::duration<double>(end - std::exchange(busy_since, end)).count();
  const std::lock_guard lock(mutex);
  if (guarantee) guarantee->record(num_singles, seconds);
  overhead.num_tokens += num_tokens;
  overhead.cpu_seconds += now - cpu_seconds_before;
  cpu_seconds_before = now;
}

void Engine::State::add_reading(Sequence& sequence, int num_tokens) {
  const llama::Wanted wanted = sequence.wanted_behind(num_tokens);
  sequence.make_room(wanted);
  readings.push_back({.lane = sequence.lane,
                      .tokens = sequence.upcoming(num_tokens),
                      .wanted = wanted,
                      .logits = sequence.logits.data(),
                      .question = sequence.question(),
                      .text_weights = sequence.text_weights.data()});
  readers.push_back(&sequence);
}

// Takes the sequence's logits, draws a token and hands it out; several, if they are forced.
void Engine::State::take(Sequence& sequence, int num_tokens) {
  made.clear();
  auto taken = sequence.take(num_tokens, model->layout().end_of_speech, draw, made);
  if (!taken) return finish(sequence, std::move(taken).error());
  if (!made.empty()) {
    const std::lock_guard lock(mutex);
    auto& tokens = sequence.delivery->tokens;
    tokens.insert(tokens.end(), std::make_move_iterator(made.begin()),
                  std::make_move_iterator(made.end()));
  }
  if (sequence.is_over()) return finish(sequence, std::nullopt);
  if (!made.empty() && sequence.request.wake && sequence.is_at_frame()) sequence.request.wake();
}

Sequence& Engine::State::with(SequenceId id) {
  return **std::find_if(sequences.begin(), sequences.end(),
                        [&](const auto& sequence) { return sequence->id == id; });
}

void Engine::State::finish(Sequence& sequence, std::optional<Error> error) {
  if (sequence.lane >= 0) free_lane(sequence);
  sequence.ended = true;
  {
    const std::lock_guard lock(mutex);
    --num_open;
    if (!sequence.began && !sequence.request.continues_speech) --num_waiting;
    sequence.delivery->error = std::move(error);
    sequence.delivery->finished = true;
  }
  ready.notify_all();
  if (sequence.request.wake) sequence.request.wake();
}

void Engine::State::forget_finished() {
  std::erase_if(sequences, [](const auto& sequence) { return sequence->ended; });
}

}  // namespace orpheus::engine
