#include "tensor/weights.h"

#include <cstdint>
#include <deque>
#include <utility>

#include <ggml-backend.h>
#include <ggml-cpp.h>
#include <ggml.h>

#include "tensor/usable_cores.h"

namespace orpheus::tensor {
namespace {

constexpr size_t kMaxTensors = 8192;

ggml_context_ptr tensor_context() {
  return ggml_context_ptr(ggml_init(
      {.mem_size = ggml_tensor_overhead() * kMaxTensors, .mem_buffer = nullptr, .no_alloc = true}));
}

// Integers, doubles and ggml's intermediate types: ggml aborts on a matrix of one of these
// types.
bool is_weight_type(int type) {
  return type == GGML_TYPE_F32 ||
         ggml_get_type_traits(static_cast<ggml_type>(type))->to_float != nullptr;
}

}  // namespace

struct Weights::State {
  std::shared_ptr<const GgufFile> file;
  ggml_backend_dev_t device = nullptr;
  bool device_reads_the_file = false;  // on a CPU: tensors stay in the mapped file
  ggml_context_ptr mapped_context = tensor_context();
  ggml_context_ptr owned_context = tensor_context();
  ggml_backend_buffer_ptr mapped_buffer;
  ggml_backend_buffer_ptr owned_buffer;
  // Each tensor's data, until load().
  std::vector<std::pair<ggml_tensor*, std::span<const std::byte>>> mapped;
  std::vector<std::pair<ggml_tensor*, std::span<const std::byte>>> uploads;
  std::deque<std::vector<float>> computed;
  size_t num_mapped_bytes = 0;
  bool may_pack = false;
  std::deque<WeightMatrix> matrices;
  struct Packing {
    WeightMatrix* matrix;
    int type;
    Shape shape;
    std::span<const std::byte> data;
  };
  std::vector<Packing> packings;  // until load()
  size_t num_packed_bytes = 0;
};

Weights::Weights(std::unique_ptr<State> state) : state_(std::move(state)) {}
Weights::Weights(Weights&&) noexcept = default;
Weights& Weights::operator=(Weights&&) noexcept = default;
Weights::~Weights() = default;

size_t Weights::num_device_bytes() const {
  return state_->num_packed_bytes +
         (state_->owned_buffer ? ggml_backend_buffer_get_size(state_->owned_buffer.get()) : 0);
}

size_t Weights::num_mapped_bytes() const { return state_->num_mapped_bytes; }

WeightLoader::WeightLoader(std::shared_ptr<const GgufFile> file, const Device& device)
    : state_(std::make_unique<Weights::State>()) {
  state_->file = std::move(file);
  state_->device = ggml_backend_get_device(device.main());
  state_->device_reads_the_file = device.is_cpu();
  state_->may_pack = device.is_cpu();
}

WeightLoader::~WeightLoader() = default;

ggml_tensor* WeightLoader::place(const std::string& name, int type, const Shape& shape,
                                 std::span<const std::byte> data, Placement placement) {
  const bool mapped = placement == Placement::kHost || state_->device_reads_the_file;
  ggml_context* context = mapped ? state_->mapped_context.get() : state_->owned_context.get();
  ggml_tensor* tensor = ggml_new_tensor_4d(context, static_cast<ggml_type>(type), shape[0],
                                           shape[1], shape[2], shape[3]);
  ggml_set_name(tensor, name.c_str());
  (mapped ? state_->mapped : state_->uploads).emplace_back(tensor, data);
  return tensor;
}

Result<void> WeightLoader::check_type(const GgufTensor& tensor) const {
  if (is_weight_type(tensor.type)) return {};
  return fail({.kind = ErrorKind::kUnsupported,
               .what = state_->file->name() + ": the tensor '" + std::string(tensor.name) +
                       "' has a type that is not supported for weights",
               .expected = "a float or quantised type",
               .found = ggml_type_name(static_cast<ggml_type>(tensor.type))});
}

Result<ggml_tensor*> WeightLoader::demand(const std::string& name, const Shape& shape,
                                          Placement placement) {
  ORPHEUS_TRY(const GgufTensor* tensor, state_->file->demand_tensor(name, shape));
  ORPHEUS_CHECK(check_type(*tensor));
  return place(name, tensor->type, shape, tensor->data, placement);
}

Result<const WeightMatrix*> WeightLoader::demand_matrix(const std::string& name,
                                                        const Shape& shape) {
  ORPHEUS_TRY(const GgufTensor* tensor, state_->file->demand_tensor(name, shape));
  ORPHEUS_CHECK(check_type(*tensor));
  return place_matrix(name, tensor->type, shape, tensor->data);
}

Result<const WeightMatrix*> WeightLoader::demand_matrix_rows(const std::string& name,
                                                             int64_t first_row,
                                                             const Shape& shape) {
  int type = 0;
  ORPHEUS_TRY(const auto data, find_rows(name, first_row, shape, type));
  return place_matrix(name + "[" + std::to_string(first_row) + "]", type, shape, data);
}

bool WeightLoader::packs(const std::string& name, int64_t num_rows) const {
  const GgufTensor* tensor = state_->file->find_tensor(name);
  return tensor != nullptr && state_->may_pack &&
         PackedMatrix::is_supported(tensor->type, tensor->shape[0], num_rows);
}

const WeightMatrix* WeightLoader::place_matrix(const std::string& name, int type,
                                               const Shape& shape,
                                               std::span<const std::byte> data) {
  WeightMatrix& matrix = state_->matrices.emplace_back();
  if (state_->may_pack && PackedMatrix::is_supported(type, shape[0], shape[1])) {
    state_->packings.push_back({&matrix, type, shape, data});
  } else {
    matrix.plain = place(name, type, shape, data, Placement::kDevice);
  }
  return &matrix;
}

Result<ggml_tensor*> WeightLoader::demand_f32(const std::string& name, const Shape& shape) {
  ORPHEUS_TRY(const auto floats, values(name, shape));
  return place(name, GGML_TYPE_F32, shape, std::as_bytes(floats), Placement::kDevice);
}

Result<std::span<const std::byte>> WeightLoader::find_rows(const std::string& name,
                                                           int64_t first_row, const Shape& shape,
                                                           int& type) const {
  const int64_t num_rows = shape[1] * shape[2] * shape[3];
  const GgufTensor* tensor = state_->file->find_tensor(name);
  if (tensor == nullptr || tensor->shape[0] != shape[0] || first_row < 0 ||
      num_rows > tensor->shape[1] - first_row) {
    return fail(
        {.kind = ErrorKind::kBadFile,
         .what = state_->file->name() + ": the tensor '" + name +
                 "' has too few rows for the audio tokens",
         .expected = std::to_string(first_row + num_rows) + " rows of " + std::to_string(shape[0]),
         .found = tensor == nullptr ? "no such tensor" : to_string(tensor->shape),
         .remedy = "Check that the file is an Orpheus model."});
  }
  ORPHEUS_CHECK(check_type(*tensor));
  type = tensor->type;
  const size_t row_bytes = ggml_row_size(static_cast<ggml_type>(tensor->type), shape[0]);
  return tensor->data.subspan(static_cast<size_t>(first_row) * row_bytes,
                              static_cast<size_t>(num_rows) * row_bytes);
}

Result<ggml_tensor*> WeightLoader::demand_rows(const std::string& name, int64_t first_row,
                                               const Shape& shape) {
  int type = 0;
  ORPHEUS_TRY(const auto data, find_rows(name, first_row, shape, type));
  return place(name + "[" + std::to_string(first_row) + "]", type, shape, data, Placement::kDevice);
}

ggml_tensor* WeightLoader::computed(const std::string& name, const Shape& shape,
                                    std::vector<float> values) {
  const auto& kept = state_->computed.emplace_back(std::move(values));
  ggml_tensor* tensor = ggml_new_tensor_4d(state_->owned_context.get(), GGML_TYPE_F32, shape[0],
                                           shape[1], shape[2], shape[3]);
  GGML_ASSERT(ggml_nelements(tensor) == static_cast<int64_t>(kept.size()));
  ggml_set_name(tensor, name.c_str());
  state_->uploads.emplace_back(tensor, std::as_bytes(std::span(kept)));
  return tensor;
}

Result<std::span<const float>> WeightLoader::values(const std::string& name,
                                                    const Shape& shape) const {
  return state_->file->f32_tensor(name, shape);
}

// Each part of the file is released once it is packed, so memory never holds two copies.
Result<void> WeightLoader::pack(const LoadProgress& progress) {
  size_t total = 0;
  size_t done = 0;
  for (const auto& packing : state_->packings) total += packing.data.size();
  for (const auto& [matrix, type, shape, data] : state_->packings) {
    ORPHEUS_TRY(matrix->packed,
                PackedMatrix::pack(type, shape[0], shape[1], data, num_usable_cores(),
                                   [&](auto part) { state_->file->release(part); }));
    state_->num_packed_bytes += matrix->packed->num_bytes();
    done += data.size();
    if (progress) progress(done, total);
  }
  state_->packings.clear();
  return {};
}

Result<Weights> WeightLoader::load(const LoadProgress& progress) {
  ORPHEUS_CHECK(pack(progress));
  if (!state_->mapped.empty()) {
    const auto bytes = state_->file->bytes();
    ggml_backend_dev_t cpu = ggml_backend_dev_by_type(GGML_BACKEND_DEVICE_TYPE_CPU);
    // ggml takes a pointer to mutable bytes but only reads them. The mapping is read-only.
    auto* start = const_cast<std::byte*>(bytes.data());
    state_->mapped_buffer.reset(
        ggml_backend_dev_buffer_from_host_ptr(cpu, start, bytes.size(), bytes.size()));
    if (!state_->mapped_buffer) {
      return fail({.kind = ErrorKind::kUnsupported,
                   .what = "this ggml's CPU back end cannot use a mapped file"});
    }
    ggml_backend_buffer_set_usage(state_->mapped_buffer.get(), GGML_BACKEND_BUFFER_USAGE_WEIGHTS);
    for (const auto& [tensor, data] : state_->mapped) {
      state_->num_mapped_bytes += data.size();
      if (ggml_backend_tensor_alloc(state_->mapped_buffer.get(), tensor,
                                    const_cast<std::byte*>(data.data())) != GGML_STATUS_SUCCESS) {
        return fail({.kind = ErrorKind::kInternal,
                     .what = std::string("no memory for the tensor ") + tensor->name});
      }
    }
  }
  if (!state_->uploads.empty()) {
    state_->owned_buffer.reset(ggml_backend_alloc_ctx_tensors_from_buft(
        state_->owned_context.get(), ggml_backend_dev_buffer_type(state_->device)));
    if (!state_->owned_buffer) {
      size_t needed = 0;
      for (const auto& [tensor, data] : state_->uploads) needed += ggml_nbytes(tensor);
      return fail({.kind = ErrorKind::kLimit,
                   .what = state_->file->name() + ": the weights do not fit into the memory of " +
                           ggml_backend_dev_name(state_->device),
                   .expected = std::to_string(needed >> 20U) + " MiB free",
                   .remedy = "Use a smaller quantisation, or --device CPU."});
    }
    ggml_backend_buffer_set_usage(state_->owned_buffer.get(), GGML_BACKEND_BUFFER_USAGE_WEIGHTS);
    for (const auto& [tensor, data] : state_->uploads)
      ggml_backend_tensor_set(tensor, data.data(), 0, data.size());
  }
  ORPHEUS_CHECK(state_->file->check());
  state_->mapped.clear();
  state_->uploads.clear();
  state_->computed.clear();
  return Weights(std::move(state_));
}

}  // namespace orpheus::tensor
