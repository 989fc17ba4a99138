#include "lm/engine/open_speeches.h"

#include <algorithm>

namespace orpheus::engine {

void OpenSpeeches::note(const std::shared_ptr<const lm::Playback>& speech, int num_units) {
  if (!speech || !speech->position().is_open) return;
  const auto known = std::find_if(open_.begin(), open_.end(), [&](const Open& open) {
    return !open.speech.owner_before(speech) && !speech.owner_before(open.speech);
  });
  if (known == open_.end()) {
    open_.push_back({speech, num_units});
  } else {
    known->num_units = std::max(known->num_units, num_units);
  }
}

void OpenSpeeches::add_waiting(std::vector<Demanding>& demanding) {
  const auto num_sequences = static_cast<std::ptrdiff_t>(demanding.size());
  std::erase_if(open_, [&](const Open& open) {
    const std::shared_ptr<const lm::Playback> speech = open.speech.lock();
    if (!speech || !speech->position().is_open) return true;
    const bool has_sequence =
        std::any_of(demanding.begin(), demanding.begin() + num_sequences,
                    [&](const Demanding& sequence) { return sequence.speech == speech.get(); });
    if (!has_sequence)
      demanding.push_back({{.sounded = true, .num_units = open.num_units}, speech.get()});
    return false;
  });
}

}  // namespace orpheus::engine
