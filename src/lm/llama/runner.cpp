#include "lm/llama/runner.h"

#include <algorithm>
#include <limits>
#include <list>
#include <string>
#include <utility>
#include <vector>

#include <ggml-backend.h>
#include <ggml-cpp.h>
#include <ggml.h>

#include "base/thread_clock.h"
#include "lm/llama/askers.h"
#include "tensor/attention.h"

namespace orpheus::llama {
namespace {

// The number of graphs that are kept: enough for one and several sequences, with and without a
// prompt.
constexpr size_t kMaxGraphs = 12;

int round_up(int value, int multiple) { return (value + multiple - 1) / multiple * multiple; }

bool supports_flash_attention(const tensor::Device& device, const Config& config,
                              const CacheTensors& cache) {
  ggml_context_ptr context(
      ggml_init({.mem_size = ggml_tensor_overhead() * 8, .mem_buffer = nullptr, .no_alloc = true}));
  ggml_context* ctx = context.get();
  ggml_tensor* q = ggml_new_tensor_3d(ctx, GGML_TYPE_F32, config.head_dim, 1, config.num_heads);
  ggml_tensor* k = ggml_new_tensor_3d(ctx, cache.keys.front()->type, config.head_dim, kCacheBucket,
                                      config.num_kv_heads);
  ggml_tensor* mask = ggml_new_tensor_2d(ctx, GGML_TYPE_F16, kCacheBucket, 1);
  ggml_tensor* flash =
      tensor::sum_in_f32(ggml_flash_attn_ext(ctx, q, k, k, mask, 1.0F, 0.0F, 0.0F));
  return ggml_backend_supports_op(device.main(), flash);
}

// The graphs of a step, one for each part of the model.
struct ShapedGraphs {
  NetworkShape shape;
  std::vector<tensor::Graph> parts;
};

// The inputs that every part of the model gets.
template <typename T>
void set_in_each(std::span<tensor::Graph> parts, const char* name, const std::vector<T>& values) {
  for (tensor::Graph& part : parts) part.set(name, std::span<const T>(values));
}

// The readings of a step in the order of its rows.
struct Rows {
  std::vector<const Reading*> singles;
  const Reading* chunk = nullptr;
};

bool asks(const Reading* reading) {
  return reading->wanted.head != OutputHead::kNone && reading->question.is_asked();
}

}  // namespace

struct Runner::State {
  std::shared_ptr<const Model> model;
  std::vector<const tensor::Device*> devices;  // of each part of the model
  RunnerOptions options;
  std::vector<Cache> caches;  // likewise
  Attention attention = Attention::kFlash;
  std::vector<int> num_cached;     // of each lane
  std::vector<int> most_cached;    // likewise: the rows that its sequence may use
  std::list<ShapedGraphs> graphs;  // the last used first
  double network_cpu_seconds = 0;

  // Inputs of the current step. Their memory is reused.
  Rows rows;
  std::vector<prompt::Token> tokens;
  std::vector<int32_t> positions;
  std::vector<int64_t> cache_rows;
  std::vector<int32_t> seen;
  std::vector<int32_t> single_of_lane;
  std::vector<int32_t> lane_of_single;
  std::vector<int32_t> outputs;
  std::vector<int32_t> slots;
  std::vector<ggml_fp16_t> mask;
  std::vector<float> carried;     // from part to part: [width, n_rows]
  std::span<const float> values;  // logits of the last step; likewise those of end of speech
  std::span<const float> stop_values;
  std::vector<float> copied_values;  // if the device's memory is not main memory
  std::vector<float> copied_stop_values;
  Askers askers;

  Result<void> check(std::span<const Reading> readings) const;
  void sort(std::span<const Reading> readings);
  NetworkShape shape_of_rows() const;
  Result<void> add_part(const tensor::Device& device);
  bool may_order() const;
  Result<std::span<tensor::Graph>> graphs_for(const NetworkShape& shape);
  void set_rows(std::span<tensor::Graph> parts, const NetworkShape& shape);
  void set_singles(std::span<tensor::Graph> parts, const NetworkShape& shape);
  void set_chunk_mask(std::span<tensor::Graph> parts, const NetworkShape& shape);
  void set_outputs(tensor::Graph& graph, const NetworkShape& shape);
  Result<void> compute(std::span<tensor::Graph> parts);
  void take_logits(const tensor::Graph& graph, const NetworkShape& shape);
  void take_rows(const Reading& reading, const NetworkShape& shape, size_t row) const;
  void take_row(const Wanted& wanted, const NetworkShape& shape, size_t row, Logits& logits) const;
  void find_askers(const NetworkShape& shape);
};

Runner::Runner(std::unique_ptr<State> state) : state_(std::move(state)) {}
Runner::Runner(Runner&&) noexcept = default;
Runner& Runner::operator=(Runner&&) noexcept = default;
Runner::~Runner() = default;

int Runner::num_cached(int lane) const { return state_->num_cached[static_cast<size_t>(lane)]; }
void Runner::empty_lane(int lane, int num_lanes) {
  state_->num_cached[static_cast<size_t>(lane)] = 0;
  state_->most_cached[static_cast<size_t>(lane)] = num_lanes * state_->options.cache.lane_rows;
}
const CachePlan& Runner::plan() const { return state_->options.cache; }
size_t Runner::cache_bytes() const {
  size_t sum = 0;
  for (const Cache& cache : state_->caches) sum += cache.num_bytes();
  return sum;
}
double Runner::network_cpu_seconds() const { return state_->network_cpu_seconds; }

int Runner::bucket_of_rows(int num_rows) {
  int bucket = 1;  // 1 2 3 4 6 8 12 16 24 32 …: a third of the rows idle at most
  while (bucket < num_rows) {
    if (bucket > 1 && bucket + bucket / 2 >= num_rows) return bucket + bucket / 2;
    bucket *= 2;
  }
  return bucket;
}

Result<Runner> Runner::create(std::shared_ptr<const Model> model,
                              const tensor::DeviceChain& devices, const RunnerOptions& options) {
  const int trained = round_up(model->config().context_length, kCacheBucket);
  if (options.cache.lane_rows < 1 || options.cache.lane_rows > trained) {
    return fail({.kind = ErrorKind::kLimit,
                 .what = "the sequence is longer than the model's context",
                 .expected = "1 to " + std::to_string(model->config().context_length) + " tokens",
                 .found = std::to_string(options.cache.lane_rows)});
  }
  auto state = std::make_unique<State>();
  state->model = std::move(model);
  state->options = options;
  state->options.cache.lane_rows = round_up(options.cache.lane_rows, kCacheBucket);
  state->num_cached.assign(static_cast<size_t>(options.cache.num_lanes), 0);
  state->most_cached.assign(static_cast<size_t>(options.cache.num_lanes),
                            state->options.cache.lane_rows);
  state->attention = options.flash_attention ? Attention::kFlash : Attention::kPlain;
  for (size_t i = 0; i < devices.size(); ++i) ORPHEUS_CHECK(state->add_part(devices[i]));
  if (state->may_order()) state->attention = Attention::kOrdered;
  return Runner(std::move(state));
}

// Adds a device for the next part of the model. All devices use the same attention: the plainest
// that any of them needs.
Result<void> Runner::State::add_part(const tensor::Device& device) {
  const Part& part = model->parts()[devices.size()];
  ORPHEUS_TRY(Cache cache, Cache::create(model->config(), part, device, options.cache));
  if (!supports_flash_attention(device, model->config(), cache.tensors()))
    attention = Attention::kPlain;
  if (attention == Attention::kPlain && options.cache.type != CacheType::kF16) {
    return fail({.kind = ErrorKind::kUnsupported,
                 .what = device.info().name + " does not support attention over a quantised cache",
                 .remedy = "Set --kv-cache f16."});
  }
  devices.push_back(&device);
  caches.push_back(std::move(cache));
  return {};
}

bool Runner::State::may_order() const {
  if (!options.flash_attention) return false;
  const int type = caches.front().tensors().keys.front()->type;
  return tensor::is_attention_supported(type, model->config().head_dim) &&
         std::all_of(devices.begin(), devices.end(),
                     [](const tensor::Device* device) { return device->is_cpu(); });
}

Result<void> Runner::State::check(std::span<const Reading> readings) const {
  int num_chunks = 0;
  for (const Reading& reading : readings) {
    const auto num_tokens = static_cast<int>(reading.tokens.size());
    if (num_tokens > 1) ++num_chunks;
    if (num_tokens < 1 || num_tokens > std::max(1, options.max_chunk) || num_chunks > 1) {
      return fail({.kind = ErrorKind::kUsage,
                   .what = "invalid number of tokens in one step",
                   .expected = "1 to " + std::to_string(options.max_chunk) + " of one prompt",
                   .found = std::to_string(num_tokens)});
    }
    if (reading.wanted.num_tokens < 1 || reading.wanted.num_tokens > num_tokens) {
      return fail({.kind = ErrorKind::kUsage,
                   .what = "outputs are wanted of tokens that are not read",
                   .expected = "1 to " + std::to_string(num_tokens),
                   .found = std::to_string(reading.wanted.num_tokens)});
    }
    const auto lane = static_cast<size_t>(reading.lane);
    if (num_tokens > most_cached[lane] - num_cached[lane]) {
      return fail({.kind = ErrorKind::kLimit,
                   .what = "the sequence is full",
                   .expected = "at most " + std::to_string(most_cached[lane]) + " tokens"});
    }
    for (const prompt::Token token : reading.tokens) {
      if (token >= 0 && token < model->config().vocabulary_size) continue;
      return fail({.kind = ErrorKind::kUsage,
                   .what = "a token id is not in the vocabulary",
                   .expected = "0 to " + std::to_string(model->config().vocabulary_size - 1),
                   .found = std::to_string(token)});
    }
  }
  if (!readings.empty()) return {};
  return fail({.kind = ErrorKind::kUsage, .what = "a step has no tokens"});
}

void Runner::State::sort(std::span<const Reading> readings) {
  rows.singles.clear();
  rows.chunk = nullptr;
  for (const Reading& reading : readings) {
    if (reading.tokens.size() > 1) {
      rows.chunk = &reading;
    } else {
      rows.singles.push_back(&reading);
    }
  }
}

NetworkShape Runner::State::shape_of_rows() const {
  const bool fixed = options.shapes == Shapes::kFixed;
  NetworkShape shape{.num_singles = 0,
                     .num_lanes = 0,
                     .num_outputs = 0,
                     .head = OutputHead::kNone,
                     .attention = attention};
  const auto want = [&](const Reading& reading) {
    if (reading.wanted.head == OutputHead::kNone) return;
    shape.num_outputs += reading.wanted.num_tokens;
    shape.head = std::max(shape.head, reading.wanted.head);
    if (!reading.question.is_asked()) return;
    shape.num_text = std::max(shape.num_text, Askers::bucket_of_text(reading.question.num_rows));
    add_layers(reading.question.heads, shape.asked_layers);
  };
  if (!rows.singles.empty()) {
    int first = options.cache.num_lanes;
    int last = 0;
    int longest = 0;
    for (const Reading* reading : rows.singles) {
      first = std::min(first, reading->lane);
      last = std::max(last, reading->lane);
      longest = std::max(longest, num_cached[static_cast<size_t>(reading->lane)] + 1);
      want(*reading);
    }
    const int num_lanes = last - first + 1;
    const auto num_singles = static_cast<int>(rows.singles.size());
    shape.num_singles = fixed ? options.cache.num_lanes
                              : std::min(bucket_of_rows(num_singles), options.cache.num_lanes);
    if (attention != Attention::kOrdered) {
      shape.num_lanes = fixed ? options.cache.num_lanes
                              : std::min(bucket_of_rows(num_lanes), options.cache.num_lanes);
      shape.first_lane = std::min(first, options.cache.num_lanes - shape.num_lanes);
      shape.singles_cached = round_up(longest, kCacheBucket);
    }
  }
  if (rows.chunk != nullptr) {
    const auto num_tokens = static_cast<int>(rows.chunk->tokens.size());
    shape.num_chunk =
        fixed ? options.max_chunk : std::min(bucket_of_rows(num_tokens), options.max_chunk);
    if (attention != Attention::kOrdered) {
      shape.chunk_lane = rows.chunk->lane;
      shape.chunk_cached =
          round_up(num_cached[static_cast<size_t>(rows.chunk->lane)] + num_tokens, kCacheBucket);
    }
    want(*rows.chunk);
  }
  if (shape.num_outputs > 0) {
    shape.num_outputs =
        fixed && shape.num_singles > 0 ? shape.num_singles : bucket_of_rows(shape.num_outputs);
  }
  // All singles ask or none, so that there are few shapes.
  if (std::any_of(rows.singles.begin(), rows.singles.end(), asks)) {
    shape.num_asking = shape.num_singles;
  }
  if (rows.chunk != nullptr && asks(rows.chunk))
    shape.num_asking += bucket_of_rows(rows.chunk->wanted.num_tokens);
  return shape;
}

Result<std::span<tensor::Graph>> Runner::State::graphs_for(const NetworkShape& shape) {
  const auto found = std::find_if(graphs.begin(), graphs.end(),
                                  [&](const ShapedGraphs& kept) { return kept.shape == shape; });
  if (found != graphs.end()) {
    graphs.splice(graphs.begin(), graphs, found);
    return std::span(graphs.front().parts);
  }
  if (graphs.size() >= kMaxGraphs) graphs.pop_back();
  ShapedGraphs built{.shape = shape, .parts = {}};
  for (size_t i = 0; i < devices.size(); ++i) {
    const Part& part = model->parts()[i];
    ORPHEUS_TRY(tensor::Graph graph,
                tensor::Graph::build(*devices[i], max_network_nodes(part),
                                     [&](ggml_context* context, ggml_cgraph* nodes) {
                                       build_network(context, nodes, *model, part,
                                                     caches[i].tensors(), shape);
                                     }));
    built.parts.push_back(std::move(graph));
  }
  graphs.push_front(std::move(built));
  return std::span(graphs.front().parts);
}

// Idle rows have token 0 and write to the cache's spare row.
void Runner::State::set_rows(std::span<tensor::Graph> parts, const NetworkShape& shape) {
  const auto num_rows = static_cast<size_t>(shape.num_rows());
  tokens.assign(num_rows, 0);
  positions.assign(num_rows, 0);
  cache_rows.assign(num_rows, caches.front().spare_row());
  seen.assign(num_rows * 2, 0);
  const auto put = [&](size_t row, const Reading& reading, size_t index) {
    const int position = num_cached[static_cast<size_t>(reading.lane)] + static_cast<int>(index);
    tokens[row] = reading.tokens[index];
    positions[row] = position;
    cache_rows[row] = caches.front().row(reading.lane, position);
    seen[row * 2] = static_cast<int32_t>(caches.front().row(reading.lane, 0));
    seen[row * 2 + 1] = position + 1;
  };
  for (size_t i = 0; i < rows.singles.size(); ++i) put(i, *rows.singles[i], 0);
  if (rows.chunk != nullptr) {
    for (size_t i = 0; i < rows.chunk->tokens.size(); ++i)
      put(static_cast<size_t>(shape.num_singles) + i, *rows.chunk, i);
  }
  parts.front().set("tokens", std::span<const prompt::Token>(tokens));
  set_in_each(parts, "positions", positions);
  set_in_each(parts, "cache_rows", cache_rows);
  if (shape.attention == Attention::kOrdered) set_in_each(parts, "seen", seen);
}

void Runner::State::set_singles(std::span<tensor::Graph> parts, const NetworkShape& shape) {
  const auto width = static_cast<size_t>(shape.singles_cached);
  const auto num_lanes = static_cast<size_t>(shape.num_lanes);
  single_of_lane.assign(num_lanes, 0);
  lane_of_single.assign(static_cast<size_t>(shape.num_singles), 0);
  mask.assign(width * num_lanes, ggml_fp32_to_fp16(-std::numeric_limits<float>::infinity()));
  // A row that sees no cached row would give NaN, so in lanes without a reader one row is visible.
  for (size_t lane = 0; lane < num_lanes; ++lane) mask[lane * width] = ggml_fp32_to_fp16(0.0F);
  for (size_t i = 0; i < rows.singles.size(); ++i) {
    const auto lane = static_cast<size_t>(rows.singles[i]->lane - shape.first_lane);
    single_of_lane[lane] = static_cast<int32_t>(i);
    lane_of_single[i] = static_cast<int32_t>(lane);
    std::fill_n(mask.begin() + static_cast<ptrdiff_t>(lane * width),
                num_cached[static_cast<size_t>(rows.singles[i]->lane)] + 1,
                ggml_fp32_to_fp16(0.0F));
  }
  set_in_each(parts, "singles_mask", mask);
  if (shape.num_singles == 1 && shape.num_lanes == 1) return;
  set_in_each(parts, "single_of_lane", single_of_lane);
  set_in_each(parts, "lane_of_single", lane_of_single);
}

// Token i of a prompt sees every row of its lane up to its own.
void Runner::State::set_chunk_mask(std::span<tensor::Graph> parts, const NetworkShape& shape) {
  const auto width = static_cast<size_t>(shape.chunk_cached);
  const auto num_rows = static_cast<size_t>(shape.num_chunk);
  const auto before = static_cast<size_t>(num_cached[static_cast<size_t>(rows.chunk->lane)]);
  mask.assign(width * num_rows, ggml_fp32_to_fp16(-std::numeric_limits<float>::infinity()));
  for (size_t i = 0; i < num_rows; ++i) {
    const size_t num_seen = i < rows.chunk->tokens.size() ? before + i + 1 : 1;
    std::fill_n(mask.begin() + static_cast<ptrdiff_t>(i * width), num_seen,
                ggml_fp32_to_fp16(0.0F));
  }
  set_in_each(parts, "chunk_mask", mask);
}

void Runner::State::set_outputs(tensor::Graph& graph, const NetworkShape& shape) {
  outputs.clear();
  slots.clear();
  // end_row: one past the reading's last row.
  const auto add = [&](const Reading& reading, size_t end_row) {
    const Wanted& wanted = reading.wanted;
    if (wanted.head == OutputHead::kNone) return;
    for (int i = 0; i < wanted.num_tokens; ++i) {
      outputs.push_back(static_cast<int32_t>(end_row) - wanted.num_tokens + i);
      slots.push_back((wanted.slot + i) % prompt::kSlotsPerFrame);
    }
  };
  for (size_t i = 0; i < rows.singles.size(); ++i) add(*rows.singles[i], i + 1);
  if (rows.chunk != nullptr)
    add(*rows.chunk, static_cast<size_t>(shape.num_singles) + rows.chunk->tokens.size());
  // Idle outputs repeat the first one, because its slot's rows are read anyway.
  outputs.resize(static_cast<size_t>(shape.num_outputs), outputs.front());
  slots.resize(static_cast<size_t>(shape.num_outputs), slots.front());
  graph.set("outputs", std::span<const int32_t>(outputs));
  if (shape.head == OutputHead::kSlot) graph.set("slots", std::span<const int32_t>(slots));
}

// Carries x from one part to the next through main memory, where a graph's inputs are
// anyway.
Result<void> Runner::State::compute(std::span<tensor::Graph> parts) {
  ORPHEUS_CHECK(parts.front().compute());
  for (size_t i = 1; i < parts.size(); ++i) {
    parts[i - 1].get("to_carry", carried);
    parts[i].set("carried", std::span<const float>(carried));
    ORPHEUS_CHECK(parts[i].compute());
  }
  return {};
}

void Runner::State::take_logits(const tensor::Graph& graph, const NetworkShape& shape) {
  if (shape.head == OutputHead::kFull) {
    values = graph.view("logits", copied_values);
  } else {
    values = graph.view("slot_logits", copied_values);
    stop_values = graph.view("stop_logits", copied_stop_values);
  }
  size_t row = 0;
  for (const Reading* reading : rows.singles) {
    if (reading->wanted.head != OutputHead::kNone) take_rows(*reading, shape, row++);
  }
  if (rows.chunk != nullptr && rows.chunk->wanted.head != OutputHead::kNone)
    take_rows(*rows.chunk, shape, row);
}

void Runner::State::take_rows(const Reading& reading, const NetworkShape& shape, size_t row) const {
  Wanted wanted = reading.wanted;
  for (int i = 0; i < reading.wanted.num_tokens; ++i) {
    take_row(wanted, shape, row + static_cast<size_t>(i), reading.logits[i]);
    wanted.slot = (wanted.slot + 1) % prompt::kSlotsPerFrame;
  }
}

void Runner::State::take_row(const Wanted& wanted, const NetworkShape& shape, size_t row,
                             Logits& logits) const {
  const prompt::TokenLayout& layout = model->layout();
  const size_t row_width = values.size() / static_cast<size_t>(shape.num_outputs);
  const auto first = values.begin() + static_cast<ptrdiff_t>(row * row_width);
  logits.last_id.reset();
  logits.first_id = 0;
  if (wanted.head == OutputHead::kFull) {
    logits.values.assign(first, first + static_cast<ptrdiff_t>(row_width));
    return;
  }
  logits.first_id = layout.audio_token(wanted.slot, 0);
  const bool from_full = shape.head == OutputHead::kFull;
  const auto start = from_full ? first + logits.first_id : first;
  logits.values.assign(start, start + layout.codebook_size);
  if (wanted.slot == 0) {
    logits.values.push_back(from_full ? *(first + layout.end_of_speech) : stop_values[row]);
    logits.last_id = layout.end_of_speech;
  }
}

// In the order of the rows.
void Runner::State::find_askers(const NetworkShape& shape) {
  askers.clear();
  // end_row: one past the reading's last row.
  const auto add = [&](const Reading& reading, size_t end_row) {
    if (!asks(&reading)) return;
    const int num_wanted = reading.wanted.num_tokens;
    for (int i = 0; i < num_wanted; ++i) {
      askers.add({.question = reading.question,
                  .row = static_cast<int>(end_row) - num_wanted + i,
                  .first_text_row = caches.front().row(reading.lane, reading.question.first_row),
                  .weights = reading.text_weights +
                             static_cast<size_t>(i) * reading.question.num_weights()});
    }
  };
  for (size_t i = 0; i < rows.singles.size(); ++i) add(*rows.singles[i], i + 1);
  if (rows.chunk != nullptr)
    add(*rows.chunk, static_cast<size_t>(shape.num_singles) + rows.chunk->tokens.size());
}

Result<void> Runner::step(std::span<const Reading> readings) {
  State& s = *state_;
  ORPHEUS_CHECK(s.check(readings));
  s.sort(readings);
  const NetworkShape shape = s.shape_of_rows();
  ORPHEUS_TRY(const auto parts, s.graphs_for(shape));
  s.set_rows(parts, shape);
  if (shape.attention != Attention::kOrdered) {
    if (shape.num_singles > 0) s.set_singles(parts, shape);
    if (shape.num_chunk > 0) s.set_chunk_mask(parts, shape);
  }
  if (shape.head != OutputHead::kNone) s.set_outputs(parts.back(), shape);
  if (shape.num_asking > 0) {
    s.find_askers(shape);
    s.askers.set(parts, s.model->parts(), shape);
  }
  const double begin = thread_cpu_seconds();
  ORPHEUS_CHECK(s.compute(parts));
  s.network_cpu_seconds += thread_cpu_seconds() - begin;
  ORPHEUS_CHECK(s.model->file().check());
  for (const Reading& reading : readings) {
    s.num_cached[static_cast<size_t>(reading.lane)] += static_cast<int>(reading.tokens.size());
  }
  if (shape.head != OutputHead::kNone) s.take_logits(parts.back(), shape);
  if (shape.num_asking > 0) s.askers.take(parts, s.model->parts(), shape, s.model->config());
  return {};
}

}  // namespace orpheus::llama
