#include "lm/llama/network.h"

#include <algorithm>
#include <cmath>

#include <ggml.h>

#include "tensor/attention.h"
#include "tensor/packed_product.h"

namespace orpheus::llama {
namespace {

class NetworkBuilder {
 public:
  NetworkBuilder(ggml_context* context, ggml_cgraph* graph, const Model& model, const Part& part,
                 const CacheTensors& cache, const NetworkShape& shape)
      : ctx_(context),
        graph_(graph),
        config_(model.config()),
        weights_(model.weights()),
        part_(part),
        cache_(cache),
        shape_(shape) {}

  void build() {
    make_inputs();
    ggml_tensor* x = is_first() ? ggml_get_rows(ctx_, weights_.token_embedding, tokens_)
                                : carried_;  // [width, n_rows]
    for (int i = part_.first_layer; i < part_.end_layer; ++i) {
      const LayerWeights& layer = weights_.layers[static_cast<size_t>(i)];
      const bool last = i + 1 == config_.num_layers;
      ggml_tensor* h = norm(x, layer.attention_norm);
      remember(i, layer, h);
      if (last && shape_.head == OutputHead::kNone) return;  // the cache is filled
      x = ggml_add(ctx_, x, attention(i, layer, h));
      if (last) x = ggml_get_rows(ctx_, x, outputs_);  // [width, n_outputs]
      x = ggml_add(ctx_, x, feed_forward(layer, norm(x, layer.feed_forward_norm)));
    }
    if (text_scores_ != nullptr) tensor::output(graph_, text_scores_, "text_scores");
    if (is_last()) {
      logits(norm(x, weights_.output_norm));
    } else {
      tensor::output(graph_, x, "to_carry");
    }
  }

 private:
  bool is_first() const { return part_.first_layer == 0; }
  bool is_last() const { return part_.end_layer == config_.num_layers; }

  void make_inputs() {
    const int64_t n = shape_.num_rows();
    if (is_first()) {
      tokens_ = tensor::input(ctx_, "tokens", GGML_TYPE_I32, n);
    } else {
      carried_ = tensor::input(ctx_, "carried", GGML_TYPE_F32, config_.width, n);
    }
    positions_ = tensor::input(ctx_, "positions", GGML_TYPE_I32, n);
    cache_rows_ = tensor::input(ctx_, "cache_rows", GGML_TYPE_I64, n);
    if (is_last() && shape_.head != OutputHead::kNone)
      outputs_ = tensor::input(ctx_, "outputs", GGML_TYPE_I32, shape_.num_outputs);
    if (is_asked(part_, shape_)) {
      asking_ = tensor::input(ctx_, "asking", GGML_TYPE_I32, shape_.num_asking);
      text_rows_ = tensor::input(ctx_, "text_rows", GGML_TYPE_I32,
                                 int64_t{shape_.num_text} * shape_.num_asking);
    }
    if (shape_.attention == Attention::kOrdered) {
      seen_ = tensor::input(ctx_, "seen", GGML_TYPE_I32, 2, n);
      return;
    }
    if (shape_.num_singles > 0) {
      singles_mask_ = tensor::input(ctx_, "singles_mask", GGML_TYPE_F16, shape_.singles_cached, 1,
                                    1, shape_.num_lanes);
    }
    if (gathers()) {
      single_of_lane_ = tensor::input(ctx_, "single_of_lane", GGML_TYPE_I32, shape_.num_lanes);
      lane_of_single_ = tensor::input(ctx_, "lane_of_single", GGML_TYPE_I32, shape_.num_singles);
    }
    if (shape_.num_chunk > 0) {
      chunk_mask_ =
          tensor::input(ctx_, "chunk_mask", GGML_TYPE_F16, shape_.chunk_cached, shape_.num_chunk);
    }
  }

  // With one row and one lane no layout is needed. Otherwise rows are ordered by lane.
  bool gathers() const {
    return shape_.num_singles > 0 && (shape_.num_singles != 1 || shape_.num_lanes != 1);
  }

  ggml_tensor* norm(ggml_tensor* x, ggml_tensor* weight) {
    return ggml_mul(ctx_, ggml_rms_norm(ctx_, x, config_.rms_epsilon), weight);  // [width, n_rows]
  }

  // weight [in, out] · x [in, n_rows]
  ggml_tensor* multiply(const tensor::WeightMatrix* weight, ggml_tensor* x) {
    if (weight->plain != nullptr) return ggml_mul_mat(ctx_, weight->plain, x);
    return tensor::multiply(ctx_, *weight->packed, quantised(x, weight->packed->blocks()));
  }

  // Matrices that multiply the same rows share the quantised rows.
  ggml_tensor* quantised(ggml_tensor* x, tensor::PackedMatrix::Blocks blocks) {
    if (quantised_from_ != x || quantised_blocks_ != blocks) {
      quantised_ = tensor::quantise(ctx_, blocks, x);
      quantised_from_ = x;
      quantised_blocks_ = blocks;
    }
    return quantised_;
  }

  ggml_tensor* rope(const LayerWeights& layer, ggml_tensor* heads) {
    return ggml_rope_ext(ctx_, heads, positions_, layer.rope_factors, config_.rope_dims,
                         GGML_ROPE_TYPE_NORMAL, config_.context_length, config_.rope_base, 1.0F,
                         0.0F, 1.0F, 32.0F, 1.0F);
  }

  // Keys and values of every row go into the cache.
  void remember(int index, const LayerWeights& layer, ggml_tensor* h) {
    const int64_t n = shape_.num_rows();
    ggml_tensor* k =
        ggml_reshape_3d(ctx_, multiply(layer.key, h), config_.head_dim, config_.num_kv_heads, n);
    k = ggml_reshape_2d(ctx_, rope(layer, k), config_.kv_width(), n);
    ggml_tensor* v = multiply(layer.value, h);  // [kv_width, n_rows]
    ggml_build_forward_expand(graph_, ggml_set_rows(ctx_, keys(index), k, cache_rows_));
    ggml_build_forward_expand(graph_, ggml_set_rows(ctx_, values(index), v, cache_rows_));
  }

  // q [head_dim, n_heads, n_rows]: adds the layer's scores to text_scores_.
  void ask(int index, ggml_tensor* q) {
    const int64_t num_asking = shape_.num_asking;
    const int64_t num_text = shape_.num_text;
    q = ggml_reshape_2d(ctx_, q, attention_width(), shape_.num_rows());
    q = ggml_get_rows(ctx_, q, asking_);  // [head_dim · n_heads, n_asking]
    q = ggml_reshape_4d(ctx_, q, config_.head_dim, 1, config_.num_heads, num_asking);
    ggml_tensor* k = ggml_get_rows(ctx_, keys(index), text_rows_);  // [kv_width, n_text · n_asking]
    k = ggml_reshape_4d(ctx_, k, config_.head_dim, config_.num_kv_heads, num_text, num_asking);
    k = ggml_permute(ctx_, k, 0, 2, 1, 3);  // [head_dim, n_text, n_kv_heads, n_asking]
    ggml_tensor* scores = tensor::sum_in_f32(ggml_mul_mat(ctx_, k, q));  // [n_text, 1, n_heads,
                                                                         //  n_asking]
    text_scores_ = text_scores_ == nullptr ? scores : ggml_concat(ctx_, text_scores_, scores, 3);
    ggml_build_forward_expand(graph_, text_scores_);
  }

  ggml_tensor* attention(int index, const LayerWeights& layer, ggml_tensor* h) {
    ggml_tensor* q = ggml_reshape_3d(ctx_, multiply(layer.query, h), config_.head_dim,
                                     config_.num_heads, shape_.num_rows());
    q = rope(layer, q);  // [head_dim, n_heads, n_rows]
    if (std::binary_search(shape_.asked_layers.begin(), shape_.asked_layers.end(), index))
      ask(index, q);
    if (shape_.attention == Attention::kOrdered) {
      return multiply(layer.attention_output,
                      tensor::attend(ctx_, q, keys(index), values(index), seen_));
    }
    ggml_tensor* mixed = nullptr;
    if (shape_.num_singles > 0) mixed = singles_attention(index, q);
    if (shape_.num_chunk > 0) {
      ggml_tensor* chunk = chunk_attention(index, q);
      mixed = mixed == nullptr ? chunk : ggml_concat(ctx_, mixed, chunk, 1);
    }
    return multiply(layer.attention_output, mixed);  // [width, n_rows]
  }

  // Attention of each single row over its own lane. [head_dim · n_heads, n_singles]
  ggml_tensor* singles_attention(int index, ggml_tensor* q) {
    const int64_t lanes = shape_.num_lanes;
    q = ggml_view_2d(ctx_, q, attention_width(), shape_.num_singles, q->nb[2], 0);
    if (gathers()) q = ggml_get_rows(ctx_, q, single_of_lane_);
    q = ggml_reshape_4d(ctx_, q, config_.head_dim, 1, config_.num_heads, lanes);
    ggml_tensor* mixed = attend(
        q, lanes_of(keys(index), shape_.first_lane, lanes, shape_.singles_cached),
        lanes_of(values(index), shape_.first_lane, lanes, shape_.singles_cached), singles_mask_);
    mixed = ggml_reshape_2d(ctx_, mixed, attention_width(), lanes);
    return gathers() ? ggml_get_rows(ctx_, mixed, lane_of_single_) : mixed;
  }

  // Attention of a prompt's rows over their common lane. [head_dim · n_heads, n_chunk]
  ggml_tensor* chunk_attention(int index, ggml_tensor* q) {
    const auto first = static_cast<size_t>(shape_.num_singles);
    q = ggml_view_3d(ctx_, q, config_.head_dim, config_.num_heads, shape_.num_chunk, q->nb[1],
                     q->nb[2], first * q->nb[2]);
    q = ggml_permute(ctx_, q, 0, 2, 1, 3);  // [head_dim, n_chunk, n_heads]
    ggml_tensor* mixed =
        attend(q, lanes_of(keys(index), shape_.chunk_lane, 1, shape_.chunk_cached),
               lanes_of(values(index), shape_.chunk_lane, 1, shape_.chunk_cached), chunk_mask_);
    return ggml_reshape_2d(ctx_, mixed, attention_width(), shape_.num_chunk);
  }

  // A long sequence continues in the rows of the next lanes, so the lanes of a view may overlap.
  // ggml's check of a view's size takes them for disjoint, so they get their length afterwards.
  static ggml_tensor* lengthened(ggml_tensor* lanes, int dimension, int64_t num_cached) {
    lanes->ne[dimension] = num_cached;
    return lanes;
  }

  // q [head_dim, n_queries, n_heads, n_lanes] → [head_dim, n_heads, n_queries, n_lanes]
  ggml_tensor* attend(ggml_tensor* q, ggml_tensor* keys, ggml_tensor* values, ggml_tensor* mask) {
    const int64_t num_cached = mask->ne[0];
    const float scale = 1.0F / std::sqrt(static_cast<float>(config_.head_dim));
    if (shape_.attention == Attention::kFlash) {
      return tensor::sum_in_f32(ggml_flash_attn_ext(ctx_, q, lengthened(keys, 1, num_cached),
                                                    lengthened(values, 1, num_cached), mask, scale,
                                                    0.0F, 0.0F));
    }
    ggml_tensor* scores = tensor::sum_in_f32(ggml_mul_mat(
        ctx_, lengthened(keys, 1, num_cached), q));  // [n_cached, n_queries, n_heads, n_lanes]
    scores = ggml_soft_max_ext(ctx_, scores, mask, scale, 0.0F);
    ggml_tensor* by_position =
        ggml_cont(ctx_, lengthened(ggml_transpose(ctx_, values), 0,
                                   num_cached));  // [n_cached, head_dim, n_kv_heads, n_lanes]
    ggml_tensor* mixed = ggml_mul_mat(ctx_, by_position, scores);  // [head_dim, n_queries, n_heads,
                                                                   //  n_lanes]
    return ggml_cont(ctx_, ggml_permute(ctx_, mixed, 0, 2, 1, 3));
  }

  // A view of the first rows of some lanes, by head: [head_dim, n_cached, n_kv_heads, n_lanes],
  // with at most the rows of a lane: lengthened() gives it the others.
  ggml_tensor* lanes_of(ggml_tensor* cached, int first, int64_t count, int64_t num_cached) {
    const size_t head_bytes = ggml_row_size(cached->type, config_.head_dim);
    const size_t lane_bytes = cached->nb[1] * static_cast<size_t>(cache_.lane_rows);
    return ggml_view_4d(ctx_, cached, config_.head_dim,
                        std::min<int64_t>(num_cached, cache_.lane_rows), config_.num_kv_heads,
                        count, cached->nb[1], head_bytes, lane_bytes,
                        static_cast<size_t>(first) * lane_bytes);
  }

  ggml_tensor* feed_forward(const LayerWeights& layer, ggml_tensor* h) {
    ggml_tensor* gate = multiply(layer.gate, h);  // [feed_forward, n_rows]
    ggml_tensor* up = multiply(layer.up, h);      // [feed_forward, n_rows]
    return multiply(layer.down, ggml_swiglu_split(ctx_, gate, up));
  }

  void logits(ggml_tensor* h) {
    if (shape_.head == OutputHead::kFull) {
      tensor::output(graph_, ggml_mul_mat(ctx_, weights_.full_head, h),
                     "logits");  // [vocabulary, n_outputs]
      return;
    }
    // The seven slots work like experts of a mixture: a row's slot chooses the matrix.
    ggml_tensor* slots = tensor::input(ctx_, "slots", GGML_TYPE_I32, 1, shape_.num_outputs);
    tensor::output(graph_, by_slot(h, slots), "slot_logits");  // [codebook, n_outputs]
    tensor::output(graph_, stop_logits(h), "stop_logits");
  }

  // [1, n_outputs]
  ggml_tensor* stop_logits(ggml_tensor* h) {
    const tensor::PackedMatrix* packed = weights_.packed_stop_head;
    if (packed == nullptr) return ggml_mul_mat(ctx_, weights_.stop_head, h);
    ggml_tensor* rows = tensor::multiply(ctx_, *packed, quantised(h, packed->blocks()));
    return ggml_cont(ctx_, ggml_view_2d(ctx_, rows, 1, shape_.num_outputs, rows->nb[1],
                                        static_cast<size_t>(weights_.stop_row) * rows->nb[0]));
  }

  ggml_tensor* by_slot(ggml_tensor* h, ggml_tensor* slots) {
    const auto& packed = weights_.packed_slot_heads;
    if (!packed.empty()) {
      return tensor::multiply_chosen(ctx_, packed, quantised(h, packed.front()->blocks()), slots);
    }
    h = ggml_reshape_3d(ctx_, h, config_.width, 1, shape_.num_outputs);
    return ggml_mul_mat_id(ctx_, weights_.slot_heads, h, slots);
  }

  ggml_tensor* keys(int layer) const { return cache_.keys[in_part(layer)]; }
  ggml_tensor* values(int layer) const { return cache_.values[in_part(layer)]; }
  size_t in_part(int layer) const { return static_cast<size_t>(layer - cache_.first_layer); }
  int64_t attention_width() const { return int64_t{config_.head_dim} * config_.num_heads; }

  ggml_context* ctx_;
  ggml_cgraph* graph_;
  const Config& config_;
  const ModelWeights& weights_;
  const Part& part_;
  const CacheTensors& cache_;
  const NetworkShape& shape_;
  ggml_tensor* quantised_ = nullptr;  // of quantised_from_
  ggml_tensor* quantised_from_ = nullptr;
  tensor::PackedMatrix::Blocks quantised_blocks_ = tensor::PackedMatrix::Blocks::k32;
  ggml_tensor* tokens_ = nullptr;          // [n_rows], of the first part
  ggml_tensor* carried_ = nullptr;         // [width, n_rows], of the others
  ggml_tensor* positions_ = nullptr;       // [n_rows]
  ggml_tensor* cache_rows_ = nullptr;      // [n_rows]
  ggml_tensor* seen_ = nullptr;            // [2, n_rows]
  ggml_tensor* single_of_lane_ = nullptr;  // [n_lanes]
  ggml_tensor* lane_of_single_ = nullptr;  // [n_singles]
  ggml_tensor* singles_mask_ = nullptr;    // [singles_cached, 1, 1, n_lanes]
  ggml_tensor* chunk_mask_ = nullptr;      // [chunk_cached, n_chunk]
  ggml_tensor* outputs_ = nullptr;         // [n_outputs]
  ggml_tensor* asking_ = nullptr;          // [n_asking]
  ggml_tensor* text_rows_ = nullptr;       // [n_text · n_asking]
  ggml_tensor* text_scores_ = nullptr;     // [n_text, 1, n_heads, n_asking · n_layers]
};

}  // namespace

void build_network(ggml_context* context, ggml_cgraph* graph, const Model& model, const Part& part,
                   const CacheTensors& cache, const NetworkShape& shape) {
  NetworkBuilder(context, graph, model, part, cache, shape).build();
}

bool is_asked(const Part& part, const NetworkShape& shape) {
  return std::any_of(shape.asked_layers.begin(), shape.asked_layers.end(),
                     [&](int layer) { return part.has(layer); });
}

size_t max_network_nodes(const Part& part) {
  return static_cast<size_t>(part.num_layers()) * 64 + 64;
}

}  // namespace orpheus::llama
