#include "http/speech_body.h"

#include <string>

#include <gtest/gtest.h>

namespace orpheus::http {
namespace {

std::string base64_of(std::string_view text) { return base64(std::as_bytes(std::span(text))); }

TEST(Base64, IsRfc4648s) {
  EXPECT_EQ(base64_of(""), "");
  EXPECT_EQ(base64_of("f"), "Zg==");
  EXPECT_EQ(base64_of("fo"), "Zm8=");
  EXPECT_EQ(base64_of("foo"), "Zm9v");
  EXPECT_EQ(base64_of("foobar"), "Zm9vYmFy");
  EXPECT_EQ(base64_of("\xff\xfe\xfd"), "//79");
}

TEST(SpeechBody, RefusesASampleRateThatIsNone) {
  EXPECT_FALSE(SpeechBody::open({}, 12345).has_value());
}

TEST(WithSound, IsTheObjectWithTheSoundInIt) {
  for (const std::string_view sound : {"", "a", "ab", "abc", "\xff\x01z0"}) {
    const std::string text =
        with_sound(R"({"a":[1],"b":"}"})", "audio", std::as_bytes(std::span(sound)));
    EXPECT_EQ(text, R"({"a":[1],"b":"}","audio":")" + base64_of(sound) + "\"}");
  }
}

}  // namespace
}  // namespace orpheus::http
