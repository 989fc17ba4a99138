#include "base/sha256.h"

#include <gtest/gtest.h>

namespace orpheus {
namespace {

std::string hash(std::string_view text, size_t piece) {
  Sha256 sha;
  while (!text.empty()) {
    const auto part = text.substr(0, piece);
    sha.add(std::as_bytes(std::span(part)));
    text.remove_prefix(part.size());
  }
  return sha.finish();
}

// Of FIPS 180-4's examples.
TEST(Sha256, GivesThePublishedAnswers) {
  EXPECT_EQ(hash("", 1), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  EXPECT_EQ(hash("abc", 9), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  EXPECT_EQ(hash("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq", 99),
            "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1");
  EXPECT_EQ(hash(std::string(1'000'000, 'a'), 4096),
            "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
}

TEST(Sha256, PiecesOfAnySizeGiveTheSame) {
  for (size_t size = 0; size < 150; ++size) {
    const std::string text(size, static_cast<char>('a' + size % 26));
    const std::string whole = hash(text, 1000);
    for (const size_t piece : {1U, 7U, 63U, 64U, 65U}) EXPECT_EQ(hash(text, piece), whole) << size;
  }
}

}  // namespace
}  // namespace orpheus
