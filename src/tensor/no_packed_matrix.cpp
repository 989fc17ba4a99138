// For processors without a kernel of ours: ggml's own layouts are used.

#include "tensor/packed_matrix.h"

namespace orpheus::tensor {

bool PackedMatrix::is_supported(int /*type*/, int64_t /*num_inputs*/, int64_t /*num_outputs*/) {
  return false;
}

Result<PackedMatrix> PackedMatrix::pack(int /*type*/, int64_t /*num_inputs*/,
                                        int64_t /*num_outputs*/,
                                        std::span<const std::byte> /*data*/, int /*num_threads*/,
                                        const Done& /*done*/) {
  return fail({.kind = ErrorKind::kUnsupported,
               .what = "packed weights are not supported on this processor"});
}

size_t PackedMatrix::quantised_bytes(Blocks /*blocks*/, int64_t /*num_inputs*/) { return 0; }

void PackedMatrix::quantise(Blocks /*blocks*/, std::span<const float> /*inputs*/,
                            std::byte* /*quantised*/) {}

void PackedMatrix::multiply(std::span<const std::byte* const> /*quantised*/,
                            std::span<float* const> /*outputs*/, int /*part*/,
                            int /*num_parts*/) const {}

}  // namespace orpheus::tensor
