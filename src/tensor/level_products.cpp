// The products of packed matrices with columns, compiled for each level of processors; and the
// level's table of kernels.

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <type_traits>

#include <ggml.h>

#include "tensor/level.h"
#include "tensor/packed_floats.h"
#include "tensor/packed_small_blocks.h"
#include "tensor/packed_super_blocks.h"
#include "tensor/packed_super_types.h"

namespace orpheus::tensor::ORPHEUS_LEVEL {
namespace {

using namespace packed;

constexpr size_t kAhead = 2048;  // prefetch distance in bytes

template <typename Do>
auto with_format(int type, const Do& use) {
  switch (type) {
    case GGML_TYPE_F16: return use(FloatBlock<F16>());
    case GGML_TYPE_BF16: return use(FloatBlock<BF16>());
    case GGML_TYPE_Q4_0: return use(SmallBlock<Q4_0>());
    case GGML_TYPE_Q8_0: return use(SmallBlock<Q8_0>());
    case GGML_TYPE_IQ4_NL: return use(SmallBlock<IQ4_NL>());
    case GGML_TYPE_IQ4_XS: return use(SuperBlock<IQ4_XS>());
    case GGML_TYPE_Q2_K: return use(SuperBlock<Q2_K>());
    case GGML_TYPE_Q3_K: return use(SuperBlock<Q3_K>());
    case GGML_TYPE_Q5_K: return use(SuperBlock<Q5_K>());
    case GGML_TYPE_Q6_K: return use(SuperBlock<Q6_K>());
    default: return use(SuperBlock<Q4_K>());
  }
}

template <typename Format>
void pack_rows(const uint8_t* rows, size_t num_blocks, uint8_t* panel) {
  for (size_t block = 0; block < num_blocks; ++block) {
    for (size_t lane = 0; lane < kRows; ++lane) {
      Format::pack(rows + (lane * num_blocks + block) * Format::kSourceBytes, lane,
                   panel + block * Format::kBytes);
    }
  }
}

// Weights are read once, in order. They are prefetched from farther ahead than the core's own
// prefetcher reaches.
template <size_t kBytes>
void prefetch(const uint8_t* from) {
#pragma GCC unroll 32
  for (size_t i = 0; i < kBytes; i += 64) __builtin_prefetch(from + i);
}

template <typename Format, typename Count>
void panel_times(const uint8_t* panel, int64_t num_blocks, const Columns<Count>& columns,
                 float* const* outputs, size_t first_row) {
  Results results;
  for (size_t c = 0; c < columns.count; ++c) results[c] = lanes::zero_floats();
  for (int64_t i = 0; i < num_blocks; ++i) {
    const uint8_t* block = panel + static_cast<size_t>(i) * Format::kBytes;
    prefetch<Format::kBytes>(block + kAhead);
    Format::add(block, i, columns, results);
  }
  for (size_t c = 0; c < columns.count; ++c) lanes::store(outputs[c] + first_row, results[c]);
}

template <typename Do>
auto with_count(size_t count, const Do& use) {
  switch (count) {
    case 1: return use(std::integral_constant<size_t, 1>());
    case 2: return use(std::integral_constant<size_t, 2>());
    case 3: return use(std::integral_constant<size_t, 3>());
    case 4: return use(std::integral_constant<size_t, 4>());
    default: return use(count);
  }
}

PackedType packed_type(int type) {
  return with_format(type, []<typename Format>(Format) {
    return PackedType{.blocks = Format::kBlocks,
                      .num_weights = Format::kBlock,
                      .file_bytes = Format::kSourceBytes,
                      .panel_bytes = Format::kBytes};
  });
}

void pack_panel(int type, const std::byte* rows, size_t num_blocks, uint8_t* panel) {
  with_format(type, [&]<typename Format>(Format) {
    pack_rows<Format>(reinterpret_cast<const uint8_t*>(rows), num_blocks, panel);
  });
}

void multiply(const PanelProduct& product) {
  with_format(product.type, [&]<typename Format>(Format) {
    const ColumnLayout layout(Format::kBlocks, product.num_inputs);
    const int64_t num_blocks = product.num_inputs / Format::kBlock;
    const size_t panel_bytes = static_cast<size_t>(num_blocks) * Format::kBytes;
    const size_t num_columns = product.quantised.size();
    for (size_t panel = product.first_panel; panel < product.end_panel; ++panel) {
      for (size_t first = 0; first < num_columns; first += kMaxColumns) {
        with_count(std::min(kMaxColumns, num_columns - first), [&]<typename Count>(Count count) {
          panel_times<Format>(product.panels + panel * panel_bytes, num_blocks,
                              Columns<Count>{count, product.quantised.data() + first, layout},
                              product.outputs.data() + first, panel * kRows);
        });
      }
    }
  });
}

}  // namespace

constinit const ProcessorKernels kProcessorKernels = {.num_rows = kRows,
                                                      .packed_type = packed_type,
                                                      .pack_panel = pack_panel,
                                                      .quantised_bytes = quantised_bytes,
                                                      .quantise = quantise,
                                                      .multiply = multiply,
                                                      .attend = run_attend};

}  // namespace orpheus::tensor::ORPHEUS_LEVEL
