#include "tensor/gguf_writer.h"

#include <array>
#include <cassert>
#include <optional>

#include <ggml-cpp.h>

namespace orpheus::tensor {

struct GgufWriter::State {
  gguf_context_ptr gguf{gguf_init_empty()};
  std::vector<size_t> tensor_bytes;  // of each declared tensor, without padding
  std::optional<AtomicFile> file;
  size_t num_complete = 0;   // tensors whose data is all written
  size_t written_bytes = 0;  // of the tensor in progress

  // Every tensor is padded to a multiple of the alignment, the last one too: ggml expects it.
  Result<void> pad(size_t bytes) {
    constexpr std::array<std::byte, GGUF_DEFAULT_ALIGNMENT> kZeros{};
    const size_t rest = GGML_PAD(bytes, GGUF_DEFAULT_ALIGNMENT) - bytes;
    return file->write(std::span(kZeros).first(rest));
  }
};

GgufWriter::GgufWriter() : state_(std::make_unique<State>()) {}
GgufWriter::GgufWriter(GgufWriter&&) noexcept = default;
GgufWriter& GgufWriter::operator=(GgufWriter&&) noexcept = default;
GgufWriter::~GgufWriter() = default;

Result<void> GgufWriter::copy_metadata(const GgufFile& file, const std::filesystem::path& path) {
  const gguf_context_ptr source(gguf_init_from_file(path.c_str(), {.no_alloc = true}));
  if (!source || gguf_get_n_tensors(source.get()) != static_cast<int64_t>(file.tensors().size())) {
    return fail(
        {.kind = ErrorKind::kBadFile,
         .what = file.name() + ": the metadata cannot be copied",
         .remedy = "Another program may be writing the file; try again when it is complete."});
  }
  gguf_set_kv(state_->gguf.get(), source.get());
  for (const char* key : {"general.alignment", "split.no", "split.count", "split.tensors.count"})
    gguf_remove_key(state_->gguf.get(), key);
  return {};
}

void GgufWriter::set_u32(const std::string& key, uint32_t value) {
  gguf_set_val_u32(state_->gguf.get(), key.c_str(), value);
}

void GgufWriter::set_f32(const std::string& key, float value) {
  gguf_set_val_f32(state_->gguf.get(), key.c_str(), value);
}

void GgufWriter::set_bool(const std::string& key, bool value) {
  gguf_set_val_bool(state_->gguf.get(), key.c_str(), value);
}

void GgufWriter::set_string(const std::string& key, const std::string& value) {
  gguf_set_val_str(state_->gguf.get(), key.c_str(), value.c_str());
}

void GgufWriter::set_u32s(const std::string& key, std::span<const uint32_t> values) {
  gguf_set_arr_data(state_->gguf.get(), key.c_str(), GGUF_TYPE_UINT32, values.data(),
                    values.size());
}

void GgufWriter::set_i32s(const std::string& key, std::span<const int32_t> values) {
  gguf_set_arr_data(state_->gguf.get(), key.c_str(), GGUF_TYPE_INT32, values.data(), values.size());
}

void GgufWriter::set_strings(const std::string& key, std::span<const std::string> values) {
  std::vector<const char*> pointers;
  pointers.reserve(values.size());
  for (const std::string& value : values) pointers.push_back(value.c_str());
  gguf_set_arr_str(state_->gguf.get(), key.c_str(), pointers.data(), pointers.size());
}

void GgufWriter::declare_tensor(const std::string& name, int type, const Shape& shape) {
  assert(name.size() < GGML_MAX_NAME);
  ggml_tensor tensor{};
  tensor.type = static_cast<ggml_type>(type);
  ggml_set_name(&tensor, name.c_str());
  size_t stride = ggml_type_size(tensor.type);
  for (size_t i = 0; i < shape.size(); ++i) {
    tensor.ne[i] = shape[i];
    tensor.nb[i] = stride;
    stride = i == 0 ? ggml_row_size(tensor.type, shape[0]) : stride * static_cast<size_t>(shape[i]);
  }
  gguf_add_tensor(state_->gguf.get(), &tensor);
  state_->tensor_bytes.push_back(ggml_nbytes(&tensor));
}

Result<void> GgufWriter::begin(const std::filesystem::path& path) {
  ORPHEUS_TRY(state_->file, AtomicFile::create(path));
  std::vector<std::byte> header(gguf_get_meta_size(state_->gguf.get()));
  gguf_get_meta_data(state_->gguf.get(), header.data());
  return state_->file->write(header);
}

Result<void> GgufWriter::write(std::span<const std::byte> data) {
  State& state = *state_;
  const bool expected = state.num_complete < state.tensor_bytes.size();
  if (!expected || data.size() > state.tensor_bytes[state.num_complete] - state.written_bytes) {
    return fail(
        {.what = state.file->path().string() + ": more tensor data was written than declared"});
  }
  ORPHEUS_CHECK(state.file->write(data));
  state.written_bytes += data.size();
  if (state.written_bytes < state.tensor_bytes[state.num_complete]) return {};
  ORPHEUS_CHECK(state.pad(state.written_bytes));
  ++state.num_complete;
  state.written_bytes = 0;
  return {};
}

Result<void> GgufWriter::commit() {
  const State& state = *state_;
  if (state.num_complete < state.tensor_bytes.size()) {
    return fail({.what = state.file->path().string() + ": the data of some tensors was not written",
                 .expected = std::to_string(state.tensor_bytes.size()),
                 .found = std::to_string(state.num_complete)});
  }
  return state_->file->commit();
}

}  // namespace orpheus::tensor
