#include "tensor/packed_matrix.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstring>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include <ggml.h>

#include "tensor/packed_lanes.h"

namespace orpheus::tensor {
namespace {

using namespace lanes;

constexpr int64_t kRows = kLanes;  // of a panel
constexpr int64_t kSuper = 256;    // weights of a block of the K types
constexpr int64_t kSmall = 32;     // of the others
constexpr size_t kMaxColumns = 8;  // whose sums stay in registers

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

// Sixteen rows' nibbles of weights 0 … 7: eight in four bytes of a lane, the first four below.
void pack_nibbles(const uint8_t* weights, int64_t count, int64_t lane, uint8_t* to) {
  for (int64_t k = 0; k < count; k += 8) {
    const uint32_t low = read_u32(weights + k) & 0x0F0F0F0FU;
    const uint32_t high = read_u32(weights + k + 4) & 0x0F0F0F0FU;
    write_u32(to + k / 8 * 64 + lane * 4, low | (high << 4U));
  }
}

template <size_t kColumns>
using Columns = std::array<const std::byte*, kColumns>;

template <size_t kColumns>
struct Sums {
  std::array<Integers, kColumns> integers;
  void clear() { integers.fill(zero()); }
  // Four weights of every row against the inputs at k.
  void add(Integers weights, const Columns<kColumns>& columns, int64_t k) {
#pragma GCC unroll 8
    for (size_t c = 0; c < kColumns; ++c) {
      integers[c] = dot(integers[c], weights, reinterpret_cast<const int8_t*>(columns[c] + k));
    }
  }
};

// A format says how a block of sixteen rows lies in memory, how it is packed, and what it adds to
// the sums of some columns.

// value = d · (q − 8), 32 weights to a scale.
struct Q4_0 {
  static constexpr int64_t kBlock = kSmall;
  static constexpr size_t kSourceBytes = 18;
  static constexpr size_t kBytes = 32 + 256;  // scales, nibbles

  static void pack(const uint8_t* source, int64_t lane, uint8_t* to) {
    std::memcpy(to + lane * 2, source, 2);
    std::array<uint8_t, kSmall> weights;
    for (size_t i = 0; i < 16; ++i) {
      weights[i] = source[2 + i] & 0x0FU;
      weights[i + 16] = source[2 + i] >> 4U;
    }
    pack_nibbles(weights.data(), kSmall, lane, to + 32);
  }

  template <size_t kColumns>
  static void add(const uint8_t* block, int64_t index, const Columns<kColumns>& columns,
                  const ColumnLayout& layout, std::array<Floats, kColumns>& results) {
    Sums<kColumns> sums;
    sums.clear();
#pragma GCC unroll 4
    for (int64_t g = 0; g < 4; ++g) {
      const Integers bytes = load(block + 32 + g * 64);
      sums.add(low_bits(bytes, 15), columns, index * kBlock + g * 8);
      sums.add(low_bits(shift_right<4>(bytes), 15), columns, index * kBlock + g * 8 + 4);
    }
    const Floats scale = load_halves(block);
#pragma GCC unroll 8
    for (size_t c = 0; c < kColumns; ++c) {
      const Floats offset = broadcast(8 * read_float(columns[c], layout.sums_of_32, index));
      const Floats sum = subtract_product(to_floats(sums.integers[c]), offset, broadcast(1));
      const Floats factor =
          multiply(scale, broadcast(read_float(columns[c], layout.scales, index)));
      results[c] = multiply_add(sum, factor, results[c]);
    }
  }
};

// value = d · q; kept as q + 128, for the dot product wants one side unsigned.
struct Q8_0 {
  static constexpr int64_t kBlock = kSmall;
  static constexpr size_t kSourceBytes = 34;
  static constexpr size_t kBytes = 32 + 512;  // scales, weights

  static void pack(const uint8_t* source, int64_t lane, uint8_t* to) {
    std::memcpy(to + lane * 2, source, 2);
    for (int64_t k = 0; k < kSmall; k += 4)
      write_u32(to + 32 + k / 4 * 64 + lane * 4, read_u32(source + 2 + k) ^ 0x80808080U);
  }

  template <size_t kColumns>
  static void add(const uint8_t* block, int64_t index, const Columns<kColumns>& columns,
                  const ColumnLayout& layout, std::array<Floats, kColumns>& results) {
    Sums<kColumns> sums;
    sums.clear();
#pragma GCC unroll 8
    for (int64_t g = 0; g < 8; ++g)
      sums.add(load(block + 32 + g * 64), columns, index * kBlock + g * 4);
    const Floats scale = load_halves(block);
#pragma GCC unroll 8
    for (size_t c = 0; c < kColumns; ++c) {
      const Floats offset = broadcast(128 * read_float(columns[c], layout.sums_of_32, index));
      const Floats sum = subtract_product(to_floats(sums.integers[c]), offset, broadcast(1));
      const Floats factor =
          multiply(scale, broadcast(read_float(columns[c], layout.scales, index)));
      results[c] = multiply_add(sum, factor, results[c]);
    }
  }
};

// value = d · s · q − m · min, s and min of 32 weights in 6 bits each.
struct Q4_K {
  static constexpr int64_t kBlock = kSuper;
  static constexpr size_t kSourceBytes = 144;
  static constexpr size_t kScales = 64;  // behind d and m
  static constexpr size_t kMins = kScales + 128;
  static constexpr size_t kNibbles = kMins + 128;
  static constexpr size_t kBytes = kNibbles + 2048;

  static void pack(const uint8_t* source, int64_t lane, uint8_t* to) {
    std::memcpy(to + lane * 2, source, 2);
    std::memcpy(to + 32 + lane * 2, source + 2, 2);
    const uint8_t* packed = source + 4;
    for (int64_t j = 0; j < 8; ++j) {
      const bool first = j < 4;
      const auto byte = [&](int64_t at) { return static_cast<unsigned>(packed[at]); };
      const unsigned scale =
          first ? byte(j) & 63U : (byte(j + 4) & 15U) | ((byte(j - 4) >> 6U) << 4U);
      const unsigned min =
          first ? byte(j + 4) & 63U : (byte(j + 4) >> 4U) | ((byte(j) >> 6U) << 4U);
      to[kScales + static_cast<size_t>(j * kRows + lane)] = static_cast<uint8_t>(scale);
      to[kMins + static_cast<size_t>(j * kRows + lane)] = static_cast<uint8_t>(min);
    }
    std::array<uint8_t, kSuper> weights;
    for (size_t half = 0; half < 4; ++half) {
      for (size_t i = 0; i < 32; ++i) {
        const uint8_t byte = source[16 + half * 32 + i];
        weights[half * 64 + i] = byte & 0x0FU;
        weights[half * 64 + 32 + i] = byte >> 4U;
      }
    }
    pack_nibbles(weights.data(), kSuper, lane, to + kNibbles);
  }

  template <size_t kColumns>
  static void add(const uint8_t* block, int64_t index, const Columns<kColumns>& columns,
                  const ColumnLayout& layout, std::array<Floats, kColumns>& results) {
    std::array<Floats, kColumns> scaled;
    std::array<Floats, kColumns> mins;
    scaled.fill(zero_floats());
    mins.fill(zero_floats());
    for (int64_t j = 0; j < 8; ++j) {
      Sums<kColumns> sums;
      sums.clear();
      const int64_t k = index * kBlock + j * 32;
#pragma GCC unroll 4
      for (int64_t g = 0; g < 4; ++g) {
        const Integers bytes = load(block + kNibbles + static_cast<size_t>(j * 256 + g * 64));
        sums.add(low_bits(bytes, 15), columns, k + g * 8);
        sums.add(low_bits(shift_right<4>(bytes), 15), columns, k + g * 8 + 4);
      }
      const Floats scale = load_u8(block + kScales + static_cast<size_t>(j * kRows));
      const Floats min = load_u8(block + kMins + static_cast<size_t>(j * kRows));
#pragma GCC unroll 8
      for (size_t c = 0; c < kColumns; ++c) {
        scaled[c] = multiply_add(to_floats(sums.integers[c]), scale, scaled[c]);
        mins[c] = multiply_add(broadcast(read_float(columns[c], layout.sums_of_32, index * 8 + j)),
                               min, mins[c]);
      }
    }
    const Floats d = load_halves(block);
    const Floats m = load_halves(block + 32);
#pragma GCC unroll 8
    for (size_t c = 0; c < kColumns; ++c) {
      const Floats sum = subtract_product(multiply(scaled[c], d), mins[c], m);
      results[c] =
          multiply_add(sum, broadcast(read_float(columns[c], layout.scales, index)), results[c]);
    }
  }
};

// value = d · s · (q − 32), s of 16 weights in 8 bits.
struct Q6_K {
  static constexpr int64_t kBlock = kSuper;
  static constexpr size_t kSourceBytes = 210;
  static constexpr size_t kScales = 32;  // behind d
  static constexpr size_t kNibbles = kScales + 256;
  static constexpr size_t kHighBits = kNibbles + 2048;
  static constexpr size_t kBytes = kHighBits + 1024;

  static void pack(const uint8_t* source, int64_t lane, uint8_t* to) {
    std::memcpy(to + lane * 2, source + 208, 2);
    for (int64_t j = 0; j < 16; ++j)
      to[kScales + static_cast<size_t>(j * kRows + lane)] = source[192 + j];
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
    pack_nibbles(weights.data(), kSuper, lane, to + kNibbles);
    for (int64_t k = 0; k < kSuper; k += 16) {
      uint32_t bits = 0;
      for (int64_t f = 0; f < 4; ++f)
        bits |= (read_u32(weights.data() + k + f * 4) >> 4U & 0x03030303U)
                << (2U * static_cast<uint32_t>(f));
      write_u32(to + kHighBits + k / 16 * 64 + lane * 4, bits);
    }
  }

  template <size_t kColumns>
  static void add(const uint8_t* block, int64_t index, const Columns<kColumns>& columns,
                  const ColumnLayout& layout, std::array<Floats, kColumns>& results) {
    std::array<Floats, kColumns> scaled;
    scaled.fill(zero_floats());
    for (int64_t j = 0; j < 16; ++j) {
      Sums<kColumns> sums;
      sums.clear();
      const int64_t k = index * kBlock + j * 16;
      const uint8_t* nibbles = block + kNibbles + static_cast<size_t>(j * 128);
      const Integers high = load(block + kHighBits + static_cast<size_t>(j * 64));
      const Integers first = load(nibbles);
      const Integers second = load(nibbles + 64);
      sums.add(either(low_bits(first, 15), low_bits(shift_left<4>(high), 48)), columns, k);
      sums.add(either(low_bits(shift_right<4>(first), 15), low_bits(shift_left<2>(high), 48)),
               columns, k + 4);
      sums.add(either(low_bits(second, 15), low_bits(high, 48)), columns, k + 8);
      sums.add(either(low_bits(shift_right<4>(second), 15), low_bits(shift_right<2>(high), 48)),
               columns, k + 12);
      const Floats scale = load_i8(block + kScales + static_cast<size_t>(j * kRows));
#pragma GCC unroll 8
      for (size_t c = 0; c < kColumns; ++c) {
        const Floats offset =
            broadcast(32 * read_float(columns[c], layout.sums_of_16, index * 16 + j));
        const Floats sum = subtract_product(to_floats(sums.integers[c]), offset, broadcast(1));
        scaled[c] = multiply_add(sum, scale, scaled[c]);
      }
    }
    const Floats d = load_halves(block);
#pragma GCC unroll 8
    for (size_t c = 0; c < kColumns; ++c) {
      const Floats factor = multiply(d, broadcast(read_float(columns[c], layout.scales, index)));
      results[c] = multiply_add(scaled[c], factor, results[c]);
    }
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

// source: sixteen rows as the file holds them.
template <typename Format>
void pack_panel(std::span<const std::byte> source, size_t num_blocks, uint8_t* panel) {
  const auto* rows = reinterpret_cast<const uint8_t*>(source.data());
  for (size_t block = 0; block < num_blocks; ++block) {
    for (size_t lane = 0; lane < kRows; ++lane) {
      Format::pack(rows + (lane * num_blocks + block) * Format::kSourceBytes,
                   static_cast<int64_t>(lane), panel + block * Format::kBytes);
    }
  }
}

template <typename Format, size_t kColumns>
void panel_times(const uint8_t* panel, int64_t num_blocks, const std::byte* const* columns,
                 const ColumnLayout& layout, float* const* outputs, int64_t first_row) {
  Columns<kColumns> own;
  std::copy_n(columns, kColumns, own.begin());
  std::array<Floats, kColumns> results;
  results.fill(zero_floats());
  for (int64_t i = 0; i < num_blocks; ++i)
    Format::add(panel + static_cast<size_t>(i) * Format::kBytes, i, own, layout, results);
  for (size_t c = 0; c < kColumns; ++c) store(outputs[c] + first_row, results[c]);
}

template <typename Format>
void panel_times_some(size_t num_columns, const uint8_t* panel, int64_t num_blocks,
                      const std::byte* const* columns, const ColumnLayout& layout,
                      float* const* outputs, int64_t first_row) {
  const auto run = [&]<size_t kColumns>(std::integral_constant<size_t, kColumns>) {
    panel_times<Format, kColumns>(panel, num_blocks, columns, layout, outputs, first_row);
  };
  switch (num_columns) {
    case 1: return run(std::integral_constant<size_t, 1>());
    case 2: return run(std::integral_constant<size_t, 2>());
    case 3: return run(std::integral_constant<size_t, 3>());
    case 4: return run(std::integral_constant<size_t, 4>());
    case 5: return run(std::integral_constant<size_t, 5>());
    case 6: return run(std::integral_constant<size_t, 6>());
    case 7: return run(std::integral_constant<size_t, 7>());
    default: return run(std::integral_constant<size_t, 8>());
  }
}

// As ggml quantises: symmetric, to the nearest.
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
  if (num_outputs % kRows != 0) return false;
  switch (type) {
    case GGML_TYPE_Q4_K:
    case GGML_TYPE_Q6_K: return num_inputs % kSuper == 0;
    case GGML_TYPE_Q4_0: return num_inputs % kSmall == 0;
    case GGML_TYPE_Q8_0: return kDotsWholeBytes && num_inputs % kSmall == 0;
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
  matrix.num_panels_ = static_cast<size_t>(num_outputs / kRows);
  return with_format(type, [&]<typename Format>(Format) -> Result<PackedMatrix> {
    matrix.blocks_ = Format::kBlock == kSuper ? Blocks::k256 : Blocks::k32;
    const auto num_blocks = static_cast<size_t>(num_inputs / Format::kBlock);
    matrix.panel_bytes_ = num_blocks * Format::kBytes;
    const size_t aligned_bytes = (matrix.num_bytes() + 63) / 64 * 64;
    matrix.panels_.reset(static_cast<uint8_t*>(std::aligned_alloc(64, aligned_bytes)));
    if (!matrix.panels_) {
      return fail({.kind = ErrorKind::kLimit,
                   .what = "no memory for the weights",
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
    std::vector<std::thread> threads;
    const auto parts = static_cast<size_t>(std::max(1, num_threads));
    for (size_t part = 1; part < parts; ++part) {
      threads.emplace_back(pack_panels, matrix.num_panels_ * part / parts,
                           matrix.num_panels_ * (part + 1) / parts);
    }
    pack_panels(0, matrix.num_panels_ / parts);
    for (std::thread& thread : threads) thread.join();
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
      for (size_t column = 0; column < quantised.size(); column += kMaxColumns) {
        panel_times_some<Format>(std::min(kMaxColumns, quantised.size() - column),
                                 panels_.get() + panel * panel_bytes_, num_inputs_ / Format::kBlock,
                                 quantised.data() + column, layout, outputs.data() + column,
                                 static_cast<int64_t>(panel) * kRows);
      }
    }
  });
}

}  // namespace orpheus::tensor
