#include "tensor/packed_matrix.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstring>
#include <string>
#include <utility>
#include <vector>

#include <ggml.h>

#include "base/threads.h"
#include "tensor/packed_lanes.h"

namespace orpheus::tensor {
namespace {

using namespace lanes;

constexpr size_t kRows = kLanes;          // of a panel
constexpr size_t kRegister = kLanes * 4;  // bytes: four weights of every row
constexpr int64_t kSuper = 256;           // weights of a block of the K types
constexpr int64_t kSmall = 32;            // of the others
constexpr size_t kMaxColumns = 32;        // of inputs; their blocks stay in the first-level cache
constexpr size_t kAhead = 2048;           // prefetch distance in bytes

// A quantised column: 8-bit inputs, their sums over 32 and over 16, the scales of its blocks.
struct ColumnLayout {
  ColumnLayout(PackedMatrix::Blocks blocks, int64_t num_inputs)
      : sums_of_32(num_inputs),
        sums_of_16(sums_of_32 + num_inputs / 32 * 4),
        scales(sums_of_16 + num_inputs / 16 * 4),
        bytes(scales + num_inputs / (blocks == PackedMatrix::Blocks::k256 ? 256 : 32) * 4) {}
  int64_t sums_of_32;
  int64_t sums_of_16;
  int64_t scales;
  int64_t bytes;
};

float read_float(const std::byte* column, int64_t offset, int64_t index) {
  float value = 0;
  std::memcpy(&value, column + offset + index * 4, sizeof(value));
  return value;
}

uint32_t read_u32(const uint8_t* from) {
  uint32_t value = 0;
  std::memcpy(&value, from, sizeof(value));
  return value;
}

void write_u32(uint8_t* to, uint32_t value) { std::memcpy(to, &value, sizeof(value)); }

// A row's nibbles: eight in the four bytes of a lane, the first four in the low halves.
void pack_nibbles(std::span<const uint8_t> weights, size_t lane, uint8_t* to) {
  for (size_t k = 0; k < weights.size(); k += 8) {
    const uint32_t low = read_u32(weights.data() + k);
    const uint32_t high = read_u32(weights.data() + k + 4);
    write_u32(to + k / 8 * kRegister + lane * 4, (low & 0x0F0F0F0FU) | (high & 0x0F0F0F0FU) << 4U);
  }
}

// The columns of inputs that meet a block of weights together. Count is their number. Small numbers
// are constants, so the sums stay in registers.
template <typename Count>
struct Columns {
  Count count;
  const std::byte* const* quantised;
  const ColumnLayout& layout;

  const int8_t* inputs(size_t column, int64_t first) const {
    return reinterpret_cast<const int8_t*>(quantised[column] + first);
  }
  Floats scale(size_t column, int64_t block) const {
    return broadcast(read_float(quantised[column], layout.scales, block));
  }
  float sum_of_16(size_t column, int64_t index) const {
    return read_float(quantised[column], layout.sums_of_16, index);
  }
  float sum_of_32(size_t column, int64_t index) const {
    return read_float(quantised[column], layout.sums_of_32, index);
  }
};

using Results = std::array<Floats, kMaxColumns>;
template <size_t kCount>
using Weights = std::array<Integers, kCount>;  // four of every row in each

Weights<8> load_nibbles(const uint8_t* from) {
  Weights<8> weights;
#pragma GCC unroll 4
  for (size_t i = 0; i < 4; ++i) {
    const Integers bytes = load(from + i * kRegister);
    weights[i * 2] = low_bits(bytes, 15);
    weights[i * 2 + 1] = low_bits(shift_right<4>(bytes), 15);
  }
  return weights;
}

// A format defines the memory layout of a block of a panel's rows, how it is packed, and what it
// adds to the results of the columns.

// value = d · (q − 8), 32 weights to a scale.
struct Q4_0 {
  static constexpr int64_t kBlock = kSmall;
  static constexpr size_t kSourceBytes = 18;
  static constexpr size_t kNibbles = kRows * 2;  // behind the scales
  static constexpr size_t kBytes = kNibbles + kRows * kBlock / 2;

  static void pack(const uint8_t* source, size_t lane, uint8_t* to) {
    std::memcpy(to + lane * 2, source, 2);
    std::array<uint8_t, kSmall> weights;
    for (size_t i = 0; i < 16; ++i) {
      weights[i] = source[2 + i] & 0x0FU;
      weights[i + 16] = source[2 + i] >> 4U;
    }
    pack_nibbles(weights, lane, to + kNibbles);
  }

  template <typename Count>
  static void add(const uint8_t* block, int64_t index, const Columns<Count>& columns,
                  Results& results) {
    const Weights<8> weights = load_nibbles(block + kNibbles);
    const Floats scale = load_halves(block);
    for (size_t c = 0; c < columns.count; ++c) {
      const Integers products = dots<15>(weights, columns.inputs(c, index * kBlock));
      const Floats sum = subtract(to_floats(products), broadcast(8 * columns.sum_of_32(c, index)));
      results[c] = multiply_add(sum, multiply(scale, columns.scale(c, index)), results[c]);
    }
  }
};

// value = d · q, 32 weights to a scale.
struct Q8_0 {
  static constexpr int64_t kBlock = kSmall;
  static constexpr size_t kSourceBytes = 34;
  static constexpr size_t kWeights = kRows * 2;  // behind the scales
  static constexpr size_t kBytes = kWeights + kRows * kBlock;

  static void pack(const uint8_t* source, size_t lane, uint8_t* to) {
    std::memcpy(to + lane * 2, source, 2);
    for (size_t k = 0; k < kSmall; k += 4)
      write_u32(to + kWeights + k / 4 * kRegister + lane * 4, read_u32(source + 2 + k));
  }

  template <typename Count>
  static void add(const uint8_t* block, int64_t index, const Columns<Count>& columns,
                  Results& results) {
    Weights<8> weights;
#pragma GCC unroll 8
    for (size_t i = 0; i < 8; ++i) weights[i] = load(block + kWeights + i * kRegister);
    const Floats scale = load_halves(block);
    for (size_t c = 0; c < columns.count; ++c) {
      const Floats sum =
          signed_dots(weights, columns.inputs(c, index * kBlock), columns.sum_of_32(c, index));
      results[c] = multiply_add(sum, multiply(scale, columns.scale(c, index)), results[c]);
    }
  }
};

// value = d · s · q − m · min, s and min of 32 weights in 6 bits each.
struct Q4_K {
  static constexpr int64_t kBlock = kSuper;
  static constexpr size_t kSourceBytes = 144;
  static constexpr size_t kScales = kRows * 4;  // behind d and m
  static constexpr size_t kMins = kScales + kRows * 8;
  static constexpr size_t kNibbles = kMins + kRows * 8;
  static constexpr size_t kBytes = kNibbles + kRows * kBlock / 2;

  static void pack(const uint8_t* source, size_t lane, uint8_t* to) {
    std::memcpy(to + lane * 2, source, 2);
    std::memcpy(to + kRows * 2 + lane * 2, source + 2, 2);
    const uint8_t* packed = source + 4;
    for (size_t j = 0; j < 8; ++j) {
      const bool first = j < 4;
      const auto byte = [&](size_t at) { return static_cast<unsigned>(packed[at]); };
      const unsigned scale =
          first ? byte(j) & 63U : (byte(j + 4) & 15U) | ((byte(j - 4) >> 6U) << 4U);
      const unsigned min =
          first ? byte(j + 4) & 63U : (byte(j + 4) >> 4U) | ((byte(j) >> 6U) << 4U);
      to[kScales + j * kRows + lane] = static_cast<uint8_t>(scale);
      to[kMins + j * kRows + lane] = static_cast<uint8_t>(min);
    }
    std::array<uint8_t, kSuper> weights;
    for (size_t half = 0; half < 4; ++half) {
      for (size_t i = 0; i < 32; ++i) {
        const uint8_t byte = source[16 + half * 32 + i];
        weights[half * 64 + i] = byte & 0x0FU;
        weights[half * 64 + 32 + i] = byte >> 4U;
      }
    }
    pack_nibbles(weights, lane, to + kNibbles);
  }

  template <typename Count>
  static void add(const uint8_t* block, int64_t index, const Columns<Count>& columns,
                  Results& results) {
    Results scaled;
    for (size_t c = 0; c < columns.count; ++c) scaled[c] = zero_floats();
    std::array<Floats, 8> mins;
    for (size_t j = 0; j < 8; ++j) {
      const Weights<8> weights = load_nibbles(block + kNibbles + j * kRows * 16);
      const Floats scale = load_u8(block + kScales + j * kRows);
      mins[j] = load_u8(block + kMins + j * kRows);
      const int64_t first = index * kBlock + static_cast<int64_t>(j) * 32;
      for (size_t c = 0; c < columns.count; ++c)
        scaled[c] =
            multiply_add(to_floats(dots<15>(weights, columns.inputs(c, first))), scale, scaled[c]);
    }
    const Floats d = load_halves(block);
    const Floats m = load_halves(block + kRows * 2);
    for (size_t c = 0; c < columns.count; ++c) {
      Floats min = zero_floats();
#pragma GCC unroll 8
      for (size_t j = 0; j < 8; ++j) {
        const float sum = columns.sum_of_32(c, index * 8 + static_cast<int64_t>(j));
        min = multiply_add(broadcast(sum), mins[j], min);
      }
      const Floats sum = subtract_product(multiply(scaled[c], d), min, m);
      results[c] = multiply_add(sum, columns.scale(c, index), results[c]);
    }
  }
};

// value = d · s · (q − 32), s of 16 weights in 8 bits.
struct Q6_K {
  static constexpr int64_t kBlock = kSuper;
  static constexpr size_t kSourceBytes = 210;
  static constexpr size_t kScales = kRows * 2;  // behind d
  static constexpr size_t kWeights = kScales + kRows * 16;
  static constexpr size_t kPart = kRegister * 3;  // of 16 weights: nibbles, then their high bits
  static constexpr size_t kBytes = kWeights + kPart * 16;

  static void pack(const uint8_t* source, size_t lane, uint8_t* to) {
    std::memcpy(to + lane * 2, source + 208, 2);
    for (size_t j = 0; j < 16; ++j) to[kScales + j * kRows + lane] = source[192 + j];
    std::array<uint8_t, kSuper> weights;
    for (size_t half = 0; half < 2; ++half) {
      const uint8_t* low = source + half * 64;
      const uint8_t* high = source + 128 + half * 32;
      uint8_t* out = weights.data() + half * 128;
      for (size_t i = 0; i < 32; ++i) {
        out[i] = static_cast<uint8_t>((low[i] & 15U) | ((high[i] & 3U) << 4U));
        out[i + 32] = static_cast<uint8_t>((low[i + 32] & 15U) | ((high[i] >> 2U & 3U) << 4U));
        out[i + 64] = static_cast<uint8_t>((low[i] >> 4U) | ((high[i] >> 4U & 3U) << 4U));
        out[i + 96] = static_cast<uint8_t>((low[i + 32] >> 4U) | ((high[i] >> 6U & 3U) << 4U));
      }
    }
    for (size_t j = 0; j < 16; ++j) {
      uint8_t* part = to + kWeights + j * kPart;
      const std::span<const uint8_t> own = std::span(weights).subspan(j * 16, 16);
      pack_nibbles(own, lane, part);
      const auto high = [&](size_t k) { return read_u32(own.data() + k) >> 4U & 0x03030303U; };
      write_u32(part + kRegister * 2 + lane * 4,
                high(0) | high(4) << 2U | high(8) << 4U | high(12) << 6U);
    }
  }

  template <typename Count>
  static void add(const uint8_t* block, int64_t index, const Columns<Count>& columns,
                  Results& results) {
    Results scaled;
    for (size_t c = 0; c < columns.count; ++c) scaled[c] = zero_floats();
    for (size_t j = 0; j < 16; ++j) {
      const uint8_t* part_of_block = block + kWeights + j * kPart;
      const Integers first = load(part_of_block);
      const Integers second = load(part_of_block + kRegister);
      const Integers high = load(part_of_block + kRegister * 2);
      const Weights<4> weights = {
          either(low_bits(first, 15), low_bits(shift_left<4>(high), 48)),
          either(low_bits(shift_right<4>(first), 15), low_bits(shift_left<2>(high), 48)),
          either(low_bits(second, 15), low_bits(high, 48)),
          either(low_bits(shift_right<4>(second), 15), low_bits(shift_right<2>(high), 48))};
      const Floats scale = load_i8(block + kScales + j * kRows);
      const int64_t part = index * 16 + static_cast<int64_t>(j);
      for (size_t c = 0; c < columns.count; ++c) {
        const Integers products = dots<63>(weights, columns.inputs(c, part * 16));
        const Floats sum =
            subtract(to_floats(products), broadcast(32 * columns.sum_of_16(c, part)));
        scaled[c] = multiply_add(sum, scale, scaled[c]);
      }
    }
    const Floats d = load_halves(block);
    for (size_t c = 0; c < columns.count; ++c)
      results[c] = multiply_add(scaled[c], multiply(d, columns.scale(c, index)), results[c]);
  }
};

template <typename Do>
auto with_format(int type, const Do& use) {
  switch (type) {
    case GGML_TYPE_Q4_0: return use(Q4_0());
    case GGML_TYPE_Q8_0: return use(Q8_0());
    case GGML_TYPE_Q6_K: return use(Q6_K());
    default: return use(Q4_K());
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
  for (size_t c = 0; c < columns.count; ++c) results[c] = zero_floats();
  for (int64_t i = 0; i < num_blocks; ++i) {
    const uint8_t* block = panel + static_cast<size_t>(i) * Format::kBytes;
    prefetch<Format::kBytes>(block + kAhead);
    Format::add(block, i, columns, results);
  }
  for (size_t c = 0; c < columns.count; ++c) store(outputs[c] + first_row, results[c]);
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

// Quantises as ggml does: symmetric, rounding to the nearest.
template <int64_t kBlock>
void quantise_blocks(std::span<const float> inputs, const ColumnLayout& layout, std::byte* to) {
  auto* quantised = reinterpret_cast<int8_t*>(to);
  auto* scales = reinterpret_cast<float*>(to + layout.scales);
  const auto num_inputs = static_cast<int64_t>(inputs.size());
  for (int64_t block = 0; block < num_inputs / kBlock; ++block) {
    const float* x = inputs.data() + block * kBlock;
    float largest = 0;
    for (int64_t i = 0; i < kBlock; ++i) largest = std::max(largest, std::fabs(x[i]));
    const float inverse = largest > 0 ? 127.0F / largest : 0;
    scales[block] = largest / 127.0F;
    constexpr float kRound = 12582912.0F;  // 1.5 · 2^23: adding it rounds to a whole number
    for (int64_t i = 0; i < kBlock; ++i)
      quantised[block * kBlock + i] = static_cast<int8_t>((x[i] * inverse + kRound) - kRound);
  }
  auto* of_16 = reinterpret_cast<float*>(to + layout.sums_of_16);
  auto* of_32 = reinterpret_cast<float*>(to + layout.sums_of_32);
  for (int64_t i = 0; i < num_inputs / 16; ++i) {
    int sum = 0;
    for (int64_t k = 0; k < 16; ++k) sum += quantised[i * 16 + k];
    of_16[i] = static_cast<float>(sum);
  }
  for (int64_t i = 0; i < num_inputs / 32; ++i) of_32[i] = of_16[i * 2] + of_16[i * 2 + 1];
}

}  // namespace

bool PackedMatrix::is_supported(int type, int64_t num_inputs, int64_t num_outputs) {
  if (num_outputs % kLanes != 0) return false;
  switch (type) {
    case GGML_TYPE_Q4_K:
    case GGML_TYPE_Q6_K: return num_inputs % kSuper == 0;
    case GGML_TYPE_Q4_0:
    case GGML_TYPE_Q8_0: return num_inputs % kSmall == 0;
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
  matrix.num_panels_ = static_cast<size_t>(num_outputs / kLanes);
  return with_format(type, [&]<typename Format>(Format) -> Result<PackedMatrix> {
    matrix.blocks_ = Format::kBlock == kSuper ? Blocks::k256 : Blocks::k32;
    const auto num_blocks = static_cast<size_t>(num_inputs / Format::kBlock);
    matrix.panel_bytes_ = num_blocks * Format::kBytes;
    const size_t aligned_bytes = (matrix.num_bytes() + 63) / 64 * 64;
    matrix.panels_.reset(static_cast<uint8_t*>(std::aligned_alloc(64, aligned_bytes)));
    if (!matrix.panels_) {
      return fail({.kind = ErrorKind::kLimit,
                   .what = "not enough memory for the weights",
                   .expected = std::to_string(aligned_bytes >> 20U) + " MiB free"});
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

size_t PackedMatrix::quantised_bytes(Blocks blocks, int64_t num_inputs) {
  return static_cast<size_t>(ColumnLayout(blocks, num_inputs).bytes);
}

void PackedMatrix::quantise(Blocks blocks, std::span<const float> inputs, std::byte* quantised) {
  const ColumnLayout layout(blocks, static_cast<int64_t>(inputs.size()));
  if (blocks == Blocks::k256) {
    quantise_blocks<kSuper>(inputs, layout, quantised);
  } else {
    quantise_blocks<kSmall>(inputs, layout, quantised);
  }
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
