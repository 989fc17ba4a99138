// Attention (attention.h), compiled for each level of processors.

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <cstring>
#include <limits>
#include <type_traits>

#include <ggml.h>

#include "tensor/level.h"
#include "tensor/processor_kernels.h"

#include ORPHEUS_LANES

namespace orpheus::tensor::ORPHEUS_LEVEL {
namespace {

using namespace lanes;

constexpr int64_t kBlock = 32;        // cached rows that are scored before their values are summed
constexpr int64_t kMostQueries = 24;  // heads of a row times rows of a tile
// Queries that are in registers together while a cached row is read.
constexpr int64_t kTogether = kLanes == 16 ? 4 : 2;
constexpr int64_t kVectors = 4;  // of the values: registers that are used together
// From this many queries on, a block's rows are converted to float32 once, not for each query.
constexpr int64_t kFewQueries = 8;
constexpr float kNever = -std::numeric_limits<float>::infinity();

constexpr int64_t padded(int64_t count) { return (count + kLanes - 1) / kLanes * kLanes; }

// e^x for x ≤ 0: Cephes' polynomial, within 2 units of the last place; 1 for 0. Below −87 it stays
// at 1.6e−38.
Floats exponential(Floats x) {
  x = larger(broadcast(-87.0F), x);      // gives the second operand for NaN
  constexpr float kRound = 12582912.0F;  // 1.5 · 2^23: adding it rounds to a whole number
  const Floats shifted = multiply_add(x, broadcast(1.44269504F), broadcast(kRound));
  const Floats power = subtract(shifted, broadcast(kRound));
  Floats rest = subtract_product(x, power, broadcast(0.693359375F));
  rest = subtract_product(rest, power, broadcast(-2.12194440e-4F));
  Floats sum = broadcast(1.9875691500e-4F);
  sum = multiply_add(sum, rest, broadcast(1.3981999507e-3F));
  sum = multiply_add(sum, rest, broadcast(8.3334519073e-3F));
  sum = multiply_add(sum, rest, broadcast(4.1665795894e-2F));
  sum = multiply_add(sum, rest, broadcast(1.6666665459e-1F));
  sum = multiply_add(sum, rest, broadcast(5.0000001201e-1F));
  sum = multiply_add(sum, multiply(rest, rest), add(rest, broadcast(1.0F)));
  return times_two_to(sum, to_integers(power));
}

float largest_lane(Floats x) {
  std::array<float, kLanes> values;
  store(values.data(), x);
  return *std::max_element(values.begin(), values.end());
}

float sum_of_lanes(Floats x) {
  return _mm_cvtss_f32(sums(x, zero_floats(), zero_floats(), zero_floats()));
}

template <typename Do>
void with_count(int64_t count, const Do& use) {
  switch (count) {
    case 1: return use(std::integral_constant<int, 1>());
    case 2: return use(std::integral_constant<int, 2>());
    case 3: return use(std::integral_constant<int, 3>());
    default: return use(std::integral_constant<int, 4>());
  }
}

// Rows of a block: as stored in the cache, or converted to float32.
struct Halves {
  const std::byte* first;
  size_t row_bytes;
  Floats at(int64_t row, int64_t i) const {
    return load_halves(reinterpret_cast<const uint8_t*>(first) +
                       static_cast<size_t>(row) * row_bytes + static_cast<size_t>(i) * 2);
  }
};

struct Singles {
  const float* first;
  int64_t stride;
  Floats at(int64_t row, int64_t i) const { return load(first + row * stride + i); }
};

// The heads of some rows that read the same keys and values: a part of one sequence's rows.
class Tile {
 public:
  Tile(const ggml_tensor* node, int64_t first_row, int64_t num_rows, int64_t first_head,
       int64_t num_heads)
      : node_(node),
        q_(node->src[0]),
        seen_(static_cast<const int32_t*>(node->src[3]->data) + first_row * 2),
        head_dim_(q_->ne[0]),
        stride_(padded(head_dim_)),
        first_row_(first_row),
        first_head_(first_head),
        num_heads_(num_heads),
        num_queries_(num_rows * num_heads) {
    const int64_t num_kv_heads = node->src[1]->ne[0] / head_dim_;
    kv_head_ = first_head / (q_->ne[1] / num_kv_heads);
  }

  void compute() {
    begin();
    const int64_t most_seen = seen_by(num_queries_ - 1);
    int64_t first = 0;  // the first query that sees a row of the block
    for (int64_t row = 0; row < most_seen; row += kBlock) {
      while (seen_by(first) <= row) ++first;
      const int64_t num_rows = std::min(kBlock, most_seen - row);
      with_rows(node_->src[1], row, num_rows, num_queries_ - first,
                [&](const auto& keys) { score(keys, num_rows, first); });
      for (int64_t i = first; i < num_queries_; ++i) weigh(i, seen_in(i, row));
      with_rows(node_->src[2], row, num_rows, num_queries_ - first,
                [&](const auto& values) { mix(values, row, first); });
    }
    end();
  }

 private:
  // Queries are ordered by row, so later queries see at least as many rows.
  int64_t seen_by(int64_t query) const { return seen_[query / num_heads_ * 2 + 1]; }
  int64_t seen_in(int64_t query, int64_t first_of_block) const {
    return std::min(kBlock, seen_by(query) - first_of_block);
  }

  const float* q_of(int64_t query) const {
    return reinterpret_cast<const float*>(static_cast<const char*>(q_->data) +
                                          static_cast<size_t>(first_row_ + query / num_heads_) *
                                              q_->nb[2]) +
           (first_head_ + query % num_heads_) * head_dim_;
  }
  float* out_of(int64_t query) const {
    return reinterpret_cast<float*>(static_cast<char*>(node_->data) +
                                    static_cast<size_t>(first_row_ + query / num_heads_) *
                                        node_->nb[1]) +
           (first_head_ + query % num_heads_) * head_dim_;
  }

  void begin() {
    const float scale = 1.0F / std::sqrt(static_cast<float>(head_dim_));
    for (int64_t i = 0; i < num_queries_; ++i) {
      const float* from = q_of(i);
      float* to = queries_.data() + i * stride_;
      for (int64_t k = 0; k < head_dim_; ++k) to[k] = from[k] * scale;
      std::fill(to + head_dim_, to + stride_, 0.0F);
      std::fill_n(mixed_.data() + i * stride_, stride_, 0.0F);
      largest_[static_cast<size_t>(i)] = kNever;
      sums_[static_cast<size_t>(i)] = zero_floats();
    }
  }

  void end() const {
    for (int64_t i = 0; i < num_queries_; ++i) {
      const float sum = sum_of_lanes(sums_[static_cast<size_t>(i)]);
      const float inverse = sum > 0 ? 1.0F / sum : 0.0F;
      const float* from = mixed_.data() + i * stride_;
      float* to = out_of(i);
      for (int64_t k = 0; k < head_dim_; ++k) to[k] = from[k] * inverse;
    }
  }

  // Calls use(rows) with this head's part of num_rows of the sequence's cached rows.
  template <typename Do>
  void with_rows(const ggml_tensor* cache, int64_t row, int64_t num_rows, int64_t num_queries,
                 const Do& use) {
    const std::byte* first = static_cast<const std::byte*>(cache->data) +
                             static_cast<size_t>(seen_[0] + row) * cache->nb[1] +
                             ggml_row_size(cache->type, head_dim_) * static_cast<size_t>(kv_head_);
    const bool halves = cache->type == GGML_TYPE_F16;
    if (halves && num_queries < kFewQueries && stride_ == head_dim_)
      return use(Halves{first, cache->nb[1]});
    for (int64_t i = 0; i < num_rows; ++i) {
      const std::byte* from = first + static_cast<size_t>(i) * cache->nb[1];
      float* to = block_.data() + i * stride_;
      if (!halves) {
        from_q8_0(from, to);
      } else if (stride_ == head_dim_) {
        for (int64_t k = 0; k < head_dim_; k += kLanes)
          store(to + k, load_halves(reinterpret_cast<const uint8_t*>(from) + k * 2));
      } else {
        ggml_fp16_to_fp32_row(reinterpret_cast<const ggml_fp16_t*>(from), to, head_dim_);
        std::fill(to + head_dim_, to + stride_, 0.0F);
      }
    }
    use(Singles{block_.data(), stride_});
  }

  // Blocks of 32: a float16 scale and 8-bit weights.
  void from_q8_0(const std::byte* from, float* to) const {
    for (int64_t k = 0; k < head_dim_; k += 32, from += 34) {
      ggml_fp16_t half = 0;
      std::memcpy(&half, from, sizeof(half));
      const Floats scale = broadcast(ggml_fp16_to_fp32(half));
      const auto* weights = reinterpret_cast<const uint8_t*>(from) + 2;
      for (int64_t i = 0; i < 32; i += kLanes)
        store(to + k + i, multiply(scale, to_floats(widen_i8(weights + i))));
    }
  }

  // scores of each query from `first` on with each row of the block
  template <typename Rows>
  void score(const Rows& keys, int64_t num_rows, int64_t first) {
    for (int64_t row = 0; row < num_rows; row += 4) {
      for (int64_t i = first; i < num_queries_; i += kTogether) {
        with_count(std::min(kTogether, num_queries_ - i), [&](auto count) {
          score_four<count()>(keys, row, std::min<int64_t>(row + 3, num_rows - 1), i);
        });
      }
    }
  }

  // Rows past the last one repeat the last one; their scores are not used.
  template <int kCount, typename Rows>
  void score_four(const Rows& keys, int64_t row, int64_t last, int64_t first_query) {
    std::array<std::array<Floats, 4>, kCount> products;
    for (auto& of_query : products) of_query.fill(zero_floats());
    const float* queries = queries_.data() + first_query * stride_;
    for (int64_t k = 0; k < stride_; k += kLanes) {
      std::array<Floats, 4> key;
#pragma GCC unroll 4
      for (int64_t j = 0; j < 4; ++j)
        key[static_cast<size_t>(j)] = keys.at(std::min(row + j, last), k);
#pragma GCC unroll 4
      for (size_t i = 0; i < kCount; ++i) {
        const Floats query = load(queries + static_cast<int64_t>(i) * stride_ + k);
#pragma GCC unroll 4
        for (size_t j = 0; j < 4; ++j) products[i][j] = multiply_add(key[j], query, products[i][j]);
      }
    }
    for (size_t i = 0; i < kCount; ++i) {
      const auto& of_query = products[i];
      _mm_storeu_ps(scores_of(first_query + static_cast<int64_t>(i)) + row,
                    sums(of_query[0], of_query[1], of_query[2], of_query[3]));
    }
  }

  // Turns scores into weights, and rescales the mix so far to the new largest score.
  void weigh(int64_t query, int64_t num_seen) {
    float* scores = scores_of(query);
    const int64_t end = padded(num_seen);
    std::fill(scores + num_seen, scores + end, kNever);
    Floats most = load(scores);
    for (int64_t j = kLanes; j < end; j += kLanes) most = larger(most, load(scores + j));
    auto& largest = largest_[static_cast<size_t>(query)];
    auto& sum = sums_[static_cast<size_t>(query)];
    if (const float now = largest_lane(most); now > largest) {
      const Floats factor = exponential(broadcast(largest - now));
      float* mixed = mixed_.data() + query * stride_;
      for (int64_t k = 0; k < stride_; k += kLanes)
        store(mixed + k, multiply(load(mixed + k), factor));
      sum = multiply(sum, factor);
      largest = now;
    }
    for (int64_t j = 0; j < end; j += kLanes)
      store(scores + j, exponential(subtract(load(scores + j), broadcast(largest))));
    std::fill(scores + num_seen, scores + end, 0.0F);
    for (int64_t j = 0; j < end; j += kLanes) sum = add(sum, load(scores + j));
  }

  // Adds each weighted row of the block to each query that sees it, in the order of rows.
  template <typename Rows>
  void mix(const Rows& values, int64_t first_of_block, int64_t first) {
    for (int64_t i = first; i < num_queries_; i += kTogether) {
      const int64_t count = std::min(kTogether, num_queries_ - i);
      const int64_t common = seen_in(i, first_of_block);
      mix_rows(values, 0, common, i, count);
      for (int64_t query = i; query < i + count; ++query)
        mix_rows(values, common, seen_in(query, first_of_block), query, 1);
    }
  }

  template <typename Rows>
  void mix_rows(const Rows& values, int64_t row, int64_t end, int64_t query, int64_t count) {
    if (row == end) return;
    with_count(count, [&](auto num_queries) {
      int64_t k = 0;
      for (; k + kVectors * kLanes <= stride_; k += kVectors * kLanes)
        mix_vectors<num_queries(), kVectors>(values, row, end, query, k);
      for (; k < stride_; k += kLanes) mix_vectors<num_queries(), 1>(values, row, end, query, k);
    });
  }

  template <int kCount, int kWidth, typename Rows>
  void mix_vectors(const Rows& values, int64_t row, int64_t end, int64_t query, int64_t k) {
    std::array<std::array<Floats, kWidth>, kCount> mixed;
    float* kept = mixed_.data() + query * stride_ + k;
    const float* weights = scores_of(query);
    for (int64_t i = 0; i < kCount; ++i) {
      for (int64_t v = 0; v < kWidth; ++v)
        mixed[static_cast<size_t>(i)][static_cast<size_t>(v)] =
            load(kept + i * stride_ + v * kLanes);
    }
    for (; row < end; ++row) {
      std::array<Floats, kWidth> value;
#pragma GCC unroll 4
      for (int64_t v = 0; v < kWidth; ++v)
        value[static_cast<size_t>(v)] = values.at(row, k + v * kLanes);
#pragma GCC unroll 4
      for (int64_t i = 0; i < kCount; ++i) {
        const Floats weight = broadcast(weights[i * kBlock + row]);
#pragma GCC unroll 4
        for (size_t v = 0; v < kWidth; ++v) {
          Floats& sum = mixed[static_cast<size_t>(i)][v];
          sum = multiply_add(value[v], weight, sum);
        }
      }
    }
    for (int64_t i = 0; i < kCount; ++i) {
      for (int64_t v = 0; v < kWidth; ++v)
        store(kept + i * stride_ + v * kLanes,
              mixed[static_cast<size_t>(i)][static_cast<size_t>(v)]);
    }
  }

  float* scores_of(int64_t query) { return scores_.data() + query * kBlock; }

  const ggml_tensor* node_;
  const ggml_tensor* q_;
  const int32_t* seen_;  // of the tile's rows
  const int64_t head_dim_;
  const int64_t stride_;
  const int64_t first_row_;
  const int64_t first_head_;
  const int64_t num_heads_;
  const int64_t num_queries_;
  int64_t kv_head_ = 0;
  std::array<float, kMostQueries * kMostHeadDim> queries_;  // [stride, n_queries], scaled
  std::array<float, kMostQueries * kMostHeadDim> mixed_;    // [stride, n_queries]
  std::array<float, kMostQueries * kBlock> scores_;         // [kBlock, n_queries]
  std::array<float, kBlock * kMostHeadDim> block_;          // [stride, kBlock]
  std::array<float, kMostQueries> largest_;
  std::array<Floats, kMostQueries> sums_;  // by lanes
};

// Splits the rows that follow each other in one sequence into tiles.
int64_t rows_of_tile(const int32_t* seen, int64_t row, int64_t num_rows, int64_t most) {
  int64_t count = 1;
  while (count < most && row + count < num_rows && seen[(row + count) * 2] == seen[row * 2] &&
         seen[(row + count) * 2 + 1] >= seen[(row + count - 1) * 2 + 1] && seen[row * 2 + 1] > 0)
    ++count;
  return count;
}

}  // namespace

void run_attend(ggml_tensor* node, int part, int num_parts, void* /*unused*/) {
  const ggml_tensor* q = node->src[0];
  const auto* seen = static_cast<const int32_t*>(node->src[3]->data);
  const int64_t num_rows = q->ne[2];
  const int64_t num_kv_heads = node->src[1]->ne[0] / q->ne[0];
  const int64_t sharing = q->ne[1] / num_kv_heads;  // heads that share keys and values
  int64_t at_once = std::min(sharing, kMostQueries);
  const int64_t most_rows = kMostQueries / at_once;
  // If threads would be idle, heads that could share a reading are split.
  if (num_kv_heads * (num_rows + most_rows - 1) / most_rows < int64_t{2} * num_parts) at_once = 1;
  int64_t turn = 0;
  for (int64_t row = 0; row < num_rows;) {
    const int64_t count = rows_of_tile(seen, row, num_rows, most_rows);
    for (int64_t kv_head = 0; kv_head < num_kv_heads; ++kv_head) {
      for (int64_t head = 0; head < sharing; head += at_once) {
        if (turn++ % num_parts != part) continue;
        Tile(node, row, count, kv_head * sharing + head, std::min(at_once, sharing - head))
            .compute();
      }
    }
    row += count;
  }
}

}  // namespace orpheus::tensor::ORPHEUS_LEVEL
