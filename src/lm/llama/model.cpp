#include "lm/llama/model.h"

#include <utility>

#include <ggml.h>

#include "base/utf8.h"

namespace orpheus::llama {

using tensor::Placement;
using tensor::Shape;
using tensor::WeightLoader;

Result<std::shared_ptr<const Model>> Model::load(const std::filesystem::path& path,
                                                 const tensor::Device& device,
                                                 const tensor::LoadProgress& progress) {
  ORPHEUS_TRY(tensor::GgufFile file, tensor::GgufFile::open(path));
  std::shared_ptr<Model> model(new Model());
  model->file_ = std::make_shared<const tensor::GgufFile>(std::move(file));
  ORPHEUS_TRY(model->config_, read_config(*model->file_));
  ORPHEUS_TRY(model->layout_, read_token_layout(*model->file_, model->config_.vocabulary_size));
  model->name_ = path.stem().string();
  if (model->file_->has("general.name")) {
    ORPHEUS_TRY(const std::string_view name, model->file_->string("general.name"));
    model->name_ = printable(name);  // it goes into logs and headers
  }
  if (model->file_->has("orpheus.synthetic")) {
    ORPHEUS_TRY(model->is_synthetic_, model->file_->boolean("orpheus.synthetic"));
  }
  WeightLoader loader(model->file_, device);
  ORPHEUS_CHECK(model->demand_weights(loader));
  ORPHEUS_TRY(tensor::Weights storage, loader.load(progress));
  model->storage_.emplace(std::move(storage));
  for (const tensor::Matrix* matrix : model->slot_matrices_)
    model->weights_.packed_slot_heads.push_back(&*matrix->packed);
  model->bytes_per_token_ = model->count_bytes_per_token();
  return std::shared_ptr<const Model>(std::move(model));
}

Result<void> Model::demand_weights(WeightLoader& loader) {
  const auto& c = config_;
  const int64_t width = c.width;
  const int64_t attention_width = int64_t{c.head_dim} * c.num_heads;
  const int64_t kv_width = c.kv_width();
  ModelWeights& w = weights_;

  ORPHEUS_TRY(w.token_embedding, loader.demand("token_embd.weight",
                                               {width, c.vocabulary_size, 1, 1}, Placement::kHost));
  for (int i = 0; i < c.num_layers; ++i) {
    const std::string block = "blk." + std::to_string(i) + ".";
    LayerWeights layer;
    ORPHEUS_TRY(layer.attention_norm,
                loader.demand_f32(block + "attn_norm.weight", {width, 1, 1, 1}));
    ORPHEUS_TRY(layer.query,
                loader.demand_matrix(block + "attn_q.weight", {width, attention_width, 1, 1}));
    ORPHEUS_TRY(layer.key, loader.demand_matrix(block + "attn_k.weight", {width, kv_width, 1, 1}));
    ORPHEUS_TRY(layer.value,
                loader.demand_matrix(block + "attn_v.weight", {width, kv_width, 1, 1}));
    ORPHEUS_TRY(layer.attention_output,
                loader.demand_matrix(block + "attn_output.weight", {attention_width, width, 1, 1}));
    ORPHEUS_TRY(layer.feed_forward_norm,
                loader.demand_f32(block + "ffn_norm.weight", {width, 1, 1, 1}));
    ORPHEUS_TRY(layer.gate,
                loader.demand_matrix(block + "ffn_gate.weight", {width, c.feed_forward, 1, 1}));
    ORPHEUS_TRY(layer.up,
                loader.demand_matrix(block + "ffn_up.weight", {width, c.feed_forward, 1, 1}));
    ORPHEUS_TRY(layer.down,
                loader.demand_matrix(block + "ffn_down.weight", {c.feed_forward, width, 1, 1}));
    w.layers.push_back(layer);
  }
  ORPHEUS_TRY(w.output_norm, loader.demand_f32("output_norm.weight", {width, 1, 1, 1}));
  if (file_->find_tensor("rope_freqs.weight") != nullptr) {
    ORPHEUS_TRY(w.rope_factors, loader.demand_f32("rope_freqs.weight", {c.rope_dims / 2, 1, 1, 1}));
  }

  const bool tied = file_->find_tensor("output.weight") == nullptr;
  const std::string head = tied ? "token_embd.weight" : "output.weight";
  w.full_head = w.token_embedding;
  if (!tied) {
    ORPHEUS_TRY(w.full_head,
                loader.demand(head, {width, c.vocabulary_size, 1, 1}, Placement::kHost));
  }
  ORPHEUS_CHECK(demand_slot_heads(loader, head));
  ORPHEUS_TRY(w.stop_head, loader.demand_rows(head, layout_.end_of_speech, {width, 1, 1, 1}));
  return {};
}

size_t Model::count_bytes_per_token() const {
  const auto bytes_of = [](const tensor::Matrix* matrix) {
    return matrix->packed ? matrix->packed->num_bytes() : ggml_nbytes(matrix->plain);
  };
  size_t bytes = 0;
  for (const LayerWeights& layer : weights_.layers) {
    for (const tensor::Matrix* matrix : {layer.query, layer.key, layer.value,
                                         layer.attention_output, layer.gate, layer.up, layer.down})
      bytes += bytes_of(matrix);
  }
  const auto& heads = weights_.packed_slot_heads;
  return bytes + (heads.empty() ? ggml_nbytes(weights_.slot_heads) / prompt::kSlotsPerFrame
                                : heads.front()->num_bytes());
}

Result<void> Model::demand_slot_heads(WeightLoader& loader, const std::string& head) {
  const int64_t width = config_.width;
  const int64_t rows = layout_.codebook_size;
  if (!loader.packs(head, rows)) {
    ORPHEUS_TRY(weights_.slot_heads, loader.demand_rows(head, layout_.audio_token_base,
                                                        {width, rows, prompt::kSlotsPerFrame, 1}));
    return {};
  }
  for (int slot = 0; slot < prompt::kSlotsPerFrame; ++slot) {
    ORPHEUS_TRY(const tensor::Matrix* matrix,
                loader.demand_matrix_rows(head, layout_.audio_token(slot, 0), {width, rows, 1, 1}));
    slot_matrices_.push_back(matrix);
  }
  return {};
}

}  // namespace orpheus::llama
