#pragma once
// A speech in the simulation: its pieces, the codec's stream of the piece that is heard, and its
// client's player. Plain bookkeeping in virtual time.

#include <algorithm>
#include <bit>
#include <chrono>
#include <cstdint>
#include <memory>
#include <utility>
#include <vector>

#include "lm/playback.h"
#include "simulation.h"

namespace orpheus::serving_sim {

using Clock = lm::Playback::Clock;

inline constexpr double kSecondsPerFrame = 2048.0 / 24000.0;
inline constexpr double kSecondsPerLatent = kSecondsPerFrame / 4;
inline constexpr int kTokensPerFrame = 7;

inline Clock::time_point at(double seconds) {
  return Clock::time_point(
      std::chrono::duration_cast<Clock::duration>(std::chrono::duration<double>(seconds)));
}

struct PieceOfText {
  int num_prompt = 0;  // tokens
  int num_audio = 0;   // tokens that the voice makes of it
  int most_audio = 0;  // that it may make
};

// What the codec decodes next.
struct NextWindow {
  int num_frames = 0;   // decoded, with context
  int num_latents = 0;  // returned as sound; the rest of the frames is context
};

// The codec's stream of one piece, counted in latents: which windows snac's WindowStream takes.
class CodecStream {
 public:
  explicit CodecStream(Windows windows) : windows_(windows) {}

  // The window that these frames of the piece allow; none: num_frames is 0. seconds_in_hand: of
  // sound that the client has not played.
  NextWindow next(int num_frames, bool is_whole, double seconds_in_hand) const {
    const NextWindow full = windows_ == Windows::kBuffer
                                ? next_for_buffer(num_frames, is_whole, seconds_in_hand)
                                : next_by_position(num_frames);
    if (full.num_frames > 0) return full;
    const int left = 4 * num_frames - num_given_;
    if (is_whole && left > 0) return {.num_frames = decoded((left + 3) / 4), .num_latents = left};
    return {};
  }
  void give(const NextWindow& window) { num_given_ += window.num_latents; }

 private:
  static constexpr int kContext = 10;  // latents on each side
  static constexpr int kLongest = 32;  // frames
  static constexpr int kFirst = 4;     // frames, of kDoubling

  NextWindow next_for_buffer(int num_frames, bool is_whole, double seconds_in_hand) const {
    const int ready = (4 * num_frames - kContext - num_given_ + 3) / 4;  // rounded up
    const double in_hand = std::clamp<double>(seconds_in_hand / kSecondsPerFrame, 1, kLongest);
    const int wanted = is_whole ? kLongest : power_of_two(static_cast<int>(in_hand));
    if (ready < wanted || ready < 1) return {};
    const int window = power_of_two(std::min(ready, kLongest));
    const int first = num_given_ == 0 ? kContext % 4 : 0;  // it ends within a frame
    return {.num_frames = decoded(window), .num_latents = 4 * window - first};
  }

  NextWindow next_by_position(int num_frames) const {
    const int window = window_frames();
    const int wanted = num_given_ == 0 && windows_ == Windows::kHalf ? 1 : 4 * window;
    const int needed_frames = (num_given_ + kContext + wanted + 3) / 4;  // rounded up
    if (needed_frames > num_frames) return {};
    return {.num_frames = decoded(window), .num_latents = latents_of(needed_frames)};
  }

  static int power_of_two(int at_most) {
    return static_cast<int>(std::bit_floor(static_cast<unsigned>(at_most)));
  }

  int window_frames() const {
    const int given = num_given_ / 4;
    const bool doubles = windows_ == Windows::kDoubling;
    int frames = doubles ? kFirst : 1;
    while (frames < kLongest && (doubles ? frames < given + kFirst : 2 * frames <= given / 2))
      frames *= 2;
    return frames;
  }
  int latents_of(int num_frames) const {
    return windows_ == Windows::kDoubling ? 4 * window_frames()
                                          : 4 * num_frames - kContext - num_given_;
  }
  static int decoded(int window) { return window + (2 * kContext + 3) / 4; }

  Windows windows_;
  int num_given_ = 0;  // latents
};

// A client that begins to play once it has `buffer` seconds of sound, or the whole speech.
class Player {
 public:
  explicit Player(double buffer) : buffer_(buffer) {}

  void receive(double seconds, double now, bool is_whole) {
    if (!plays_) {
      held_ += seconds;
      if (held_ < buffer_ && !is_whole) return;
      plays_ = true;
      began_ = now;
      dry_at_ = now + held_;
      return;
    }
    if (now > dry_at_ + kRounding) {
      ++num_underruns_;
      longest_underrun_ = std::max(longest_underrun_, now - dry_at_);
    }
    dry_at_ = std::max(dry_at_, now) + seconds;
  }

  bool plays() const { return plays_; }
  double began() const { return began_; }
  double dry_at() const { return dry_at_; }
  int num_underruns() const { return num_underruns_; }
  double longest_underrun() const { return longest_underrun_; }

 private:
  static constexpr double kRounding = 1e-6;
  double buffer_;
  bool plays_ = false;
  double held_ = 0;
  double began_ = 0;
  double dry_at_ = 0;
  int num_underruns_ = 0;
  double longest_underrun_ = 0;
};

struct Speech {
  Speech(double arrives, std::vector<PieceOfText> text, const Server& server, double buffer)
      : arrived(arrives),
        pieces(std::move(text)),
        playback(std::make_shared<lm::Playback>(at(arrives))),
        stream(server.windows),
        player(buffer) {}

  double arrived = 0;
  std::vector<PieceOfText> pieces;
  std::shared_ptr<lm::Playback> playback;
  std::vector<int> made;  // tokens of each piece that was started
  size_t heard = 0;       // the piece that is decoded
  CodecStream stream;
  Player player;
  double first_sample_at = -1;

  bool is_over() const { return heard == pieces.size(); }
  bool has_sounded() const { return first_sample_at >= 0; }
};

}  // namespace orpheus::serving_sim
