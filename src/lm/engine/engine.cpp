#include "lm/engine/engine.h"

#include <algorithm>
#include <cmath>
#include <condition_variable>
#include <deque>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "lm/engine/sampler.h"
#include "lm/llama/session.h"

namespace orpheus::engine {
namespace {

using lm::GeneratedToken;
using lm::GenerateRequest;
using lm::Token;

// Slot of the token that follows these: counted from the last start of speech; without one, from
// the end.
int slot_after(const std::vector<Token>& prompt, const prompt::TokenLayout& layout) {
  const auto start = std::find(prompt.rbegin(), prompt.rend(), layout.start_of_speech);
  if (start == prompt.rend()) return 0;
  return static_cast<int>(std::distance(prompt.rbegin(), start)) % prompt::kSlotsPerFrame;
}

// What the engine's thread hands to a listener. Guarded by the engine's mutex.
struct Delivery {
  std::deque<GeneratedToken> tokens;
  bool finished = false;
  std::optional<Error> error;
  bool abandoned = false;  // the stream was destroyed
};

// A sequence from its request to its last token; but for delivery, the engine's thread alone
// touches it.
struct Sequence {
  Sequence(GenerateRequest r, const prompt::TokenLayout& layout, int vocabulary_size)
      : request(std::move(r)),
        sampler(request.sampling, vocabulary_size),
        slot(slot_after(request.prompt, layout)) {
    sampler.see(request.prompt);
  }

  GenerateRequest request;
  Sampler sampler;
  int slot;                    // of the next token
  size_t num_prompt_read = 0;  // tokens of the prompt
  int num_generated = 0;
  Token last = 0;
  std::optional<llama::Session> session;
  llama::Logits logits;
  std::shared_ptr<Delivery> delivery = std::make_shared<Delivery>();
};

// Nobody waits for it any more. Call with the engine's mutex held.
bool is_unwanted(const Sequence& sequence) {
  return sequence.request.cancel.cancelled() || sequence.delivery->abandoned;
}

// Its listener has enough to go on with. Call with the engine's mutex held. A later piece of a
// speech never waits for its listener, who may be waiting for an earlier piece to get its place.
bool is_ahead(const Sequence& sequence, const Options& options) {
  return !sequence.request.continues_speech &&
         sequence.delivery->tokens.size() >= static_cast<size_t>(options.max_undelivered);
}

// Weights that are damaged, or a device that fails, show here first.
Result<void> check(const llama::Logits& logits) {
  const auto is_nan = [](float value) { return std::isnan(value); };
  if (std::none_of(logits.values.begin(), logits.values.end(), is_nan)) return {};
  return fail({.kind = ErrorKind::kBadFile,
               .what = "the language model computed what is not a number",
               .remedy = "Its file may be damaged: fetch it again, or try --device CPU."});
}

Error cancelled() { return {.kind = ErrorKind::kCancelled, .what = "the speech was cancelled"}; }

}  // namespace

struct Engine::State {
  State(std::shared_ptr<const llama::Model> m, std::unique_ptr<tensor::Device> d, const Options& o)
      : model(std::move(m)), device(std::move(d)), options(o) {}

  const std::shared_ptr<const llama::Model> model;
  const std::unique_ptr<tensor::Device> device;
  const Options options;

  std::mutex mutex;
  std::condition_variable work;   // for the engine's thread: a request, room for tokens, the end
  std::condition_variable ready;  // for listeners: a token, an end
  std::deque<std::unique_ptr<Sequence>> waiting;
  bool stopping = false;

  std::vector<std::unique_ptr<Sequence>> running;  // the engine's thread alone
  std::thread thread;

  void run();
  bool wait_for_work();
  void admit();
  void drop_cancelled();
  enum class Turn { kStep, kPause, kEnd };
  Turn turn_of(const Sequence& sequence);
  bool advance(Sequence& sequence);
  bool step(Sequence& sequence);
  Result<std::optional<GeneratedToken>> next_token(Sequence& sequence);
  void finish(Sequence& sequence, std::optional<Error> error);
};

namespace {

class Stream : public lm::TokenStream {
 public:
  Stream(std::shared_ptr<Delivery> delivery, std::mutex& mutex, std::condition_variable& work,
         std::condition_variable& ready, std::shared_ptr<void> keep_alive)
      : delivery_(std::move(delivery)),
        mutex_(mutex),
        work_(work),
        ready_(ready),
        keep_alive_(std::move(keep_alive)) {}

  ~Stream() override {
    const std::lock_guard lock(mutex_);
    delivery_->abandoned = true;
    work_.notify_one();
  }

  Result<std::optional<GeneratedToken>> next() override {
    std::unique_lock lock(mutex_);
    ready_.wait(lock, [&] { return !delivery_->tokens.empty() || delivery_->finished; });
    if (!delivery_->tokens.empty()) {
      std::optional<GeneratedToken> token(std::move(delivery_->tokens.front()));
      delivery_->tokens.pop_front();
      work_.notify_one();
      return token;
    }
    if (delivery_->error) return fail(*delivery_->error);
    return std::optional<GeneratedToken>();
  }

  bool ready() const override {
    const std::lock_guard lock(mutex_);
    return !delivery_->tokens.empty() || delivery_->finished;
  }

 private:
  std::shared_ptr<Delivery> delivery_;
  std::mutex& mutex_;
  std::condition_variable& work_;
  std::condition_variable& ready_;
  std::shared_ptr<void> keep_alive_;  // owns the mutex
};

}  // namespace

Engine::Engine(std::shared_ptr<State> state) : state_(std::move(state)) {}

std::unique_ptr<Engine> Engine::start(std::shared_ptr<const llama::Model> model,
                                      std::unique_ptr<tensor::Device> device,
                                      const Options& options) {
  auto state = std::make_shared<State>(std::move(model), std::move(device), options);
  state->thread = std::thread([raw = state.get()] { raw->run(); });
  return std::unique_ptr<Engine>(new Engine(std::move(state)));
}

Engine::~Engine() {
  {
    const std::lock_guard lock(state_->mutex);
    state_->stopping = true;
    state_->work.notify_one();
  }
  state_->thread.join();
}

Result<std::unique_ptr<lm::TokenStream>> Engine::generate(GenerateRequest request) {
  ORPHEUS_CHECK(check(request.sampling));
  const llama::Config& config = state_->model->config();
  const int context = std::min(state_->options.context_tokens, config.context_length);
  const auto inside = [&](Token token) { return token >= 0 && token < config.vocabulary_size; };
  const auto outside = std::find_if_not(request.prompt.begin(), request.prompt.end(), inside);
  if (request.prompt.empty() || outside != request.prompt.end()) {
    return fail(
        {.kind = ErrorKind::kUsage,
         .what = "the prompt is not one of this model's",
         .expected = "at least one id, each below " + std::to_string(config.vocabulary_size),
         .found = request.prompt.empty() ? "none" : std::to_string(*outside)});
  }
  if (request.max_tokens < 1) {
    return fail({.kind = ErrorKind::kUsage,
                 .what = "max_tokens is out of range",
                 .expected = "1 or more",
                 .found = std::to_string(request.max_tokens)});
  }
  if (request.prompt.size() >= static_cast<size_t>(context)) {
    return fail({.kind = ErrorKind::kLimit,
                 .what = "the text is too long to be spoken in one piece",
                 .expected = "fewer than " + std::to_string(context) + " tokens",
                 .found = std::to_string(request.prompt.size())});
  }
  request.max_tokens =
      std::min(request.max_tokens, context - static_cast<int>(request.prompt.size()));

  auto sequence = std::make_unique<Sequence>(std::move(request), state_->model->layout(),
                                             config.vocabulary_size);
  auto delivery = sequence->delivery;
  const std::lock_guard lock(state_->mutex);
  const bool full = state_->waiting.size() >= static_cast<size_t>(state_->options.max_waiting);
  if (full && !sequence->request.continues_speech) {
    return fail({.kind = ErrorKind::kLimit,
                 .what = "too many speeches are waiting",
                 .expected = "at most " + std::to_string(state_->options.max_waiting),
                 .remedy = "Try again in a moment."});
  }
  state_->waiting.push_back(std::move(sequence));
  state_->work.notify_one();
  return std::make_unique<Stream>(std::move(delivery), state_->mutex, state_->work, state_->ready,
                                  state_);
}

void Engine::State::run() {
  while (wait_for_work()) {
    admit();
    std::erase_if(running, [&](const auto& sequence) { return !advance(*sequence); });
  }
  for (const auto& sequence : running) finish(*sequence, cancelled());
  running.clear();
  for (const auto& sequence : waiting) finish(*sequence, cancelled());
}

// Sleeps while there is nothing to compute. False when the engine ends.
bool Engine::State::wait_for_work() {
  std::unique_lock lock(mutex);
  work.wait(lock, [&] {
    return stopping ||
           (!waiting.empty() && running.size() < static_cast<size_t>(options.max_sequences)) ||
           std::any_of(running.begin(), running.end(), [&](const auto& sequence) {
             return is_unwanted(*sequence) || !is_ahead(*sequence, options);
           });
  });
  return !stopping;
}

void Engine::State::admit() {
  drop_cancelled();
  while (running.size() < static_cast<size_t>(options.max_sequences)) {
    std::unique_lock lock(mutex);
    if (waiting.empty()) return;
    std::unique_ptr<Sequence> sequence = std::move(waiting.front());
    waiting.pop_front();
    lock.unlock();
    auto session = llama::Session::create(
        model, *device,
        {.capacity_tokens =
             static_cast<int>(sequence->request.prompt.size()) + sequence->request.max_tokens,
         .prompt_chunk = options.prompt_chunk});
    if (!session) {
      finish(*sequence, std::move(session).error());
      continue;
    }
    sequence->session.emplace(std::move(*session));
    running.push_back(std::move(sequence));
  }
}

// A listener who left while waiting is told at once, not when its turn comes.
void Engine::State::drop_cancelled() {
  std::vector<std::unique_ptr<Sequence>> dropped;
  {
    const std::lock_guard lock(mutex);
    for (auto& sequence : waiting) {
      if (is_unwanted(*sequence)) dropped.push_back(std::move(sequence));
    }
    std::erase(waiting, nullptr);
  }
  for (const auto& sequence : dropped) finish(*sequence, cancelled());
}

Engine::State::Turn Engine::State::turn_of(const Sequence& sequence) {
  const std::lock_guard lock(mutex);
  if (is_unwanted(sequence)) return Turn::kEnd;
  return is_ahead(sequence, options) ? Turn::kPause : Turn::kStep;
}

// False when the sequence is over.
bool Engine::State::advance(Sequence& sequence) {
  switch (turn_of(sequence)) {
    case Turn::kStep: return step(sequence);
    case Turn::kPause: return true;
    case Turn::kEnd: break;
  }
  finish(sequence, cancelled());
  return false;
}

// One chunk of the prompt, or one token. False when the sequence is over.
bool Engine::State::step(Sequence& sequence) {
  const std::vector<Token>& prompt = sequence.request.prompt;
  const size_t unread = prompt.size() - sequence.num_prompt_read;
  const auto chunk = static_cast<size_t>(options.prompt_chunk);
  if (unread > chunk) {
    const auto part = std::span(prompt).subspan(sequence.num_prompt_read, chunk);
    const auto read =
        sequence.session->read(part, {.head = llama::OutputHead::kNone}, sequence.logits);
    sequence.num_prompt_read += chunk;
    if (!read) finish(sequence, read.error());
    return read.has_value();
  }
  auto token = next_token(sequence);
  if (!token) {
    finish(sequence, std::move(token).error());
    return false;
  }
  if (!*token) {
    finish(sequence, std::nullopt);
    return false;
  }
  {
    const std::lock_guard lock(mutex);
    sequence.delivery->tokens.push_back(std::move(**token));
  }
  ready.notify_all();
  if (sequence.num_generated < sequence.request.max_tokens) return true;
  finish(sequence, std::nullopt);
  return false;
}

// Nothing after end of speech.
Result<std::optional<GeneratedToken>> Engine::State::next_token(Sequence& sequence) {
  const GenerateRequest& request = sequence.request;
  const bool first = sequence.num_prompt_read < request.prompt.size();
  const auto input = first ? std::span(request.prompt).subspan(sequence.num_prompt_read)
                           : std::span<const Token>(&sequence.last, 1);
  const auto head =
      request.head == lm::Head::kSlot ? llama::OutputHead::kSlot : llama::OutputHead::kFull;
  ORPHEUS_CHECK(
      sequence.session->read(input, {.head = head, .slot = sequence.slot}, sequence.logits));
  sequence.num_prompt_read = request.prompt.size();

  llama::Logits& logits = sequence.logits;
  ORPHEUS_CHECK(check(logits));
  if (request.ignore_stop && logits.last_id) {
    logits.values.pop_back();  // end of speech, where the slot head offers it
    logits.last_id.reset();
  }
  GeneratedToken token;
  token.top = top_probabilities(logits, request.num_top);
  token.id = sequence.sampler.choose(logits, static_cast<uint64_t>(sequence.num_generated));
  sequence.last = token.id;
  sequence.slot = (sequence.slot + 1) % prompt::kSlotsPerFrame;
  ++sequence.num_generated;
  if (token.id == model->layout().end_of_speech && !request.ignore_stop)
    return std::optional<GeneratedToken>();
  return std::optional<GeneratedToken>(std::move(token));
}

void Engine::State::finish(Sequence& sequence, std::optional<Error> error) {
  sequence.session.reset();
  {
    const std::lock_guard lock(mutex);
    sequence.delivery->error = std::move(error);
    sequence.delivery->finished = true;
  }
  ready.notify_all();
}

}  // namespace orpheus::engine
