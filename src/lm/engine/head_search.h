#pragma once
// The alignment heads of a model, as far as they are known, and the search for them. Safe from
// every thread. For this folder only.

#include <memory>
#include <mutex>
#include <optional>
#include <thread>

#include "base/result.h"
#include "lm/engine/calibration.h"
#include "lm/engine/choose_heads.h"
#include "lm/language_model.h"
#include "lm/llama/model.h"

namespace orpheus::engine {

class HeadSearch {
 public:
  // Takes the heads of the model's file, else those that were kept beside it. begin: called by any
  // thread that searches. Errors: kBadFile (heads of the file).
  static Result<std::unique_ptr<HeadSearch>> create(std::shared_ptr<const llama::Model> model,
                                                    BeginSpeech begin);
  // Waits for a search in the background. begin must refuse by then.
  ~HeadSearch();

  // Null: unknown.
  Heads heads() const;
  lm::KnownAlignment known() const;
  Alignment alignment() const;
  // From now on.
  void use(const Alignment& alignment);

  // If the heads are not known, searches for them and keeps them beside the model's file. A search
  // that fails is not repeated.
  double quality();
  // The same on a thread of its own, once.
  void begin_in_background();
  // Searches, whatever is known, and changes nothing. Errors: those of find_alignment.
  Result<Alignment> find() const;

 private:
  HeadSearch(std::shared_ptr<const llama::Model> model, BeginSpeech begin,
             const std::optional<Alignment>& alignment, bool is_named);

  const std::shared_ptr<const llama::Model> model_;
  const BeginSpeech begin_;
  const bool is_named_;  // the model's file names the heads
  std::mutex search_;    // held while heads are looked for
  mutable std::mutex mutex_;
  Heads heads_;         // null: unknown
  double quality_ = 0;  // of these heads
  bool has_begun_ = false;
  std::thread thread_;  // started once, if has_begun_
};

}  // namespace orpheus::engine
