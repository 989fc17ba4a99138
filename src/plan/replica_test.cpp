// What replicas, further models and the codec take of devices that they have in common.

#include "plan/replica.h"

#include <algorithm>
#include <map>
#include <set>

#include <gtest/gtest.h>

#include "hardware/testing/recorded_machines.h"
#include "plan/ledger.h"
#include "plan/testing/released_voice.h"

namespace orpheus::plan {
namespace {

using hardware::Facts;
using hardware::gpu;
using hardware::kGiB;
using hardware::kMiB;
using hardware::machine;

// In any notation of the replicas, a device's memory counts everything on it; equal replicas share
// their weights.
struct TogetherRow {
  const char* devices;
  size_t gpu_mib;
};

TEST(Replicas, AllReplicasTogetherFitTheirDevices) {
  for (const TogetherRow& row : {
           TogetherRow{"CPU", 0},
           TogetherRow{"CPU,CPU", 0},
           TogetherRow{"CPU,CPU,CPU", 0},
           TogetherRow{"CPU+CPU", 0},
           TogetherRow{"CPU+CPU,CPU+CPU", 0},
           TogetherRow{"CPU,CPU+CPU", 0},
           TogetherRow{"CUDA0,CUDA0", 8192},
           TogetherRow{"CUDA0,CUDA0+CUDA1", 8192},
           TogetherRow{"CUDA0+CUDA1,CUDA0", 8192},
           TogetherRow{"CUDA0,CPU,CUDA0+CPU", 8192},
       }) {
    SCOPED_TRACE(row.devices);
    const Facts facts =
        machine({gpu("NVIDIA A", row.gpu_mib, "CUDA0"), gpu("NVIDIA B", row.gpu_mib, "CUDA1")}, 16);
    const ModelNeeds needs = voice_of_3b();
    Wishes wishes{.devices = row.devices, .codec_device = "", .engine = {.max_sequences = 1000}};
    const auto plan = plan_memory(facts, needs, wishes);
    ASSERT_TRUE(plan.has_value()) << plan.error().message();
    std::map<std::string, size_t> taken;
    std::map<std::string, std::set<std::string>> counted;  // replicas whose weights are counted
    size_t codec_bytes = 0;
    for (const Replica& replica : plan->replicas) {
      EXPECT_GE(replica.context_tokens, 4096);
      const bool is_new = counted[""].insert(replica.name()).second;
      for (const Share& share : replica.shares) {
        EXPECT_LE(share.total_bytes(), share.free_bytes);
        taken[share.device.name] += share.total_bytes() - (is_new ? size_t{0} : share.model_bytes);
        codec_bytes += share.codec_bytes;
      }
    }
    EXPECT_EQ(codec_bytes, plan->codec_bytes);
    for (const auto& device_bytes : taken) {
      const std::string& name = device_bytes.first;
      const size_t bytes = device_bytes.second;
      const auto device = std::find_if(facts.devices.begin(), facts.devices.end(),
                                       [&](const auto& each) { return each.name == name; });
      EXPECT_LE(bytes, name == "CPU" ? facts.memory.available_bytes : device->memory_free_bytes)
          << name;
      EXPECT_GT(bytes, needs.weights.total() / 28) << name;
    }
  }
}

// Two engines on one GPU start one after the other, and the second one shares what is left.
TEST(Replicas, EqualReplicasHaveTheWeightsInCommon) {
  const auto plan_of = [](const char* devices) {
    Wishes wishes{.devices = devices, .codec_device = "", .engine = {.max_sequences = 1000}};
    auto plan = plan_memory(machine({gpu("NVIDIA A", 8192)}), voice_of_3b(), wishes);
    EXPECT_TRUE(plan.has_value());
    return *plan;
  };
  const Share alone = plan_of("CUDA0").replicas[0].shares[0];
  const MemoryPlan two = plan_of("CUDA0,CUDA0");
  const Share first = two.replicas[0].shares[0];
  const Share second = two.replicas[1].shares[0];
  EXPECT_EQ(first.model_bytes, second.model_bytes);
  EXPECT_LE(first.cache_bytes, alone.cache_bytes / 2);
  EXPECT_LT(second.cache_bytes, first.cache_bytes);
  EXPECT_EQ(second.free_bytes,
            first.free_bytes - first.codec_bytes - first.graph_bytes - first.cache_bytes);
}

// Every model has its weights on each device, and its engine an equal part of what is left.
TEST(Replicas, FurtherModelsShareTheDevices) {
  const Facts facts = machine({gpu("NVIDIA A", 12288, "CUDA0"), gpu("NVIDIA B", 8192, "CUDA1")});
  const ModelNeeds needs = voice_of_3b();
  Wishes wishes{.devices = "CUDA0,CUDA1", .codec_device = "", .engine = {.max_sequences = 1000}};
  const auto alone = plan_memory(facts, needs, wishes);
  wishes.more_models = {voice_of_3b(kQ8)};
  const auto both = plan_memory(facts, needs, wishes);
  ASSERT_TRUE(alone && both);
  ASSERT_EQ(both->replicas.size(), 4U);
  EXPECT_EQ(both->host_bytes, 2 * alone->host_bytes);
  EXPECT_EQ(both->num_sequences(),
            both->replicas[0].num_sequences + both->replicas[1].num_sequences);
  for (size_t i = 0; i < 2; ++i) {
    const Share& first = both->replicas[i].shares[0];
    const Share& second = both->replicas[i + 2].shares[0];
    EXPECT_EQ(both->replicas[i + 2].model, 1U);
    EXPECT_EQ(first.device.name, second.device.name);
    EXPECT_EQ(second.model_bytes, wishes.more_models[0].weights.total());
    EXPECT_LE(first.cache_bytes, alone->replicas[i].shares[0].cache_bytes / 2);
    EXPECT_LE(first.total_bytes() + second.total_bytes(), first.device.memory_free_bytes);
  }
  // What is too small for both is refused, or left out.
  wishes.devices = "CUDA1";
  wishes.more_models = {voice_of_3b(kF16)};
  const auto refused = plan_memory(facts, needs, wishes);
  ASSERT_FALSE(refused.has_value());
  EXPECT_NE(refused.error().message().find("It would fit without the other models"),
            std::string::npos)
      << refused.error().message();
  wishes.devices = "auto";
  EXPECT_EQ(plan_memory(facts, needs, wishes)->replicas[0].name(), "CUDA0");
}

// Guards against: the error names another model than the one that does not fit.
TEST(Replicas, TheModelThatDoesNotFitIsNamed) {
  const Facts facts = machine({gpu("NVIDIA A", 6000, "CUDA0")});
  Wishes wishes{.devices = "CUDA0", .codec_device = "", .engine = {}};
  const auto first = plan_memory(facts, voice_of_3b(kF16), wishes);
  ASSERT_FALSE(first.has_value());
  EXPECT_EQ(first.error().message().rfind("the voice does not fit into the memory of CUDA0", 0), 0U)
      << first.error().message();
}

struct CodecRow {
  const char* devices;
  const char* codec_device;
  std::vector<size_t> gpus_mib;
  const char* told;          // a part of some line
  const char* refused = "";  // or of the message
};

TEST(Replicas, TheCodecIsCountedOnceWhereverItIs) {
  for (const CodecRow& row : {
           CodecRow{"CUDA0,CUDA1", "", {8192, 8192}, "CUDA0 (NVIDIA GPU, low tier): "},
           CodecRow{"CUDA0,CUDA1", "CUDA1", {8192, 8192}, "codec 0.32, "},
           CodecRow{"CUDA0+CUDA1", "CUDA1", {8192, 8192}, "codec 0.32, "},
           CodecRow{"auto", "CUDA1", {8192, 8192}, "codec 0.32, "},
           CodecRow{"CUDA0", "CUDA1", {8192, 8192}, "codec on CUDA1, 0.32 GB of 8.3 free"},
           CodecRow{"CUDA0", "CUDA1", {8192, 200}, "", "does not fit into the memory of CUDA1"},
           CodecRow{"auto", "CPU", {8192, 8192}, "embedding, codec 0.10 on CPU"},
           CodecRow{"CUDA0+CPU", "CPU", {8192}, "codec 0.10, "},
           CodecRow{"CPU", "CUDA0", {8192}, "codec on CUDA0, 0.32 GB of 8.3 free"},
       }) {
    SCOPED_TRACE(std::string(row.devices) + " with " + row.codec_device);
    std::vector<tensor::DeviceInfo> gpus;
    for (const size_t mib : row.gpus_mib)
      gpus.push_back(gpu("NVIDIA GPU", mib, "CUDA" + std::to_string(gpus.size())));
    Wishes wishes;
    wishes.devices = row.devices;
    wishes.codec_device = row.codec_device;
    const auto plan = plan_memory(machine(gpus), voice_of_3b(), wishes);
    if (*row.refused != '\0') {
      ASSERT_FALSE(plan.has_value());
      EXPECT_EQ(plan.error().kind, ErrorKind::kLimit);
      EXPECT_NE(plan.error().message().find(row.refused), std::string::npos)
          << plan.error().message();
      continue;
    }
    ASSERT_TRUE(plan.has_value()) << plan.error().message();
    int num_shares = 0;
    for (const Replica& replica : plan->replicas)
      for (const Share& share : replica.shares) {
        num_shares += share.codec_bytes > 0 ? 1 : 0;
        if (share.codec_bytes > 0) {
          EXPECT_EQ(share.device.name, plan->codec_device);
        }
      }
    const size_t embedding = voice_of_3b().embedding_bytes;
    const bool is_in_ram = plan->host_bytes > embedding;
    EXPECT_EQ(num_shares + (is_in_ram ? 1 : 0) + (plan->codec_free_bytes > 0 ? 1 : 0), 1);
    std::string lines;
    for (const std::string& line : told(*plan)) lines += line + "\n";
    EXPECT_NE(lines.find(row.told), std::string::npos) << lines;
  }
}

TEST(Replicas, WhatStandsBesideGpusMustFitMainMemory) {
  Facts facts = machine({gpu("NVIDIA GPU", 24124)});
  const ModelNeeds needs = voice_of_3b();
  Wishes wishes;
  wishes.codec_device = "CPU";
  const auto plan = plan_memory(facts, needs, wishes);
  ASSERT_TRUE(plan.has_value()) << plan.error().message();
  EXPECT_EQ(plan->host_bytes, needs.embedding_bytes + needs.codec_bytes_on(true));
  EXPECT_EQ(told(*plan).back(), "RAM 0.50 GB of 61.8 free: the embedding, codec 0.10 on CPU");
  facts.memory.limit_bytes = facts.memory.available_bytes = plan->host_bytes;
  EXPECT_TRUE(plan_memory(facts, needs, wishes).has_value());
  facts.memory.available_bytes -= 200 * kMiB;
  const auto refused = plan_memory(facts, needs, wishes);
  ASSERT_FALSE(refused.has_value());
  EXPECT_EQ(refused.error().kind, ErrorKind::kLimit);
  EXPECT_EQ(refused.error().remedy, "Raise the container's memory limit by 0.2 GB.");
}

TEST(Replicas, AGpuThatSharesMainMemoryHasNoMoreThanIsAvailable) {
  Facts facts = machine({gpu("Apple M3 Max", 49152)}, 64);
  const ModelNeeds needs = voice_of_3b();
  const auto all = plan_by_profile(facts, needs);
  facts.memory.limit_bytes = facts.memory.available_bytes = 6 * kGiB;
  const auto plan = plan_by_profile(facts, needs);
  ASSERT_TRUE(all && plan);
  EXPECT_LT(plan->num_sequences(), all->num_sequences());
  EXPECT_LE(plan->replicas[0].total_bytes() + plan->host_bytes, facts.memory.available_bytes);
  Facts separate = facts;
  separate.devices[0].description = "NVIDIA L40S";  // whose memory is its own
  EXPECT_EQ(plan_by_profile(separate, needs)->num_sequences(),
            plan_by_profile(machine({separate.devices[0]}, 64), needs)->num_sequences());
}

}  // namespace
}  // namespace orpheus::plan
