#include "lm/engine/step_pace.h"

#include <algorithm>

namespace orpheus::engine {
namespace {

// The weight of a step falls by this factor with each newer step.
constexpr double kForget = 0.998;
// While all steps have the same number of sequences, the time of one more is unknown. It is assumed
// to be this share of the step, or the step's time divided by its number of sequences if that is
// less. The assumption is one more point of the fitted line; kWeightOfGuess is its weight, as a
// share of the weight of all steps.
constexpr double kGuessedShare = 0.125;
constexpr double kWeightOfGuess = 0.02;

}  // namespace

void StepPace::record(int num_sequences, double seconds) {
  const double rows = bucket_of_rows_(num_sequences);
  const auto add = [](double& sum, double value) { sum = kForget * sum + value; };
  add(weight_, 1);
  add(sequences_, rows);
  add(squares_, rows * rows);
  add(seconds_, seconds);
  add(products_, rows * seconds);
}

// The line with the least squares of errors.
double StepPace::predict(int num_sequences) const {
  if (weight_ == 0) return 0;
  const double rows = bucket_of_rows_(num_sequences);
  const double zero = std::min(0.0, sequences_ / weight_ - 1 / kGuessedShare);  // rows of no time
  const double guess = kWeightOfGuess * weight_;
  const double weight = weight_ + guess;
  const double sequences = sequences_ + guess * zero;
  const double squares = squares_ + guess * zero * zero;
  const double determinant = weight * squares - sequences * sequences;
  const double fixed = (seconds_ * squares - sequences * products_) / determinant;
  const double each = (weight * products_ - sequences * seconds_) / determinant;
  if (each < 0) {
    const double guessed =
        (products_ - zero * seconds_) / (squares_ - 2 * zero * sequences_ + zero * zero * weight_);
    return guessed * (rows - zero);
  }
  return fixed < 0 ? products_ / squares_ * rows : fixed + each * rows;
}

}  // namespace orpheus::engine
