// Checks, by counting all allocations, that a stream's memory does not grow with the sound.

#include <atomic>
#include <cstddef>
#include <cstdlib>
#include <cstring>
#include <new>
#include <span>
#include <vector>

#include <gtest/gtest.h>

#include "snac/decoder.h"
#include "snac/encoder_stream.h"
#include "snac/product.h"
#include "snac_golden.h"

namespace {

std::atomic<size_t> bytes_in_use = 0;
std::atomic<size_t> most_bytes = 0;

// Each block is preceded by its size.
constexpr size_t kHeaderBytes = alignof(std::max_align_t);

void* allocate(size_t size) {
  auto* memory = static_cast<std::byte*>(std::malloc(kHeaderBytes + size));
  if (memory == nullptr) throw std::bad_alloc();
  std::memcpy(memory, &size, sizeof(size));
  const size_t now = bytes_in_use += size;
  if (now > most_bytes) most_bytes = now;
  return memory + kHeaderBytes;
}

void release(void* block) {
  if (block == nullptr) return;
  auto* memory = static_cast<std::byte*>(block) - kHeaderBytes;
  size_t size = 0;
  std::memcpy(&size, memory, sizeof(size));
  bytes_in_use -= size;
  std::free(memory);
}

}  // namespace

void* operator new(size_t size) { return allocate(size); }
void* operator new[](size_t size) { return allocate(size); }
void operator delete(void* memory) noexcept { release(memory); }
void operator delete[](void* memory) noexcept { release(memory); }
void operator delete(void* memory, size_t /*size*/) noexcept { release(memory); }
void operator delete[](void* memory, size_t /*size*/) noexcept { release(memory); }

namespace orpheus::snac {
namespace {

constexpr int kTenSeconds = 117;  // frames
constexpr int kFiveMinutes = 3516;

// The most memory that work needs in addition to the memory before it.
template <typename Work>
size_t peak_bytes(const Work& work) {
  const size_t before = bytes_in_use;
  most_bytes = before;
  work();
  return most_bytes - before;
}

int stream_frames() {
  const char* asked = std::getenv("ORPHEUS_TEST_STREAM_FRAMES");  // an hour has 42188
  return asked != nullptr ? std::atoi(asked) : kFiveMinutes;
}

TEST(CodecMemory, ALongStreamTakesWhatAShortOneTakes) {
  auto device = tensor::Device::open({.name = "CPU", .num_threads = 1});
  ASSERT_TRUE(device.has_value());
  const auto decoder = Decoder::open(golden::converted_codec(), std::move(*device));
  ASSERT_TRUE(decoder.has_value());
  const auto four_frames = std::vector(4, golden::frames().front());
  const auto decode = [&](int num_frames) {
    const auto stream = (*decoder)->stream(seeded_noise(1));
    const SampleSink ignore = [](std::span<const float>) { return true; };
    for (int done = 0; done < num_frames; done += 4)
      ASSERT_TRUE(stream->push(four_frames, ignore).has_value());
    ASSERT_TRUE(stream->finish(ignore).has_value());
  };
  const size_t short_one = peak_bytes([&] { decode(kTenSeconds); });
  const size_t long_one = peak_bytes([&] { decode(stream_frames()); });
  EXPECT_GT(short_one, 0U);
  EXPECT_EQ(long_one, short_one);
  RecordProperty("bytes", std::to_string(long_one));
}

TEST(CodecMemory, ALongEncodingTakesWhatAShortOneTakes) {
  const auto file = golden::converted_file();
  auto packed = pack_encoder_weights(*file, *read_config(*file));
  ASSERT_TRUE(packed.has_value());
  const auto weights = std::make_shared<const EncoderWeights>(std::move(*packed));
  const std::vector<float> frame(2048, 0.1F);
  const auto encode = [&](int num_frames) {
    EncoderStream stream(weights);
    Rows latents(padded(weights->config.latent_dim));
    for (int i = 0; i < num_frames; ++i) {
      latents.clear();
      stream.push(frame, i + 1 == num_frames, latents);
    }
  };
  const size_t short_one = peak_bytes([&] { encode(kTenSeconds); });
  EXPECT_EQ(peak_bytes([&] { encode(kFiveMinutes / 5); }), short_one);
}

}  // namespace
}  // namespace orpheus::snac
