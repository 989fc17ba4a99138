#pragma once
// Faster or slower speech at the same pitch: waveform-similarity overlap-add (WSOLA; Verhelst and
// Roelands, 1993). Windows of 30 ms are laid closer together or further apart, each moved by up to
// 5 ms to where it goes on as the last one did. Belongs to one thread; one tempo is one piece.

#include <cstddef>
#include <span>
#include <vector>

namespace orpheus::speech {

class Tempo {
 public:
  // rate: 0.5 is half as fast, 2 twice.
  explicit Tempo(double rate) : rate_(rate) {}

  // Appends to out what is ready; the same samples in any chunks give the same.
  void push(std::span<const float> samples, std::vector<float>& out);
  // The rest: all in all as many samples as came, divided by the rate.
  void finish(std::vector<float>& out);

 private:
  void step(std::vector<float>& out);
  size_t best_near(size_t ideal) const;

  double rate_;
  std::vector<float> in_;  // samples from first_ on
  size_t first_ = 0;
  size_t num_in_ = 0;  // of all that came
  size_t num_out_ = 0;
  size_t num_steps_ = 0;
  size_t at_ = 0;            // where the last window began
  std::vector<float> tail_;  // its second half, fading out
};

}  // namespace orpheus::speech
