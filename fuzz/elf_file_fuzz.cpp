// Input: any bytes as a library, for a program of the same or of any other class. The answer is a
// reason or none, and no byte outside of the file is read.
#include <algorithm>
#include <array>
#include <cstdint>

#include "require.h"
#include "tensor/elf_file.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using orpheus::tensor::kElfIdentityBytes;
  const auto file = std::as_bytes(std::span(data, size));
  std::array<std::byte, kElfIdentityBytes> program{};
  std::copy_n(file.begin(), std::min(file.size(), program.size()), program.begin());
  const auto read = [&](uint64_t offset, std::span<std::byte> bytes) {
    require(bytes.size() <= file.size() && offset <= file.size() - bytes.size());
    std::copy_n(file.begin() + static_cast<ptrdiff_t>(offset), bytes.size(), bytes.begin());
    return true;
  };
  const auto damage = orpheus::tensor::damage_of_library(file.size(), read, program);
  require(!damage || !damage->empty());
  return 0;
}
