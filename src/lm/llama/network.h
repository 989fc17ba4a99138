#pragma once
// The Llama-3 network as a ggml graph over the rows of one step. A row is a token of some sequence.
// First come the "singles", one row for each sequence that speaks; then the "chunk", a part of one
// prompt. Every row meets every weight in the same matrix product; only attention treats the
// sequences separately. Each sequence has a lane of the cache.
//
//   x = token_embedding[token]                                    [width, n_rows]
//   for each layer:
//     h = rms_norm(x) · attention_norm
//     q, k, v = query·h, key·h, value·h
//     q, k = rope(q), rope(k)      neighbouring channels turn together (llama's NORM kind), angles
//                                  position / (base^(2i/dims) · rope_factors[i])
//     keys and values go to their rows of the cache
//     x += attention_output · softmax(q·K / √head_dim + mask)·V    over the row's lane; every
//                                  n_heads/n_kv_heads heads share keys and values
//     h = rms_norm(x) · feed_forward_norm
//     x += down · (silu(gate·h) ⊙ up·h)
//   logits = head · (rms_norm(x_out) · output_norm)                of the rows that ask for them
//
// The head is the rows of a frame slot, or the whole vocabulary. Everything that changes from step
// to step (tokens, positions, cache rows, masks, slots) is an input, so one graph serves every step
// of its shape.
//
// Rows may ask for their scores over a text, in some of the layers. The scores of all heads of such
// a layer are outputs; nothing else depends on them:
//   text_scores = q · K[text's rows of the cache]                 [n_text, n_heads, n_asking]
//
// A model on several devices has a graph for each of its parts; x is carried from one part to the
// next.

#include <vector>

#include "lm/llama/model.h"
#include "tensor/graph.h"

namespace orpheus::llama {

// Keys and values of a part's layers, each [kv_width, n_lanes · lane_rows + tail_rows] and one
// spare row. Idle rows of a step write to the spare row, which is never read.
struct CacheTensors {
  int first_layer = 0;
  std::vector<ggml_tensor*> keys;
  std::vector<ggml_tensor*> values;
  int lane_rows = 0;
};

enum class OutputHead { kNone, kSlot, kFull };
// kOrdered: our own, with results that do not depend on other rows (tensor/attention.h). The others
// are ggml's.
enum class Attention { kFlash, kPlain, kOrdered };

struct NetworkShape {
  int num_singles = 1;     // rows of speaking sequences
  int first_lane = 0;      // ggml's attention covers these lanes for the singles
  int num_lanes = 1;       //
  int singles_cached = 0;  // rows of each of these lanes that attention reads
  int num_chunk = 0;       // rows of one prompt
  int chunk_lane = 0;      //
  int chunk_cached = 0;    // rows of its lane that ggml's attention reads, the chunk's included
  int num_outputs = 1;     // rows whose logits are wanted
  OutputHead head = OutputHead::kSlot;
  Attention attention = Attention::kFlash;
  int num_asking = 0;                  // rows whose scores over a text are wanted
  int num_text = 0;                    // rows of each of these texts
  std::vector<int> asked_layers = {};  // ascending

  int num_rows() const { return num_singles + num_chunk; }
  bool operator==(const NetworkShape&) const = default;
};

// Inputs:  "tokens" i32 [n_rows] (the first part) or "carried" f32 [width, n_rows] (the others),
//          "positions" i32 [n_rows], "cache_rows" i64 [n_rows],
//          "seen" i32 [2, n_rows] (kOrdered): a row's first cached row, and how many it sees,
//          "single_of_lane" i32 [n_lanes], "lane_of_single" i32 [n_singles] (several lanes),
//          "singles_mask" f16 [singles_cached, 1, 1, n_lanes] (0 or −∞) (singles),
//          "chunk_mask" f16 [chunk_cached, n_chunk] (a chunk); not kOrdered: these four
//          "outputs" i32 [n_outputs], "slots" i32 [1, n_outputs] (kSlot) (the last part)
//          "asking" i32 [n_asking], "text_rows" i32 [n_text · n_asking] (parts with is_asked)
// Outputs: "to_carry" [width, n_rows] (all parts but the last); "slot_logits" [codebook_size,
//          n_outputs] and "stop_logits" [1, n_outputs] (kSlot), or "logits" [vocabulary, n_outputs]
//          (kFull) (the last part)
//          "text_scores" [n_text, 1, n_heads, n_asking · n_layers] of the part's asked layers, not
//          scaled (parts with is_asked)
void build_network(ggml_context* context, ggml_cgraph* graph, const Model& model, const Part& part,
                   const CacheTensors& cache, const NetworkShape& shape);

// Whether the part has some of the asked layers.
bool is_asked(const Part& part, const NetworkShape& shape);

// The most nodes that build_network makes.
size_t max_network_nodes(const Part& part);

}  // namespace orpheus::llama
