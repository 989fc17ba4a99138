#pragma once
// Runs the network for many sequences at once. Owns the cache, with a lane for each sequence, and
// the graphs of steps, which are kept by shape and replayed. The caller decides which sequence has
// which lane and what a step reads. Belongs to the thread of its devices.

#include <memory>
#include <span>

#include "base/result.h"
#include "lm/llama/cache.h"
#include "lm/llama/logits.h"
#include "lm/llama/model.h"
#include "lm/llama/text_weights.h"
#include "prompt/token.h"
#include "tensor/device_chain.h"

namespace orpheus::llama {

// kSmallest: a step's shape is as small as its rows allow. kFixed: the shape is the same for any
// rows, so sums are added up in the same order beside any other sequences.
enum class Shapes { kSmallest, kFixed };

struct RunnerOptions {
  CachePlan cache;
  int max_chunk = 256;  // most tokens of a prompt in one step
  Shapes shapes = Shapes::kSmallest;
  // true: our own attention on a CPU; elsewhere flash attention if the device has it. false: plain
  // attention, for comparisons.
  bool flash_attention = true;
};

// Tokens that a sequence adds to its lane, and what is computed after the last of them, unless
// wanted.head is kNone.
struct Reading {
  int lane = 0;
  std::span<const prompt::Token> tokens;
  Wanted wanted;
  Logits* logits = nullptr;  // wanted.num_tokens of them
  TextQuestion question = {};
  float* text_weights = nullptr;  // question.num_weights() for each of the wanted.num_tokens
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

  // Computes one step. At most one reading for each lane; at most one reading has more than one
  // token, and it has at most max_chunk. The text of a question is in its lane, or in the same
  // reading before the wanted tokens. If a reading wants the full head, slot heads are taken
  // from its rows. Errors: kLimit (a lane is full), kUsage (an id outside of the vocabulary, too
  // many tokens or no reading), kUnavailable.
  Result<void> step(std::span<const Reading> readings);

  // Empties a lane: its next token is the first one of a sequence. num_lanes: the lanes whose rows
  // the sequence may use, this one and the next ones; at most as many as the tail's rows make, and
  // one. No other sequence may use them.
  void empty_lane(int lane, int num_lanes = 1);
  int num_cached(int lane) const;
  const CachePlan& plan() const;
  size_t cache_bytes() const;
  // Processor time of the calling thread that computing graphs has taken so far.
  double network_cpu_seconds() const;

  // The number of rows that a step of num_rows is computed with: shapes come in buckets.
  static int bucket_of_rows(int num_rows);

 private:
  struct State;
  explicit Runner(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace orpheus::llama
