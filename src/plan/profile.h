#pragma once
// Default settings for a machine, from its tier. Pure functions.

#include <string>
#include <vector>

#include "hardware/facts.h"
#include "hardware/tiers.h"
#include "plan/replica.h"

namespace orpheus::plan {

inline constexpr int kPromptTokens = 2048;  // room for the prompt in each context

// A plan may have so many sequences on a large GPU, if the user did not set their number.
inline constexpr int kMostSequences = 256;

struct Profile {
  hardware::Tier tier = hardware::Tier::kCpu;
  std::string reason;   // "high tier: NVIDIA H100"
  std::string devices;  // as the setting takes them: "CUDA0,CUDA1"
  hardware::TierDefaults defaults;
  int context_tokens = 0;  // room for max_tokens and a prompt
};

// The profile of the strongest replica. max_tokens: what the user set, or 0.
Profile profile_of(const hardware::Facts& facts, const std::vector<Chain>& chains, int max_tokens);

// The tokens of the longest piece that fits after the longest prompt.
int longest_piece(int context_tokens, int max_tokens);

}  // namespace orpheus::plan
