#include "plan/profile.h"

#include <algorithm>

#include <spdlog/fmt/fmt.h>

namespace orpheus::plan {

using hardware::Facts;
using hardware::Tier;
using tensor::DeviceInfo;

Profile profile_of(const Facts& facts, const std::vector<Chain>& chains, int max_tokens) {
  Profile profile;
  for (const Chain& chain : chains) {
    profile.devices += (profile.devices.empty() ? "" : ",") + name_of(chain);
    // A step runs through all devices of a chain, so the weakest device decides.
    const auto tier_of_device = [&](const DeviceInfo& device) {
      return hardware::tier_of(device, facts.memory.total_bytes);
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
  profile.defaults = hardware::defaults_of(profile.tier);
  profile.context_tokens =
      (max_tokens > 0 ? max_tokens : profile.defaults.max_tokens) + kPromptTokens;
  return profile;
}

int longest_piece(int context_tokens, int max_tokens) {
  const int room = context_tokens - std::min(kPromptTokens, context_tokens / 2);
  return max_tokens > 0 ? std::min(max_tokens, room) : room;
}

}  // namespace orpheus::plan
