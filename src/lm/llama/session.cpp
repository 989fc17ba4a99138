#include "lm/llama/session.h"

#include <algorithm>
#include <limits>
#include <numeric>
#include <string>
#include <utility>

#include <ggml-backend.h>
#include <ggml-cpp.h>
#include <ggml.h>

namespace orpheus::llama {
namespace {

// Attention reads the cache in steps of this many rows, so a step's graph lives for as many tokens.
constexpr int kCacheBucket = 256;

int round_up(int value, int multiple) { return (value + multiple - 1) / multiple * multiple; }

bool supports_flash_attention(const tensor::Device& device, const Config& config) {
  ggml_context_ptr context(
      ggml_init({.mem_size = ggml_tensor_overhead() * 8, .mem_buffer = nullptr, .no_alloc = true}));
  ggml_context* ctx = context.get();
  ggml_tensor* q = ggml_new_tensor_3d(ctx, GGML_TYPE_F32, config.head_dim, 1, config.num_heads);
  ggml_tensor* k =
      ggml_new_tensor_3d(ctx, GGML_TYPE_F16, config.head_dim, kCacheBucket, config.num_kv_heads);
  ggml_tensor* mask = ggml_new_tensor_2d(ctx, GGML_TYPE_F16, kCacheBucket, 1);
  ggml_tensor* flash =
      tensor::sum_in_f32(ggml_flash_attn_ext(ctx, q, k, k, mask, 1.0F, 0.0F, 0.0F));
  return ggml_backend_supports_op(device.main(), flash);
}

}  // namespace

struct Session::State {
  std::shared_ptr<const Model> model;
  const tensor::Device* device = nullptr;
  SessionOptions options;
  Attention attention = Attention::kFlash;
  int num_cached = 0;

  ggml_context_ptr cache_context;
  ggml_backend_buffer_ptr cache_buffer;
  CacheTensors cache;

  std::optional<tensor::Graph> graph;  // of the last shape that was computed
  NetworkShape graph_shape;
  std::vector<int32_t> positions;
  std::vector<int64_t> cache_rows;
  std::vector<ggml_fp16_t> mask;
  std::vector<float> stop_logit;

  Result<void> allocate_cache();
  Result<void> prepare_graph(const NetworkShape& shape);
  void set_inputs(std::span<const prompt::Token> tokens, const NetworkShape& shape, int slot);
  void take_logits(const Wanted& wanted, Logits& logits);
};

Session::Session(std::unique_ptr<State> state) : state_(std::move(state)) {}
Session::Session(Session&&) noexcept = default;
Session& Session::operator=(Session&&) noexcept = default;
Session::~Session() = default;

int Session::num_cached_tokens() const { return state_->num_cached; }
int Session::capacity_tokens() const { return state_->options.capacity_tokens; }

Result<Session> Session::create(std::shared_ptr<const Model> model, const tensor::Device& device,
                                const SessionOptions& options) {
  const int trained = model->config().context_length;
  if (options.capacity_tokens < 1 || options.capacity_tokens > trained) {
    return fail({.kind = ErrorKind::kLimit,
                 .what = "the sequence does not fit the model's context",
                 .expected = "1 to " + std::to_string(trained) + " tokens",
                 .found = std::to_string(options.capacity_tokens)});
  }
  auto state = std::make_unique<State>();
  state->model = std::move(model);
  state->device = &device;
  state->options = options;
  const bool flash =
      options.flash_attention && supports_flash_attention(device, state->model->config());
  state->attention = flash ? Attention::kFlash : Attention::kPlain;
  ORPHEUS_CHECK(state->allocate_cache());
  return Session(std::move(state));
}

Result<void> Session::State::allocate_cache() {
  const Config& config = model->config();
  const int64_t capacity = round_up(options.capacity_tokens, kCacheBucket);
  const auto num_tensors = static_cast<size_t>(config.num_layers) * 2;
  cache_context.reset(ggml_init(
      {.mem_size = ggml_tensor_overhead() * num_tensors, .mem_buffer = nullptr, .no_alloc = true}));
  for (int i = 0; i < config.num_layers; ++i) {
    cache.keys.push_back(
        ggml_new_tensor_2d(cache_context.get(), GGML_TYPE_F16, config.kv_width(), capacity));
    cache.values.push_back(
        ggml_new_tensor_2d(cache_context.get(), GGML_TYPE_F16, config.kv_width(), capacity));
  }
  cache_buffer.reset(ggml_backend_alloc_ctx_tensors(cache_context.get(), device->main()));
  if (!cache_buffer) {
    const size_t bytes = num_tensors * ggml_nbytes(cache.keys.front());
    return fail({.kind = ErrorKind::kLimit,
                 .what = "no memory on " + device->info().name + " for the key-value cache",
                 .expected = std::to_string(bytes >> 20U) + " MiB free",
                 .remedy = "Lower max_tokens."});
  }
  // Rows that were never written are masked out, but even a masked NaN would spread.
  ggml_backend_buffer_clear(cache_buffer.get(), 0);
  return {};
}

Result<void> Session::State::prepare_graph(const NetworkShape& shape) {
  if (graph && graph_shape == shape) return {};
  graph.reset();
  ORPHEUS_TRY(tensor::Graph built,
              tensor::Graph::build(*device, max_network_nodes(model->config()),
                                   [&](ggml_context* context, ggml_cgraph* nodes) {
                                     build_network(context, nodes, *model, cache, shape);
                                   }));
  graph.emplace(std::move(built));
  graph_shape = shape;
  return {};
}

void Session::State::set_inputs(std::span<const prompt::Token> tokens, const NetworkShape& shape,
                                int slot) {
  positions.resize(tokens.size());
  cache_rows.resize(tokens.size());
  std::iota(positions.begin(), positions.end(), num_cached);
  std::iota(cache_rows.begin(), cache_rows.end(), num_cached);
  // Token i sees every row up to its own.
  const auto width = static_cast<size_t>(shape.num_cached);
  mask.assign(width * tokens.size(), ggml_fp32_to_fp16(-std::numeric_limits<float>::infinity()));
  for (size_t i = 0; i < tokens.size(); ++i) {
    std::fill_n(mask.begin() + static_cast<ptrdiff_t>(i * width),
                static_cast<size_t>(num_cached) + i + 1, ggml_fp32_to_fp16(0.0F));
  }
  graph->set("tokens", tokens);
  graph->set("positions", std::span<const int32_t>(positions));
  graph->set("cache_rows", std::span<const int64_t>(cache_rows));
  graph->set("mask", std::span<const ggml_fp16_t>(mask));
  if (shape.head == OutputHead::kSlot) {
    const int32_t slot_input = slot;
    graph->set("slot", std::span<const int32_t>(&slot_input, 1));
  }
}

void Session::State::take_logits(const Wanted& wanted, Logits& logits) {
  const prompt::TokenLayout& layout = model->layout();
  logits.last_id.reset();
  if (wanted.head == OutputHead::kFull) {
    logits.first_id = 0;
    graph->get("logits", logits.values);
    return;
  }
  logits.first_id = layout.audio_token(wanted.slot, 0);
  graph->get("slot_logits", logits.values);
  if (wanted.slot == 0) {
    graph->get("stop_logit", stop_logit);
    logits.values.push_back(stop_logit.front());
    logits.last_id = layout.end_of_speech;
  }
}

Result<void> Session::read(std::span<const prompt::Token> tokens, const Wanted& wanted,
                           Logits& logits) {
  State& s = *state_;
  const auto num_tokens = static_cast<int>(tokens.size());
  if (tokens.empty() || num_tokens > std::max(1, s.options.prompt_chunk)) {
    return fail({.kind = ErrorKind::kUsage,
                 .what = "wrong number of tokens at once",
                 .expected = "1 to " + std::to_string(s.options.prompt_chunk),
                 .found = std::to_string(tokens.size())});
  }
  if (num_tokens > s.options.capacity_tokens - s.num_cached) {
    return fail({.kind = ErrorKind::kLimit,
                 .what = "the sequence is full",
                 .expected = "at most " + std::to_string(s.options.capacity_tokens) + " tokens"});
  }
  for (const prompt::Token token : tokens) {
    if (token >= 0 && token < s.model->config().vocabulary_size) continue;
    return fail({.kind = ErrorKind::kUsage,
                 .what = "a token id is not in the vocabulary",
                 .expected = "0 to " + std::to_string(s.model->config().vocabulary_size - 1),
                 .found = std::to_string(token)});
  }
  const NetworkShape shape = {.num_tokens = num_tokens,
                              .num_cached = round_up(s.num_cached + num_tokens, kCacheBucket),
                              .head = wanted.head,
                              .attention = s.attention};
  ORPHEUS_CHECK(s.prepare_graph(shape));
  s.set_inputs(tokens, shape, wanted.slot);
  ORPHEUS_CHECK(s.graph->compute());
  s.num_cached += num_tokens;
  if (wanted.head != OutputHead::kNone) s.take_logits(wanted, logits);
  return {};
}

}  // namespace orpheus::llama
