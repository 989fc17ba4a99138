#include "tensor/graph.h"

#include <algorithm>
#include <array>
#include <atomic>
#include <cstring>
#include <exception>
#include <utility>

#include <ggml-backend.h>
#include <ggml-cpp.h>
#include <ggml.h>

namespace orpheus::tensor {
namespace {

// ggml 0.27 has one call that sets the precision of any operation, and warns of the earlier calls,
// one for each operation. The names depend on a template argument, so only the calls that this ggml
// has are compiled.
template <typename Tensor>
void demand_f32_sums(Tensor* tensor) {
  if constexpr (requires { ggml_prec_set_acc(tensor, GGML_PREC_F32); }) {
    ggml_prec_set_acc(tensor, GGML_PREC_F32);
  } else if (tensor->op == GGML_OP_FLASH_ATTN_EXT) {
    ggml_flash_attn_ext_set_prec(tensor, GGML_PREC_F32);
  } else {
    ggml_mul_mat_set_prec(tensor, GGML_PREC_F32);
  }
}

void demand_f32_products(ggml_cgraph* graph) {
  for (int i = 0; i < ggml_graph_n_nodes(graph); ++i) {
    ggml_tensor* node = ggml_graph_node(graph, i);
    if (node->op == GGML_OP_MUL_MAT) demand_f32_sums(node);
  }
}

}  // namespace

struct GraphMemory::State {
  const Device& device;
  const size_t max_nodes;
  ggml_backend_sched_ptr schedule;  // owns the memory; null before the first graph
  const void* tenant = nullptr;     // the state of the graph that is in the memory

  Result<void> allocate(ggml_cgraph* graph);
};

// ggml keeps the memory of the earlier graphs if it is large enough.
Result<void> GraphMemory::State::allocate(ggml_cgraph* graph) {
  tenant = nullptr;
  if (schedule) {
    ggml_backend_sched_reset(schedule.get());
  } else {
    std::array<ggml_backend_t, 2> backends = {device.main(), device.cpu()};
    const int num_backends = device.is_cpu() ? 1 : 2;
    schedule.reset(
        ggml_backend_sched_new(backends.data(), nullptr, num_backends, max_nodes, false, false));
  }
  if (ggml_backend_sched_alloc_graph(schedule.get(), graph)) return {};
  schedule.reset();  // it has lost its memory, but would place smaller graphs there
  return fail({.kind = ErrorKind::kLimit,
               .what = "not enough memory on " + device.info().name + " for intermediate results",
               .remedy = "Close other programs, or use a smaller model or shorter texts."});
}

GraphMemory::GraphMemory(const Device& device, size_t max_nodes)
    : state_(new State{.device = device, .max_nodes = max_nodes, .schedule = nullptr}) {}
GraphMemory::~GraphMemory() = default;

struct Graph::State {
  std::string device_name;
  std::shared_ptr<std::atomic<bool>> device_is_broken;
  std::shared_ptr<GraphMemory> memory;
  size_t max_nodes = 0;
  Builder builder;                     // empty for a graph with memory of its own
  size_t num_bytes = 0;                // of the context
  std::unique_ptr<std::byte[]> bytes;  // the context's: ggml would not look whether it got any
  ggml_context_ptr context;
  ggml_cgraph* graph = nullptr;
  std::vector<ggml_tensor*> inputs_and_outputs;

  ~State() {
    if (memory->state_->tenant == this) memory->state_->tenant = nullptr;
  }
  bool is_in_memory() const { return memory->state_->tenant == this; }
  ggml_backend_sched_t schedule() const { return memory->state_->schedule.get(); }
  Result<void> enter(const Builder& build);
};

// A graph that was in the memory before has pointers to it, and ggml changes graphs that it divides
// among devices. So the graph is built anew, in the same place of main memory: ggml's CUDA back end
// knows a recorded graph by the address of its first node (ggml_cuda_graph_get_key).
Result<void> Graph::State::enter(const Builder& build) {
  inputs_and_outputs.clear();
  context.reset(ggml_init({.mem_size = num_bytes, .mem_buffer = bytes.get(), .no_alloc = true}));
  graph = ggml_new_graph_custom(context.get(), max_nodes, false);
  build(context.get(), graph);
  if (memory->state_->device.matrix_precision() != MatrixPrecision::kF16)
    demand_f32_products(graph);
  ORPHEUS_CHECK(memory->state_->allocate(graph));
  for (ggml_tensor* tensor = ggml_get_first_tensor(context.get()); tensor != nullptr;
       tensor = ggml_get_next_tensor(context.get(), tensor)) {
    if ((tensor->flags & (GGML_TENSOR_FLAG_INPUT | GGML_TENSOR_FLAG_OUTPUT)) != 0)
      inputs_and_outputs.push_back(tensor);
  }
  memory->state_->tenant = this;
  return {};
}

Graph::Graph(std::unique_ptr<State> state) : state_(std::move(state)) {}
Graph::Graph(Graph&&) noexcept = default;
Graph& Graph::operator=(Graph&&) noexcept = default;
Graph::~Graph() = default;

Result<Graph> Graph::begin(std::shared_ptr<GraphMemory> memory, size_t max_nodes,
                           const Builder& build) {
  const Device& device = memory->state_->device;
  auto state = std::make_unique<State>();
  state->device_name = device.info().name;
  state->device_is_broken = device.is_broken();
  state->memory = std::move(memory);
  state->max_nodes = max_nodes;
  state->num_bytes =
      ggml_tensor_overhead() * max_nodes + ggml_graph_overhead_custom(max_nodes, false);
  state->bytes = std::make_unique_for_overwrite<std::byte[]>(state->num_bytes);
  ORPHEUS_CHECK(state->enter(build));
  return Graph(std::move(state));
}

Result<Graph> Graph::build(const Device& device, size_t max_nodes, const Builder& build) {
  return begin(std::make_shared<GraphMemory>(device, max_nodes), max_nodes, build);
}

Result<Graph> Graph::build_in(std::shared_ptr<GraphMemory> memory, size_t max_nodes,
                              Builder build) {
  ORPHEUS_TRY(Graph graph, begin(std::move(memory), max_nodes, build));
  graph.state_->builder = std::move(build);
  return graph;
}

Result<void> Graph::enter() {
  return state_->is_in_memory() ? Result<void>() : state_->enter(state_->builder);
}

ggml_tensor* Graph::named(const char* name) const {
  GGML_ASSERT(state_->is_in_memory());
  const auto& all = state_->inputs_and_outputs;
  const auto found = std::find_if(all.begin(), all.end(), [&](const ggml_tensor* tensor) {
    return std::strcmp(tensor->name, name) == 0;
  });
  GGML_ASSERT(found != all.end());
  return *found;
}

void Graph::set_bytes(const char* name, std::span<const std::byte> bytes) {
  ggml_tensor* tensor = named(name);
  GGML_ASSERT(bytes.size() == ggml_nbytes(tensor));
  if (tensor->buffer == nullptr) return;
  ggml_backend_tensor_set(tensor, bytes.data(), 0, bytes.size());
}

Result<void> Graph::compute() {
  GGML_ASSERT(state_->is_in_memory());
  if (*state_->device_is_broken) {
    return fail({.kind = ErrorKind::kUnavailable,
                 .what = state_->device_name + " ran out of memory during a computation",
                 .remedy = "Restart the program."});
  }
  ggml_status status = GGML_STATUS_SUCCESS;
  try {
    status = ggml_backend_sched_graph_compute(state_->schedule(), state_->graph);
  } catch (const std::exception& thrown) {  // std::bad_alloc
    *state_->device_is_broken = true;
    return fail({.kind = ErrorKind::kLimit,
                 .what = "not enough memory for a computation on " + state_->device_name + ": " +
                         thrown.what(),
                 .remedy = "Close other programs, then restart this one."});
  }
  if (status == GGML_STATUS_SUCCESS) return {};
  return fail({.kind = ErrorKind::kUnavailable,
               .what = "a computation on " + state_->device_name +
                       " failed: " + ggml_status_to_string(status),
               .remedy = "The device may be out of memory or disconnected."});
}

void Graph::get(const char* name, std::vector<float>& values) const {
  ggml_tensor* tensor = named(name);
  GGML_ASSERT(tensor->type == GGML_TYPE_F32 && ggml_is_contiguous(tensor));
  values.resize(static_cast<size_t>(ggml_nelements(tensor)));
  ggml_backend_tensor_get(tensor, values.data(), 0, values.size() * sizeof(float));
}

std::span<const float> Graph::view(const char* name, std::vector<float>& copy) const {
  const ggml_tensor* tensor = named(name);
  GGML_ASSERT(tensor->type == GGML_TYPE_F32 && ggml_is_contiguous(tensor));
  if (tensor->buffer != nullptr && ggml_backend_buffer_is_host(tensor->buffer))
    return {static_cast<const float*>(tensor->data), static_cast<size_t>(ggml_nelements(tensor))};
  get(name, copy);
  return copy;
}

ggml_tensor* input(ggml_context* context, const char* name, int type, int64_t n0, int64_t n1,
                   int64_t n2, int64_t n3) {
  ggml_tensor* tensor = ggml_new_tensor_4d(context, static_cast<ggml_type>(type), n0, n1, n2, n3);
  ggml_set_name(tensor, name);
  ggml_set_input(tensor);
  return tensor;
}

void output(ggml_cgraph* graph, ggml_tensor* tensor, const char* name) {
  ggml_set_name(tensor, name);
  ggml_set_output(tensor);
  ggml_build_forward_expand(graph, tensor);
}

ggml_tensor* sum_in_f32(ggml_tensor* tensor) {
  demand_f32_sums(tensor);
  return tensor;
}

}  // namespace orpheus::tensor
