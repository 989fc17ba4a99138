#pragma once
// SHA-256 (FIPS 180-4) of bytes that arrive piece by piece. One thread.

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>

namespace orpheus {

class Sha256 {
 public:
  void add(std::span<const std::byte> bytes);
  // 64 hexadecimal digits, in lower case. Afterwards this object is spent.
  std::string finish();

 private:
  void add_block(const std::byte* block);

  std::array<uint32_t, 8> state_ = {0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a,
                                    0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19};
  std::array<std::byte, 64> pending_{};
  size_t num_pending_ = 0;
  uint64_t num_bytes_ = 0;
};

}  // namespace orpheus
