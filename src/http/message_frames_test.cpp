#include "http/message_frames.h"

#include <string>

#include <gtest/gtest.h>

namespace orpheus::http {
namespace {

TEST(MessageFrames, AreReadAsTheyWereWrittenInAnyParts) {
  std::vector<std::byte> bytes;
  const std::vector<std::byte> sound(300, std::byte{7});
  append_frame("{}", std::chrono::microseconds(0), bytes);
  append_frame(true, std::chrono::microseconds(85'333), sound, bytes);
  append_frame("", std::chrono::microseconds(1), bytes);
  for (size_t size = 1; size <= bytes.size(); size += 13) {
    FrameReader reader;
    std::vector<MessageFrame> frames;
    for (size_t at = 0; at < bytes.size(); at += size) {
      reader.push(std::span(bytes).subspan(at, std::min(size, bytes.size() - at)));
      while (auto frame = reader.next()) frames.push_back(std::move(*frame));
    }
    ASSERT_EQ(frames.size(), 3U);
    EXPECT_EQ(frames[0].payload.size(), 2U);
    EXPECT_EQ(frames[1], (MessageFrame{true, std::chrono::microseconds(85'333), sound}));
    EXPECT_EQ(frames[2], (MessageFrame{false, std::chrono::microseconds(1), {}}));
  }
}

}  // namespace
}  // namespace orpheus::http
