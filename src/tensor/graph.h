#pragma once
// A graph of tensor operations. It is built once and can be computed any number of times. Inputs
// and outputs are found by the names that the builder gave them. Belongs to the thread of its
// Device.

#include <functional>
#include <memory>
#include <span>
#include <vector>

#include "base/result.h"
#include "tensor/device.h"

struct ggml_context;
struct ggml_cgraph;
struct ggml_tensor;

namespace orpheus::tensor {

// Memory for the intermediate results of several graphs of one device. One graph at a time is in
// it. It is as large as the largest graph needs. Belongs to the thread of its Device.
class GraphMemory {
 public:
  // max_nodes: of the largest graph. The device must outlive it.
  GraphMemory(const Device& device, size_t max_nodes);
  ~GraphMemory();
  GraphMemory(const GraphMemory&) = delete;
  GraphMemory& operator=(const GraphMemory&) = delete;

 private:
  friend class Graph;
  struct State;
  const std::unique_ptr<State> state_;
};

class Graph {
 public:
  // build() adds its nodes to the graph: inputs by input(), results by output(), both below. Matrix
  // products have the precision that the device was opened with. Errors: kLimit (no memory for the
  // intermediate tensors).
  using Builder = std::function<void(ggml_context*, ggml_cgraph*)>;
  static Result<Graph> build(const Device& device, size_t max_nodes, const Builder& build);
  // A graph in shared memory. build() is called again whenever the graph enters the memory, so it
  // must own what it uses.
  static Result<Graph> build_in(std::shared_ptr<GraphMemory> memory, size_t max_nodes,
                                Builder build);

  Graph(Graph&&) noexcept;
  Graph& operator=(Graph&&) noexcept;
  ~Graph();

  // Takes the shared memory from the graph that is in it. Call it before set(), compute() and
  // get(); without effect if the graph is in the memory, or has memory of its own. Errors: kLimit.
  Result<void> enter();

  // Copies values into an input. Names and sizes must be the builder's; a mismatch is a fault of
  // the program. An input that no operation reads has no memory and is skipped.
  template <typename T>
  void set(const char* name, std::span<const T> values) {
    set_bytes(name, std::as_bytes(values));
  }
  // Errors: kUnavailable (the device failed).
  Result<void> compute();
  // Copies a float32 output out, in ggml's order.
  void get(const char* name, std::vector<float>& values) const;
  // A view of such an output, valid until the next compute() or enter(). An output outside of main
  // memory is first copied to `copy`.
  std::span<const float> view(const char* name, std::vector<float>& copy) const;

 private:
  struct State;
  explicit Graph(std::unique_ptr<State> state);
  static Result<Graph> begin(std::shared_ptr<GraphMemory> memory, size_t max_nodes,
                             const Builder& build);
  void set_bytes(const char* name, std::span<const std::byte> bytes);
  ggml_tensor* named(const char* name) const;
  std::unique_ptr<State> state_;
};

// For builders: input() makes an input tensor; output() keeps a tensor's value after computing.
ggml_tensor* input(ggml_context* context, const char* name, int type, int64_t n0, int64_t n1 = 1,
                   int64_t n2 = 1, int64_t n3 = 1);
void output(ggml_cgraph* graph, ggml_tensor* tensor, const char* name);
// Sets float32 sums for a matrix product or flash attention, even if the device would use
// float16. Returns its argument.
ggml_tensor* sum_in_f32(ggml_tensor* tensor);

}  // namespace orpheus::tensor
