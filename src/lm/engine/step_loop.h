#pragma once
// The engine's thread: takes in requests, shares the lanes of the cache among them, and computes
// one step after the other. For this folder only. Public functions may be called from any thread.

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <thread>
#include <vector>

#include "base/result.h"
#include "lm/engine/capacity.h"
#include "lm/engine/guarantee.h"
#include "lm/engine/lane_map.h"
#include "lm/engine/open_speeches.h"
#include "lm/engine/options.h"
#include "lm/engine/scheduler.h"
#include "lm/engine/sequence.h"
#include "lm/engine/step_cost.h"
#include "lm/engine/step_threads.h"
#include "lm/language_model.h"
#include "lm/llama/model.h"
#include "lm/llama/runner.h"
#include "tensor/device_chain.h"

namespace orpheus::engine {

class StepLoop : public std::enable_shared_from_this<StepLoop> {
 public:
  StepLoop(std::shared_ptr<const llama::Model> model, tensor::DeviceChain devices,
           llama::Runner runner, const Options& options, const lm::Sampling& usual_sampling);
  ~StepLoop();

  // Starts the thread. Call once. Errors: kLimit (a thread cannot be started).
  Result<void> start();
  // Ends every sequence with kCancelled and joins the thread, if it was started. Not thread-safe.
  void stop();

  // Queues a request. Its stream keeps this object. Errors: those of lm::check_sampling() and
  // check_request(); kLimit (too many requests wait; no room with a guarantee, lm/too_busy.h);
  // kCancelled (the loop stops).
  Result<std::unique_ptr<lm::TokenStream>> begin(lm::GenerateRequest request, AskedHeads asked);

  const std::shared_ptr<const llama::Model>& model() const { return model_; }
  const lm::Sampling& usual_sampling() const { return usual_sampling_; }
  const Capacity& capacity() const { return capacity_; }
  size_t load() const;
  Overhead overhead() const;
  uint64_t num_steps() const { return num_steps_.load(); }

 private:
  using Clock = std::chrono::steady_clock;

  void run();
  void serve();
  void give_up_all();
  bool wait_for_work();
  bool has_work() const;
  bool refuses() const { return options_.guarantee == Guarantee::kRealtime; }
  void note_demand();
  Result<void> check_room(int num_units) const;
  void drop_unwanted();
  void look();
  void share_lanes();
  void give_lane(Sequence& sequence);
  void free_lane(Sequence& sequence);
  StepPlan plan_step();
  void step(const StepPlan& plan);
  void end_step(size_t num_tokens, int num_singles);
  void add_reading(Sequence& sequence, int num_tokens);
  void take(Sequence& sequence, int num_tokens);
  bool is_unwanted(const Sequence& sequence) const;
  bool is_paused(const Sequence& sequence) const;
  Sequence& with(SequenceId id);
  void finish(Sequence& sequence, std::optional<Error> error);
  void forget_finished();

  const std::shared_ptr<const llama::Model> model_;
  tensor::DeviceChain devices_;  // used by the engine thread only, from start to end
  const Options options_;
  const lm::Sampling usual_sampling_;
  llama::Runner runner_;  // likewise
  const Capacity capacity_;

  // Used by the engine thread only.
  StepCost cost_;
  StepThreads threads_;
  LaneMap lanes_;
  Scheduler scheduler_;
  std::vector<std::unique_ptr<Sequence>> sequences_;  // in the order of their arrival
  std::vector<Standing> standings_;                   // of each of them
  int num_lanes_held_ = 0;
  std::vector<Candidate> candidates_;
  std::vector<Demanding> demanding_;  // of each sequence, for the guarantee
  OpenSpeeches open_speeches_;        // likewise
  std::vector<llama::Reading> readings_;
  std::vector<Sequence*> readers_;  // of each reading
  double cpu_seconds_before_ = 0;   // outside the network, when the last step ended
  WeightedDraw draw_;
  std::vector<lm::GeneratedToken> made_;         // by one sequence in the last step
  Clock::time_point busy_since_ = Clock::now();  // the end of the last step, or of a pause

  mutable std::mutex mutex_;       // guards the members up to num_steps_
  std::condition_variable work_;   // wakes the engine thread: a request, room for tokens, the end
  std::condition_variable ready_;  // wakes callers of next(): a token, an end
  std::vector<std::unique_ptr<Sequence>> arrived_;  // not among the sequences yet
  size_t num_open_ = 0;                             // arrived, or among the sequences
  size_t num_waiting_ = 0;                          // of these: first pieces that had no lane yet
  std::atomic<SequenceId> next_id_ = 1;
  bool stopping_ = false;
  Overhead overhead_;
  RealtimeGuarantee guarantee_;  // knows the pace of steps; refuses listeners if it was asked for
  Demand demand_;                // of the sequences, for the guarantee

  std::atomic<uint64_t> num_steps_ = 0;

  std::thread thread_;
};

}  // namespace orpheus::engine
