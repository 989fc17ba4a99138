// Which requests get a lane of the cache: pauses, lent lanes, queues and refusals.

#include <algorithm>
#include <memory>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "lm/engine/engine.h"
#include "lm/engine/testing/engine_fixture.h"
#include "lm/too_busy.h"

namespace orpheus::engine {
namespace {

std::shared_ptr<lm::Playback> playback_with(double seconds) {
  auto playback = std::make_shared<lm::Playback>();
  if (seconds > 0) playback->send(seconds);
  return playback;
}

TEST_F(EngineTest, ASlowListenerPausesItsOwnSequenceAlone) {
  start({.max_sequences = 2, .max_undelivered = 4});
  auto slow = engine_->generate(request(1, 30));
  ASSERT_TRUE(slow.has_value());
  EXPECT_EQ(speak(request(2, 60)).size(), 60U);
  EXPECT_EQ(read_all(**slow).size(), 30U);
}

// Guards against: a client that read nothing disconnects, and its lane stays in use forever.
TEST_F(EngineTest, APausedListenerThatLeavesFreesItsLane) {
  for (const bool by_leaving : {false, true}) {
    start({.max_sequences = 1, .max_undelivered = 4});
    GenerateRequest endless = request(1, 8000);
    endless.ignore_stop = true;
    const CancelToken cancel = endless.cancel;
    auto paused = engine_->generate(std::move(endless));
    ASSERT_TRUE(paused.has_value());
    ASSERT_TRUE(soon([&] { return (*paused)->ready(); }) && rests());
    EXPECT_EQ(engine_->load(), 1U);
    by_leaving ? paused->reset() : cancel.cancel();
    GenerateRequest next = request(2, 3);
    next.ignore_stop = true;
    EXPECT_EQ(speak(next).size(), 3U) << "by leaving: " << by_leaving;
    EXPECT_EQ(engine_->load(), 0U);
  }
}

// Guards against: the tokens ahead of a client are fewer or more than the limit.
TEST_F(EngineTest, APausedSequenceHasMadeAsManyTokensAsMayBeUndelivered) {
  start({.max_sequences = 1, .max_undelivered = 4});
  GenerateRequest endless = request(1, 100);
  endless.ignore_stop = true;
  auto paused = engine_->generate(endless);
  ASSERT_TRUE(paused.has_value());
  ASSERT_TRUE(soon([&] { return (*paused)->ready(); }) && rests());
  // One step reads the prompt and makes the first, each further one makes one.
  EXPECT_EQ(engine_->num_steps(), 4U);
  ASSERT_TRUE((*paused)->next().has_value());
  ASSERT_TRUE(soon([&] { return engine_->num_steps() == 5; }) && rests());
  EXPECT_EQ(engine_->num_steps(), 5U);
  EXPECT_EQ(read_all(**paused).size(), 99U);
}

// A book with much in hand lends its lane to newcomers, and is the same as without them: what it
// had made is read again, and no token is drawn twice.
TEST_F(EngineTest, ASequenceThatYieldsItsLaneMakesTheSameTokens) {
  start({.max_sequences = 1, .context_tokens = 4096});
  GenerateRequest book = request(1, 400);
  book.ignore_stop = true;
  const auto alone = speak(book);
  book.playback = playback_with(1000);
  auto stream = engine_->generate(book);
  ASSERT_TRUE(stream.has_value());
  for (uint64_t newcomer = 2; newcomer < 5; ++newcomer) {
    ASSERT_TRUE((*stream)->next().has_value());
    GenerateRequest asked = request(newcomer, 21);
    asked.playback = playback_with(0);
    EXPECT_EQ(speak(asked).size(), 21U);
    EXPECT_EQ(engine_->load(), 1U) << "the book ended first: nothing was lent";
  }
  const auto rest = read_all(**stream);
  ASSERT_EQ(rest.size(), alone.size() - 3);
  EXPECT_TRUE(std::equal(rest.begin(), rest.end(), alone.begin() + 3));
}

TEST_F(EngineTest, APieceMadeAheadYieldsToANewcomer) {
  start({.max_sequences = 2, .context_tokens = 8192});
  const auto playback = playback_with(0.1);  // the first piece has begun to sound
  std::vector<std::unique_ptr<lm::TokenStream>> pieces;
  for (size_t piece = 0; piece < 2; ++piece) {
    GenerateRequest wanted = request(piece, 6000);
    wanted.ignore_stop = true;
    wanted.playback = playback;
    wanted.piece = piece;
    wanted.continues_speech = piece > 0;
    pieces.push_back(std::move(*engine_->generate(wanted)));
    ASSERT_TRUE(pieces.back()->next().has_value());
  }
  EXPECT_EQ(speak(request(7, 21)).size(), 21U);
  EXPECT_EQ(engine_->load(), 2U);
}

TEST_F(EngineTest, AFullQueueRefuses) {
  start({.max_sequences = 1, .max_waiting = 1, .max_undelivered = 1});
  std::vector<std::unique_ptr<lm::TokenStream>> streams;
  bool refused = false;
  for (uint64_t seed = 0; seed < 4 && !refused; ++seed) {
    auto stream = engine_->generate(request(seed, 1000));
    refused = !stream && stream.error().kind == ErrorKind::kLimit;
    if (stream) streams.push_back(std::move(*stream));
  }
  EXPECT_TRUE(refused);
}

// Guards against lanes of several lengths that mix sequences up: whatever else is generated, each
// has the tokens that it has in a cache of equal lanes. There is room for two long ones at a time.
TEST_F(EngineTest, InADividedCacheEverySequenceIsItself) {
  constexpr int kLengths[] = {40, 300, 900, 240, 700, 10, 500, 950};
  std::vector<std::vector<Token>> expected;
  start({.max_sequences = 1, .context_tokens = 1024});
  const auto asked = [&](size_t i) {
    GenerateRequest made = request(i, kLengths[i]);
    made.ignore_stop = true;
    return made;
  };
  for (size_t i = 0; i < std::size(kLengths); ++i) expected.push_back(speak(asked(i)));
  start({.max_sequences = 6, .context_tokens = 1024, .unit_tokens = 256, .num_units = 8});
  EXPECT_EQ(engine_->capacity().context_tokens, 1024);
  for (int round = 0; round < 2; ++round) {
    std::vector<std::unique_ptr<lm::TokenStream>> streams;
    for (size_t i = 0; i < std::size(kLengths); ++i)
      streams.push_back(engine_->generate(asked(i)).value());
    for (size_t i = 0; i < std::size(kLengths); ++i)
      EXPECT_EQ(read_all(*streams[i]), expected[i]) << kLengths[i];
  }
  EXPECT_TRUE(rests());
}

// Guards against clients that do not read and keep a long piece from ever getting its lane.
TEST_F(EngineTest, APausedSequenceMakesRoomForALongOne) {
  start({.max_sequences = 4,
         .context_tokens = 1024,
         .unit_tokens = 256,
         .num_units = 4,
         .max_undelivered = 8});
  const auto first = engine_->generate(request(1, 100));
  const auto second = engine_->generate(request(2, 100));
  ASSERT_TRUE(first.has_value() && second.has_value());
  ASSERT_TRUE(rests());
  GenerateRequest longest = request(3, 900);
  longest.ignore_stop = true;
  EXPECT_EQ(speak(longest).size(), 900U);
  EXPECT_EQ(read_all(**first), speak(request(1, 100)));
}

// Guards against: a listener is accepted although others will be interrupted; the only listener is
// refused; a piece of a speech in progress is refused.
TEST_F(EngineTest, WithTheGuaranteeAListenerWithoutALaneIsRefused) {
  start({.max_sequences = 2, .max_undelivered = 8, .guarantee = Guarantee::kRealtime});
  auto first = engine_->generate(request(1, 1000));
  ASSERT_TRUE(first.has_value()) << first.error().message();
  ASSERT_TRUE(rests());  // steps were measured
  GenerateRequest with_playback = request(2, 1000);
  with_playback.playback = std::make_shared<lm::Playback>();
  const auto second = engine_->generate(with_playback);
  ASSERT_TRUE(second.has_value()) << second.error().message();
  const auto third = engine_->generate(request(3, 1000));
  ASSERT_FALSE(third.has_value());
  EXPECT_TRUE(lm::is_too_busy(third.error())) << third.error().message();
  with_playback.continues_speech = true;
  with_playback.piece = 1;
  EXPECT_TRUE(engine_->generate(with_playback).has_value());
  first->reset();
  EXPECT_TRUE(soon([&] { return engine_->generate(request(4, 1)).has_value(); }));
}

TEST_F(EngineTest, ALaterPieceIsNeitherRefusedNorHeldBack) {
  start({.max_sequences = 1, .max_waiting = 1, .max_undelivered = 1});
  GenerateRequest later = request(1, 40);
  later.continues_speech = true;
  const auto first = engine_->generate(later);
  const auto second = engine_->generate(later);
  const auto third = engine_->generate(later);
  ASSERT_TRUE(first.has_value() && second.has_value() && third.has_value());
  // The last request runs although no client has read the first two.
  EXPECT_EQ(read_all(**third).size(), 40U);
  EXPECT_TRUE((*first)->ready());
  EXPECT_EQ(read_all(**first), read_all(**second));
}

}  // namespace
}  // namespace orpheus::engine
