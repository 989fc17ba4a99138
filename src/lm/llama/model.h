#pragma once
// A loaded Orpheus language model: its config and weights, on one device or in parts on several.
// Immutable: may be shared by all threads.

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "base/result.h"
#include "lm/llama/config.h"
#include "lm/llama/layer_split.h"
#include "prompt/token.h"
#include "tensor/device_chain.h"
#include "tensor/gguf_file.h"
#include "tensor/weights.h"

namespace orpheus::llama {

// Shapes in ggml order: [in, out] is `out` rows of `in` values.
struct LayerWeights {
  ggml_tensor* rope_factors = nullptr;                     // [rope_dims / 2] f32, or null: unscaled
  ggml_tensor* attention_norm = nullptr;                   // [width] f32
  const tensor::WeightMatrix* query = nullptr;             // [width, head_dim * n_heads]
  const tensor::WeightMatrix* key = nullptr;               // [width, kv_width]
  const tensor::WeightMatrix* value = nullptr;             // [width, kv_width]
  const tensor::WeightMatrix* attention_output = nullptr;  // [head_dim * n_heads, width]
  ggml_tensor* feed_forward_norm = nullptr;                // [width] f32
  const tensor::WeightMatrix* gate = nullptr;              // [width, feed_forward]
  const tensor::WeightMatrix* up = nullptr;                // [width, feed_forward]
  const tensor::WeightMatrix* down = nullptr;              // [feed_forward, width]
};

inline constexpr int kStopRows = 16;

struct ModelWeights {
  ggml_tensor* token_embedding = nullptr;  // [width, vocabulary], in main memory
  std::vector<LayerWeights> layers;
  ggml_tensor* output_norm = nullptr;  // [width] f32
  ggml_tensor* full_head =
      nullptr;  // [width, vocabulary]; the token embedding if the file ties them
  // The head's rows of each slot, as seven matrices [width, codebook_size] or as one tensor.
  std::vector<const tensor::PackedMatrix*> packed_slot_heads;
  ggml_tensor* slot_heads = nullptr;  // [width, codebook_size, 7], if they are not packed
  // The head's row of end of speech. A packed matrix has some more rows, to fill a panel.
  const tensor::PackedMatrix* packed_stop_head = nullptr;  // [width, kStopRows]
  int stop_row = 0;                                        // its row there
  ggml_tensor* stop_head = nullptr;                        // [width, 1], if it is not packed
};

class Model {
 public:
  // Loads a part on each device, sized by the free memory. kept_free_bytes of the first device are
  // left free. progress is called for each part in turn. Errors: those of GgufFile::open,
  // read_config, read_token_layout, split_layers; kBadFile (a tensor is missing or mis-shaped);
  // kLimit (it does not fit the devices).
  static Result<std::shared_ptr<const Model>> load(const std::filesystem::path& path,
                                                   const tensor::DeviceChain& devices,
                                                   const tensor::LoadProgress& progress = {},
                                                   size_t kept_free_bytes = 0);

  const Config& config() const { return config_; }
  const prompt::TokenLayout& layout() const { return layout_; }
  const ModelWeights& weights() const { return weights_; }
  const std::vector<Part>& parts() const { return parts_; }  // one for each device
  const tensor::GgufFile& file() const { return *file_; }
  const std::string& name() const { return name_; }  // general.name, or the file's
  // Memory of a part's weights: pages of the mapped file, and separate memory.
  size_t mapped_bytes(size_t part) const { return storage_[part].num_mapped_bytes(); }
  size_t device_bytes(size_t part) const { return storage_[part].num_device_bytes(); }
  size_t num_bytes() const;  // of both, of all parts
  // Bytes of weights that one token of a single sequence reads, with the slot head.
  size_t bytes_per_token() const { return bytes_per_token_; }
  // Whether the weights are random (key orpheus.synthetic): it speaks nonsense up to max_tokens.
  bool is_synthetic() const { return is_synthetic_; }

 private:
  Model() = default;
  Result<void> split(const tensor::DeviceChain& devices, size_t kept_free_bytes);
  Result<void> demand_part(const Part& part, tensor::WeightLoader& loader);
  Result<LayerWeights> demand_layer(int index, tensor::WeightLoader& loader);
  Result<void> demand_head(tensor::WeightLoader& loader);
  size_t count_bytes_per_token() const;
  Result<void> demand_slot_heads(tensor::WeightLoader& loader, const std::string& head);
  Result<void> demand_stop_head(tensor::WeightLoader& loader, const std::string& head);

  std::shared_ptr<const tensor::GgufFile> file_;
  Config config_;
  prompt::TokenLayout layout_;
  ModelWeights weights_;
  std::string name_;
  std::vector<const tensor::WeightMatrix*> slot_matrices_;
  const tensor::WeightMatrix* stop_matrix_ = nullptr;  // if it is packed
  size_t bytes_per_token_ = 0;
  bool is_synthetic_ = false;
  std::vector<Part> parts_;
  std::vector<tensor::Weights> storage_;  // of each part
};

}  // namespace orpheus::llama
