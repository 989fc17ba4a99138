#pragma once
// Measures a listener that plays sound as it arrives: the first audible sample, and gaps. The times
// are arguments. Belongs to one thread at a time.

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

namespace orpheus::cli {

class LiveListener {
 public:
  using Time = std::chrono::steady_clock::time_point;

  struct Gaps {
    int count = 0;
    double longest_s = 0;
  };

  // The next samples belong to another piece.
  void begin_piece() { begins_piece_ = true; }
  void hear(std::span<const float> samples, Time now);

  // When the first sample that is not silence is heard; nothing if all is silent.
  std::optional<Time> first_audible() const { return first_audible_; }
  // When the last samples arrived.
  Time last_arrival() const { return last_arrival_; }
  double sound_s() const;
  // While all sound that had arrived was played.
  const Gaps& between_pieces() const { return between_pieces_; }
  const Gaps& within_pieces() const { return within_pieces_; }

 private:
  std::optional<Time> dry_at_;  // when all that arrived is played
  std::optional<Time> first_audible_;
  Time last_arrival_{};
  int64_t num_samples_ = 0;
  bool begins_piece_ = true;
  Gaps between_pieces_;
  Gaps within_pieces_;
};

}  // namespace orpheus::cli
