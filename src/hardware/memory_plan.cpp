#include "hardware/memory_plan.h"

#include <algorithm>
#include <array>
#include <optional>
#include <string_view>
#include <utility>

#include <spdlog/fmt/fmt.h>

#include "lm/engine/cache_budget.h"
#include "lm/llama/cache.h"
#include "tensor/device.h"

namespace orpheus::hardware {
namespace {

using tensor::DeviceInfo;
using tensor::DeviceKind;

constexpr int kTokensPerSecond = 82;
constexpr int kPromptTokens = 2048;  // of the context, beside the tokens that are made
constexpr int kLeastTokens = 1024;   // one sequence of 12 s: below it nothing can be spoken
// What a codec's graphs take on a GPU, and its streams on a CPU.
constexpr size_t kCodecGraphBytes = 256U << 20U;
constexpr size_t kCodecStreamBytes = 48U << 20U;

double gb(size_t bytes) { return static_cast<double>(bytes) * 1e-9; }

bool is_cpu(const DeviceInfo& device) {
  return device.kind != DeviceKind::kGpu && device.kind != DeviceKind::kIntegratedGpu;
}

size_t free_bytes_of(const Facts& facts, const DeviceInfo& device) {
  return is_cpu(device) ? std::min(facts.memory.available_bytes, facts.memory.total_bytes)
                        : device.memory_free_bytes;
}

Replica replica_on(const Facts& facts, const ModelNeeds& needs, const Wishes& wishes,
                   const DeviceInfo& device, bool with_codec) {
  Replica replica{.device = device,
                  .tier = tier_of(device, facts.memory.total_bytes),
                  .free_bytes = free_bytes_of(facts, device),
                  .model_bytes = needs.model_bytes,
                  .codec_bytes = 0,
                  .graph_bytes = engine::kGraphBytes};
  if (with_codec)
    replica.codec_bytes =
        needs.codec_bytes + (is_cpu(device) ? kCodecStreamBytes : kCodecGraphBytes);
  const size_t taken = replica.model_bytes + replica.codec_bytes;
  const size_t left = replica.free_bytes > taken ? replica.free_bytes - taken : 0;
  const size_t budget = wishes.engine.cache_bytes > 0
                            ? wishes.engine.cache_bytes
                            : engine::cache_budget(left, 0, is_cpu(device));
  const llama::CachePlan lanes =
      llama::plan_cache(needs.config, wishes.engine.cache_type, wishes.engine.max_sequences,
                        wishes.engine.context_tokens, wishes.engine.least_context, budget);
  replica.num_sequences = lanes.num_lanes;
  replica.context_tokens =
      std::min({lanes.lane_rows, wishes.engine.context_tokens, needs.config.context_length});
  replica.cache_bytes = llama::cache_row_bytes(needs.config, lanes.type) *
                        static_cast<size_t>(lanes.lane_rows) * static_cast<size_t>(lanes.num_lanes);
  return replica;
}

size_t least_bytes(const ModelNeeds& needs, const Replica& replica, llama::CacheType type) {
  const int rows = std::min(kLeastTokens, needs.config.context_length);
  return needs.model_bytes + replica.codec_bytes + replica.graph_bytes +
         llama::cache_row_bytes(needs.config, type) * static_cast<size_t>(rows);
}

bool fits(const ModelNeeds& needs, const Replica& replica, llama::CacheType type) {
  return least_bytes(needs, replica, type) <= replica.free_bytes &&
         replica.total_bytes() <= replica.free_bytes;
}

// What would fit where this does not.
std::string remedy_for(const Facts& facts, const ModelNeeds& needs, const Wishes& wishes,
                       const Replica& replica) {
  const size_t least = least_bytes(needs, replica, wishes.engine.cache_type);
  if (least <= replica.device.memory_total_bytes && !facts.memory.limit_bytes)
    return fmt::format("With {:.1f} GB free it would fit: close other programs that use {}.",
                       gb(least), replica.device.name);
  // Bits a weight, on the average of a 3B's tensors.
  constexpr std::array<std::pair<std::string_view, double>, 4> kTypes = {
      {{"Q8_0", 8.5}, {"Q6_K", 6.6}, {"Q4_K_M", 4.9}, {"Q2_K", 3.4}}};
  const size_t rest = least - needs.model_bytes;
  for (const auto& [name, bits] : kTypes) {
    const double bytes = static_cast<double>(needs.num_parameters) * bits / 8;
    if (bytes < static_cast<double>(needs.model_bytes) &&
        bytes + static_cast<double>(rest) <= static_cast<double>(replica.free_bytes))
      return fmt::format("The same model in {} would fit: about {:.1f} GB.", name, bytes * 1e-9);
  }
  if (!is_cpu(replica.device) && facts.memory.available_bytes > least)
    return fmt::format("--device CPU would fit: {:.1f} GB of main memory are free.",
                       gb(facts.memory.available_bytes));
  return facts.memory.limit_bytes && is_cpu(replica.device)
             ? fmt::format("Let the container have {:.1f} GB more.",
                           gb(least - std::min(least, replica.free_bytes)))
             : "Take a smaller model, or a machine with more memory.";
}

const DeviceInfo* find_device(const Facts& facts, std::string_view name) {
  const auto found = std::find_if(facts.devices.begin(), facts.devices.end(),
                                  [&](const DeviceInfo& device) { return device.name == name; });
  return found == facts.devices.end() ? nullptr : &*found;
}

tl::unexpected<Error> no_device(const Facts& facts, const std::string& name) {
  std::string names = "auto";
  for (const DeviceInfo& device : facts.devices) names += ", " + device.name;
  return fail({.kind = ErrorKind::kNotFound,
               .what = "there is no device '" + name + "'",
               .expected = names,
               .remedy = "'orpheus devices' lists them; a GPU needs a build with its back end."});
}

// "CUDA1" → "CUDA": two back ends may show the same GPU, and one replica of it is enough.
std::string_view backend_of(const DeviceInfo& device) {
  return std::string_view(device.name).substr(0, device.name.find_last_not_of("0123456789") + 1);
}

// GPUs of one kind and one back end that the voice fits on; the codec is reckoned to the first.
std::vector<DeviceInfo> fitting(const Facts& facts, const ModelNeeds& needs, const Wishes& wishes,
                                DeviceKind kind) {
  std::vector<DeviceInfo> found;
  for (const DeviceInfo& device : facts.devices) {
    if (device.kind != kind) continue;
    if (!found.empty() && backend_of(found.front()) != backend_of(device)) continue;
    const Replica replica =
        replica_on(facts, needs, wishes, device, found.empty() && wishes.codec_device.empty());
    if (fits(needs, replica, wishes.engine.cache_type)) found.push_back(device);
    if (kind == DeviceKind::kIntegratedGpu && !found.empty()) break;
  }
  return found;
}

}  // namespace

int MemoryPlan::num_sequences() const {
  int sum = 0;
  for (const Replica& replica : replicas) sum += replica.num_sequences;
  return sum;
}

Result<std::vector<DeviceInfo>> chosen_devices(const Facts& facts, const ModelNeeds& needs,
                                               const Wishes& wishes) {
  std::vector<DeviceInfo> devices;
  if (wishes.devices == "auto") {
    devices = fitting(facts, needs, wishes, DeviceKind::kGpu);
    if (devices.empty()) devices = fitting(facts, needs, wishes, DeviceKind::kIntegratedGpu);
    if (!devices.empty()) return devices;
    for (const DeviceInfo& device : facts.devices)
      if (device.kind == DeviceKind::kCpu) return std::vector<DeviceInfo>{device};
    return no_device(facts, "CPU");
  }
  for (const std::string& name : tensor::device_names(wishes.devices)) {
    const DeviceInfo* device = find_device(facts, name);
    if (device == nullptr) return no_device(facts, name);
    devices.push_back(*device);
  }
  return devices;
}

Profile profile_of(const Facts& facts, const std::vector<DeviceInfo>& devices, int max_tokens) {
  Profile profile;
  for (const DeviceInfo& device : devices) {
    profile.devices += (profile.devices.empty() ? "" : ",") + device.name;
    const Tier tier = tier_of(device, facts.memory.total_bytes);
    if (profile.reason.empty() || tier > profile.tier) {
      profile.tier = tier;
      profile.reason = fmt::format("{} tier: {}", name_of(tier), device.description);
    }
  }
  profile.limits = limits_of(profile.tier);
  profile.context_tokens =
      (max_tokens > 0 ? max_tokens : profile.limits.max_tokens) + kPromptTokens;
  return profile;
}

Result<MemoryPlan> plan_memory(const Facts& facts, const ModelNeeds& needs, const Wishes& wishes) {
  ORPHEUS_TRY(const auto devices, chosen_devices(facts, needs, wishes));
  MemoryPlan plan;
  plan.codec_device = wishes.codec_device.empty() ? devices.front().name : wishes.codec_device;
  if (find_device(facts, plan.codec_device) == nullptr) return no_device(facts, plan.codec_device);
  for (const DeviceInfo& device : devices) {
    const bool with_codec = plan.codec_device == device.name && &device == &devices.front();
    Replica replica = replica_on(facts, needs, wishes, device, with_codec);
    if (!fits(needs, replica, wishes.engine.cache_type)) {
      return fail(
          {.kind = ErrorKind::kLimit,
           .what = fmt::format("the voice does not fit the memory of {} ({})", device.name,
                               device.description),
           .expected = fmt::format(
               "{:.1f} GB free: {:.1f} for the model, the rest for codec, graphs and one "
               "sequence",
               gb(least_bytes(needs, replica, wishes.engine.cache_type)), gb(needs.model_bytes)),
           .found = fmt::format("{:.1f} GB", gb(replica.free_bytes)),
           .remedy = remedy_for(facts, needs, wishes, replica)});
    }
    if (!is_cpu(device)) plan.host_bytes = needs.embedding_bytes;
    plan.replicas.push_back(std::move(replica));
  }
  return plan;
}

std::vector<std::string> told(const MemoryPlan& plan) {
  std::vector<std::string> lines;
  for (const Replica& each : plan.replicas) {
    lines.push_back(fmt::format(
        "{} ({}, {} tier): {} sequences of {} tokens ({} s each); model {:.2f} GB, {}graphs "
        "{:.2f}, "
        "cache {:.2f}, of {:.1f} GB free",
        each.device.name, each.device.description, name_of(each.tier), each.num_sequences,
        each.context_tokens, each.context_tokens / kTokensPerSecond, gb(each.model_bytes),
        each.codec_bytes > 0 ? fmt::format("codec {:.2f}, ", gb(each.codec_bytes)) : "",
        gb(each.graph_bytes), gb(each.cache_bytes), gb(each.free_bytes)));
  }
  return lines;
}

}  // namespace orpheus::hardware
