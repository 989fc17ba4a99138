#include "snac/window_batch.h"

#include <algorithm>

namespace orpheus::snac {
namespace {

// At most a third of a graph's streams are there to fill it.
constexpr std::array kSizes = {1, 2, 3, 4, 6, 8, 12, 16};
static_assert(kSizes.back() == kMaxStreamsOfGraph);

}  // namespace

int max_streams(int num_frames) {
  const int fitting = std::clamp(kMaxFramesOfGraph / num_frames, 1, kMaxStreamsOfGraph);
  return *(std::upper_bound(kSizes.begin(), kSizes.end(), fitting) - 1);
}

int streams_of_graph(int num_windows, int num_frames) {
  const int size = *std::lower_bound(kSizes.begin(), kSizes.end(), num_windows);
  return std::min(size, max_streams(num_frames));
}

Batch next_batch(std::span<const WaitingWindow> waiting, Company company) {
  Batch batch;
  if (waiting.empty()) return batch;
  const auto is_earlier = [](const WaitingWindow& left, const WaitingWindow& right) {
    return left.due_s < right.due_s;
  };
  const int num_frames = std::min_element(waiting.begin(), waiting.end(), is_earlier)->num_frames;
  const auto most = static_cast<size_t>(company == Company::kAlone ? 1 : max_streams(num_frames));
  // Inserts each window at its place among those that are chosen so far; the last one may drop out.
  for (size_t i = 0; i < waiting.size(); ++i) {
    if (waiting[i].num_frames != num_frames) continue;
    size_t place = batch.size;
    while (place > 0 && is_earlier(waiting[i], waiting[batch.windows.at(place - 1)])) --place;
    if (place == most) continue;
    batch.size = std::min(batch.size + 1, most);
    const auto begin = batch.windows.begin();
    std::move_backward(begin + static_cast<ptrdiff_t>(place),
                       begin + static_cast<ptrdiff_t>(batch.size) - 1,
                       begin + static_cast<ptrdiff_t>(batch.size));
    batch.windows.at(place) = i;
  }
  return batch;
}

}  // namespace orpheus::snac
