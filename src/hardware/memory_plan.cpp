#include "hardware/memory_plan.h"

#include <algorithm>
#include <array>
#include <string_view>
#include <utility>

#include <spdlog/fmt/fmt.h>

#include "lm/llama/layer_split.h"
#include "tensor/device_chain.h"

namespace orpheus::hardware {
namespace {

using tensor::DeviceInfo;
using tensor::DeviceKind;

constexpr int kTokensPerSecond = 82;
constexpr int kPromptTokens = 2048;  // of the context, beside the tokens that are made

double gb(size_t bytes) { return static_cast<double>(bytes) * 1e-9; }

bool would_fit(const Facts& facts, const ModelNeeds& needs, const Wishes& wishes,
               const Chain& chain, bool with_codec) {
  const auto replica = replica_on(facts, needs, wishes.engine, chain, with_codec);
  return replica && fits(needs, *replica, wishes.engine.cache_type);
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
std::vector<Chain> fitting(const Facts& facts, const ModelNeeds& needs, const Wishes& wishes,
                           DeviceKind kind) {
  std::vector<Chain> found;
  for (const DeviceInfo& device : facts.devices) {
    if (device.kind != kind) continue;
    if (!found.empty() && backend_of(found.front().front()) != backend_of(device)) continue;
    if (would_fit(facts, needs, wishes, {device}, found.empty() && wishes.codec_device.empty()))
      found.push_back({device});
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
    const bool with_codec = found.empty() && wishes.codec_device.empty();
    if (chain.size() < 2 || !would_fit(facts, needs, wishes, chain, with_codec)) continue;
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

// The same model in a type that would fit there; empty where none does.
std::string smaller_type_for(const Facts& facts, const ModelNeeds& needs, const Wishes& wishes,
                             const Chain& chain, bool with_codec) {
  // Bits a weight, on the average of a 3B's tensors.
  constexpr std::array<std::pair<std::string_view, double>, 4> kTypes = {
      {{"Q8_0", 8.5}, {"Q6_K", 6.6}, {"Q4_K_M", 4.9}, {"Q2_K", 3.4}}};
  for (const auto& [name, bits] : kTypes) {
    const double bytes = static_cast<double>(needs.num_parameters) * bits / 8;
    const double share = bytes / static_cast<double>(needs.weights.total());
    if (share >= 1) continue;
    ModelNeeds smaller = needs;
    const auto scale = [&](size_t& size) {
      size = static_cast<size_t>(static_cast<double>(size) * share);
    };
    for (size_t& layer : smaller.weights.layers) scale(layer);
    scale(smaller.weights.head);
    if (would_fit(facts, smaller, wishes, chain, with_codec))
      return fmt::format("The same model in {} would fit: about {:.1f} GB.", name, bytes * 1e-9);
  }
  return {};
}

// Other devices beside that one with which the model would fit; empty where none do.
std::string company_for(const Facts& facts, const ModelNeeds& needs, const Wishes& wishes,
                        const DeviceInfo& gpu, bool with_codec) {
  std::vector<Chain> companies;
  Chain all = {gpu};
  for (const DeviceInfo& device : facts.devices) {
    if (device.kind != DeviceKind::kGpu || device.name == gpu.name) continue;
    if (backend_of(device) != backend_of(gpu)) continue;
    companies.push_back({gpu, device});
    all.push_back(device);
  }
  companies.push_back(all);
  if (const DeviceInfo* cpu = find_device(facts, "CPU")) companies.push_back({gpu, *cpu});
  for (const Chain& chain : companies) {
    if (chain.size() > 1 && would_fit(facts, needs, wishes, chain, with_codec))
      return fmt::format("--device {} would fit: they share the layers.", name_of(chain));
  }
  return {};
}

// What would fit where this does not.
std::string remedy_for(const Facts& facts, const ModelNeeds& needs, const Wishes& wishes,
                       const Chain& chain, const Replica& replica) {
  const DeviceInfo& device = chain.front();
  const bool with_codec = replica.shares.front().codec_bytes > 0;
  const size_t least = least_bytes(needs, replica, wishes.engine.cache_type);
  if (chain.size() == 1 && least <= device.memory_total_bytes && !facts.memory.limit_bytes)
    return fmt::format("With {:.1f} GB free it would fit: close other programs that use {}.",
                       gb(least), device.name);
  std::string remedy = smaller_type_for(facts, needs, wishes, chain, with_codec);
  if (chain.size() == 1 && !is_cpu(device)) {
    const std::string company = company_for(facts, needs, wishes, device, with_codec);
    if (!company.empty()) remedy += (remedy.empty() ? "" : " ") + company;
  }
  if (!remedy.empty()) return remedy;
  if (!is_cpu(device) && facts.memory.available_bytes > least)
    return fmt::format("--device CPU would fit: {:.1f} GB of main memory are free.",
                       gb(facts.memory.available_bytes));
  return facts.memory.limit_bytes && is_cpu(device)
             ? fmt::format("Let the container have {:.1f} GB more.",
                           gb(least - std::min(least, replica.free_bytes())))
             : "Take a smaller model, or a machine with more memory.";
}

tl::unexpected<Error> too_large(const Facts& facts, const ModelNeeds& needs, const Wishes& wishes,
                                const Chain& chain, const Replica& replica) {
  const std::string names = chain.size() > 1
                                ? name_of(chain) + " together"
                                : fmt::format("{} ({})", chain[0].name, chain[0].description);
  return fail(
      {.kind = ErrorKind::kLimit,
       .what = "the voice does not fit the memory of " + names,
       .expected = fmt::format(
           "{:.1f} GB free: {:.1f} for the model, the rest for codec, graphs and one "
           "sequence",
           gb(least_bytes(needs, replica, wishes.engine.cache_type)), gb(needs.weights.total())),
       .found = fmt::format("{:.1f} GB", gb(replica.free_bytes())),
       .remedy = remedy_for(facts, needs, wishes, chain, replica)});
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

std::string told(const Share& share) {
  return fmt::format(
      "model {:.2f} GB, {}graphs {:.2f}, cache {:.2f}, of {:.1f} GB free", gb(share.model_bytes),
      share.codec_bytes > 0 ? fmt::format("codec {:.2f}, ", gb(share.codec_bytes)) : "",
      gb(share.graph_bytes), gb(share.cache_bytes), gb(share.free_bytes));
}

std::string told(const Replica& replica) {
  const std::string speech =
      fmt::format("{} sequences of {} tokens ({} s each)", replica.num_sequences,
                  replica.context_tokens, replica.context_tokens / kTokensPerSecond);
  if (replica.shares.size() == 1) {
    const Share& all = replica.shares.front();
    return fmt::format("{} ({}, {} tier): {}; {}", all.device.name, all.device.description,
                       name_of(replica.tier), speech, told(all));
  }
  std::string line = fmt::format("{} ({} tier), split by layers: {}", replica.name(),
                                 name_of(replica.tier), speech);
  for (const Share& share : replica.shares)
    line += fmt::format("; {} ({}) {} layers, {}", share.device.name, share.device.description,
                        share.num_layers, told(share));
  return line;
}

}  // namespace

int MemoryPlan::num_sequences() const {
  int sum = 0;
  for (const Replica& replica : replicas) sum += replica.num_sequences;
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

Profile profile_of(const Facts& facts, const std::vector<Chain>& chains, int max_tokens) {
  Profile profile;
  for (const Chain& chain : chains) {
    profile.devices += (profile.devices.empty() ? "" : ",") + name_of(chain);
    // A step takes as long as all of a chain's devices, so the weakest decides.
    const auto tier_of_device = [&](const DeviceInfo& device) {
      return tier_of(device, facts.memory.total_bytes);
    };
    const DeviceInfo& weakest =
        *std::min_element(chain.begin(), chain.end(), [&](const auto& left, const auto& right) {
          return tier_of_device(left) < tier_of_device(right);
        });
    const Tier tier = tier_of_device(weakest);
    if (profile.reason.empty() || tier > profile.tier) {
      profile.tier = tier;
      profile.reason = fmt::format("{} tier: {}", name_of(tier), weakest.description);
    }
  }
  profile.defaults = defaults_of(profile.tier);
  profile.context_tokens =
      (max_tokens > 0 ? max_tokens : profile.defaults.max_tokens) + kPromptTokens;
  return profile;
}

Result<MemoryPlan> plan_memory(const Facts& facts, const ModelNeeds& needs, const Wishes& wishes) {
  ORPHEUS_TRY(const auto chains, chosen_devices(facts, needs, wishes));
  MemoryPlan plan;
  plan.codec_device =
      wishes.codec_device.empty() ? chains.front().front().name : wishes.codec_device;
  if (find_device(facts, plan.codec_device) == nullptr) return no_device(facts, plan.codec_device);
  for (const Chain& chain : chains) {
    const bool with_codec = plan.codec_device == chain.front().name && plan.replicas.empty();
    const auto num_alike = std::count_if(chains.begin(), chains.end(), [&](const Chain& other) {
      return name_of(other) == name_of(chain);
    });
    ORPHEUS_TRY(Replica replica, replica_on(facts, needs, wishes.engine, chain, with_codec,
                                            static_cast<int>(num_alike)));
    if (!fits(needs, replica, wishes.engine.cache_type))
      return too_large(facts, needs, wishes, chain, replica);
    if (!is_cpu(chain.front())) plan.host_bytes = needs.embedding_bytes;
    plan.replicas.push_back(std::move(replica));
  }
  return plan;
}

std::vector<std::string> told(const MemoryPlan& plan) {
  std::vector<std::string> lines;
  for (const Replica& replica : plan.replicas) lines.push_back(told(replica));
  return lines;
}

}  // namespace orpheus::hardware
