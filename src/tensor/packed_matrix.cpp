#include "tensor/packed_matrix.h"

#include <algorithm>
#include <string>
#include <utility>

#include <ggml.h>

#include "base/threads.h"

namespace orpheus::tensor {

bool PackedMatrix::is_supported(int type, int64_t num_inputs, int64_t num_outputs) {
  const ProcessorKernels& kernels = processor_kernels();
  if (kernels.num_rows == 0 || num_outputs % static_cast<int64_t>(kernels.num_rows) != 0)
    return false;
  switch (type) {
    case GGML_TYPE_Q2_K:
    case GGML_TYPE_Q3_K:
    case GGML_TYPE_Q4_K:
    case GGML_TYPE_Q5_K:
    case GGML_TYPE_Q6_K:
    case GGML_TYPE_IQ4_XS:
    case GGML_TYPE_Q4_0:
    case GGML_TYPE_Q8_0:
    case GGML_TYPE_IQ4_NL:
    case GGML_TYPE_F16:
    case GGML_TYPE_BF16: return num_inputs % kernels.packed_type(type).num_weights == 0;
    default: return false;
  }
}

Result<PackedMatrix> PackedMatrix::pack(int type, int64_t num_inputs, int64_t num_outputs,
                                        std::span<const std::byte> data, int num_threads,
                                        const Done& done) {
  const ProcessorKernels& kernels = processor_kernels();
  const PackedType packed = kernels.packed_type(type);
  const auto num_blocks = static_cast<size_t>(num_inputs / packed.num_weights);
  PackedMatrix matrix;
  matrix.type_ = type;
  matrix.num_inputs_ = num_inputs;
  matrix.num_outputs_ = num_outputs;
  matrix.num_panels_ = static_cast<size_t>(num_outputs) / kernels.num_rows;
  matrix.blocks_ = packed.blocks;
  matrix.panel_bytes_ = num_blocks * packed.panel_bytes;
  matrix.panels_ = allocate_on_large_pages(matrix.num_bytes());
  if (!matrix.panels_) {
    return fail({.kind = ErrorKind::kLimit,
                 .what = "not enough memory for the weights",
                 .expected = std::to_string(matrix.num_bytes() >> 20U) + " MiB free"});
  }
  const size_t panel_source = kernels.num_rows * num_blocks * packed.file_bytes;
  const auto pack_panels = [&](size_t begin, size_t end) {
    for (size_t panel = begin; panel < end; ++panel) {
      kernels.pack_panel(type, data.data() + panel * panel_source, num_blocks,
                         matrix.panels_.get() + panel * matrix.panel_bytes_);
    }
    done(data.subspan(begin * panel_source, (end - begin) * panel_source));
  };
  const auto parts = static_cast<size_t>(std::max(1, num_threads));
  run_in_parts(parts, [&](size_t part) {
    pack_panels(matrix.num_panels_ * part / parts, matrix.num_panels_ * (part + 1) / parts);
  });
  return matrix;
}

size_t PackedMatrix::quantised_bytes(Blocks blocks, int64_t num_inputs) {
  return processor_kernels().quantised_bytes(blocks, num_inputs);
}

void PackedMatrix::quantise(Blocks blocks, std::span<const float> inputs, std::byte* quantised) {
  processor_kernels().quantise(blocks, inputs, quantised);
}

void PackedMatrix::multiply(std::span<const std::byte* const> quantised,
                            std::span<float* const> outputs, int part, int num_parts) const {
  const auto of_part = [&](int index) {
    return num_panels_ * static_cast<size_t>(index) / static_cast<size_t>(num_parts);
  };
  processor_kernels().multiply({.type = type_,
                                .num_inputs = num_inputs_,
                                .panels = panels_.get(),
                                .first_panel = of_part(part),
                                .end_panel = of_part(part + 1),
                                .quantised = quantised,
                                .outputs = outputs});
}

}  // namespace orpheus::tensor
