#pragma once
// Where a voice is computed, and how many speak at once: from facts, the voice's needs and what is
// wished for, before anything is loaded. Pure functions.

#include <cstddef>
#include <string>
#include <vector>

#include "base/result.h"
#include "hardware/facts.h"
#include "hardware/model_needs.h"
#include "hardware/replica.h"
#include "hardware/tiers.h"
#include "lm/engine/options.h"

namespace orpheus::hardware {

inline constexpr int kPromptTokens = 2048;  // of a context, beside the tokens that are made

// What a class of machine is given as long as nobody says otherwise.
struct Profile {
  Tier tier = Tier::kCpu;
  std::string reason;   // "high tier: NVIDIA H100"
  std::string devices;  // as the setting takes them: "CUDA0,CUDA1"
  TierDefaults defaults;
  int context_tokens = 0;  // room for max_tokens and a prompt
};

struct Wishes {
  std::string devices = "auto";  // "auto", or replicas as --device takes them
  std::string codec_device;      // empty: where the model's first replica begins
  engine::Options engine;
  int max_tokens = 0;     // of a piece of text; 0: as many as a context holds
  int asked_context = 0;  // that the user set: kept, or refused; 0 where he left it open
  std::vector<ModelNeeds> more_models;  // beside the voice's own, on all of its devices
};

struct MemoryPlan {
  std::vector<Replica> replicas;  // never empty; those of the voice's own model come first
  std::string codec_device;
  size_t codec_bytes = 0;
  size_t codec_free_bytes = 0;  // there, where it is a GPU that no replica uses
  size_t host_bytes = 0;  // of main memory beside GPUs: the embedding's pages, a codec on the CPU
  size_t host_free_bytes = 0;
  int max_tokens = 0;  // of the wishes

  int num_sequences() const;  // of the voice's own model
};

// The devices of each replica that "auto" stands for: every GPU of the first back end that has one
// and that the voice fits on; where it fits on none of them, those that hold it together; else an
// integrated GPU that it fits on, else the CPU. Errors: kNotFound (a device that is not there),
// kUsage (a GPU behind a CPU).
Result<std::vector<Chain>> chosen_devices(const Facts& facts, const ModelNeeds& needs,
                                          const Wishes& wishes);

// For the strongest of the replicas. max_tokens: what the user set, or 0.
Profile profile_of(const Facts& facts, const std::vector<Chain>& chains, int max_tokens);

// The tokens of the longest piece of text that surely fits: behind the longest prompt.
int longest_piece(int context_tokens, int max_tokens);

// Errors: those of chosen_devices and place; kLimit (it does not fit; the remedy says what
// would).
Result<MemoryPlan> plan_memory(const Facts& facts, const ModelNeeds& needs, const Wishes& wishes);

// The plan in words: a line for each replica, for a codec that is with none, and for main memory.
std::vector<std::string> told(const MemoryPlan& plan);

}  // namespace orpheus::hardware
