#include "lm/remote/served_voice.h"

#include <string>
#include <vector>

#include <gtest/gtest.h>

namespace orpheus::remote {
namespace {

TEST(ServedVoice, IsReadAsItIsSaidOrNotAtAll) {
  const auto voice = read_served_voice(
      R"({"voices":[{"name":"rms","language":"en","gender":"male","description":""}],
          "audio_token_base":288,"codebook_size":4096,"end_of_speech":263,"max_words":25,
          "max_sentences":1,"characters":"abc","speaks_tags":false,"characters_per_second":15.0,
          "synthetic":false,"later":"more"})");
  ASSERT_TRUE(voice);
  EXPECT_EQ(voice->voices.at(0).name, "rms");
  EXPECT_EQ(voice->voices.at(0).gender, "male");
  EXPECT_EQ(voice->layout.audio_token_base, 288);
  EXPECT_EQ(voice->layout.end_of_speech, 263);
  EXPECT_EQ(voice->layout.start_of_human, prompt::TokenLayout().start_of_human);
  EXPECT_EQ(voice->max_words, 25);
  EXPECT_EQ(voice->max_sentences, 1);
  EXPECT_EQ(voice->characters, "abc");
  EXPECT_FALSE(voice->speaks_tags);
  EXPECT_EQ(voice->characters_per_second, 15);
  for (const char* wrong :
       {"", "[]", "{}", R"({"voices":[]})", R"({"voices":["rms"]})", R"({"voices":[{"name":""}]})",
        R"({"voices":[{"name":"a\nb"}]})", R"({"voices":[{"name":"a"}],"codebook_size":0})",
        R"({"voices":[{"name":"a"}],"audio_token_base":-1})",
        R"({"voices":[{"name":"a"}],"max_words":"many"})",
        R"({"voices":[{"name":"a"}],"characters_per_second":0})",
        R"({"voices":[{"name":"a"}],"speaks_tags":1})"})
    EXPECT_FALSE(read_served_voice(wrong)) << wrong;
}

// Guards against: a number at the edge of its range is refused, or one beyond it is used.
TEST(ServedVoice, EachNumberIsReadUpToItsEdges) {
  constexpr int kMostIds = 1 << 24;
  constexpr int kMostCodes = 1 << 16;
  constexpr int kMostAtOnce = 1 << 20;
  struct Range {
    const char* key;
    int least;
    int most;
  };
  std::vector<Range> ranges = {{"audio_token_base", 0, kMostIds},
                               {"codebook_size", 1, kMostCodes},
                               {"max_words", 0, kMostAtOnce},
                               {"max_sentences", 0, kMostAtOnce},
                               {"characters_per_second", 1, 100}};
  for (const char* id : {"begin_of_text", "end_of_text", "start_of_speech", "end_of_speech",
                         "start_of_human", "end_of_human", "start_of_ai"})
    ranges.push_back({id, 0, kMostIds});
  const auto is_read = [](const std::string& key, int value) {
    const std::string number = "\"" + key + "\":" + std::to_string(value);
    return read_served_voice(R"({"voices":[{"name":"a"}],)" + number + "}").has_value();
  };
  for (const auto& [key, least, most] : ranges) {
    EXPECT_TRUE(is_read(key, least) && is_read(key, most)) << key;
    EXPECT_FALSE(is_read(key, least - 1) || is_read(key, most + 1)) << key;
  }
  std::string most_voices = R"({"name":"a"})";
  for (int i = 1; i < 1000; ++i) most_voices += R"(,{"name":"a"})";
  EXPECT_TRUE(read_served_voice(R"({"voices":[)" + most_voices + "]}"));
  EXPECT_FALSE(read_served_voice(R"({"voices":[)" + most_voices + R"(,{"name":"a"}]})"));
}

}  // namespace
}  // namespace orpheus::remote
