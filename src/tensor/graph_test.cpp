#include "tensor/graph.h"

#include <cstdio>
#include <cstdlib>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include <ggml.h>
#include <gtest/gtest.h>

#include "base/testing/no_more_threads.h"

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

// Guards against: ggml aborts the process because one of its threads cannot be started.
TEST(Device, ThreadsThatCannotBeStartedAreAnError) {
  const NoMoreThreads none;
  if (!none.works()) GTEST_SKIP() << "this C library cannot be told";
  const auto device = Device::open({.name = "CPU", .num_threads = 3});
  ASSERT_FALSE(device.has_value());
  EXPECT_EQ(device.error().kind, ErrorKind::kLimit);
  EXPECT_TRUE(Device::open({.name = "CPU", .num_threads = 1}).has_value());
}

TEST(GraphTest, ProductsAreAsPreciseAsTheDeviceWasOpenedFor) {
  EXPECT_FALSE(asks_for_f32(MatrixPrecision::kF16));
  EXPECT_TRUE(asks_for_f32(MatrixPrecision::kTf32));
  EXPECT_TRUE(asks_for_f32(MatrixPrecision::kF32));
}

TEST(GraphTest, AnOutputIsSeenWhereItLiesAsItIsCopied) {
  const auto device = Device::open({.name = "CPU", .num_threads = 1});
  auto graph = Graph::build(**device, 8, [&](ggml_context* context, ggml_cgraph* nodes) {
    ggml_tensor* x = tensor::input(context, "x", GGML_TYPE_F32, 3);
    output(nodes, ggml_scale(context, x, 2), "twice");
  });
  ASSERT_TRUE(graph.has_value());
  const std::vector<float> x = {1, -2, 3};
  graph->set("x", std::span<const float>(x));
  ASSERT_TRUE(graph->compute().has_value());
  std::vector<float> copied;
  std::vector<float> unused;
  graph->get("twice", copied);
  const auto seen = graph->view("twice", unused);
  EXPECT_EQ(copied, (std::vector<float>{2, -4, 6}));
  EXPECT_EQ(std::vector<float>(seen.begin(), seen.end()), copied);
  EXPECT_TRUE(unused.empty());
}

// Guards against: a graph finds another graph's values in the shared memory, or a larger graph, for
// which ggml moves the memory, leaves the smaller one with pointers to the old one.
TEST(GraphTest, GraphsOfAllSizesShareOneMemory) {
  const auto device = Device::open({.name = "CPU", .num_threads = 1});
  const auto memory = std::make_shared<GraphMemory>(**device, 8);
  std::vector<Graph> graphs;
  const std::vector<int64_t> sizes = {3, 100'000, 500};
  for (const int64_t size : sizes) {
    auto graph = Graph::build_in(memory, 8, [size](ggml_context* context, ggml_cgraph* nodes) {
      ggml_tensor* x = tensor::input(context, "x", GGML_TYPE_F32, size);
      output(nodes, ggml_sqr(context, ggml_scale(context, x, 2)), "y");
    });
    ASSERT_TRUE(graph.has_value()) << graph.error().message();
    graphs.push_back(std::move(*graph));
  }
  for (int round = 0; round < 3; ++round) {
    for (size_t i = 0; i < sizes.size(); ++i) {
      ASSERT_TRUE(graphs[i].enter().has_value());
      const std::vector<float> x(static_cast<size_t>(sizes[i]), static_cast<float>(i + 1));
      graphs[i].set("x", std::span<const float>(x));
      ASSERT_TRUE(graphs[i].compute().has_value());
      std::vector<float> y;
      graphs[i].get("y", y);
      const auto expected = static_cast<float>(4 * (i + 1) * (i + 1));
      EXPECT_EQ(y, std::vector<float>(x.size(), expected)) << i;
    }
  }
  graphs.erase(graphs.begin() + 2);  // the one that is in the memory
  ASSERT_TRUE(graphs[0].enter().has_value());
  EXPECT_TRUE(graphs[0].compute().has_value());
}

std::string said(const char* variable) {
  const char* value = std::getenv(variable);
  return value == nullptr ? "" : value;
}

// In processes of their own, because it is the environment that CUDA reads.
TEST(DeviceDeathTest, CudaIsToldWhatTheUserHasNotSaid) {
  ::unsetenv("NVIDIA_TF32_OVERRIDE");
  ::unsetenv("GGML_CUDA_DISABLE_GRAPHS");
  const auto told = [](const DeviceOptions& options) {
    tell_cuda(options);
    std::fputs((said("NVIDIA_TF32_OVERRIDE") + "," + said("GGML_CUDA_DISABLE_GRAPHS")).c_str(),
               stderr);
    std::_Exit(0);
  };
  const testing::ExitedWithCode well(0);
  EXPECT_EXIT(told({}), well, "^,$");
  EXPECT_EXIT(told({.matrix_precision = MatrixPrecision::kF16}), well, "^,$");
  EXPECT_EXIT(told({.matrix_precision = MatrixPrecision::kF32}), well, "^0,$");
  EXPECT_EXIT(told({.replays_graphs = false}), well, "^,1$");
  EXPECT_EXIT(
      {
        ::setenv("NVIDIA_TF32_OVERRIDE", "1", 1);
        told({.matrix_precision = MatrixPrecision::kF32, .replays_graphs = false});
      },
      well, "^1,1$");
}

}  // namespace
}  // namespace orpheus::tensor
