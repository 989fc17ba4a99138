#include "lm/llama/model.h"

#include <algorithm>
#include <utility>

#include <ggml.h>

#include "base/log.h"

namespace orpheus::llama {

using tensor::Placement;
using tensor::Shape;
using tensor::WeightLoader;

Result<std::shared_ptr<const Model>> Model::load(const std::filesystem::path& path,
                                                 const tensor::DeviceChain& devices,
                                                 const tensor::LoadProgress& progress,
                                                 size_t kept_free_bytes) {
  ORPHEUS_TRY(tensor::GgufFile file, tensor::GgufFile::open(path));
  std::shared_ptr<Model> model(new Model());
  model->file_ = std::make_shared<const tensor::GgufFile>(std::move(file));
  ORPHEUS_TRY(model->config_, read_config(*model->file_));
  ORPHEUS_TRY(model->layout_, read_token_layout(*model->file_, model->config_.vocabulary_size));
  ORPHEUS_TRY(model->name_, read_model_name(*model->file_));
  ORPHEUS_TRY(model->is_synthetic_, read_is_synthetic(*model->file_));
  ORPHEUS_CHECK(model->split(devices, kept_free_bytes));
  for (size_t i = 0; i < devices.size(); ++i) {
    WeightLoader loader(model->file_, devices[i]);
    ORPHEUS_CHECK(model->demand_part(model->parts_[i], loader));
    ORPHEUS_TRY(tensor::Weights storage, loader.load(progress));
    model->storage_.push_back(std::move(storage));
  }
  for (const tensor::WeightMatrix* matrix : model->slot_matrices_)
    model->weights_.packed_slot_heads.push_back(&*matrix->packed);
  if (model->stop_matrix_ != nullptr)
    model->weights_.packed_stop_head = &*model->stop_matrix_->packed;
  model->bytes_per_token_ = model->count_bytes_per_token();
  return std::shared_ptr<const Model>(std::move(model));
}

Result<void> Model::split(const tensor::DeviceChain& devices, size_t kept_free_bytes) {
  if (devices.size() == 1) {
    parts_ = {{.first_layer = 0, .end_layer = config_.num_layers}};
    return {};
  }
  ORPHEUS_TRY(const WeightSizes sizes, read_weight_sizes(*file_, config_, layout_));
  std::vector<DeviceRoom> rooms;
  for (size_t i = 0; i < devices.size(); ++i) {
    const size_t free = devices[i].free_memory_bytes() / devices.count(devices[i].info().name);
    const size_t kept = kGraphBytes + (i == 0 ? kept_free_bytes : 0);
    rooms.push_back({.bytes = free - std::min(free, kept), .takes_the_rest = devices[i].is_cpu()});
  }
  ORPHEUS_TRY(parts_, split_layers(config_, sizes, rooms));
  for (size_t i = 0; i < devices.size(); ++i)
    log::debug("layers {} to {} are on {}", parts_[i].first_layer, parts_[i].end_layer - 1,
               devices[i].info().name);
  return {};
}

Result<void> Model::demand_part(const Part& part, WeightLoader& loader) {
  if (part.first_layer == 0) {
    ORPHEUS_TRY(weights_.token_embedding,
                loader.demand("token_embd.weight", {config_.width, config_.vocabulary_size, 1, 1},
                              Placement::kHost));
  }
  ggml_tensor* rope_factors = nullptr;
  if (file_->find_tensor("rope_freqs.weight") != nullptr) {
    ORPHEUS_TRY(rope_factors,
                loader.demand_f32("rope_freqs.weight", {config_.rope_dims / 2, 1, 1, 1}));
  }
  for (int i = part.first_layer; i < part.end_layer; ++i) {
    ORPHEUS_TRY(LayerWeights layer, demand_layer(i, loader));
    layer.rope_factors = rope_factors;
    weights_.layers.push_back(layer);
  }
  return part.end_layer == config_.num_layers ? demand_head(loader) : Result<void>();
}

Result<LayerWeights> Model::demand_layer(int index, WeightLoader& loader) {
  const auto& c = config_;
  const int64_t width = c.width;
  const int64_t attention_width = int64_t{c.head_dim} * c.num_heads;
  const int64_t kv_width = c.kv_width();
  const std::string block = "blk." + std::to_string(index) + ".";
  LayerWeights layer;
  ORPHEUS_TRY(layer.attention_norm,
              loader.demand_f32(block + "attn_norm.weight", {width, 1, 1, 1}));
  ORPHEUS_TRY(layer.query,
              loader.demand_matrix(block + "attn_q.weight", {width, attention_width, 1, 1}));
  ORPHEUS_TRY(layer.key, loader.demand_matrix(block + "attn_k.weight", {width, kv_width, 1, 1}));
  ORPHEUS_TRY(layer.value, loader.demand_matrix(block + "attn_v.weight", {width, kv_width, 1, 1}));
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
  return layer;
}

Result<void> Model::demand_head(WeightLoader& loader) {
  ModelWeights& w = weights_;
  const int64_t width = config_.width;
  ORPHEUS_TRY(w.output_norm, loader.demand_f32("output_norm.weight", {width, 1, 1, 1}));
  const bool tied = file_->find_tensor("output.weight") == nullptr;
  const std::string head = tied ? "token_embd.weight" : "output.weight";
  w.full_head = w.token_embedding;
  if (!tied) {
    ORPHEUS_TRY(w.full_head,
                loader.demand(head, {width, config_.vocabulary_size, 1, 1}, Placement::kHost));
  }
  ORPHEUS_CHECK(demand_slot_heads(loader, head));
  return demand_stop_head(loader, head);
}

size_t Model::num_bytes() const {
  size_t sum = 0;
  for (size_t i = 0; i < parts_.size(); ++i) sum += mapped_bytes(i) + device_bytes(i);
  return sum;
}

size_t Model::count_bytes_per_token() const {
  const auto bytes_of = [](const tensor::WeightMatrix* matrix) {
    return matrix->packed ? matrix->packed->num_bytes() : ggml_nbytes(matrix->plain);
  };
  size_t bytes = 0;
  for (const LayerWeights& layer : weights_.layers) {
    for (const tensor::WeightMatrix* matrix :
         {layer.query, layer.key, layer.value, layer.attention_output, layer.gate, layer.up,
          layer.down})
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
    ORPHEUS_TRY(const tensor::WeightMatrix* matrix,
                loader.demand_matrix_rows(head, layout_.audio_token(slot, 0), {width, rows, 1, 1}));
    slot_matrices_.push_back(matrix);
  }
  return {};
}

// ggml's product with one row may add up in another order for several columns. A packed product
// does not.
Result<void> Model::demand_stop_head(WeightLoader& loader, const std::string& head) {
  const int64_t width = config_.width;
  if (weights_.slot_heads != nullptr || config_.vocabulary_size < kStopRows) {
    ORPHEUS_TRY(weights_.stop_head,
                loader.demand_rows(head, layout_.end_of_speech, {width, 1, 1, 1}));
    return {};
  }
  const int first = std::min(layout_.end_of_speech, config_.vocabulary_size - kStopRows);
  weights_.stop_row = layout_.end_of_speech - first;
  ORPHEUS_TRY(stop_matrix_, loader.demand_matrix_rows(head, first, {width, kStopRows, 1, 1}));
  return {};
}

}  // namespace orpheus::llama
