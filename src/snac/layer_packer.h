#pragma once
// Loads the kinds of layers that encoder and decoder share, from a codec's GGUF into the kernels'
// layout. One thread at a time.

#include <span>
#include <string>
#include <vector>

#include "base/result.h"
#include "snac/cpu_weights.h"
#include "tensor/gguf_file.h"

namespace orpheus::snac {

// Transposes [out][in] to [num_inputs][out], with zeros for the padding inputs of a row.
std::vector<float> input_major(std::span<const float> values, int in, int out, int num_inputs);

// name is a module's name. Errors of all: kBadFile (a tensor is missing, mis-shaped or not
// float32).
class LayerPacker {
 public:
  explicit LayerPacker(const tensor::GgufFile& file) : file_(file) {}

  Result<void> snake(const std::string& name, int channels, Snake& layer) const;
  Result<void> depthwise(const std::string& name, int channels, int dilation,
                         Depthwise& layer) const;
  Result<void> pointwise(const std::string& name, int in, int out, Matrix& layer) const;
  // name must end with ".block.".
  Result<void> residual_unit(const std::string& name, int channels, int dilation,
                             CpuResidualUnit& unit) const;

 private:
  const tensor::GgufFile& file_;
};

}  // namespace orpheus::snac
