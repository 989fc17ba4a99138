// Guards against a module that ends the process inside of the dynamic linker: SIGBUS for a file
// that is cut, SIGSEGV for one that is partly zero.

#include "tensor/elf_file.h"

#include <algorithm>
#include <cstring>
#include <fstream>
#include <iterator>
#include <random>
#include <vector>

#include <gtest/gtest.h>

namespace orpheus::tensor {
namespace {

using Bytes = std::vector<std::byte>;

Bytes planted_library() {
  std::ifstream file(ORPHEUS_PLANTED_FOLDER "/libggml-cuda.so", std::ios::binary);
  const std::string content{std::istreambuf_iterator<char>(file), {}};
  Bytes bytes(content.size());
  std::memcpy(bytes.data(), content.data(), content.size());
  return bytes;
}

std::optional<std::string> damage(const Bytes& file, const Bytes& program) {
  const ReadAt read = [&](uint64_t offset, std::span<std::byte> bytes) {
    EXPECT_LE(bytes.size(), file.size());
    EXPECT_LE(offset, file.size() - bytes.size());
    std::copy_n(file.begin() + static_cast<ptrdiff_t>(offset), bytes.size(), bytes.begin());
    return true;
  };
  return damage_of_library(file.size(), read, std::span(program).first<kElfIdentityBytes>());
}

class ElfFile : public testing::Test {
 protected:
  void SetUp() override {
    ASSERT_GE(library_.size(), 4096U);
    if (!is_elf(std::span(library_).first<kElfIdentityBytes>()))
      GTEST_SKIP() << "this system's libraries are no ELF files";
  }

  const Bytes library_ = planted_library();
};

TEST_F(ElfFile, AWholeLibraryHasNoDamage) { EXPECT_EQ(damage(library_, library_), std::nullopt); }

TEST_F(ElfFile, OfEveryLengthACutLibraryIsSeen) {
  // Every length of the headers' part, and some of the rest up to the last byte.
  for (size_t length = 0; length < library_.size();
       length += length < 1024 || length + 64 > library_.size() ? 1 : 61) {
    const Bytes cut(library_.begin(), library_.begin() + static_cast<ptrdiff_t>(length));
    const auto seen = damage(cut, library_);
    ASSERT_TRUE(seen.has_value()) << length << " of " << library_.size() << " bytes";
    EXPECT_NE(seen->find("cut off"), std::string::npos) << length << ": " << *seen;
  }
}

// A download that reserved its space ends with zeros.
TEST_F(ElfFile, ALibraryWhoseEndIsZeroIsSeen) {
  for (const size_t kept : {size_t{0}, size_t{64}, size_t{1024}, size_t{4096}}) {
    Bytes partial = library_;
    std::fill(partial.begin() + static_cast<ptrdiff_t>(kept), partial.end(), std::byte{0});
    EXPECT_TRUE(damage(partial, library_).has_value()) << kept;
  }
}

TEST_F(ElfFile, AnotherProcessorOrKindOfFileIsSeen) {
  for (const size_t position : {4U, 5U, 18U, 19U}) {
    Bytes other = library_;
    other[position] ^= std::byte{3};
    EXPECT_EQ(damage(other, library_), "a file for another processor") << position;
  }
  Bytes program = library_;
  program[16] = std::byte{2};
  EXPECT_EQ(damage(program, library_), "no library");
}

// Sizes and offsets of any value give an answer, and no byte outside of the file is read. The
// layout of the other class is tried too.
TEST_F(ElfFile, HeadersOfAnyBytesGiveAnAnswer) {
  std::mt19937 random(1);
  for (int i = 0; i < 20000; ++i) {
    Bytes spoilt = library_;
    const size_t num_changes = 1 + random() % 8;
    for (size_t change = 0; change < num_changes; ++change)
      spoilt[random() % 1024] = random() % 2 == 0 ? std::byte{0xFF} : std::byte(random() & 0xFFU);
    Bytes program = library_;
    if (i % 4 == 0) spoilt[4] = program[4] = std::byte{1};
    static_cast<void>(damage(spoilt, program));
  }
}

}  // namespace
}  // namespace orpheus::tensor
