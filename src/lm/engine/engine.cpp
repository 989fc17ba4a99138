#include "lm/engine/engine.h"

#include <algorithm>
#include <string>
#include <utility>

#include "base/log.h"
#include "lm/engine/cache_layout.h"
#include "lm/engine/head_search.h"
#include "lm/engine/step_loop.h"
#include "lm/llama/runner.h"

namespace orpheus::engine {
namespace {

using lm::GenerateRequest;

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

Engine::Engine(std::shared_ptr<StepLoop> loop, std::unique_ptr<HeadSearch> heads)
    : loop_(std::move(loop)), heads_(std::move(heads)) {}

Result<std::unique_ptr<Engine>> Engine::start(std::shared_ptr<const llama::Model> model,
                                              tensor::DeviceChain devices, const Options& wanted) {
  const Options options = settled(wanted);
  ORPHEUS_TRY(const lm::SamplingOptions said, llama::read_sampling(model->file()));
  ORPHEUS_TRY(llama::Runner runner,
              llama::Runner::create(model, devices, runner_options(*model, options)));
  const std::string on = devices.name();
  auto loop = std::make_shared<StepLoop>(std::move(model), std::move(devices), std::move(runner),
                                         options, said.over({}));
  StepLoop& begun = *loop;
  log::debug("{} sequences of up to {} tokens at once on {}, {} MB of keys and values",
             begun.capacity().max_sequences, begun.capacity().context_tokens, on,
             begun.capacity().cache_bytes / 1'000'000);
  ORPHEUS_TRY(
      auto heads, HeadSearch::create(begun.model(), [&begun](GenerateRequest request, Heads asked) {
        return begun.begin(std::move(request), {.heads = std::move(asked), .each_alone = true});
      }));
  // Its end stops the loop.
  std::unique_ptr<Engine> engine(new Engine(std::move(loop), std::move(heads)));
  ORPHEUS_CHECK(begun.start());
  return engine;
}

Engine::~Engine() {
  loop_->stop();
  heads_.reset();  // a search's speeches have ended, and it can begin no others
}

Capacity Engine::capacity() const { return loop_->capacity(); }

size_t Engine::load() const { return loop_->load(); }

lm::Sampling Engine::usual_sampling() const { return loop_->usual_sampling(); }

Overhead Engine::overhead() const { return loop_->overhead(); }

uint64_t Engine::num_steps() const { return loop_->num_steps(); }

Result<std::unique_ptr<lm::TokenStream>> Engine::generate(GenerateRequest request) {
  AskedHeads asked;
  if (request.text_rows) asked.heads = heads_->heads();
  return loop_->begin(std::move(request), std::move(asked));
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

}  // namespace orpheus::engine
