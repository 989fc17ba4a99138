#include "audio/format.h"

#include <gtest/gtest.h>

namespace orpheus::audio {
namespace {

TEST(Format, EveryOneIsFoundByItsName) {
  EXPECT_EQ(all_formats().size(), 6U);
  for (const Format format : all_formats()) EXPECT_EQ(format_named(name_of(format)), format);
  EXPECT_EQ(format_named("mp3"), Format::kMp3);
  EXPECT_EQ(format_named("MP3"), std::nullopt);
  EXPECT_EQ(format_named(""), std::nullopt);
}

TEST(Format, HasTheContentTypeThatClientsExpect) {
  EXPECT_EQ(content_type(Format::kMp3), "audio/mpeg");
  EXPECT_EQ(content_type(Format::kOpus), "audio/ogg");
  EXPECT_EQ(content_type(Format::kAac), "audio/aac");
  EXPECT_EQ(content_type(Format::kFlac), "audio/flac");
  EXPECT_EQ(content_type(Format::kWav), "audio/wav");
  EXPECT_EQ(content_type(Format::kPcm), "audio/pcm");
}

TEST(Format, WavAndPcmAreAlwaysThere) {
  EXPECT_TRUE(can_encode(Format::kWav));
  EXPECT_TRUE(can_encode(Format::kPcm));
  EXPECT_TRUE(names_of_formats().ends_with("wav or pcm"));
}

}  // namespace
}  // namespace orpheus::audio
