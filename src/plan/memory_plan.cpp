#include "plan/memory_plan.h"

#include <algorithm>
#include <string_view>
#include <utility>

#include "hardware/tiers.h"
#include "lm/llama/layer_split.h"
#include "plan/ledger.h"
#include "plan/refusals.h"
#include "tensor/device_chain.h"

namespace orpheus::plan {
namespace {

using hardware::backend_of;
using hardware::Facts;
using hardware::is_cpu;
using tensor::DeviceInfo;
using tensor::DeviceKind;

// The codec stands where nobody chose on the first of the chains.
Placing placing_of(const ModelNeeds& needs, const Wishes& wishes, std::vector<Chain> chains) {
  Placing placing{.models = {&needs},
                  .chains = std::move(chains),
                  .codec_device = wishes.codec_device,
                  .engine = wishes.engine};
  for (const ModelNeeds& model : wishes.more_models) placing.models.push_back(&model);
  if (placing.codec_device.empty()) placing.codec_device = placing.chains.front().front().name;
  return placing;
}

// Beside those that were found already, whose first has the codec.
bool would_fit(const Facts& facts, const ModelNeeds& needs, const Wishes& wishes,
               const std::vector<Chain>& found, const Chain& chain) {
  Placing placing = placing_of(needs, wishes, {found.empty() ? chain : found.front()});
  placing.chains = {chain};
  return would_fit(facts, placing);
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

// GPUs of one kind and one back end that the voice fits on; the codec is reckoned to the first.
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

// GPUs of that back end that hold the voice together, as few for each replica as can be in their
// order. Those that would hold no layer are left out.
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
    const DeviceInfo* device = find_device(facts, name);
    if (device == nullptr) return no_device(facts, name);
    if (!chain.empty() && is_cpu(chain.back()) && !is_cpu(*device))
      return fail(tensor::gpu_behind_a_cpu(replica, name));
    chain.push_back(*device);
  }
  return chain;
}

}  // namespace

int MemoryPlan::num_sequences() const {
  int sum = 0;
  for (const Replica& replica : replicas)
    if (replica.model == 0) sum += replica.num_sequences;
  return sum;
}

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
    return no_device(facts, "CPU");
  }
  for (const std::string& replica : tensor::replica_names(wishes.devices)) {
    ORPHEUS_TRY(Chain chain, chain_named(facts, replica));
    chains.push_back(std::move(chain));
  }
  return chains;
}

Result<MemoryPlan> plan_memory(const Facts& facts, const ModelNeeds& needs, const Wishes& wishes) {
  ORPHEUS_TRY(auto chains, chosen_devices(facts, needs, wishes));
  const Placing placing = placing_of(needs, wishes, std::move(chains));
  const DeviceInfo* codec_device = find_device(facts, placing.codec_device);
  if (codec_device == nullptr) return no_device(facts, placing.codec_device);
  MemoryPlan plan{.codec_device = placing.codec_device,
                  .codec_bytes = needs.codec_bytes_on(is_cpu(*codec_device)),
                  .host_bytes = placing.host_bytes(),
                  .host_free_bytes = free_host_bytes(facts),
                  .max_tokens = wishes.max_tokens};
  if (plan.host_bytes > plan.host_free_bytes) return too_little_host_memory(facts, placing);
  if (!is_cpu(*codec_device) && !placing.uses(codec_device->name)) {
    plan.codec_free_bytes = Ledger(facts, plan.host_bytes).free_on(*codec_device);
    if (plan.codec_bytes > plan.codec_free_bytes)
      return no_room_for_codec(*codec_device, plan.codec_bytes, plan.codec_free_bytes);
  }
  ORPHEUS_TRY(plan.replicas, place(facts, placing));
  for (const Replica& replica : plan.replicas) {
    if (!fits(*placing.models[replica.model], replica, wishes.engine.cache_type))
      return too_large(facts, placing, replica);
    const int asked =
        std::min(wishes.asked_context, placing.models[replica.model]->config.context_length);
    if (replica.context_tokens < asked) return context_too_long(facts, placing, replica, asked);
  }
  return plan;
}

}  // namespace orpheus::plan
