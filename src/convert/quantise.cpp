#include "convert/quantise.h"

#include <algorithm>
#include <atomic>
#include <cassert>
#include <cmath>
#include <cstring>

#include <ggml.h>

#include "base/threads.h"
#include "tensor/usable_cores.h"

namespace orpheus::convert {
namespace {

// The largest float16, which is also the largest scale of a block.
constexpr float kLargestF16 = 65504;

enum Fault : int { kNone, kNotFinite, kTooLarge };

int64_t num_rows_of(const tensor::Shape& shape) { return shape[1] * shape[2] * shape[3]; }

bool is_plain(int type) {
  return type == GGML_TYPE_F32 || type == GGML_TYPE_F16 || type == GGML_TYPE_BF16;
}

int64_t source_row(const StoredWeight& weight, int64_t row) {
  const int64_t per_head = weight.rows_per_head;
  if (per_head == 0) return row;
  const int64_t in_head = row % per_head;
  return row - in_head + (in_head % 2) * (per_head / 2) + in_head / 2;
}

void to_floats(int type, const std::vector<std::byte>& row, std::span<float> values) {
  const auto to_float = ggml_get_type_traits(static_cast<ggml_type>(type))->to_float;
  if (type == GGML_TYPE_F32) {
    std::memcpy(values.data(), row.data(), row.size());
  } else {
    to_float(row.data(), values.data(), static_cast<int64_t>(values.size()));
  }
}

Fault fault_in(std::span<const float> values, int type) {
  const float largest = type == GGML_TYPE_F32 || type == GGML_TYPE_BF16 ? INFINITY : kLargestF16;
  for (const float value : values) {
    if (!std::isfinite(value)) return kNotFinite;
    if (std::abs(value) > largest) return kTooLarge;
  }
  return kNone;
}

Result<void> refuse(Fault fault, const std::string& name, int type) {
  if (fault == kNone) return {};
  if (fault == kNotFinite) {
    return fail({.kind = ErrorKind::kBadFile,
                 .what = name + ": contains a value that is not finite",
                 .remedy = "The file is damaged: download it again."});
  }
  return fail({.kind = ErrorKind::kUnsupported,
               .what = name + ": contains a value too large for " +
                       ggml_type_name(static_cast<ggml_type>(type)),
               .expected = "at most 65504",
               .remedy = "Use the type bf16 or f32."});
}

}  // namespace

size_t quantised_bytes(int type, size_t num_values) {
  return ggml_row_size(static_cast<ggml_type>(type), static_cast<int64_t>(num_values));
}

void quantise(int type, std::span<const float> values, int64_t row_length,
              std::span<std::byte> output) {
  assert(output.size() == quantised_bytes(type, values.size()));
  ggml_quantize_chunk(static_cast<ggml_type>(type), values.data(), output.data(), 0,
                      static_cast<int64_t>(values.size()) / row_length, row_length, nullptr);
}

void in_parallel(int64_t num_rows, const std::function<void(int64_t begin, int64_t end)>& work) {
  const int64_t num_threads = std::clamp<int64_t>(tensor::num_usable_cores(), 1, num_rows);
  run_in_parts(static_cast<size_t>(num_threads), [&](size_t part) {
    const auto i = static_cast<int64_t>(part);
    work(num_rows * i / num_threads, num_rows * (i + 1) / num_threads);
  });
}

Result<std::vector<std::byte>> convert_rows(const std::string& name, const StoredWeight& weight,
                                            int type, int64_t first_row, int64_t num_rows) {
  const auto row_length = static_cast<size_t>(weight.shape[0]);
  const size_t source_bytes = quantised_bytes(weight.type, row_length);
  const size_t row_bytes = quantised_bytes(type, row_length);
  const bool copies = weight.type == type && !is_plain(type);
  std::vector<std::byte> bytes(row_bytes * static_cast<size_t>(num_rows));
  std::atomic<Fault> fault{kNone};
  in_parallel(num_rows, [&](int64_t begin, int64_t end) {
    std::vector<std::byte> source(source_bytes);  // the file's rows need not be aligned
    std::vector<float> values(row_length);
    for (int64_t row = begin; row < end && fault == kNone; ++row) {
      const auto at = static_cast<size_t>(source_row(weight, first_row + row)) * source_bytes;
      const auto output = std::span(bytes).subspan(static_cast<size_t>(row) * row_bytes, row_bytes);
      std::memcpy(source.data(), weight.data.data() + at, source_bytes);
      if (copies) {
        std::ranges::copy(source, output.begin());
        continue;
      }
      to_floats(weight.type, source, values);
      if (const Fault found = fault_in(values, type); found != kNone) {
        fault = found;
        return;
      }
      quantise(type, values, weight.shape[0], output);
    }
  });
  ORPHEUS_CHECK(refuse(fault, name, type));
  return bytes;
}

Result<void> write_weights(tensor::GgufWriter& writer, const std::filesystem::path& path,
                           std::span<const PlannedWeight> weights,
                           const std::function<void(std::span<const std::byte>)>& done_with,
                           const WriteProgress& progress) {
  constexpr int64_t kChunkValues = int64_t{1} << 22;
  uint64_t total_bytes = 0;
  for (const PlannedWeight& weight : weights) {
    const tensor::Shape& shape = weight.source.shape;
    writer.declare_tensor(weight.name, weight.type, shape);
    total_bytes += quantised_bytes(weight.type, static_cast<size_t>(shape[0] * num_rows_of(shape)));
  }
  ORPHEUS_CHECK(writer.begin(path));
  uint64_t done_bytes = 0;
  for (const PlannedWeight& weight : weights) {
    const int64_t num_rows = num_rows_of(weight.source.shape);
    const int64_t chunk_rows = std::max<int64_t>(1, kChunkValues / weight.source.shape[0]);
    for (int64_t row = 0; row < num_rows; row += chunk_rows) {
      ORPHEUS_TRY(const std::vector<std::byte> bytes,
                  convert_rows("tensor '" + weight.name + "'", weight.source, weight.type, row,
                               std::min(chunk_rows, num_rows - row)));
      ORPHEUS_CHECK(writer.write(bytes));
      done_bytes += bytes.size();
      if (progress) progress(done_bytes, total_bytes);
    }
    if (done_with) done_with(weight.source.data);
  }
  return {};
}

}  // namespace orpheus::convert
