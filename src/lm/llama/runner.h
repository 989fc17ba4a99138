#pragma once
// Runs the network for many sequences at once: their cache, a lane for each, and the graphs of the
// steps, kept by shape and replayed. Which sequence has which lane and what is read in a step is
// the caller's affair. Belongs to the thread of its devices.

#include <memory>
#include <span>

#include "base/result.h"
#include "lm/llama/cache.h"
#include "lm/llama/logits.h"
#include "lm/llama/model.h"
#include "prompt/token.h"
#include "tensor/device_chain.h"

namespace orpheus::llama {

// Whether a step's shape is as small as its rows allow, or the same for any rows: sums are then
// added up in the same order in any company.
enum class Shapes { kSmallest, kFixed };

struct RunnerOptions {
  CachePlan cache;
  int max_chunk = 256;  // tokens of a prompt that are read at once
  Shapes shapes = Shapes::kSmallest;
  // On a CPU ours, elsewhere flash attention where the device has it; plain attention is for
  // comparing.
  bool flash_attention = true;
};

// Tokens that a sequence reads behind those in its lane, and what the network then says.
struct Reading {
  int lane = 0;
  std::span<const prompt::Token> tokens;
  Wanted wanted;
  Logits* logits = nullptr;  // filled unless wanted.head is kNone
};

class Runner {
 public:
  // The devices are those that the model was loaded for, or others of the same names; they must
  // outlive the runner. Errors: kLimit (no memory for the cache; lanes beyond the trained context),
  // kUnsupported (a quantised cache on a device without flash attention for it).
  static Result<Runner> create(std::shared_ptr<const Model> model,
                               const tensor::DeviceChain& devices, const RunnerOptions& options);
  Runner(Runner&&) noexcept;
  Runner& operator=(Runner&&) noexcept;
  ~Runner();

  // One step. At most one reading for a lane, and at most one of more than one token, which has at
  // most max_chunk. The slot head is computed as the full one's rows where another reading wants
  // that. Errors: kLimit (a lane is full), kUsage (an id outside of the vocabulary, too many tokens
  // or no reading), kUnavailable.
  Result<void> step(std::span<const Reading> readings);

  // The next token in this lane is a sequence's first.
  void empty_lane(int lane);
  int num_cached(int lane) const;
  const CachePlan& plan() const;
  size_t cache_bytes() const;
  // What computing the graphs took so far of the calling thread's processor time.
  double network_cpu_seconds() const;

  // Rows that a step of so many is computed as: shapes come in buckets.
  static int bucket_of_rows(int num_rows);

 private:
  struct State;
  explicit Runner(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace orpheus::llama
