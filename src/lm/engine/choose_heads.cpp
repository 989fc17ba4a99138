#include "lm/engine/choose_heads.h"

#include <algorithm>
#include <numeric>

namespace orpheus::engine {
namespace {

constexpr size_t kMostHeads = 8;
constexpr size_t kMostLayers = 4;  // each costs some nodes of the graph in each step
constexpr int kFewestFrames = 12;  // about a second
// A head whose score is below this follows nothing.
constexpr double kLeastScore = 0.02;
// A further head must improve the score of the mean by this.
constexpr double kLeastGain = 0.002;
// Heads that follow the text about as well as the best one: this part of its score.
constexpr double kAsGood = 0.9;
// Heads that look at the same place: the distance of the rows that they look at, on average.
constexpr double kSamePlace = 0.5;

// The mean weight per frame on the best path, or on the rows beside it. The path begins in the
// first rows of the text, ends in the last ones, and goes back nowhere.
double mean_on_best_path(std::span<const float> weights, int num_text,
                         std::span<const int> frames) {
  const auto num_rows = static_cast<size_t>(num_text);
  const size_t margin = 1 + num_rows / 10;
  const size_t most_rows = 2 + 3 * num_rows / frames.size();  // that a frame may advance
  constexpr float kImpossible = -1e30F;
  std::vector<float> best(num_rows, kImpossible);
  std::vector<float> before;
  for (size_t i = 0; i < frames.size(); ++i) {
    before = best;
    const auto frame = weights.subspan(static_cast<size_t>(frames[i]) * num_rows, num_rows);
    for (size_t row = 0; row < num_rows; ++row) {
      const size_t first = row - std::min(row, most_rows);
      const float way = i == 0
                            ? (row <= margin ? 0 : kImpossible)
                            : *std::max_element(before.begin() + static_cast<ptrdiff_t>(first),
                                                before.begin() + static_cast<ptrdiff_t>(row) + 1);
      float near = frame[row];
      if (row > 0) near += frame[row - 1];
      if (row + 1 < num_rows) near += frame[row + 1];
      best[row] = way + near;
    }
  }
  const size_t first_end = num_rows - std::min(num_rows, margin + 1);
  const float most =
      *std::max_element(best.begin() + static_cast<ptrdiff_t>(first_end), best.end());
  return std::max(0.0, static_cast<double>(most) / static_cast<double>(frames.size()));
}

// All frames, each `stride` behind the one before: an order without the time in it.
std::vector<int> shuffled(int num_frames, double part) {
  int stride = std::max(1, static_cast<int>(num_frames * part));
  while (std::gcd(stride, num_frames) != 1) ++stride;
  std::vector<int> frames;
  for (int i = 0; i < num_frames; ++i) frames.push_back(i * stride % num_frames);
  return frames;
}

// [num_text, n_frames]
std::vector<float> mean_of(const Spoken& spoken, std::span<const size_t> heads) {
  const auto num_rows = static_cast<size_t>(spoken.num_text);
  const auto num_frames = static_cast<size_t>(spoken.num_frames);
  const size_t frame_size = spoken.weights.size() / num_frames;
  std::vector<float> mean(num_rows * num_frames);
  for (size_t frame = 0; frame < num_frames; ++frame) {
    for (const size_t head : heads) {
      for (size_t row = 0; row < num_rows; ++row) {
        mean[frame * num_rows + row] += spoken.weights[frame * frame_size + head * num_rows + row] /
                                        static_cast<float>(heads.size());
      }
    }
  }
  return mean;
}

// The row that has the most weight, on average over the frames.
double mean_row(const Spoken& spoken, size_t head) {
  const std::vector<float> weights = mean_of(spoken, {&head, 1});
  const auto num_rows = static_cast<ptrdiff_t>(spoken.num_text);
  ptrdiff_t sum = 0;
  for (auto frame = weights.begin(); frame != weights.end(); frame += num_rows)
    sum += std::max_element(frame, frame + num_rows) - frame;
  return static_cast<double>(sum) / spoken.num_frames;
}

double score_of(const Spoken& spoken, std::span<const size_t> heads) {
  return path_score(mean_of(spoken, heads), spoken.num_text);
}

}  // namespace

double path_score(std::span<const float> weights, int num_text) {
  if (num_text < 1) return 0;
  const auto num_frames = static_cast<int>(weights.size()) / num_text;
  if (num_frames < kFewestFrames) return 0;
  std::vector<int> in_order(static_cast<size_t>(num_frames));
  std::iota(in_order.begin(), in_order.end(), 0);
  const double forward = mean_on_best_path(weights, num_text, in_order);
  constexpr double kParts[] = {0.618, 0.382, 0.276};
  double chance = 0;
  for (const double part : kParts)
    chance += mean_on_best_path(weights, num_text, shuffled(num_frames, part)) / std::size(kParts);
  if (!(forward > chance)) return 0;  // also for weights that are not numbers
  return chance < 1 ? std::min(1.0, (forward - chance) / (1 - chance)) : 0;
}

Alignment choose_heads(std::span<const llama::AttentionHead> heads, const Spoken& first,
                       const Spoken& second) {
  struct Scored {
    size_t head;
    double score;
    double row;
  };
  std::vector<Scored> scored;
  if (first.num_frames < kFewestFrames || second.num_frames < kFewestFrames) return {};
  if (heads.empty()) return {};
  for (size_t i = 0; i < heads.size(); ++i)
    scored.push_back({i, score_of(first, {&i, 1}), mean_row(first, i)});
  std::stable_sort(scored.begin(), scored.end(), [](const Scored& left, const Scored& right) {
    return left.score > right.score;
  });
  // Models also look at what comes next. Of good heads, those count that look least ahead.
  const double good = scored.front().score * kAsGood;
  double least_row = scored.front().row;
  for (const Scored& head : scored)
    if (head.score >= good) least_row = std::min(least_row, head.row);
  std::erase_if(scored, [&](const Scored& head) {
    return head.score >= good && head.row > least_row + kSamePlace;
  });
  std::vector<size_t> chosen;
  std::vector<int> layers;
  double best = kLeastScore;
  for (size_t i = 0; i < std::min<size_t>(scored.size(), 4 * kMostHeads); ++i) {
    std::vector<int> with = layers;
    llama::add_layers(heads.subspan(scored[i].head, 1), with);
    if (with.size() > kMostLayers) continue;
    chosen.push_back(scored[i].head);
    const double score = score_of(first, chosen);
    if (score < best + (chosen.size() > 1 ? kLeastGain : 0)) {
      chosen.pop_back();
      continue;
    }
    best = score;
    layers = with;
    if (chosen.size() == kMostHeads) break;
  }
  if (chosen.empty()) return {};
  Alignment alignment;
  alignment.quality = score_of(second, chosen);
  for (const size_t head : chosen) alignment.heads.push_back(heads[head]);
  std::sort(alignment.heads.begin(), alignment.heads.end());
  return alignment;
}

}  // namespace orpheus::engine
