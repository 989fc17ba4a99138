#include "audio/format.h"

#include <gtest/gtest.h>

namespace orpheus::audio {
namespace {

TEST(Format, EveryOneIsFoundByItsName) {
  EXPECT_EQ(all_formats().size(), 8U);
  for (const Format format : all_formats()) EXPECT_EQ(format_named(name_of(format)), format);
  EXPECT_EQ(format_named("mp3"), Format::kMp3);
  EXPECT_EQ(format_named("MP3"), std::nullopt);
  for (const char* name : {"ulaw", "mulaw", "g711_ulaw"})
    EXPECT_EQ(format_named(name), Format::kUlaw) << name;
  EXPECT_EQ(format_named("g711_alaw"), Format::kAlaw);
  EXPECT_EQ(format_named("ogg"), Format::kOpus);
  EXPECT_EQ(format_named(""), std::nullopt);
}

TEST(Format, HasTheContentTypeThatClientsExpect) {
  EXPECT_EQ(content_type(Format::kMp3), "audio/mpeg");
  EXPECT_EQ(content_type(Format::kOpus), "audio/ogg");
  EXPECT_EQ(content_type(Format::kAac), "audio/aac");
  EXPECT_EQ(content_type(Format::kFlac), "audio/flac");
  EXPECT_EQ(content_type(Format::kWav), "audio/wav");
  EXPECT_EQ(content_type(Format::kPcm), "audio/pcm");
  EXPECT_EQ(content_type(Format::kUlaw), "audio/PCMU");  // RFC 4856
  EXPECT_EQ(content_type(Format::kAlaw), "audio/PCMA");
}

TEST(Format, WavAndPcmAreAlwaysThere) {
  EXPECT_TRUE(can_encode(Format::kWav));
  EXPECT_TRUE(can_encode(Format::kPcm));
  const std::string names = names_of_formats();
  EXPECT_TRUE(names.ends_with("wav or pcm") || names.ends_with("wav, pcm, ulaw or alaw")) << names;
}

}  // namespace
}  // namespace orpheus::audio
