#include "lm/engine/head_search.h"

#include <exception>
#include <string>
#include <utility>

#include "base/log.h"
#include "base/threads.h"
#include "lm/engine/alignment_file.h"

namespace orpheus::engine {

Result<std::unique_ptr<HeadSearch>> HeadSearch::create(std::shared_ptr<const llama::Model> model,
                                                       BeginSpeech begin) {
  ORPHEUS_TRY(auto alignment, read_alignment(model->file(), model->config()));
  const bool is_named = alignment.has_value();
  if (!alignment) alignment = kept_alignment(model->file(), model->config());
  return std::unique_ptr<HeadSearch>(
      new HeadSearch(std::move(model), std::move(begin), alignment, is_named));
}

HeadSearch::HeadSearch(std::shared_ptr<const llama::Model> model, BeginSpeech begin,
                       const std::optional<Alignment>& alignment, bool is_named)
    : model_(std::move(model)), begin_(std::move(begin)), is_named_(is_named) {
  if (alignment) use(*alignment);
}

HeadSearch::~HeadSearch() {
  if (thread_.joinable()) thread_.join();
}

Heads HeadSearch::heads() const {
  const std::lock_guard lock(mutex_);
  return heads_;
}

lm::KnownAlignment HeadSearch::known() const {
  const std::lock_guard lock(mutex_);
  return {.quality = quality_, .is_named = is_named_};
}

Alignment HeadSearch::alignment() const {
  const std::lock_guard lock(mutex_);
  if (!heads_) return {};
  return {.heads = *heads_, .quality = quality_};
}

void HeadSearch::use(const Alignment& alignment) {
  auto heads = std::make_shared<const std::vector<llama::AttentionHead>>(alignment.heads);
  const std::lock_guard lock(mutex_);
  heads_ = std::move(heads);
  quality_ = alignment.quality;
}

double HeadSearch::quality() {
  const std::lock_guard search(search_);
  if (heads()) return known().quality;
  const std::string& name = model_->name();
  log::info("looking for the attention heads that follow the text: {} speaks two sentences", name);
  const auto found = find();
  if (!found) {
    if (found.error().kind == ErrorKind::kCancelled) return 0;  // the engine ends
    log::warn("no alignment heads: {}", found.error().message());
    use({});  // until the next start, so that nobody waits for another search
    return 0;
  }
  log::info("{} heads of {} follow the text, quality {:.2f}", found->heads.size(), name,
            found->quality);
  if (const auto kept = keep_alignment(model_->file(), *found); !kept)
    log::warn("the next start looks for the heads again: {}", kept.error().message());
  use(*found);
  return found->quality;
}

void HeadSearch::begin_in_background() {
  const std::lock_guard lock(mutex_);
  if (heads_ || std::exchange(has_begun_, true)) return;
  auto started = start_thread([this] {
    try {
      quality();
    } catch (const std::exception& thrown) {  // no memory
      log::warn("no alignment heads: {}", thrown.what());
    }
  });
  if (!started) return log::warn("no alignment heads: {}", started.error().message());
  thread_ = std::move(*started);
}

Result<Alignment> HeadSearch::find() const { return find_alignment(*model_, begin_); }

}  // namespace orpheus::engine
