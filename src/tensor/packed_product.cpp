#include "tensor/packed_product.h"

#include <array>

#include <ggml.h>

namespace orpheus::tensor {
namespace {

// The number of columns that meet a panel of weights before the next panel is read.
constexpr int64_t kTile = 64;

std::byte* row_of(const ggml_tensor* tensor, int64_t row) {
  return static_cast<std::byte*>(tensor->data) + static_cast<size_t>(row) * tensor->nb[1];
}

// Gathers columns until there is a tile of them.
class Tile {
 public:
  void add(const ggml_tensor* quantised, const ggml_tensor* result, int64_t row) {
    columns_[count_] = row_of(quantised, row);
    outputs_[count_] = reinterpret_cast<float*>(row_of(result, row));
    ++count_;
  }
  bool full() const { return count_ == columns_.size(); }
  void multiply(const PackedMatrix& matrix, int part, int num_parts) {
    if (count_ == 0) return;
    matrix.multiply({columns_.data(), count_}, {outputs_.data(), count_}, part, num_parts);
    count_ = 0;
  }

 private:
  std::array<const std::byte*, kTile> columns_;
  std::array<float*, kTile> outputs_;
  size_t count_ = 0;
};

template <PackedMatrix::Blocks kBlocks>
void run_quantise(ggml_tensor* result, int part, int num_parts, void* /*unused*/) {
  const ggml_tensor* x = result->src[0];
  for (int64_t row = part; row < x->ne[1]; row += num_parts) {
    const auto* values = reinterpret_cast<const float*>(row_of(x, row));
    PackedMatrix::quantise(kBlocks, {values, static_cast<size_t>(x->ne[0])}, row_of(result, row));
  }
}

ggml_custom_op_t quantiser_of(PackedMatrix::Blocks blocks) {
  using Blocks = PackedMatrix::Blocks;
  switch (blocks) {
    case Blocks::k32: return run_quantise<Blocks::k32>;
    case Blocks::k256: return run_quantise<Blocks::k256>;
    case Blocks::kF16: return run_quantise<Blocks::kF16>;
    default: return run_quantise<Blocks::kBf16>;
  }
}

void run_multiply(ggml_tensor* result, int part, int num_parts, void* matrix) {
  Tile tile;
  for (int64_t row = 0; row < result->ne[1]; ++row) {
    tile.add(result->src[0], result, row);
    if (tile.full() || row + 1 == result->ne[1])
      tile.multiply(*static_cast<const PackedMatrix*>(matrix), part, num_parts);
  }
}

void run_multiply_chosen(ggml_tensor* result, int part, int num_parts, void* matrices) {
  const auto& all = *static_cast<const std::vector<const PackedMatrix*>*>(matrices);
  const auto* choices = static_cast<const int32_t*>(result->src[1]->data);
  for (size_t choice = 0; choice < all.size(); ++choice) {
    Tile tile;
    for (int64_t row = 0; row < result->ne[1]; ++row) {
      if (choices[row] != static_cast<int32_t>(choice)) continue;
      tile.add(result->src[0], result, row);
      if (tile.full()) tile.multiply(*all[choice], part, num_parts);
    }
    tile.multiply(*all[choice], part, num_parts);
  }
}

}  // namespace

ggml_tensor* quantise(ggml_context* context, PackedMatrix::Blocks blocks, ggml_tensor* x) {
  const auto bytes = static_cast<int64_t>(PackedMatrix::quantised_bytes(blocks, x->ne[0]));
  return ggml_custom_4d(context, GGML_TYPE_I8, bytes, x->ne[1], 1, 1, &x, 1, quantiser_of(blocks),
                        GGML_N_TASKS_MAX, nullptr);
}

ggml_tensor* multiply(ggml_context* context, const PackedMatrix& matrix, ggml_tensor* quantised) {
  return ggml_custom_4d(context, GGML_TYPE_F32, matrix.num_outputs(), quantised->ne[1], 1, 1,
                        &quantised, 1, run_multiply, GGML_N_TASKS_MAX,
                        const_cast<PackedMatrix*>(&matrix));
}

ggml_tensor* multiply_chosen(ggml_context* context,
                             const std::vector<const PackedMatrix*>& matrices,
                             ggml_tensor* quantised, ggml_tensor* choices) {
  std::array<ggml_tensor*, 2> sources = {quantised, choices};
  return ggml_custom_4d(context, GGML_TYPE_F32, matrices.front()->num_outputs(), quantised->ne[1],
                        1, 1, sources.data(), 2, run_multiply_chosen, GGML_N_TASKS_MAX,
                        const_cast<std::vector<const PackedMatrix*>*>(&matrices));
}

}  // namespace orpheus::tensor
