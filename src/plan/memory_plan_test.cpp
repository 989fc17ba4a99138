// Plans from recorded facts: what the machines of a table say of themselves.

#include "plan/memory_plan.h"

#include <algorithm>
#include <array>

#include <gtest/gtest.h>

#include "hardware/testing/recorded_machines.h"
#include "plan/testing/released_voice.h"

namespace orpheus::plan {
namespace {

using hardware::Facts;
using hardware::gpu;
using hardware::kGiB;
using hardware::kMiB;
using hardware::machine;
using hardware::Tier;

struct Row {
  const char* name;
  size_t mib;       // as its driver reports
  size_t host_gib;  // of the machine
  Tier tier;
  int num_sequences;   // of a 3B in Q4_K_M
  int context_tokens;  // of each
};

class Table : public testing::TestWithParam<Row> {};

TEST_P(Table, TierAndPlan) {
  const Row& row = GetParam();
  const Facts facts = machine({gpu(row.name, row.mib)}, row.host_gib);
  EXPECT_EQ(name_of(hardware::tier_of(facts.devices.front(), facts.memory.total_bytes)),
            name_of(row.tier));
  const auto plan = plan_by_profile(facts, voice_of_3b());
  ASSERT_TRUE(plan.has_value()) << plan.error().message();
  ASSERT_EQ(plan->replicas.size(), 1U);
  const Replica& replica = plan->replicas.front();
  EXPECT_EQ(replica.name(), "CUDA0");
  EXPECT_EQ(replica.num_sequences, row.num_sequences);
  EXPECT_EQ(replica.context_tokens, row.context_tokens);
  EXPECT_LE(replica.total_bytes(), replica.free_bytes());
  EXPECT_GT(plan->host_bytes, 0U);
}

constexpr size_t kHost = 64;
INSTANTIATE_TEST_SUITE_P(
    Gpus, Table,
    testing::Values(
        // By name.
        Row{"NVIDIA GeForce RTX 4090", 24111, kHost, Tier::kHigh, 32, 10240},
        Row{"NVIDIA GeForce RTX 3090", 24124, kHost, Tier::kHigh, 32, 10240},
        Row{"NVIDIA A100-SXM4-80GB", 81038, kHost, Tier::kHigh, 121, 10240},
        Row{"NVIDIA A100-PCIE-40GB", 40326, kHost, Tier::kHigh, 32, 10240},
        Row{"NVIDIA H100 80GB HBM3", 81079, kHost, Tier::kHigh, 121, 10240},
        Row{"Tesla V100-SXM2-16GB", 16144, kHost, Tier::kHigh, 27, 4096},
        Row{"NVIDIA GeForce RTX 4080", 16069, kHost, Tier::kMid, 24, 4352},
        Row{"NVIDIA GeForce RTX 3080", 9995, kHost, Tier::kMid, 15, 4096},
        Row{"NVIDIA GeForce RTX 3070", 7966, kHost, Tier::kMid, 11, 4096},
        Row{"NVIDIA GeForce RTX 2080", 7973, kHost, Tier::kMid, 11, 4096},
        Row{"NVIDIA GeForce RTX 2070 SUPER", 7973, kHost, Tier::kMid, 11, 4096},
        // By memory.
        Row{"NVIDIA H200", 143156, kHost, Tier::kHigh, 217, 10240},
        Row{"NVIDIA B200", 183359, kHost, Tier::kHigh, 256, 10240},
        Row{"NVIDIA GeForce RTX 5090", 32109, kHost, Tier::kHigh, 32, 10240},
        Row{"NVIDIA L40S", 45458, kHost, Tier::kHigh, 65, 10240},
        Row{"NVIDIA A10", 22503, kHost, Tier::kHigh, 32, 4864},
        Row{"NVIDIA RTX 6000 Ada Generation", 48539, kHost, Tier::kHigh, 71, 10240},
        Row{"AMD Radeon RX 7900 XTX", 24560, kHost, Tier::kHigh, 32, 10240},
        Row{"Apple M3 Max", 49152, 64, Tier::kHigh, 32, 10240},
        Row{"Tesla T4", 14917, kHost, Tier::kMid, 24, 4096},
        Row{"NVIDIA GeForce RTX 4070 Ti", 11995, kHost, Tier::kMid, 19, 4096},
        Row{"NVIDIA GeForce RTX 5080", 15943, kHost, Tier::kMid, 24, 4352},
        Row{"NVIDIA GeForce RTX 3060", 11909, kHost, Tier::kMid, 18, 4096},
        Row{"Intel(R) Arc(TM) A770 Graphics", 16225, kHost, Tier::kMid, 24, 4608},
        Row{"Apple M1", 10923, 16, Tier::kMid, 16, 4096},
        Row{"NVIDIA GeForce RTX 4060", 7805, kHost, Tier::kLow, 10, 4096},
        Row{"NVIDIA GeForce GTX 1660", 5928, kHost, Tier::kLow, 7, 4096},
        Row{"Apple M1", 5461, 8, Tier::kLow, 6, 4096},
        // A name within a name is none of them.
        Row{"NVIDIA RTX A1000", 8188, kHost, Tier::kLow, 11, 4096}),
    [](const auto& test) {
      std::string name = test.param.name + std::to_string(test.param.mib);
      std::erase_if(name, [](char c) { return std::isalnum(static_cast<unsigned char>(c)) == 0; });
      return name;
    });

// The table of docs/hardware.md: how many sequences fit where 256 are wanted.
struct SequencesRow {
  const char* name;
  size_t mib;
  // For weights in Q4_K_M, Q8_0 and F16, each with a cache in f16 and in q8_0.
  std::array<int, 6> num_sequences;
};

class SequencesTable : public testing::TestWithParam<SequencesRow> {};

TEST_P(SequencesTable, ByWeightsAndCache) {
  std::array<int, 6> found{};
  size_t column = 0;
  for (const double bits_a_weight : {4.6, kQ8, kF16}) {
    for (const llama::CacheType type : {llama::CacheType::kF16, llama::CacheType::kQ8_0}) {
      Wishes wishes;
      wishes.max_tokens = 8192;
      wishes.engine = {
          .max_sequences = 256, .context_tokens = 8192 + kPromptTokens, .cache_type = type};
      const auto plan = plan_memory(machine({gpu(GetParam().name, GetParam().mib)}),
                                    voice_of_3b(bits_a_weight), wishes);
      found[column++] = plan ? plan->num_sequences() : 0;
    }
  }
  EXPECT_EQ(found, GetParam().num_sequences);
}

INSTANTIATE_TEST_SUITE_P(
    Gpus, SequencesTable,
    testing::Values(SequencesRow{"NVIDIA GeForce RTX 3060", 11909, {18, 35, 16, 30, 10, 20}},
                    SequencesRow{"NVIDIA GeForce RTX 4080", 16069, {26, 50, 24, 45, 19, 35}},
                    SequencesRow{"NVIDIA GeForce RTX 4090", 24111, {42, 80, 39, 75, 34, 65}},
                    SequencesRow{"NVIDIA GeForce RTX 5090", 32109, {58, 109, 55, 104, 50, 94}},
                    SequencesRow{"NVIDIA A100-PCIE-40GB", 40326, {74, 139, 71, 134, 66, 124}},
                    SequencesRow{"NVIDIA L40S", 45458, {84, 158, 81, 153, 76, 143}},
                    SequencesRow{"NVIDIA H100 80GB HBM3", 81079, {153, 256, 150, 256, 145, 256}},
                    SequencesRow{"NVIDIA H200", 143156, {256, 256, 256, 256, 256, 256}}),
    [](const auto& test) {
      std::string name = test.param.name;
      std::erase_if(name, [](char c) { return std::isalnum(static_cast<unsigned char>(c)) == 0; });
      return name;
    });

// Guards against a divided cache that is larger than the memory, or whose sequences cannot all be
// whole pieces, or which has no room for the longest one; and against one that is divided where the
// user named the length, or on a CPU.
TEST(Units, HoldAPieceForEverySequenceAndFit) {
  for (const size_t mib : {9995, 16144, 24111, 40326, 45458, 81079, 143156, 183359}) {
    for (const llama::CacheType type : {llama::CacheType::kF16, llama::CacheType::kQ8_0}) {
      Wishes wishes;
      wishes.engine.cache_type = type;
      const auto plan = plan_by_profile(machine({gpu("NVIDIA GPU", mib)}), voice_of_3b(), wishes);
      ASSERT_TRUE(plan.has_value());
      const Replica& replica = plan->replicas.front();
      EXPECT_LE(replica.total_bytes(), replica.free_bytes()) << mib;
      if (replica.num_units == 0) continue;
      EXPECT_GT(replica.num_units, replica.num_sequences) << mib;
      EXPECT_GE(replica.num_units * replica.unit_tokens, replica.context_tokens) << mib;
      EXPECT_EQ(replica.goes_beyond, replica.num_sequences > 32) << mib;
      EXPECT_LE(replica.num_sequences, mib < size_t{40} * 1024 ? 32 : 256) << mib;
    }
  }
  EXPECT_EQ(plan_by_profile(machine({}), voice_of_3b())->replicas.front().num_units, 0);
  Wishes asked;
  asked.asked_context = 20000;
  asked.engine = {.max_sequences = 256, .context_tokens = 20000, .least_context = 20000};
  const auto plan = plan_memory(machine({gpu("NVIDIA H200", 143156)}), voice_of_3b(), asked);
  ASSERT_TRUE(plan.has_value());
  EXPECT_EQ(plan->replicas.front().num_units, 0);
  EXPECT_EQ(plan->replicas.front().context_tokens, 20000);
}

// Guards against a plan that takes the memory of a whole large GPU and does not say so.
TEST(Units, APlanBeyondTheTierSaysSo) {
  const auto said = [](size_t mib, const char* name = "NVIDIA GPU") {
    return told(*plan_by_profile(machine({gpu(name, mib)}), voice_of_3b())).front();
  };
  EXPECT_NE(said(143156).find("217 sequences of up to 10240 tokens"), std::string::npos)
      << said(143156);
  EXPECT_NE(said(143156).find("40 GiB or more"), std::string::npos);
  EXPECT_EQ(said(24111).find("40 GiB or more"), std::string::npos);
  EXPECT_EQ(said(49152, "Apple M3 Max").find("40 GiB or more"), std::string::npos);
}

TEST(Plan, ACpuHasHalfOfWhatIsFreeForItsCache) {
  const auto plan = plan_by_profile(machine({}, 16), voice_of_3b());
  ASSERT_TRUE(plan.has_value()) << plan.error().message();
  EXPECT_EQ(plan->replicas.front().name(), "CPU");
  EXPECT_EQ(plan->replicas.front().num_sequences, 8);
  EXPECT_LT(plan->replicas.front().total_bytes(), 15 * kGiB);
  EXPECT_EQ(plan->host_bytes, 0U);
}

TEST(Plan, AControlGroupLeavesACpuLessAndThenNothing) {
  Facts facts = machine({}, 16);
  facts.memory.limit_bytes = 4 * kGiB;
  facts.memory.available_bytes = 4 * kGiB - 100 * kMiB;
  const auto plan = plan_by_profile(facts, voice_of_3b());
  ASSERT_TRUE(plan.has_value()) << plan.error().message();
  EXPECT_LT(plan->replicas.front().num_sequences, 8);
  EXPECT_LE(plan->replicas.front().total_bytes(), facts.memory.available_bytes);
  facts.memory.available_bytes = kGiB;
  const auto refused = plan_by_profile(facts, voice_of_3b());
  ASSERT_FALSE(refused.has_value());
  EXPECT_EQ(refused.error().kind, ErrorKind::kLimit);
  EXPECT_NE(refused.error().remedy.find("container"), std::string::npos)
      << refused.error().message();
}

TEST(Plan, TwoUnequalGpusHaveAReplicaEachOfTheirOwnSize) {
  const Facts facts = machine({gpu("NVIDIA GeForce RTX 3090", 24124, "CUDA0"),
                               gpu("NVIDIA GeForce RTX 4060", 7805, "CUDA1"),
                               gpu("NVIDIA GeForce RTX 3090", 24124, "Vulkan0")});
  const auto plan = plan_by_profile(facts, voice_of_3b());
  ASSERT_TRUE(plan.has_value()) << plan.error().message();
  ASSERT_EQ(plan->replicas.size(), 2U);  // the third is the first once more
  const Replica& large = plan->replicas[0];
  const Replica& small = plan->replicas[1];
  EXPECT_EQ(large.tier, Tier::kHigh);
  EXPECT_EQ(small.tier, Tier::kLow);
  EXPECT_GT(large.num_sequences * large.context_tokens,
            2 * small.num_sequences * small.context_tokens);
  EXPECT_GT(large.shares.front().codec_bytes, 0U);
  EXPECT_EQ(small.shares.front().codec_bytes, 0U);
  EXPECT_EQ(plan->codec_device, "CUDA0");
  EXPECT_EQ(plan->num_sequences(), large.num_sequences + small.num_sequences);
}

// As cli sets it where the user asks for a length.
TEST(Plan, AContextThatIsAskedForIsKeptOrRefused) {
  const auto plan_with = [](int tokens, size_t gpu_mib,
                            llama::CacheType type = llama::CacheType::kF16) {
    Wishes wishes;
    wishes.engine = {
        .max_sequences = 32, .context_tokens = tokens, .least_context = tokens, .cache_type = type};
    wishes.asked_context = tokens;
    return plan_memory(machine({gpu("NVIDIA GPU", gpu_mib)}), voice_of_3b(), wishes);
  };
  for (const int tokens : {256, 1000, 20000, 131072, 500000}) {
    const auto plan = plan_with(tokens, 24124);
    ASSERT_TRUE(plan.has_value()) << plan.error().message();
    EXPECT_EQ(plan->replicas[0].context_tokens, std::min(tokens, 131072));
  }
  const auto refused = plan_with(131072, 14917);
  ASSERT_FALSE(refused.has_value());
  EXPECT_EQ(refused.error().kind, ErrorKind::kLimit);
  EXPECT_EQ(refused.error().expected, "15.0 GB for its keys and values");
  EXPECT_TRUE(plan_with(131072, 14917, llama::CacheType::kQ8_0).has_value());
  const std::string& remedy = refused.error().remedy;
  EXPECT_EQ(remedy.rfind("It would fit with --kv-cache q8_0. With the present ", 0), 0U) << remedy;
  const int most = std::stoi(remedy.substr(remedy.find("--context-tokens ") + 17));
  EXPECT_TRUE(plan_with(most, 14917).has_value());
  EXPECT_FALSE(plan_with(most + 1, 14917).has_value());
  EXPECT_EQ(plan_with(131072, 5928).error().remedy.find("q8_0"), std::string::npos);
}

TEST(Plan, AGpuThatIsTooSmallIsLeftOutAndNamedOneIsRefused) {
  const Facts facts = machine({gpu("NVIDIA GeForce RTX 4060", 7805, "CUDA0"),
                               gpu("NVIDIA GeForce RTX 3090", 24124, "CUDA1")});
  const ModelNeeds needs = voice_of_3b(24);
  const auto plan = plan_by_profile(facts, needs);
  ASSERT_TRUE(plan.has_value()) << plan.error().message();
  ASSERT_EQ(plan->replicas.size(), 1U);
  EXPECT_EQ(plan->replicas.front().name(), "CUDA1");
  EXPECT_EQ(plan_by_profile(machine({facts.devices.front()}), needs)->replicas.front().name(),
            "CPU");
  Wishes small;
  small.devices = "CUDA0";
  const auto refused = plan_memory(facts, needs, small);
  ASSERT_FALSE(refused.has_value());
  EXPECT_EQ(refused.error().kind, ErrorKind::kLimit);
  EXPECT_NE(refused.error().remedy.find("Q8_0 would fit"), std::string::npos)
      << refused.error().message();
}

struct SplitRow {
  const char* name;
  double bits_a_weight;
  std::vector<size_t> gpus_mib;
  const char* devices;            // that the plan takes
  std::vector<int> layers;        // on each device of the first replica
  const char* wished = "auto";    //
  const char* codec_device = "";  //
};

class SplitTable : public testing::TestWithParam<SplitRow> {};

TEST_P(SplitTable, PlacesAndLayers) {
  const SplitRow& row = GetParam();
  std::vector<tensor::DeviceInfo> gpus;
  for (const size_t mib : row.gpus_mib)
    gpus.push_back(gpu("NVIDIA GPU", mib, "CUDA" + std::to_string(gpus.size())));
  Wishes wishes;
  wishes.devices = row.wished;
  wishes.codec_device = row.codec_device;
  const auto plan = plan_by_profile(machine(gpus), voice_of_3b(row.bits_a_weight), wishes);
  ASSERT_TRUE(plan.has_value()) << plan.error().message();
  std::string devices;
  for (const Replica& replica : plan->replicas) {
    devices += (devices.empty() ? "" : ",") + replica.name();
    int num_layers = 0;
    EXPECT_GE(replica.num_sequences, 1);
    EXPECT_GE(replica.context_tokens, 1024);
    for (const Share& share : replica.shares) {
      EXPECT_GE(share.num_layers, 1);
      EXPECT_LE(share.total_bytes(), share.free_bytes) << share.device.name;
      num_layers += share.num_layers;
    }
    EXPECT_EQ(num_layers, 28);
  }
  EXPECT_EQ(devices, row.devices);
  std::vector<int> layers;
  for (const Share& share : plan->replicas.front().shares) layers.push_back(share.num_layers);
  EXPECT_EQ(layers, row.layers);
}

INSTANTIATE_TEST_SUITE_P(
    Plan, SplitTable,
    testing::Values(
        // A split only where no GPU holds the voice.
        SplitRow{"TwoThatAreLargeEnough", kQ8, {7966, 7966}, "CUDA0,CUDA1", {28}},
        SplitRow{"OneThatIsLargeEnough", kF16, {24124, 5928}, "CUDA0", {28}},
        SplitRow{"TwoSmallOnes", kQ8, {3072, 3072}, "CUDA0+CUDA1", {13, 15}},
        SplitRow{"TwoOf4GibInF16", kF16, {4096, 4096}, "CUDA0+CUDA1", {14, 14}},
        SplitRow{"TwoUnequalOnes", kF16, {5928, 2048}, "CUDA0+CUDA1", {22, 6}},
        SplitRow{"ThreeSmallOnes", kF16, {3072, 3072, 3072}, "CUDA0+CUDA1+CUDA2", {9, 10, 9}},
        SplitRow{"TwoPairs", kQ8, {3072, 3072, 3072, 3072}, "CUDA0+CUDA1,CUDA2+CUDA3", {13, 15}},
        SplitRow{"TheTinyOneIsLeftOut", kQ8, {3072, 256, 3072}, "CUDA0+CUDA2", {13, 15}},
        SplitRow{"TooSmallEvenTogether", kF16, {2048, 2048}, "CPU", {28}},
        SplitRow{"TheCodecElsewhere", kQ8, {3072, 3072}, "CUDA0+CUDA1", {14, 14}, "auto", "CPU"},
        // Named devices are always used.
        SplitRow{"Named", kQ8, {24124, 24124}, "CUDA1+CUDA0", {14, 14}, "CUDA1+CUDA0"},
        SplitRow{"WithACpu", kF16, {4096}, "CUDA0+CPU", {15, 13}, "CUDA0+CPU"},
        SplitRow{"TheCodecOnTheSecond",
                 kQ8,
                 {3072, 3072},
                 "CUDA0+CUDA1",
                 {14, 14},
                 "CUDA0+CUDA1",
                 "CUDA1"},
        SplitRow{"OneGpuInTwoReplicas",
                 kQ8,
                 {12288, 3072},
                 "CUDA0,CUDA0+CUDA1",
                 {28},
                 "CUDA0,CUDA0+CUDA1"},
        SplitRow{"TwicePairedCpus", kQ8, {}, "CPU+CPU,CPU+CPU", {14, 14}, "CPU+CPU,CPU+CPU"},
        SplitRow{"Both", kQ8, {24124, 3072, 3072}, "CUDA0,CUDA1+CUDA2", {28}, "CUDA0,CUDA1+CUDA2"}),
    [](const auto& test) { return test.param.name; });

TEST(Plan, ASplitIsTold) {
  const auto plan = plan_by_profile(
      machine({gpu("NVIDIA A", 3072, "CUDA0"), gpu("NVIDIA B", 3072, "CUDA1")}), voice_of_3b(kQ8));
  ASSERT_TRUE(plan.has_value()) << plan.error().message();
  const std::string line = told(*plan).front();
  for (const char* part : {"CUDA0+CUDA1 (low tier), split by layers: ",
                           "CUDA0 (NVIDIA A) 13 layers", "CUDA1 (NVIDIA B) 15 layers"})
    EXPECT_NE(line.find(part), std::string::npos) << line;
}

TEST(Plan, WhatWouldFitTogetherIsSaid) {
  const auto remedy_of = [](const std::vector<size_t>& gpus_mib, const char* devices) {
    std::vector<tensor::DeviceInfo> gpus;
    for (const size_t mib : gpus_mib)
      gpus.push_back(gpu("NVIDIA GPU", mib, "CUDA" + std::to_string(gpus.size())));
    Wishes wishes;
    wishes.devices = devices;
    const auto plan = plan_memory(machine(gpus), voice_of_3b(kF16), wishes);
    return plan.has_value() ? "it fits" : plan.error().message();
  };
  const auto expect_part = [](const std::string& message, const std::string& part) {
    EXPECT_NE(message.find(part), std::string::npos) << message;
  };
  expect_part(remedy_of({4096, 4096}, "CUDA0"), "--device CUDA0+CUDA1 would fit");
  expect_part(remedy_of({4096, 4096}, "CUDA0"), "Q8_0 would fit");
  expect_part(remedy_of({3072, 3072, 3072}, "CUDA1"), "--device CUDA1+CUDA0+CUDA2 would fit");
  expect_part(remedy_of({3072}, "CUDA0"), "--device CUDA0+CPU would fit");
  expect_part(remedy_of({3072, 3072}, "CUDA0+CUDA1"), "the memory of CUDA0+CUDA1 together");
  expect_part(remedy_of({3072, 3072}, "CUDA0+CUDA1"), "Q8_0 would fit");
}

TEST(Plan, AGpuBehindACpuAndMoreDevicesThanLayersAreRefused) {
  const Facts facts = machine({gpu("NVIDIA GPU", 24124)});
  Wishes wishes;
  wishes.devices = "CPU+CUDA0";
  EXPECT_EQ(plan_memory(facts, voice_of_3b(), wishes).error().kind, ErrorKind::kUsage);
  wishes.devices = "CPU";
  for (int i = 0; i < 28; ++i) wishes.devices += "+CPU";
  const auto refused = plan_memory(facts, voice_of_3b(), wishes);
  EXPECT_EQ(refused.error().kind, ErrorKind::kUsage);
  EXPECT_EQ(refused.error().expected, "at most 28 devices");
}

TEST(Plan, WhatIsNamedMustBeThere) {
  Wishes wishes;
  wishes.devices = "CUDA0";
  EXPECT_EQ(plan_memory(machine({}), voice_of_3b(), wishes).error().kind, ErrorKind::kNotFound);
  wishes = {};
  wishes.codec_device = "CUDA0";
  EXPECT_EQ(plan_memory(machine({}), voice_of_3b(), wishes).error().kind, ErrorKind::kNotFound);
}

// Guards against: if the CPU's module is missing, the message says that there is no device CPU.
TEST(Plan, AProgramWithoutAnyDeviceSaysWhatIsMissing) {
  const auto device = device_named(hardware::Facts{}, "CPU");
  ASSERT_FALSE(device.has_value());
  EXPECT_EQ(device.error().kind, ErrorKind::kUnsupported);
  EXPECT_NE(device.error().message().find("install it again"), std::string::npos)
      << device.error().message();
}

TEST(Plan, AFullGpuSaysThatOthersUseIt) {
  Facts facts = machine({gpu("NVIDIA GeForce RTX 3090", 24124)});
  facts.devices.front().memory_free_bytes = kGiB;
  Wishes wishes;
  wishes.devices = "CUDA0";
  const auto refused = plan_memory(facts, voice_of_3b(), wishes);
  ASSERT_FALSE(refused.has_value());
  EXPECT_NE(refused.error().remedy.find("close other programs that use CUDA0"), std::string::npos);
}

TEST(Plan, TheLongestPieceStandsBehindAPrompt) {
  EXPECT_EQ(longest_piece(6144, 4096), 4096);
  EXPECT_EQ(longest_piece(10240, 4096), 4096);
  EXPECT_EQ(longest_piece(4096, 8192), 2048);
  EXPECT_EQ(longest_piece(97792, 0), 97792 - 2048);
  EXPECT_EQ(longest_piece(256, 4096), 128);
  const std::string line = told(*plan_by_profile(machine({}), voice_of_3b())).front();
  EXPECT_NE(line.find("pieces of text up to 49 s"), std::string::npos) << line;
}

// The profile's context holds what the user asked for.
TEST(Plan, TheContextFollowsTheTokens) {
  const Facts facts = machine({});
  EXPECT_EQ(profile_of(facts, {facts.devices}, 0).context_tokens, 4096 + 2048);
  EXPECT_EQ(profile_of(facts, {facts.devices}, 20000).context_tokens, 20000 + 2048);
  EXPECT_EQ(profile_of(facts, {facts.devices}, 0).reason, "CPU tier: a processor");
}

}  // namespace
}  // namespace orpheus::plan
