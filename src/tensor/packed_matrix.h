#pragma once
// A matrix of weights in a layout for this CPU's products. Groups of rows, one row per
// lane of a register, are interleaved, so one load has weights of all these rows and serves every
// column of inputs. Inputs are quantised to 8 bits, or rounded to the weights' floats, as in ggml.
// Every product adds up in the same order for any number of columns, so a column's result does not
// depend on other columns. Immutable once packed: may be used from any thread.

#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>

#include "base/result.h"
#include "tensor/large_pages.h"
#include "tensor/processor_kernels.h"

namespace orpheus::tensor {

class PackedMatrix {
 public:
  // Whether this CPU has a kernel for weights of this ggml_type, [in, out].
  static bool is_supported(int type, int64_t num_inputs, int64_t num_outputs);

  // Packs `data`, rows as a GGUF holds them. Calls done(bytes), from several threads, for each part
  // of data that is no longer needed. Errors: kLimit (no memory).
  using Done = std::function<void(std::span<const std::byte>)>;
  static Result<PackedMatrix> pack(int type, int64_t num_inputs, int64_t num_outputs,
                                   std::span<const std::byte> data, int num_threads,
                                   const Done& done);

  int64_t num_inputs() const { return num_inputs_; }
  int64_t num_outputs() const { return num_outputs_; }
  size_t num_bytes() const { return num_panels_ * panel_bytes_; }

  using Blocks = tensor::Blocks;  // how inputs are quantised
  Blocks blocks() const { return blocks_; }
  static size_t quantised_bytes(Blocks blocks, int64_t num_inputs);
  static void quantise(Blocks blocks, std::span<const float> inputs, std::byte* quantised);

  // Computes part `part` of `num_parts`: outputs[i][row] = row · inputs of quantised[i].
  void multiply(std::span<const std::byte* const> quantised, std::span<float* const> outputs,
                int part, int num_parts) const;

 private:
  PackedMatrix() = default;
  int type_ = 0;
  int64_t num_inputs_ = 0;
  int64_t num_outputs_ = 0;
  Blocks blocks_ = Blocks::k32;
  size_t num_panels_ = 0;
  size_t panel_bytes_ = 0;
  Memory panels_;
};

}  // namespace orpheus::tensor
