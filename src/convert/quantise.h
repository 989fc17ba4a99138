#pragma once
// Converts weights from any type that ggml reads to any type that it makes without an importance
// matrix. Types are ggml_types. Safe from every thread.

#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <vector>

#include "base/result.h"
#include "tensor/gguf_file.h"
#include "tensor/gguf_writer.h"

namespace orpheus::convert {

// Called from the calling thread, often and in ascending order.
using WriteProgress = std::function<void(uint64_t bytes_done, uint64_t bytes_total)>;

// Bytes of num_values values in whole rows.
size_t quantised_bytes(int type, size_t num_values);

// values are whole rows of row_length; output has quantised_bytes(type, values.size()) bytes.
void quantise(int type, std::span<const float> values, int64_t row_length,
              std::span<std::byte> output);

// Calls work(begin, end) for ranges that together are 0 … num_rows, on every core of this
// process.
void in_parallel(int64_t num_rows, const std::function<void(int64_t begin, int64_t end)>& work);

struct StoredWeight {
  int type = 0;
  tensor::Shape shape{1, 1, 1, 1};
  std::span<const std::byte> data;  // shape's rows in type, anywhere in memory
  // Rows of a head, for a query or key with a rope that rotates pairs from the two halves of a
  // head. GGUF's llama rotates neighbours, so row r of the first half becomes row 2r and row r of
  // the second half row 2r + 1. 0: rows keep their order.
  int64_t rows_per_head = 0;
};

// Rows first_row … of a weight, converted to another type. Uses every core. Errors: kBadFile
// (values that are not finite), kUnsupported (values too large for the type). Messages begin with
// the name.
Result<std::vector<std::byte>> convert_rows(const std::string& name, const StoredWeight& weight,
                                            int type, int64_t first_row, int64_t num_rows);

struct PlannedWeight {
  std::string name;     // in the file that is written
  int type = 0;         // there
  StoredWeight source;  // views; the data must outlive the writing
};

// Declares the weights, begins the file and writes all data, some megabytes at a time. Calls
// done_with for each source's data when it is no longer needed. Errors: those of GgufWriter::begin
// and write, and of convert_rows.
Result<void> write_weights(tensor::GgufWriter& writer, const std::filesystem::path& path,
                           std::span<const PlannedWeight> weights,
                           const std::function<void(std::span<const std::byte>)>& done_with,
                           const WriteProgress& progress);

}  // namespace orpheus::convert
