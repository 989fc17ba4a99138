#include "lm/llama/network.h"

#include <cmath>

#include <ggml.h>

namespace orpheus::llama {
namespace {

class NetworkBuilder {
 public:
  NetworkBuilder(ggml_context* context, ggml_cgraph* graph, const Model& model,
                 const CacheTensors& cache, const NetworkShape& shape)
      : ctx_(context),
        graph_(graph),
        config_(model.config()),
        weights_(model.weights()),
        cache_(cache),
        shape_(shape) {}

  void build() {
    make_inputs();
    ggml_tensor* x = ggml_get_rows(ctx_, weights_.token_embedding, tokens_);  // [width, n_tokens]
    for (int i = 0; i < config_.num_layers; ++i) {
      const LayerWeights& layer = weights_.layers[static_cast<size_t>(i)];
      ggml_tensor* attended = attention(i, layer, norm(x, layer.attention_norm));
      const bool last = i + 1 == config_.num_layers;
      if (last && shape_.head == OutputHead::kNone) return;  // the cache is filled
      x = ggml_add(ctx_, x, attended);
      if (last) x = last_token(x);
      x = ggml_add(ctx_, x, feed_forward(layer, norm(x, layer.feed_forward_norm)));
    }
    logits(norm(x, weights_.output_norm));
  }

 private:
  void make_inputs() {
    const int64_t n = shape_.num_tokens;
    tokens_ = tensor::input(ctx_, "tokens", GGML_TYPE_I32, n);
    positions_ = tensor::input(ctx_, "positions", GGML_TYPE_I32, n);
    cache_rows_ = tensor::input(ctx_, "cache_rows", GGML_TYPE_I64, n);
    mask_ = tensor::input(ctx_, "mask", GGML_TYPE_F16, shape_.num_cached, n);
  }

  ggml_tensor* norm(ggml_tensor* x, ggml_tensor* weight) {
    return ggml_mul(ctx_, ggml_rms_norm(ctx_, x, config_.rms_epsilon),
                    weight);  // [width, n_tokens]
  }

  ggml_tensor* rope(ggml_tensor* heads) {
    return ggml_rope_ext(ctx_, heads, positions_, weights_.rope_factors, config_.rope_dims,
                         GGML_ROPE_TYPE_NORMAL, config_.context_length, config_.rope_base, 1.0F,
                         0.0F, 1.0F, 32.0F, 1.0F);
  }

  ggml_tensor* attention(int index, const LayerWeights& layer, ggml_tensor* h) {
    const int64_t head_dim = config_.head_dim;
    const int64_t n_heads = config_.num_heads;
    const int64_t n_kv_heads = config_.num_kv_heads;
    const int64_t n = shape_.num_tokens;
    ggml_tensor* q =
        ggml_reshape_3d(ctx_, ggml_mul_mat(ctx_, layer.query, h), head_dim, n_heads, n);
    ggml_tensor* k =
        ggml_reshape_3d(ctx_, ggml_mul_mat(ctx_, layer.key, h), head_dim, n_kv_heads, n);
    ggml_tensor* v = ggml_mul_mat(ctx_, layer.value, h);  // [kv_width, n_tokens]
    q = rope(q);
    k = ggml_reshape_2d(ctx_, rope(k), config_.kv_width(), n);

    ggml_tensor* cached_keys = cache_.keys[static_cast<size_t>(index)];      // [kv_width, capacity]
    ggml_tensor* cached_values = cache_.values[static_cast<size_t>(index)];  // [kv_width, capacity]
    ggml_build_forward_expand(graph_, ggml_set_rows(ctx_, cached_keys, k, cache_rows_));
    ggml_build_forward_expand(graph_, ggml_set_rows(ctx_, cached_values, v, cache_rows_));

    q = ggml_permute(ctx_, q, 0, 2, 1, 3);  // [head_dim, n_tokens, n_heads]
    ggml_tensor* keys = cached_heads(cached_keys);
    ggml_tensor* values = cached_heads(cached_values);
    const float scale = 1.0F / std::sqrt(static_cast<float>(head_dim));
    ggml_tensor* mixed = shape_.attention == Attention::kFlash ? flash(q, keys, values, scale)
                                                               : plain(q, keys, values, scale);
    return ggml_mul_mat(ctx_, layer.attention_output, mixed);  // [width, n_tokens]
  }

  // The rows of the cache that attention reads, by head: [head_dim, n_cached, n_kv_heads].
  ggml_tensor* cached_heads(ggml_tensor* cached) {
    const size_t head_bytes = ggml_row_size(cached->type, config_.head_dim);
    return ggml_view_3d(ctx_, cached, config_.head_dim, shape_.num_cached, config_.num_kv_heads,
                        cached->nb[1], head_bytes, 0);
  }

  ggml_tensor* flash(ggml_tensor* q, ggml_tensor* keys, ggml_tensor* values, float scale) {
    ggml_tensor* mixed = tensor::sum_in_f32(ggml_flash_attn_ext(
        ctx_, q, keys, values, mask_, scale, 0.0F, 0.0F));  // [head_dim, n_heads, n_tokens]
    return ggml_reshape_2d(ctx_, mixed, int64_t{config_.head_dim} * config_.num_heads,
                           shape_.num_tokens);
  }

  ggml_tensor* plain(ggml_tensor* q, ggml_tensor* keys, ggml_tensor* values, float scale) {
    ggml_tensor* scores =
        tensor::sum_in_f32(ggml_mul_mat(ctx_, keys, q));  // [n_cached, n_tokens, n_heads]
    scores = ggml_soft_max_ext(ctx_, scores, mask_, scale, 0.0F);
    ggml_tensor* by_position =
        ggml_cont(ctx_, ggml_transpose(ctx_, values));  // [n_cached, head_dim, n_kv_heads]
    ggml_tensor* mixed = ggml_mul_mat(ctx_, by_position, scores);  // [head_dim, n_tokens, n_heads]
    mixed = ggml_permute(ctx_, mixed, 0, 2, 1, 3);                 // [head_dim, n_heads, n_tokens]
    return ggml_cont_2d(ctx_, mixed, int64_t{config_.head_dim} * config_.num_heads,
                        shape_.num_tokens);
  }

  ggml_tensor* last_token(ggml_tensor* x) {
    if (shape_.num_tokens == 1) return x;
    return ggml_view_2d(ctx_, x, x->ne[0], 1, x->nb[1],
                        static_cast<size_t>(shape_.num_tokens - 1) * x->nb[1]);
  }

  ggml_tensor* feed_forward(const LayerWeights& layer, ggml_tensor* h) {
    ggml_tensor* gate = ggml_mul_mat(ctx_, layer.gate, h);  // [feed_forward, n_tokens]
    ggml_tensor* up = ggml_mul_mat(ctx_, layer.up, h);      // [feed_forward, n_tokens]
    return ggml_mul_mat(ctx_, layer.down, ggml_swiglu_split(ctx_, gate, up));
  }

  void logits(ggml_tensor* h) {
    if (shape_.head == OutputHead::kFull) {
      tensor::output(graph_, ggml_mul_mat(ctx_, weights_.full_head, h),
                     "logits");  // [vocabulary, 1]
      return;
    }
    // The seven slots are as the experts of a mixture: the slot chooses whose rows are read.
    ggml_tensor* slot = tensor::input(ctx_, "slot", GGML_TYPE_I32, 1, 1);
    ggml_tensor* by_slot = ggml_reshape_3d(ctx_, h, config_.width, 1, 1);
    tensor::output(graph_, ggml_mul_mat_id(ctx_, weights_.slot_heads, by_slot, slot),
                   "slot_logits");                                                    // [codebook]
    tensor::output(graph_, ggml_mul_mat(ctx_, weights_.stop_head, h), "stop_logit");  // [1, 1]
  }

  ggml_context* ctx_;
  ggml_cgraph* graph_;
  const Config& config_;
  const ModelWeights& weights_;
  const CacheTensors& cache_;
  const NetworkShape& shape_;
  ggml_tensor* tokens_ = nullptr;      // [n_tokens]
  ggml_tensor* positions_ = nullptr;   // [n_tokens]
  ggml_tensor* cache_rows_ = nullptr;  // [n_tokens]
  ggml_tensor* mask_ = nullptr;        // [n_cached, n_tokens]
};

}  // namespace

void build_network(ggml_context* context, ggml_cgraph* graph, const Model& model,
                   const CacheTensors& cache, const NetworkShape& shape) {
  NetworkBuilder(context, graph, model, cache, shape).build();
}

size_t max_network_nodes(const Config& config) {
  return static_cast<size_t>(config.num_layers) * 48 + 64;
}

}  // namespace orpheus::llama
