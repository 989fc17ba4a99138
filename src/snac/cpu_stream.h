#pragma once
// The decoder as a chain of layers that carry their tails: each keeps the last rows that its
// convolution will need again, so every row of every layer is computed once, and what comes out is
// bit for bit what any other portioning gives. Rows lag behind by the network's right-hand context
// (2.5 frames) until finish(). A stream may begin within a sound: its layers then give only the
// rows whose left-hand context they have seen, which are bit for bit those of the whole.

#include <functional>
#include <memory>
#include <span>
#include <vector>

#include "codes/frame.h"
#include "snac/cpu_weights.h"
#include "snac/noise.h"
#include "snac/rows.h"
#include "snac/shared_product.h"
#include "snac/stream.h"

namespace orpheus::snac {

enum class Start { kOfSound, kWithinSound };

// x + pointwise(snake(depthwise(snake(x))))
class ResidualUnit {
 public:
  ResidualUnit(const CpuResidualUnit& weights, Start start);
  int radius() const { return radius_; }
  // Takes rows of x and appends those it can finish to out; the last call ends the sound.
  void push(const float* rows, int num_rows, bool last, Rows& out);

 private:
  const CpuResidualUnit& weights_;
  int radius_;
  int num_to_skip_;  // rows at the start that lack their context
  Rows input_;       // x, from the next row to give on
  Rows snaked_;      // snake(x), from radius rows before that on
  Rows tile_;
};

// snake → upsample → noise → three residual units
class Block {
 public:
  // first_row is the place in the sound of the first row that will be pushed. Few rows are
  // upsampled by shared_upsample, with those of other streams, where it is not null.
  Block(const CpuBlock& weights, int index, const Config& config, const NoiseSource& noise,
        SharedProduct* shared_upsample, Start start, int64_t first_row);
  int64_t next_row() const { return next_row_; }  // the place of the next row that it gives
  // Takes rows; what they make waits, to be given in portions.
  void push(const float* rows, int num_rows, bool last);
  int num_waiting() const { return upsampled_.size(); }
  // Appends to out what the next rows that wait make, at most so many; the last of a sound that has
  // ended end it.
  void give(int num_rows, bool last, Rows& out);

  const CpuBlock& weights_;
  const int index_;
  const int rate_;
  const NoiseSource& noise_;
  SharedProduct* const shared_upsample_;
  Rows snaked_;  // from the row before the next on
  Rows upsampled_;
  Rows noisy_;
  std::vector<float> noise_values_;
  std::vector<ResidualUnit> units_;
  std::vector<Rows> between_;  // what a unit gives to the next
  int num_to_crop_;            // rows at the start that the padding takes off
  int64_t next_step_;          // the place of the next upsampled row
  int64_t next_row_;
};

class CpuStream : public Stream {
 public:
  // Sees the rows of each stage of the reference's decoder.model as they are made; for tests.
  using Observer = std::function<void(int stage, const float* rows, int num_rows, int stride)>;

  // first_upsample takes the first block's product, whose weights are the largest, for all streams
  // that share it; null where this one is alone. first_latent is the place in the sound where this
  // stream begins; the frames that are pushed begin with the one that it lies in.
  CpuStream(std::shared_ptr<const CpuWeights> weights, NoiseSource noise,
            std::shared_ptr<SharedProduct> first_upsample, int64_t first_latent = 0,
            Observer observer = {});

  // The place in the sound of the next sample that comes out.
  int64_t next_sample() const { return next_sample_; }

  Result<void> push(std::span<const codes::Frame> frames, const SampleSink& sink) override;
  Result<void> finish(const SampleSink& sink) override;

 private:
  void latents_of(std::span<const codes::Frame> frames);
  void push_latents(bool last);
  void push_block(size_t index, const float* rows, int num_rows, bool last);
  void push_out(const float* rows, int num_rows, bool last);
  Result<void> give(const SampleSink& sink);
  void observe(int stage, const float* rows, int num_rows, int stride) const {
    if (observer_) observer_(stage, rows, num_rows, stride);
  }

  const std::shared_ptr<const CpuWeights> weights_;
  const NoiseSource noise_;
  const std::shared_ptr<SharedProduct> first_upsample_;
  const Observer observer_;
  int num_latents_to_skip_;
  Rows latents_;  // from three rows before the next on
  Rows convolved_;
  Rows widened_;
  std::vector<Block> blocks_;
  std::vector<Rows> block_outputs_;
  Rows snaked_out_;  // from three rows before the next on
  std::vector<float> samples_;
  int64_t next_sample_ = 0;
  std::vector<float> vector_;  // scratch: a codebook's projected vectors
};

}  // namespace orpheus::snac
