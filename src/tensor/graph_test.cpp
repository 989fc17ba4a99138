#include "tensor/graph.h"

#include <cstdlib>

#include <ggml.h>
#include <gtest/gtest.h>

namespace orpheus::tensor {
namespace {

// Whether a product in a graph of such a device asks for float32 sums.
bool asks_for_f32(MatrixPrecision precision) {
  const auto device =
      Device::open({.name = "CPU", .num_threads = 1, .matrix_precision = precision});
  ggml_tensor* product = nullptr;
  const auto graph = Graph::build(**device, 8, [&](ggml_context* context, ggml_cgraph* nodes) {
    product = ggml_mul_mat(context, input(context, "a", GGML_TYPE_F16, 4, 2),
                           input(context, "b", GGML_TYPE_F32, 4, 3));
    output(nodes, product, "product");
  });
  EXPECT_TRUE(graph.has_value());
  return product->op_params[0] == GGML_PREC_F32;
}

TEST(GraphTest, ProductsAreAsPreciseAsTheDeviceWasOpenedFor) {
  EXPECT_FALSE(asks_for_f32(MatrixPrecision::kF16));
  EXPECT_TRUE(asks_for_f32(MatrixPrecision::kTf32));
  EXPECT_TRUE(asks_for_f32(MatrixPrecision::kF32));
}

// In a process of its own, because it is the environment that CUDA reads.
TEST(GraphDeathTest, CudaIsToldWhenAGpuIsOpened) {
  const auto said = [](const char* variable) {
    const char* value = std::getenv(variable);
    return std::string(value == nullptr ? "" : value);
  };
  const auto devices = list_devices();
  for (const DeviceInfo& device : devices) {
    const bool is_gpu = device.kind != DeviceKind::kCpu;
    EXPECT_EXIT(
        {
          ::setenv("NVIDIA_TF32_OVERRIDE", "1", 1);
          ::unsetenv("GGML_CUDA_DISABLE_GRAPHS");
          const auto opened = Device::open({.name = device.name,
                                            .matrix_precision = MatrixPrecision::kF32,
                                            .replays_graphs = false});
          const bool users_stands = said("NVIDIA_TF32_OVERRIDE") == "1";
          const bool told = said("GGML_CUDA_DISABLE_GRAPHS") == (is_gpu ? "1" : "");
          std::_Exit(opened && users_stands && told ? 0 : 1);
        },
        testing::ExitedWithCode(0), "")
        << device.name;
  }
}

}  // namespace
}  // namespace orpheus::tensor
