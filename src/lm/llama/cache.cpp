#include "lm/llama/cache.h"

#include <cstdint>
#include <string>

#include <ggml-backend.h>
#include <ggml.h>

namespace orpheus::llama {

ggml_type ggml_type_of(CacheType type) {
  return type == CacheType::kQ8_0 ? GGML_TYPE_Q8_0 : GGML_TYPE_F16;
}

Result<Cache> Cache::create(const Config& config, const Part& part, const tensor::Device& device,
                            const CachePlan& plan) {
  Cache cache;
  cache.plan_ = plan;
  cache.tensors_.first_layer = part.first_layer;
  cache.tensors_.lane_rows = plan.lane_rows;
  const auto num_tensors = static_cast<size_t>(part.num_layers()) * 2;
  cache.context_.reset(ggml_init(
      {.mem_size = ggml_tensor_overhead() * num_tensors, .mem_buffer = nullptr, .no_alloc = true}));
  const auto add = [&](std::vector<ggml_tensor*>& tensors) {
    tensors.push_back(ggml_new_tensor_2d(cache.context_.get(), ggml_type_of(plan.type),
                                         config.kv_width(), cache.spare_row() + 1));
  };
  for (int i = 0; i < part.num_layers(); ++i) {
    add(cache.tensors_.keys);
    add(cache.tensors_.values);
  }
  ggml_backend_dev_t ggml_device = ggml_backend_get_device(device.main());
  ggml_backend_buffer_type_t kind = ggml_backend_dev_buffer_type(ggml_device);
  if (device.is_cpu()) {
    // calloc's pages are zero, and exist only once they are written.
    const size_t alignment = ggml_backend_buft_get_alignment(kind);
    size_t size = 0;
    for (ggml_tensor* tensor = ggml_get_first_tensor(cache.context_.get()); tensor != nullptr;
         tensor = ggml_get_next_tensor(cache.context_.get(), tensor))
      size += GGML_PAD(ggml_nbytes(tensor), alignment);
    cache.host_memory_.reset(std::calloc(1, size + alignment));
    if (cache.host_memory_) {
      auto* start = static_cast<char*>(cache.host_memory_.get());
      start += (alignment - reinterpret_cast<uintptr_t>(start) % alignment) % alignment;
      cache.buffer_.reset(ggml_backend_dev_buffer_from_host_ptr(ggml_device, start, size, size));
      ggml_tallocr places = ggml_tallocr_new(cache.buffer_.get());
      for (ggml_tensor* tensor = ggml_get_first_tensor(cache.context_.get()); tensor != nullptr;
           tensor = ggml_get_next_tensor(cache.context_.get(), tensor))
        ggml_tallocr_alloc(&places, tensor);
    }
  } else {
    cache.buffer_.reset(ggml_backend_alloc_ctx_tensors_from_buft(cache.context_.get(), kind));
    // Rows that were never written are masked, but a masked NaN would still spread.
    if (cache.buffer_) ggml_backend_buffer_clear(cache.buffer_.get(), 0);
  }
  if (!cache.buffer_) {
    const size_t bytes =
        cache_row_bytes(config, plan.type) / static_cast<size_t>(config.num_layers) *
        static_cast<size_t>(part.num_layers()) * static_cast<size_t>(plan.num_rows());
    return fail({.kind = ErrorKind::kLimit,
                 .what = "no memory on " + device.info().name + " for the key-value cache",
                 .expected = std::to_string(bytes >> 20U) + " MiB free",
                 .remedy = "Lower --max-sequences or --context-tokens."});
  }
  return cache;
}

size_t Cache::num_bytes() const { return ggml_backend_buffer_get_size(buffer_.get()); }

}  // namespace orpheus::llama
