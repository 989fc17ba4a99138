#pragma once
// The Llama-3 network as a ggml graph:
//
//   x = token_embedding[token]                                   [width, n_tokens]
//   for each layer:
//     h = rms_norm(x) · attention_norm
//     q, k, v = query·h, key·h, value·h                          [head_dim, heads or kv_heads,
//     n_tokens] q, k = rope(q), rope(k)          neighbouring channels turn together (llama's NORM
//     kind), angles
//                                      position / (base^(2i/dims) · rope_factors[i])
//     keys and values go to their rows of the cache
//     x += attention_output · softmax(q·K / √head_dim + mask)·V  every n_heads/n_kv_heads heads
//     share keys and values h = rms_norm(x) · feed_forward_norm x += down · (silu(gate·h) ⊙ up·h)
//   logits = head · (rms_norm(x_last) · output_norm)
//
// The head is either the rows that a frame slot allows or the whole vocabulary. Everything that
// changes from step to step (tokens, positions, cache rows, mask, slot) is an input, so one graph
// serves every step of its shape.

#include "lm/llama/model.h"
#include "tensor/graph.h"

namespace orpheus::llama {

// Keys and values of every layer, each [kv_width, capacity].
struct CacheTensors {
  std::vector<ggml_tensor*> keys;
  std::vector<ggml_tensor*> values;
};

enum class OutputHead { kNone, kSlot, kFull };
enum class Attention { kFlash, kPlain };

struct NetworkShape {
  int num_tokens = 1;
  int num_cached = 0;  // rows of the cache that attention reads, this call's included
  OutputHead head = OutputHead::kSlot;
  Attention attention = Attention::kFlash;
  bool operator==(const NetworkShape&) const = default;
};

// Inputs:  "tokens" i32 [n_tokens], "positions" i32 [n_tokens], "cache_rows" i64 [n_tokens],
//          "mask" f16 [n_cached, n_tokens] (0 or −∞), "slot" i32 [1, 1] (kSlot)
// Outputs: "slot_logits" [codebook_size] and "stop_logit" [1] (kSlot), or "logits" [vocabulary]
// (kFull); last token only
void build_network(ggml_context* context, ggml_cgraph* graph, const Model& model,
                   const CacheTensors& cache, const NetworkShape& shape);

// Nodes that build_network makes, at most.
size_t max_network_nodes(const Config& config);

}  // namespace orpheus::llama
