#include "audio/wav.h"

#include <string>

#include <gtest/gtest.h>

namespace orpheus::audio {
namespace {

using Header = std::array<std::byte, kWavHeaderBytes>;

std::string tag_at(const Header& header, size_t offset) {
  return {reinterpret_cast<const char*>(header.data()) + offset, 4};
}

uint32_t number_at(const Header& header, size_t offset, size_t num_bytes) {
  uint32_t value = 0;
  for (size_t i = num_bytes; i-- > 0;) {
    value = (value << 8U) | std::to_integer<uint32_t>(header[offset + i]);
  }
  return value;
}

TEST(WavHeader, DescribesSixteenBitMono) {
  const Header header = wav_header(24000, 1000);
  EXPECT_EQ(tag_at(header, 0), "RIFF");
  EXPECT_EQ(tag_at(header, 8), "WAVE");
  EXPECT_EQ(tag_at(header, 12), "fmt ");
  EXPECT_EQ(number_at(header, 16, 4), 16U);
  EXPECT_EQ(number_at(header, 20, 2), 1U);      // integer PCM
  EXPECT_EQ(number_at(header, 22, 2), 1U);      // channels
  EXPECT_EQ(number_at(header, 24, 4), 24000U);  // samples a second
  EXPECT_EQ(number_at(header, 28, 4), 48000U);  // bytes a second
  EXPECT_EQ(number_at(header, 32, 2), 2U);      // bytes a sample
  EXPECT_EQ(number_at(header, 34, 2), 16U);     // bits a sample
  EXPECT_EQ(tag_at(header, 36), "data");
}

TEST(WavHeader, CountsTheBytesOfEverySampleThatIsKnown) {
  EXPECT_EQ(number_at(wav_header(24000, 0), 40, 4), 0U);
  EXPECT_EQ(number_at(wav_header(24000, 0), 4, 4), 36U);
  EXPECT_EQ(number_at(wav_header(24000, 1000), 40, 4), 2000U);
  EXPECT_EQ(number_at(wav_header(24000, 1000), 4, 4), 2036U);
}

TEST(WavHeader, SaysUnknownForAStreamAndForWhatDoesNotFit) {
  constexpr int64_t kMost = 2147483625;  // 44 + 2 × this is the last size below 2³²
  for (const Header& header : {wav_header(24000, std::nullopt), wav_header(24000, kMost + 1),
                               wav_header(24000, INT64_MAX), wav_header(24000, -1)}) {
    EXPECT_EQ(number_at(header, 4, 4), 0xFFFFFFFFU);
    EXPECT_EQ(number_at(header, 40, 4), 0xFFFFFFFFU);
  }
  EXPECT_EQ(number_at(wav_header(24000, kMost), 40, 4), 2U * kMost);
  EXPECT_EQ(number_at(wav_header(24000, kMost), 4, 4), 2U * kMost + 36U);
}

}  // namespace
}  // namespace orpheus::audio
