#include "lm/llama/layer_split.h"

#include <algorithm>
#include <charconv>
#include <numeric>
#include <string>
#include <string_view>

#include "lm/llama/cache_plan.h"

namespace orpheus::llama {
namespace {

// "blk.12.attn_q.weight" → 12; −1 for tensors outside of the layers.
int layer_of(std::string_view name) {
  constexpr std::string_view kPrefix = "blk.";
  if (!name.starts_with(kPrefix)) return -1;
  int layer = -1;
  std::from_chars(name.data() + kPrefix.size(), name.data() + name.size(), layer);
  return layer;
}

class Filling {
 public:
  Filling(const WeightSizes& sizes, std::span<const DeviceRoom> rooms, size_t enough_bytes)
      : sizes_(sizes),
        rooms_(rooms),
        enough_bytes_(enough_bytes),
        has_gpus_(!std::all_of(rooms.begin(), rooms.end(),
                               [](const auto& room) { return room.takes_the_rest; })) {}

  // Gives each device as many layers as it holds with cache_bytes each, but leaves at least one for
  // every later device; the last device takes the rest. Returns whether each device holds its
  // layers.
  bool fill(size_t cache_bytes, std::vector<Part>& parts) const {
    parts.clear();
    bool all_fits = true;
    int next = 0;
    for (size_t i = 0; i < rooms_.size(); ++i) {
      const auto num_behind = static_cast<int>(rooms_.size() - i) - 1;
      const int most = num_layers() - num_behind;
      Part part{.first_layer = next, .end_layer = next + 1};
      const auto one_more = [&] { return Part{part.first_layer, part.end_layer + 1}; };
      while (part.end_layer < most &&
             (num_behind == 0 || holds(rooms_[i], one_more(), cache_bytes)))
        part = one_more();
      all_fits = all_fits && holds(rooms_[i], part, cache_bytes);
      parts.push_back(part);
      next = part.end_layer;
    }
    return all_fits;
  }

 private:
  int num_layers() const { return static_cast<int>(sizes_.layers.size()); }

  bool holds(const DeviceRoom& room, const Part& part, size_t cache_bytes) const {
    if (room.takes_the_rest && has_gpus_ && cache_bytes > enough_bytes_)
      return part.num_layers() == 1;
    const auto first = sizes_.layers.begin() + part.first_layer;
    const size_t weights = std::accumulate(first, first + part.num_layers(), size_t{0}) +
                           (part.end_layer == num_layers() ? sizes_.head : 0);
    return weights <= room.bytes &&
           (room.bytes - weights) / static_cast<size_t>(part.num_layers()) >= cache_bytes;
  }

  const WeightSizes& sizes_;
  std::span<const DeviceRoom> rooms_;
  size_t enough_bytes_;
  bool has_gpus_;
};

}  // namespace

size_t WeightSizes::total() const { return std::accumulate(layers.begin(), layers.end(), head); }

Result<WeightSizes> read_weight_sizes(const tensor::GgufFile& file, const Config& config,
                                      const prompt::TokenLayout& layout) {
  const tensor::Shape whole = {config.width, config.vocabulary_size, 1, 1};
  ORPHEUS_TRY(const tensor::GgufTensor* embedding, file.demand_tensor("token_embd.weight", whole));
  const tensor::GgufTensor* head = embedding;  // if the file ties them
  if (file.find_tensor("output.weight") != nullptr) {
    ORPHEUS_TRY(head, file.demand_tensor("output.weight", whole));
  }
  WeightSizes sizes{.layers = std::vector<size_t>(static_cast<size_t>(config.num_layers)),
                    .head = 0};
  for (const tensor::GgufTensor& tensor : file.tensors()) {
    if (&tensor == embedding || &tensor == head) continue;
    const int layer = layer_of(tensor.name);
    const bool inside = layer >= 0 && layer < config.num_layers;
    (inside ? sizes.layers[static_cast<size_t>(layer)] : sizes.head) += tensor.data.size();
  }
  const auto num_rows = static_cast<size_t>(layout.codebook_size) * prompt::kSlotsPerFrame + 1;
  sizes.head += num_rows * (head->data.size() / static_cast<size_t>(config.vocabulary_size));
  return sizes;
}

Result<std::vector<Part>> split_layers(const Config& config, const WeightSizes& sizes,
                                       std::span<const DeviceRoom> rooms) {
  if (rooms.size() > sizes.layers.size()) {
    return fail({.kind = ErrorKind::kUsage,
                 .what = "there are more devices than layers of the model to distribute",
                 .expected = "at most " + std::to_string(sizes.layers.size()) + " devices",
                 .found = std::to_string(rooms.size())});
  }
  const size_t row_bytes = cache_row_bytes(config, CacheType::kF16) / sizes.layers.size();
  const Filling filling(sizes, rooms, row_bytes * kEnoughRows);
  // The largest cache of one layer with which everything fits is in [least, too_much).
  size_t least = 0;
  size_t too_much = 1;
  for (const DeviceRoom& room : rooms) too_much = std::max(too_much, room.bytes + 1);
  std::vector<Part> parts;
  while (too_much - least > 1) {
    const size_t middle = least + (too_much - least) / 2;
    (filling.fill(middle, parts) ? least : too_much) = middle;
  }
  filling.fill(least, parts);
  return parts;
}

}  // namespace orpheus::llama
