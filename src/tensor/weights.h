#pragma once
// The weights of a network: tensors of a GGUF, each demanded by name and shape and placed where the
// device can use them. On a CPU, tensors stay in the mapped file. Matrices that are packed for the
// CPU take memory of their own instead, and their file pages are released.

#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/result.h"
#include "tensor/device.h"
#include "tensor/gguf_file.h"
#include "tensor/packed_matrix.h"

struct ggml_tensor;

namespace orpheus::tensor {

// Where a tensor is: on the computing device, or in the mapped file for the CPU. The latter is for
// token embeddings, because not every GPU back end can look up rows.
enum class Placement { kDevice, kHost };

// A matrix to multiply with. It has exactly one of the two members.
struct WeightMatrix {
  ggml_tensor* plain = nullptr;
  std::optional<PackedMatrix> packed;
};

// Called with the number of bytes of the weights that are ready, and the total.
using LoadProgress = std::function<void(size_t done, size_t total)>;

// Owns the tensors that a loader handed out. Immutable: shared by every thread and every Device of
// the same name.
class Weights {
 public:
  Weights(Weights&&) noexcept;
  Weights& operator=(Weights&&) noexcept;
  ~Weights();

  size_t num_device_bytes() const;  // copied to a device or computed
  size_t num_mapped_bytes() const;  // used directly in the mapped file

 private:
  friend class WeightLoader;
  struct State;
  explicit Weights(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

// Demand all tensors first, then call load() once; then the tensors have their data.
class WeightLoader {
 public:
  WeightLoader(std::shared_ptr<const GgufFile> file, const Device& device);
  ~WeightLoader();

  // Demands a tensor of any type that ggml can multiply with. Errors: kBadFile (missing, or of
  // another shape), kUnsupported (a type that no weight has).
  Result<ggml_tensor*> demand(const std::string& name, const Shape& shape,
                              Placement placement = Placement::kDevice);
  // Demands a matrix [in, out] that is used in products only. It is packed if that is faster on the
  // CPU. Errors: those of demand.
  Result<const WeightMatrix*> demand_matrix(const std::string& name, const Shape& shape);
  // Demands rows of a matrix, as demand_rows does.
  Result<const WeightMatrix*> demand_matrix_rows(const std::string& name, int64_t first_row,
                                                 const Shape& shape);
  // Whether num_rows rows of that tensor would be packed.
  bool packs(const std::string& name, int64_t num_rows) const;
  // Demands a float32 tensor. Errors: kBadFile (missing, of another shape or type).
  Result<ggml_tensor*> demand_f32(const std::string& name, const Shape& shape);
  // Demands rows [first_row, first_row + product of shape[1…]) of a two-dimensional tensor, as a
  // separate tensor. Errors: kBadFile (missing, other row length, too few rows).
  Result<ggml_tensor*> demand_rows(const std::string& name, int64_t first_row, const Shape& shape);
  // Adds a float32 tensor with computed values. values has as many entries as shape.
  ggml_tensor* computed(const std::string& name, const Shape& shape, std::vector<float> values);

  // Reads the values of a float32 tensor in the file. Errors: those of demand_f32.
  Result<std::span<const float>> values(const std::string& name, const Shape& shape) const;

  // Places all demanded tensors. Errors: kLimit (the device's memory does not hold them).
  Result<Weights> load(const LoadProgress& progress = {});

 private:
  Result<void> check_type(const GgufTensor& tensor) const;
  Result<std::span<const std::byte>> find_rows(const std::string& name, int64_t first_row,
                                               const Shape& shape, int& type) const;
  const WeightMatrix* place_matrix(const std::string& name, int type, const Shape& shape,
                                   std::span<const std::byte> data);
  Result<void> pack(const LoadProgress& progress);
  ggml_tensor* place(const std::string& name, int type, const Shape& shape,
                     std::span<const std::byte> data, Placement placement);
  std::unique_ptr<Weights::State> state_;
};

}  // namespace orpheus::tensor
