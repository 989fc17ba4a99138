#pragma once
// The speeches that may ask for more sequences, such as live texts whose next part has not arrived.
// The guarantee counts them while they have no sequence. Pure. Belongs to one thread at a time.

#include <memory>
#include <vector>

#include "lm/engine/guarantee.h"
#include "lm/playback.h"

namespace orpheus::engine {

class OpenSpeeches {
 public:
  // A sequence of num_units was seen. Remembers its speech if more text may come. Null: no speech.
  void note(const std::shared_ptr<const lm::Playback>& speech, int num_units);
  // Forgets speeches that have ended, or whose text is complete. Adds the others to `demanding` if
  // it has no sequence of them. A speech that waits for text has no sound in hand: it is near.
  void add_waiting(std::vector<Demanding>& demanding);

 private:
  struct Open {
    std::weak_ptr<const lm::Playback> speech;
    int num_units = 1;  // of its longest sequence
  };
  std::vector<Open> open_;
};

}  // namespace orpheus::engine
