#include "lm/llama/layer_split.h"

#include <gtest/gtest.h>

namespace orpheus::llama {
namespace {

constexpr size_t kMiB = size_t{1} << 20U;

// The released model: 28 layers of 8 · 128 keys and values.
Config config_of(int num_layers) {
  Config config;
  config.num_layers = num_layers;
  config.num_kv_heads = 8;
  config.head_dim = 128;
  return config;
}

struct Row {
  const char* name;
  int num_layers;
  size_t layer_mib;
  size_t head_mib;
  std::vector<DeviceRoom> rooms;
  std::vector<int> expected;  // layers on each
};

class Table : public testing::TestWithParam<Row> {};

TEST_P(Table, LayersOnEachDevice) {
  const Row& row = GetParam();
  const WeightSizes sizes{
      .layers = std::vector<size_t>(static_cast<size_t>(row.num_layers), row.layer_mib * kMiB),
      .head = row.head_mib * kMiB};
  const auto parts = split_layers(config_of(row.num_layers), sizes, row.rooms);
  ASSERT_TRUE(parts.has_value()) << parts.error().message();
  std::vector<int> found;
  int next = 0;
  for (const Part& part : *parts) {
    EXPECT_EQ(part.first_layer, next);
    next = part.end_layer;
    found.push_back(part.num_layers());
  }
  EXPECT_EQ(next, row.num_layers);
  EXPECT_EQ(found, row.expected);
}

DeviceRoom gpu(size_t mib) { return {.bytes = mib * kMiB}; }
DeviceRoom cpu(size_t mib) { return {.bytes = mib * kMiB, .takes_the_rest = true}; }

INSTANTIATE_TEST_SUITE_P(
    LayerSplit, Table,
    testing::Values(Row{"One", 28, 100, 180, {gpu(8000)}, {28}},
                    Row{"OneThatIsTooSmall", 28, 100, 180, {gpu(8)}, {28}},
                    // A layer keeps 32 MiB for 8192 tokens.
                    Row{"Equal", 28, 100, 0, {gpu(3600), gpu(3600)}, {14, 14}},
                    Row{"TheHeadCounts", 28, 100, 400, {gpu(3600), gpu(3600)}, {15, 13}},
                    Row{"Unequal", 28, 100, 0, {gpu(6000), gpu(2000)}, {21, 7}},
                    Row{"UnequalTheOtherWay", 28, 100, 0, {gpu(2000), gpu(6000)}, {7, 21}},
                    Row{"Three", 28, 100, 0, {gpu(1600), gpu(1600), gpu(1600)}, {10, 10, 8}},
                    Row{"HardlyEnough", 4, 100, 50, {gpu(200), gpu(250)}, {2, 2}},
                    Row{"NotEnough", 4, 100, 50, {gpu(200), gpu(150)}, {2, 2}},
                    Row{"NoRoomAtAll", 4, 100, 50, {gpu(0), gpu(0)}, {1, 3}},
                    Row{"EachHasALayer", 3, 100, 50, {gpu(9000), gpu(0), gpu(9000)}, {1, 1, 1}},
                    Row{"TheCpuTakesTheRest", 28, 100, 180, {gpu(1400), cpu(64000)}, {10, 18}},
                    Row{"TheCpuTakesOneOfThose", 28, 100, 180, {gpu(24000), cpu(64000)}, {27, 1}},
                    Row{"BehindTwo", 28, 100, 180, {gpu(1400), gpu(2000), cpu(64000)}, {10, 15, 3}},
                    Row{"ASmallCpuToo", 28, 100, 180, {gpu(1400), cpu(2200)}, {11, 17}},
                    Row{"CpusAlone", 4, 100, 50, {cpu(64000), cpu(64000)}, {2, 2}},
                    Row{"CpusAlone3", 4, 100, 50, {cpu(64000), cpu(64000), cpu(64000)}, {2, 1, 1}}),
    [](const auto& test) { return test.param.name; });

// For any free memory per device, no other split leaves more cache for the layer with the least.
TEST(LayerSplit, NoOtherSplitLeavesMoreForTheCache) {
  const WeightSizes sizes{.layers = {90, 120, 100, 80, 130, 100, 110, 100}, .head = 75};
  const auto left = [&](int first, int end, size_t room) {
    size_t weights = end == 8 ? sizes.head : 0;
    for (int i = first; i < end; ++i) weights += sizes.layers[static_cast<size_t>(i)];
    return (static_cast<double>(room) - static_cast<double>(weights)) / (end - first);
  };
  for (const size_t first_room : {300U, 500U, 700U, 900U}) {
    for (const size_t second_room : {400U, 600U, 800U}) {
      const DeviceRoom rooms[] = {{.bytes = first_room}, {.bytes = second_room}};
      double best = -1;
      for (int cut = 1; cut < 8; ++cut)
        best = std::max(best, std::min(left(0, cut, first_room), left(cut, 8, second_room)));
      if (best < 0) continue;
      const auto parts = split_layers(config_of(8), sizes, rooms);
      const int cut = parts->front().end_layer;
      EXPECT_NEAR(std::min(left(0, cut, first_room), left(cut, 8, second_room)), best, 1)
          << first_room << ", " << second_room;
    }
  }
}

TEST(LayerSplit, MoreDevicesThanLayersAreRefused) {
  const WeightSizes sizes{.layers = {100, 100}, .head = 50};
  const DeviceRoom rooms[] = {{.bytes = 900}, {.bytes = 900}, {.bytes = 900}};
  const auto refused = split_layers(config_of(2), sizes, rooms);
  ASSERT_FALSE(refused.has_value());
  EXPECT_EQ(refused.error().kind, ErrorKind::kUsage);
  EXPECT_NE(refused.error().message().find("more devices than layers of the model"),
            std::string::npos);
}

}  // namespace
}  // namespace orpheus::llama
