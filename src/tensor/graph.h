#pragma once
// A graph of tensor operations: built once, given memory once, replayed as often as wanted. Its
// inputs and outputs are found by the names that the builder gave them. Belongs to the thread of
// its Device.

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

class Graph {
 public:
  // build() adds its nodes to the graph: inputs by input(), results by output(), both below. Its
  // matrix products are as precise as the device was opened for.
  // Errors: kLimit (no memory for the intermediate tensors).
  using Builder = std::function<void(ggml_context*, ggml_cgraph*)>;
  static Result<Graph> build(const Device& device, size_t max_nodes, const Builder& build);

  Graph(Graph&&) noexcept;
  Graph& operator=(Graph&&) noexcept;
  ~Graph();

  // Copies values into an input. The names and sizes are the builder's: another is a fault of ours.
  // An input that no operation reads has no memory, and is let be.
  template <typename T>
  void set(const char* name, std::span<const T> values) {
    set_bytes(name, std::as_bytes(values));
  }
  // Errors: kUnavailable (the device failed).
  Result<void> compute();
  // Copies a float32 output out, in ggml's order.
  void get(const char* name, std::vector<float>& values) const;
  // Such an output where it lies, until the next compute(). What lies outside of main memory is
  // copied to `copy`.
  std::span<const float> view(const char* name, std::vector<float>& copy) const;

 private:
  struct State;
  explicit Graph(std::unique_ptr<State> state);
  void set_bytes(const char* name, std::span<const std::byte> bytes);
  ggml_tensor* named(const char* name) const;
  std::unique_ptr<State> state_;
};

// For builders: an input tensor of a ggml_type, and a tensor whose value is kept after computing.
ggml_tensor* input(ggml_context* context, const char* name, int type, int64_t n0, int64_t n1 = 1,
                   int64_t n2 = 1, int64_t n3 = 1);
void output(ggml_cgraph* graph, ggml_tensor* tensor, const char* name);
// Demands that a matrix product or flash attention adds up in float32, where a device would take
// float16. Returns its argument.
ggml_tensor* sum_in_f32(ggml_tensor* tensor);

}  // namespace orpheus::tensor
