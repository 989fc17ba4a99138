#include "tensor/packed_matrix.h"

#include <algorithm>
#include <string>
#include <utility>

#include <ggml.h>

#include "base/threads.h"
#include "tensor/packed_floats.h"
#include "tensor/packed_small_blocks.h"
#include "tensor/packed_super_blocks.h"
#include "tensor/packed_super_types.h"

namespace orpheus::tensor {
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

// source: a panel's rows as the file holds them.
template <typename Format>
void pack_panel(std::span<const std::byte> source, size_t num_blocks, uint8_t* panel) {
  const auto* rows = reinterpret_cast<const uint8_t*>(source.data());
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

}  // namespace

bool PackedMatrix::is_supported(int type, int64_t num_inputs, int64_t num_outputs) {
  if (num_outputs % static_cast<int64_t>(kRows) != 0) return false;
  switch (type) {
    case GGML_TYPE_Q2_K:
    case GGML_TYPE_Q3_K:
    case GGML_TYPE_Q4_K:
    case GGML_TYPE_Q5_K:
    case GGML_TYPE_Q6_K:
    case GGML_TYPE_IQ4_XS: return num_inputs % kSuper == 0;
    case GGML_TYPE_Q4_0:
    case GGML_TYPE_Q8_0:
    case GGML_TYPE_IQ4_NL:
    case GGML_TYPE_F16:
    case GGML_TYPE_BF16: return num_inputs % kSmall == 0;
    default: return false;
  }
}

Result<PackedMatrix> PackedMatrix::pack(int type, int64_t num_inputs, int64_t num_outputs,
                                        std::span<const std::byte> data, int num_threads,
                                        const Done& done) {
  PackedMatrix matrix;
  matrix.type_ = type;
  matrix.num_inputs_ = num_inputs;
  matrix.num_outputs_ = num_outputs;
  matrix.num_panels_ = static_cast<size_t>(num_outputs / static_cast<int64_t>(kRows));
  return with_format(type, [&]<typename Format>(Format) -> Result<PackedMatrix> {
    matrix.blocks_ = Format::kBlocks;
    const auto num_blocks = static_cast<size_t>(num_inputs / Format::kBlock);
    matrix.panel_bytes_ = num_blocks * Format::kBytes;
    matrix.panels_ = allocate_on_large_pages(matrix.num_bytes());
    if (!matrix.panels_) {
      return fail({.kind = ErrorKind::kLimit,
                   .what = "not enough memory for the weights",
                   .expected = std::to_string(matrix.num_bytes() >> 20U) + " MiB free"});
    }
    const size_t panel_source = kRows * num_blocks * Format::kSourceBytes;
    const auto pack_panels = [&](size_t begin, size_t end) {
      for (size_t panel = begin; panel < end; ++panel) {
        pack_panel<Format>(data.subspan(panel * panel_source, panel_source), num_blocks,
                           matrix.panels_.get() + panel * matrix.panel_bytes_);
      }
      done(data.subspan(begin * panel_source, (end - begin) * panel_source));
    };
    const auto parts = static_cast<size_t>(std::max(1, num_threads));
    run_in_parts(parts, [&](size_t part) {
      pack_panels(matrix.num_panels_ * part / parts, matrix.num_panels_ * (part + 1) / parts);
    });
    return std::move(matrix);
  });
}

void PackedMatrix::multiply(std::span<const std::byte* const> quantised,
                            std::span<float* const> outputs, int part, int num_parts) const {
  const ColumnLayout layout(blocks_, num_inputs_);
  const auto of_part = [&](int index) {
    return num_panels_ * static_cast<size_t>(index) / static_cast<size_t>(num_parts);
  };
  with_format(type_, [&]<typename Format>(Format) {
    for (size_t panel = of_part(part); panel < of_part(part + 1); ++panel) {
      for (size_t first = 0; first < quantised.size(); first += kMaxColumns) {
        with_count(std::min(kMaxColumns, quantised.size() - first), [&]<typename Count>(
                                                                        Count count) {
          panel_times<Format>(panels_.get() + panel * panel_bytes_, num_inputs_ / Format::kBlock,
                              Columns<Count>{count, quantised.data() + first, layout},
                              outputs.data() + first, panel * kRows);
        });
      }
    }
  });
}

}  // namespace orpheus::tensor
