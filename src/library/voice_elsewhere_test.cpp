// A voice that another server describes, now or later.
#include "library/voice_elsewhere.h"

#include <atomic>
#include <chrono>
#include <cstdlib>
#include <memory>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "net/testing/scripted_server.h"

namespace orpheus::library {
namespace {

using net::free_port;
using net::Peer;
using net::ScriptedServer;
using std::chrono::steady_clock;

class Without : public ::testing::Environment {
  void SetUp() override { ::setenv("no_proxy", "*", 1); }  // a proxy would stand in between
};
[[maybe_unused]] const auto* const kWithoutProxy =
    ::testing::AddGlobalTestEnvironment(new Without());

// Has the name and the voices of its metadata, and speaks nothing.
class Mute final : public speech::Synthesiser {
 public:
  explicit Mute(VoiceMetadata metadata) : metadata_(std::move(metadata)) {}
  Result<void> check(const speech::Request& /*request*/) const override { return {}; }
  Result<std::unique_ptr<speech::Speech>> begin(speech::Request /*request*/,
                                                std::function<void()> /*wake*/) override {
    return fail({.kind = ErrorKind::kUnsupported, .what = "it is mute"});
  }
  const std::vector<prompt::Voice>& voices() const override { return metadata_.voices; }
  const std::string& model_name() const override { return metadata_.model_name; }

 private:
  const VoiceMetadata metadata_;
};

Result<std::unique_ptr<speech::Synthesiser>> mute(VoiceMetadata metadata) {
  return std::make_unique<Mute>(std::move(metadata));
}

// Answers the question for its models, with a voice of its own.
void describe(Peer& peer) {
  while (!peer.read_request().empty())
    peer.answer(200, R"({"data":[{"id":"faraway","owned_by":"orpheus","orpheus":)"
                     R"({"voices":[{"name":"zoe"}],"max_words":9}}]})");
}

remote::Options at(uint16_t port) {
  return {.urls = {"http://127.0.0.1:" + std::to_string(port)}, .timeout_s = 60};
}

std::unique_ptr<speech::Synthesiser> open(const remote::Options& options) {
  auto opened = VoiceElsewhere::open(options, mute);
  EXPECT_TRUE(opened.has_value()) << opened.error().message();
  return std::move(opened).value_or(nullptr);
}

std::vector<std::string> names_of(const std::vector<prompt::Voice>& voices) {
  std::vector<std::string> names;
  for (const prompt::Voice& voice : voices) names.push_back(voice.name);
  return names;
}

// A wait that fails rather than hangs.
template <typename Condition>
bool eventually(const Condition& condition) {
  const auto end = steady_clock::now() + std::chrono::seconds(20);
  while (!condition()) {
    if (steady_clock::now() > end) return false;
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  }
  return true;
}

// Guards against: what a server says of its voice is lost, so that its texts are cut and written
// as for another voice.
TEST(MetadataOfAServer, IsWhatItSaysAndOtherwiseAsPublished) {
  const VoiceMetadata published = published_voice_metadata();
  const VoiceMetadata unknown = metadata_of({.model = "other"});
  EXPECT_EQ(unknown.model_name, published.model_name);
  EXPECT_EQ(unknown.layout, published.layout);
  EXPECT_EQ(names_of(unknown.voices), names_of(published.voices));

  remote::ServedVoice served;
  served.layout.audio_token_base = 288;
  served.voices = {{.name = "zoe"}};
  served.max_words = 25;
  served.max_sentences = 2;
  served.characters = "abc";
  served.speaks_tags = false;
  served.is_synthetic = true;
  const VoiceMetadata known = metadata_of({.model = "faraway", .voice = served});
  EXPECT_EQ(known.model_name, "faraway");
  EXPECT_EQ(known.layout, served.layout);
  EXPECT_EQ(names_of(known.voices), names_of(served.voices));
  EXPECT_EQ(known.habits.most_words, 25U);
  EXPECT_EQ(known.habits.most_sentences, 2U);
  EXPECT_EQ(known.habits.characters, "abc");
  EXPECT_FALSE(known.habits.speaks_tags);
  EXPECT_TRUE(known.is_synthetic);
  EXPECT_EQ(known.characters_per_second, published.characters_per_second);
  served.characters_per_second = 9;
  EXPECT_EQ(metadata_of({.voice = served}).characters_per_second, 9);
}

TEST(VoiceElsewhere, IsThatOfTheServerFromTheBeginning) {
  const ScriptedServer server(describe);
  const auto voice = open(at(server.port()));
  ASSERT_NE(voice, nullptr);
  EXPECT_EQ(voice->model_name(), "faraway");
  EXPECT_EQ(voice->voices().at(0).name, "zoe");
}

// Guards against: a program that starts before its server speaks with the assumed voice for ever.
TEST(VoiceElsewhere, IsLearntFromAServerThatComesLater) {
  const uint16_t port = free_port();
  const auto voice = open(at(port));
  ASSERT_NE(voice, nullptr);
  EXPECT_EQ(voice->model_name(), published_voice_metadata().model_name);
  EXPECT_EQ(names_of(voice->voices()), names_of(published_voice_metadata().voices));
  const ScriptedServer server(describe, port);
  EXPECT_TRUE(eventually([&] { return voice->model_name() == "faraway"; }));
  EXPECT_EQ(voice->voices().at(0).name, "zoe");
}

// Guards against: the error of a voice that cannot be made is replaced by an assumed voice.
TEST(VoiceElsewhere, AVoiceThatCannotBeMadeIsAnError) {
  const auto refuse = [](const VoiceMetadata& /*metadata*/) {
    return Result<std::unique_ptr<speech::Synthesiser>>(
        fail({.kind = ErrorKind::kBadFile, .what = "no such codec"}));
  };
  const ScriptedServer server(describe);
  for (const uint16_t port : {server.port(), free_port()}) {
    const auto opened = VoiceElsewhere::open(at(port), refuse);
    ASSERT_FALSE(opened.has_value());
    EXPECT_EQ(opened.error().kind, ErrorKind::kBadFile);
  }
}

// Guards against: the program's end waits until the next question is due (up to 15 s), or for the
// answer to the last one (up to a minute).
TEST(VoiceElsewhere, EndsWithinAPauseAndWithinAQuestion) {
  const auto seconds_to_end = [](std::unique_ptr<speech::Synthesiser> voice) {
    const auto begin = steady_clock::now();
    voice.reset();
    return std::chrono::duration<double>(steady_clock::now() - begin).count();
  };
  std::atomic<int> num_asked = 0;
  {
    const ScriptedServer refuses([&](Peer& peer) {
      if (!peer.read_request().empty()) ++num_asked;
    });
    auto voice = open(at(refuses.port()));
    const int at_open = num_asked;
    // After two more questions, half a second and a second later, the next pause takes 2 s.
    ASSERT_TRUE(eventually([&] { return num_asked >= at_open + 2; }));
    std::this_thread::sleep_for(std::chrono::milliseconds(300));  // until it pauses
    EXPECT_LT(seconds_to_end(std::move(voice)), 1.2);
  }
  std::atomic<bool> hangs = false;
  const ScriptedServer silent([&](Peer& peer) {
    if (peer.read_request().empty()) return;
    if (num_asked++ == 0) return;
    hangs = true;
    peer.wait_for_end();
  });
  num_asked = 0;
  auto voice = open(at(silent.port()));
  ASSERT_TRUE(eventually([&] { return hangs.load(); }));
  EXPECT_LT(seconds_to_end(std::move(voice)), 10);
}

}  // namespace
}  // namespace orpheus::library
