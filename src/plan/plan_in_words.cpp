#include <string>
#include <vector>

#include <spdlog/fmt/fmt.h>

#include "plan/memory_plan.h"
#include "plan/profile.h"

namespace orpheus::plan {
namespace {

using hardware::is_cpu;

constexpr int kTokensPerSecond = 82;

double gb(size_t bytes) { return static_cast<double>(bytes) * 1e-9; }

std::string told(const Share& share) {
  return fmt::format(
      "model {:.2f} GB, {}graphs {:.2f}, cache {:.2f}, of {:.1f} GB free", gb(share.model_bytes),
      share.codec_bytes > 0 ? fmt::format("codec {:.2f}, ", gb(share.codec_bytes)) : "",
      gb(share.graph_bytes), gb(share.cache_bytes), gb(share.free_bytes));
}

// How many long sequences fit at a time.
std::string told_units(const Replica& replica) {
  if (replica.num_units == 0) return "";
  const int longest = (replica.context_tokens + replica.unit_tokens - 1) / replica.unit_tokens;
  return fmt::format(", {} of the longest at a time", replica.num_units / longest);
}

std::string told(const Replica& replica, int max_tokens) {
  const std::string speech = fmt::format(
      "{} sequences of {}{} tokens, pieces of text up to {} s long{}{}", replica.num_sequences,
      replica.num_units > 0 ? "up to " : "", replica.context_tokens,
      longest_piece(replica.context_tokens, max_tokens) / kTokensPerSecond, told_units(replica),
      replica.goes_beyond ? fmt::format(" (more than the tier's {}: the device has 40 GiB or more)",
                                        hardware::defaults_of(replica.tier).max_sequences)
                          : "");
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

// The contents of main memory beside the GPUs.
std::string told_host(const MemoryPlan& plan) {
  bool counts_codec = plan.codec_device == "CPU";
  for (const Replica& replica : plan.replicas)
    for (const Share& share : replica.shares) counts_codec = counts_codec && !is_cpu(share.device);
  return fmt::format(
      "RAM {:.2f} GB of {:.1f} free: the embedding{}", gb(plan.host_bytes),
      gb(plan.host_free_bytes),
      counts_codec ? fmt::format(", codec {:.2f} on CPU", gb(plan.codec_bytes)) : "");
}

}  // namespace

std::vector<std::string> told(const MemoryPlan& plan) {
  std::vector<std::string> lines;
  for (const Replica& replica : plan.replicas)
    lines.push_back((replica.model > 0 ? fmt::format("further model {} on ", replica.model) : "") +
                    told(replica, plan.max_tokens));
  if (plan.codec_free_bytes > 0)
    lines.push_back(fmt::format("codec on {}, {:.2f} GB of {:.1f} free", plan.codec_device,
                                gb(plan.codec_bytes), gb(plan.codec_free_bytes)));
  if (plan.host_bytes > 0) lines.push_back(told_host(plan));
  return lines;
}

}  // namespace orpheus::plan
