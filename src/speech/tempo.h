#pragma once
// Faster or slower speech at the same pitch: waveform-similarity overlap-add (WSOLA; Verhelst and
// Roelands, 1993). Windows of 30 ms are placed closer or further apart, each shifted by up to 5 ms
// to best continue the last one. Belongs to one thread; a tempo serves one piece.

#include <cstddef>
#include <span>
#include <vector>

namespace orpheus::speech {

class Tempo {
 public:
  // rate: 0.5 is half as fast, 2 twice.
  explicit Tempo(double rate) : rate_(rate) {}

  // Appends the ready samples to out. How the input is divided makes no difference.
  void push(std::span<const float> samples, std::vector<float>& out);
  // Appends the remaining samples. In total there are as many as came in, divided by the rate.
  void finish(std::vector<float>& out);

 private:
  void step(std::vector<float>& out);
  size_t best_near(size_t ideal) const;

  double rate_;
  std::vector<float> in_;  // samples from first_ on
  size_t first_ = 0;
  size_t num_in_ = 0;  // samples of all input
  size_t num_out_ = 0;
  size_t num_steps_ = 0;
  size_t at_ = 0;            // where the last window began in the input
  std::vector<float> tail_;  // the last window's second half, fading out
};

}  // namespace orpheus::speech
