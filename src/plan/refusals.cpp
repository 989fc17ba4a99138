#include "plan/refusals.h"

#include <algorithm>
#include <array>
#include <climits>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <spdlog/fmt/fmt.h>

#include "lm/llama/cache_plan.h"
#include "plan/ledger.h"

namespace orpheus::plan {
namespace {

using hardware::backend_of;
using hardware::Facts;
using hardware::is_cpu;
using tensor::DeviceInfo;
using tensor::DeviceKind;

double gb(size_t bytes) { return static_cast<double>(bytes) * 1e-9; }

Chain chain_of(const Replica& replica) {
  Chain chain;
  for (const Share& share : replica.shares) chain.push_back(share.device);
  return chain;
}

std::string container_needs(size_t bytes) {
  return fmt::format("Raise the container's memory limit by {:.1f} GB.", gb(bytes));
}

// Names a weight type with which the same model would fit; empty if none does.
std::string smaller_type_for(const Facts& facts, Placing placing, size_t model) {
  // Average bits per weight over a 3B model's tensors.
  constexpr std::array<std::pair<std::string_view, double>, 4> kTypes = {
      {{"Q8_0", 8.5}, {"Q6_K", 6.6}, {"Q4_K_M", 4.9}, {"Q2_K", 3.4}}};
  const ModelNeeds& needs = *placing.models[model];
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
    placing.models[model] = &smaller;
    if (would_fit(facts, placing))
      return fmt::format("The same model in {} would fit (about {:.1f} GB).", name, bytes * 1e-9);
  }
  return {};
}

// Names devices that, together with that one, would hold the model; empty if none do.
std::string company_for(const Facts& facts, Placing placing, const DeviceInfo& gpu) {
  std::vector<Chain> companies;
  Chain all = {gpu};
  for (const DeviceInfo& device : facts.devices) {
    if (device.kind != DeviceKind::kGpu || device.name == gpu.name) continue;
    if (backend_of(device) != backend_of(gpu)) continue;
    companies.push_back({gpu, device});
    all.push_back(device);
  }
  companies.push_back(all);
  for (const DeviceInfo& device : facts.devices)
    if (device.kind == DeviceKind::kCpu) companies.push_back({gpu, device});
  for (const Chain& chain : companies) {
    placing.chains = {chain};
    if (chain.size() > 1 && would_fit(facts, placing))
      return fmt::format("--device {} would fit: these devices share the layers.", name_of(chain));
  }
  return {};
}

// The remedy if less of the same request would fit on the device.
std::string less_at_once(const Facts& facts, const Placing& placing, Placing alone,
                         const Replica& replica) {
  if (placing.chains.size() > 1 && would_fit(facts, alone))
    return fmt::format(
        "{} would fit as the only replica; other replicas use memory of its devices.",
        replica.name());
  if (placing.models.size() < 2) return {};
  alone.models = {placing.models[replica.model]};
  return would_fit(facts, alone) ? "It would fit without the other models (--more-models)." : "";
}

// The remedy: what would fit instead.
std::string remedy_for(const Facts& facts, const Placing& placing, const Replica& replica) {
  Placing alone = placing;
  alone.chains = {chain_of(replica)};
  const DeviceInfo& device = replica.shares.front().device;
  const bool is_single = replica.shares.size() == 1;
  const ModelNeeds& needs = *placing.models[replica.model];
  const size_t least = least_bytes(needs, replica, placing.engine.cache_type);
  std::string remedy = less_at_once(facts, placing, alone, replica);
  if (!remedy.empty()) return remedy;
  if (is_single && least <= device.memory_total_bytes && !facts.memory.limit_bytes)
    return fmt::format("It would fit with {:.1f} GB free: close other programs that use {}.",
                       gb(least), device.name);
  remedy = smaller_type_for(facts, alone, replica.model);
  if (is_single && !is_cpu(device)) {
    const std::string company = company_for(facts, alone, device);
    if (!company.empty()) remedy += (remedy.empty() ? "" : " ") + company;
  }
  if (!remedy.empty()) return remedy;
  if (!is_cpu(device) && facts.memory.available_bytes > least)
    return fmt::format("It would fit with --device CPU: {:.1f} GB of main memory are free.",
                       gb(facts.memory.available_bytes));
  return facts.memory.limit_bytes && is_cpu(device)
             ? container_needs(least - std::min(least, replica.free_bytes()))
             : "Use a smaller model, or a machine with more memory.";
}

// The shortest context of all replicas, because they share one setting.
int least_context_of(const std::vector<Replica>& replicas) {
  int least = INT_MAX;
  for (const Replica& replica : replicas) least = std::min(least, replica.context_tokens);
  return least;
}

bool holds_in_q8_0(const Facts& facts, Placing placing, int tokens) {
  placing.engine.cache_type = llama::CacheType::kQ8_0;
  const auto replicas = place(facts, placing);
  return would_fit(facts, placing) && replicas && least_context_of(*replicas) >= tokens;
}

// "CUDA0 (NVIDIA H100)", "CUDA0+CUDA1 together".
std::string place_name(const Replica& replica) {
  const DeviceInfo& device = replica.shares.front().device;
  return replica.shares.size() > 1 ? replica.name() + " together"
                                   : fmt::format("{} ({})", device.name, device.description);
}

}  // namespace

tl::unexpected<Error> too_large(const Facts& facts, const Placing& placing,
                                const Replica& replica) {
  const ModelNeeds& needs = *placing.models[replica.model];
  const std::string what =
      replica.model == 0 ? "the voice" : fmt::format("further model {}", replica.model);
  return fail(
      {.kind = ErrorKind::kLimit,
       .what = what + " does not fit into the memory of " + place_name(replica),
       .expected = fmt::format(
           "{:.1f} GB free: {:.1f} for the model, the rest for codec, graphs and one "
           "sequence",
           gb(least_bytes(needs, replica, placing.engine.cache_type)), gb(needs.weights.total())),
       .found = fmt::format("{:.1f} GB", gb(replica.free_bytes())),
       .remedy = remedy_for(facts, placing, replica)});
}

tl::unexpected<Error> context_too_long(const Facts& facts, const Placing& placing,
                                       const Replica& replica, int asked_tokens) {
  std::string remedy;
  if (placing.engine.cache_type != llama::CacheType::kQ8_0 &&
      holds_in_q8_0(facts, placing, asked_tokens))
    remedy = "It would fit with --kv-cache q8_0. ";
  const auto replicas = place(facts, placing);
  remedy += fmt::format("With the present settings, --context-tokens {} is the largest that fits.",
                        replicas ? least_context_of(*replicas) : replica.context_tokens);
  const size_t row =
      llama::cache_row_bytes(placing.models[replica.model]->config, placing.engine.cache_type);
  return fail({.kind = ErrorKind::kLimit,
               .what = fmt::format("a sequence of {} tokens does not fit into the memory of {}",
                                   asked_tokens, place_name(replica)),
               .expected = fmt::format("{:.1f} GB for its keys and values",
                                       gb(row * static_cast<size_t>(asked_tokens))),
               .found = fmt::format("room for {} tokens", replica.context_tokens),
               .remedy = remedy});
}

tl::unexpected<Error> no_room_for_codec(const DeviceInfo& device, size_t codec_bytes,
                                        size_t free_bytes) {
  return fail({.kind = ErrorKind::kLimit,
               .what = fmt::format("the codec does not fit into the memory of {} ({})", device.name,
                                   device.description),
               .expected = fmt::format("{:.2f} GB free", gb(codec_bytes)),
               .found = fmt::format("{:.2f} GB", gb(free_bytes)),
               .remedy = "Set --codec-device CPU to run the codec on the processor."});
}

tl::unexpected<Error> too_little_host_memory(const Facts& facts, const Placing& placing) {
  const size_t needed = placing.host_bytes();
  const size_t free = free_host_bytes(facts);
  return fail({.kind = ErrorKind::kLimit,
               .what = "main memory is too small for the parts that stay outside the GPUs",
               .expected = fmt::format("{:.2f} GB free, for the embedding{}", gb(needed),
                                       placing.codec_device == "CPU" ? " and the codec" : ""),
               .found = fmt::format("{:.2f} GB", gb(free)),
               .remedy = facts.memory.limit_bytes
                             ? container_needs(needed - free)
                             : "Close other programs, or use a smaller model."});
}

}  // namespace orpheus::plan
