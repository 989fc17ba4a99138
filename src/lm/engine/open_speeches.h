#pragma once
// Speeches that may ask for more sequences, such as live texts that wait for their next part. The
// guarantee counts them while they have no sequence. Pure. Belongs to one thread at a time.

#include <memory>
#include <vector>

#include "lm/engine/guarantee.h"
#include "lm/playback.h"

namespace orpheus::engine {

class OpenSpeeches {
 public:
  // A sequence of num_units was seen. Remembers its speech if more text may come. Null: no speech.
  void note(const std::shared_ptr<const lm::Playback>& speech, int num_units);
  // Removes the speeches that have ended and those with a complete text. Adds each other speech to
  // `demanding`, unless `demanding` has a sequence of it. A speech that waits for text counts as
  // near, because no sound is left.
  void add_waiting(std::vector<Demanding>& demanding);

 private:
  struct Open {
    std::weak_ptr<const lm::Playback> speech;
    int num_units = 1;  // of its longest sequence
  };
  std::vector<Open> open_;
};

}  // namespace orpheus::engine
