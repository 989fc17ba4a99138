#include "plan/device_choice.h"

#include <algorithm>
#include <string_view>
#include <utility>

#include "hardware/tiers.h"
#include "lm/llama/layer_split.h"
#include "tensor/device_chain.h"

namespace orpheus::plan {
namespace {

using hardware::backend_of;
using hardware::Facts;
using hardware::is_cpu;
using tensor::DeviceInfo;
using tensor::DeviceKind;

// In addition to the replicas found so far; the first of these has the codec.
bool would_fit(const Facts& facts, const ModelNeeds& needs, const Wishes& wishes,
               const std::vector<Chain>& found, const Chain& chain) {
  Placing placing = placing_of(needs, wishes, {found.empty() ? chain : found.front()});
  placing.chains = {chain};
  return would_fit(facts, placing);
}

// GPUs of one kind and one back end that the voice fits on. The first one also has the codec.
std::vector<Chain> fitting(const Facts& facts, const ModelNeeds& needs, const Wishes& wishes,
                           DeviceKind kind) {
  std::vector<Chain> found;
  for (const DeviceInfo& device : facts.devices) {
    if (device.kind != kind) continue;
    if (!found.empty() && backend_of(found.front().front()) != backend_of(device)) continue;
    if (would_fit(facts, needs, wishes, found, {device})) found.push_back({device});
    if (kind == DeviceKind::kIntegratedGpu && !found.empty()) break;
  }
  return found;
}

// GPUs of that back end that hold the voice together. Each replica takes as few GPUs as possible,
// in their order. GPUs that would hold no layer are left out.
std::vector<Chain> fitting_together(const Facts& facts, const ModelNeeds& needs,
                                    const Wishes& wishes, std::string_view backend) {
  std::vector<Chain> found;
  Chain chain;
  for (const DeviceInfo& device : facts.devices) {
    if (device.kind != DeviceKind::kGpu || backend_of(device) != backend) continue;
    const size_t layer = needs.weights.total() / static_cast<size_t>(needs.config.num_layers);
    if (device.memory_free_bytes < llama::kGraphBytes + 2 * layer) continue;
    chain.push_back(device);
    if (chain.size() < 2 || !would_fit(facts, needs, wishes, found, chain)) continue;
    found.push_back(std::exchange(chain, {}));
  }
  return found;
}

std::vector<Chain> fitting_together(const Facts& facts, const ModelNeeds& needs,
                                    const Wishes& wishes) {
  const auto first = std::find_if(facts.devices.begin(), facts.devices.end(),
                                  [](const auto& each) { return each.kind == DeviceKind::kGpu; });
  if (first == facts.devices.end()) return {};
  return fitting_together(facts, needs, wishes, backend_of(*first));
}

Result<Chain> chain_named(const Facts& facts, const std::string& replica) {
  Chain chain;
  for (const std::string& name : tensor::device_names(replica)) {
    ORPHEUS_TRY(DeviceInfo device, device_named(facts, name));
    if (!chain.empty() && is_cpu(chain.back()) && !is_cpu(device))
      return fail(tensor::gpu_behind_a_cpu(replica, name));
    chain.push_back(std::move(device));
  }
  return chain;
}

}  // namespace

Result<std::vector<Chain>> chosen_devices(const Facts& facts, const ModelNeeds& needs,
                                          const Wishes& wishes) {
  std::vector<Chain> chains;
  if (wishes.devices == "auto") {
    chains = fitting(facts, needs, wishes, DeviceKind::kGpu);
    if (chains.empty()) chains = fitting_together(facts, needs, wishes);
    if (chains.empty()) chains = fitting(facts, needs, wishes, DeviceKind::kIntegratedGpu);
    if (!chains.empty()) return chains;
    for (const DeviceInfo& device : facts.devices)
      if (device.kind == DeviceKind::kCpu) return std::vector<Chain>{{device}};
    return fail(device_named(facts, "CPU").error());
  }
  for (const std::string& replica : tensor::replica_names(wishes.devices)) {
    ORPHEUS_TRY(Chain chain, chain_named(facts, replica));
    chains.push_back(std::move(chain));
  }
  return chains;
}

}  // namespace orpheus::plan
