#include "snac/layer_packer.h"

namespace orpheus::snac {

std::vector<float> input_major(std::span<const float> values, int in, int out, int num_inputs) {
  const auto num_rows = static_cast<size_t>(in);
  const auto row_length = static_cast<size_t>(out);
  std::vector<float> rows(static_cast<size_t>(num_inputs) * row_length, 0.0F);
  for (size_t o = 0; o < row_length; ++o) {
    for (size_t i = 0; i < num_rows; ++i) rows[i * row_length + o] = values[o * num_rows + i];
  }
  return rows;
}

Result<void> LayerPacker::snake(const std::string& name, int channels, Snake& layer) const {
  ORPHEUS_TRY(const auto alpha, file_.f32_tensor(name + ".alpha", {channels, 1, 1, 1}));
  layer = Snake(alpha);
  return {};
}

Result<void> LayerPacker::depthwise(const std::string& name, int channels, int dilation,
                                    Depthwise& layer) const {
  ORPHEUS_TRY(const auto taps, file_.f32_tensor(name + ".weight", {kKernel, 1, channels, 1}));
  ORPHEUS_TRY(const auto bias, file_.f32_tensor(name + ".bias", {channels, 1, 1, 1}));
  layer = Depthwise(taps, bias, dilation);
  return {};
}

Result<void> LayerPacker::pointwise(const std::string& name, int in, int out, Matrix& layer) const {
  ORPHEUS_TRY(const auto values, file_.f32_tensor(name + ".weight", {1, in, out, 1}));
  ORPHEUS_TRY(const auto bias, file_.f32_tensor(name + ".bias", {out, 1, 1, 1}));
  layer = Matrix(input_major(values, in, out, in), in, out, bias);
  return {};
}

Result<void> LayerPacker::residual_unit(const std::string& name, int channels, int dilation,
                                        CpuResidualUnit& unit) const {
  ORPHEUS_CHECK(snake(name + "0", channels, unit.snake_in));
  ORPHEUS_CHECK(depthwise(name + "1", channels, dilation, unit.depthwise));
  ORPHEUS_CHECK(snake(name + "2", channels, unit.snake_mid));
  return pointwise(name + "3", channels, channels, unit.pointwise);
}

}  // namespace orpheus::snac
