#include "base/result.h"

#include <set>

#include <gtest/gtest.h>

namespace orpheus {
namespace {

Result<int> half(int x) {
  if (x % 2 != 0)
    return fail({.kind = ErrorKind::kUsage, .what = "odd", .expected = "an even number"});
  return x / 2;
}

Result<int> quarter(int x) {
  ORPHEUS_TRY(const int h, half(x));
  ORPHEUS_TRY(const int q, half(h));
  return q;
}

TEST(Result, TryPassesValuesAndErrors) {
  EXPECT_EQ(*quarter(8), 2);
  ASSERT_FALSE(quarter(6).has_value());
  EXPECT_EQ(quarter(6).error().what, "odd");
}

TEST(Error, MessageSaysWhatExpectedFoundAndRemedy) {
  const Error full{.what = "a.gguf: bad magic",
                   .expected = "GGUF",
                   .found = "RIFF",
                   .remedy = "Give a GGUF file."};
  EXPECT_EQ(full.message(), "a.gguf: bad magic (expected GGUF, found RIFF). Give a GGUF file.");
  EXPECT_EQ((Error{.what = "gone"}).message(), "gone");
  EXPECT_EQ((Error{.what = "x", .found = "y"}).message(), "x (found y)");
}

TEST(Error, EveryKindHasItsOwnExitCode) {
  std::set<int> codes;
  for (int kind = 0; kind <= static_cast<int>(ErrorKind::kCancelled); ++kind) {
    codes.insert(exit_code(static_cast<ErrorKind>(kind)));
  }
  EXPECT_EQ(codes.size(), static_cast<size_t>(ErrorKind::kCancelled) + 1);
  EXPECT_EQ(codes.count(0), 0U);
}

}  // namespace
}  // namespace orpheus
