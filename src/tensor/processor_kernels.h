#pragma once
// The kernels of the packed matrices and of the attention: functions that are compiled once for
// each level of processors (base/processor.h). Internal to this folder. May be called from any
// thread.

#include <cstddef>
#include <cstdint>
#include <span>

struct ggml_tensor;

namespace orpheus::tensor {

// How the inputs of a packed matrix are quantised. Matrices with the same Blocks may share
// quantised inputs.
enum class Blocks {
  k32,   // 32 inputs share a scale
  k256,  // 256 do
  kF16,  // inputs are rounded to float16
  kBf16  // inputs are rounded to bfloat16
};

// Weights of a ggml_type: in a file, a block of a row; in memory, a block of a panel's rows.
struct PackedType {
  Blocks blocks;
  int64_t num_weights;  // of a row's block
  size_t file_bytes;    // of a row's block
  size_t panel_bytes;   // of a block of each row of a panel
};

// Panels of a matrix, and the columns that they are multiplied by.
struct PanelProduct {
  int type;
  int64_t num_inputs;
  const uint8_t* panels;
  size_t first_panel;
  size_t end_panel;
  std::span<const std::byte* const> quantised;
  std::span<float* const> outputs;
};

inline constexpr int64_t kMostHeadDim = 256;  // of the attention: a thread's stack holds a tile

struct ProcessorKernels {
  size_t num_rows = 0;  // of a panel; 0: the level has none of these kernels, and ggml's are used
  PackedType (*packed_type)(int type) = nullptr;
  // rows: a panel's rows as the file holds them.
  void (*pack_panel)(int type, const std::byte* rows, size_t num_blocks, uint8_t* panel) = nullptr;
  size_t (*quantised_bytes)(Blocks blocks, int64_t num_inputs) = nullptr;
  void (*quantise)(Blocks blocks, std::span<const float> inputs, std::byte* quantised) = nullptr;
  void (*multiply)(const PanelProduct& product) = nullptr;
  // A ggml_custom_op_t for the nodes of attend().
  void (*attend)(ggml_tensor* node, int part, int num_parts, void* unused) = nullptr;
};

// Of this processor's level.
const ProcessorKernels& processor_kernels();

}  // namespace orpheus::tensor
