#include "simulation.h"

#include <string_view>

#include <gtest/gtest.h>

namespace orpheus::serving_sim {
namespace {

Device h200() { return *preset("h200", Weights::kQ4, Keys::kF16); }

Load load_of(double listeners) { return {.listeners = listeners, .seconds = 30, .warm_up = 40}; }

// Guards against a stand-in that no longer fits the published rates that its constants come from:
// 8B in Q4_0 on an RTX 4090 (constants of an 8B: 4.3 GB, 15.0 GFLOP a row).
TEST(StandIn, FitsThePublishedRatesOfTheProducts) {
  const Device of_3b = *preset("rtx4090", Weights::kQ8, Keys::kF16);
  const Device of_8b = of_3b.scaled(kWeightBytes, 4.3 / of_3b.constants()[kWeightBytes].value)
                           .scaled(kFlopARow, 15.0 / of_3b.constants()[kFlopARow].value);
  const struct {
    int rows;
    double tokens_per_second;
  } published[] = {{32, 3428}, {64, 5420}, {128, 7444}, {256, 9602}, {512, 10359}};
  for (const auto& [rows, tokens_per_second] : published) {
    const double seconds = sum(of_8b.step({.num_rows = rows}));
    EXPECT_NEAR(rows / seconds / tokens_per_second, 1, 0.08) << rows;
  }
}

TEST(StandIn, AnUnknownPresetNamesThoseThatThereAre) {
  const auto device = preset("h201", Weights::kQ4, Keys::kF16);
  ASSERT_FALSE(device.has_value());
  EXPECT_NE(device.error().message().find("h200"), std::string::npos);
}

// Guards against: two runs with one seed give different figures.
TEST(Simulation, TheSameSeedGivesTheSameOutcome) {
  const Outcome one = simulate(h200(), {}, load_of(8));
  const Outcome two = simulate(h200(), {}, load_of(8));
  EXPECT_EQ(one.num_speeches, two.num_speeches);
  EXPECT_EQ(one.first_sample_p95, two.first_sample_p95);
  EXPECT_EQ(one.seconds_of_sound, two.seconds_of_sound);
}

// Guards against sound or time that is lost: a server that is fast enough makes as much sound as is
// played, and its clients play as many speeches at a time as the load asks.
TEST(Simulation, AFastServerMakesWhatIsPlayed) {
  const Outcome outcome = simulate(h200(), {}, {.listeners = 12, .seconds = 400, .warm_up = 60});
  EXPECT_EQ(outcome.num_underruns, 0);
  EXPECT_EQ(outcome.num_refused, 0);
  EXPECT_NEAR(outcome.playing, 12, 3);
  EXPECT_NEAR(outcome.seconds_of_sound, outcome.playing, 1);
  double sum_of_shares = 0;
  for (const double share : outcome.shares) sum_of_shares += share;
  EXPECT_LE(sum_of_shares, 1 + 1e-9);
}

// Guards against a first sample that comes before its tokens: 21 steps, one of them with the
// prompt.
TEST(Simulation, TheFirstSampleTakesItsTokens) {
  const double step = sum(h200().step({.num_rows = 1, .num_drawn = 1}));
  const Outcome half = simulate(h200(), {}, load_of(0.5));
  const Outcome doubling = simulate(h200(), {.windows = Windows::kDoubling}, load_of(0.5));
  EXPECT_GT(half.first_sample_p50, 21 * step);
  EXPECT_LT(half.first_sample_p50, 21 * step + 0.02);
  EXPECT_GT(doubling.first_sample_p50, 49 * step);
}

// Guards against: two sequences get one unit of the cache, a unit is never freed, or the simulation
// divides the cache in another way than the plan. An H200 has as many sequences as the plan says.
TEST(Simulation, ADividedCacheServesWhatItsPlanSays) {
  const auto server = planned_server(h200(), Weights::kQ4, Keys::kF16, 0);
  ASSERT_TRUE(server.has_value()) << server.error().message();
  EXPECT_GT(server->num_sequences, 200);
  EXPECT_GE(server->num_units, server->num_sequences);
  const Outcome few = simulate(h200(), *server, {.listeners = 12, .seconds = 200, .warm_up = 60});
  EXPECT_EQ(few.num_underruns, 0);
  EXPECT_EQ(few.lanes_full, 0);
  const Outcome many = simulate(h200(), *server, {.listeners = 600, .seconds = 20, .warm_up = 60});
  EXPECT_GT(many.most_sequences, 190);
  EXPECT_LE(many.most_sequences, server->num_sequences);
}

// Guards against pieces made ahead that interrupt listeners, and a guarantee that holds for short
// texts only. Far more listeners come than can be held.
TEST(Simulation, WithTheGuaranteeNeitherRepliesNorChaptersAreInterrupted) {
  for (const std::string_view gpu : {"rtx4090", "l40s"}) {
    const Device device = *preset(gpu, Weights::kQ4, Keys::kQ8);
    Server server = *planned_server(device, Weights::kQ4, Keys::kQ8, 0);
    server.guarantees_realtime = true;
    for (const double chapters : {0.0, 0.3, 1.0}) {
      const Outcome outcome = simulate(
          device, server, {.listeners = 400, .seconds = 60, .warm_up = 120, .chapters = chapters});
      EXPECT_EQ(outcome.num_underruns, 0) << gpu << " " << chapters;
      EXPECT_GT(outcome.num_refused, 0) << gpu << " " << chapters;
      EXPECT_GE(outcome.playing, 15) << gpu << " " << chapters;
    }
  }
}

// Guards against chapters that are as short as replies, and a load that does not count them.
TEST(Simulation, ChaptersAreLongTextsWithPiecesAhead) {
  const Load chapters = {.listeners = 4,
                         .seconds = 400,
                         .warm_up = 400,
                         .chapters = 1,
                         .least_pieces = 6,
                         .most_pieces = 6};
  EXPECT_NEAR(mean_seconds(chapters), 240, 1);
  const Outcome outcome = simulate(h200(), {}, chapters);
  EXPECT_NEAR(outcome.playing, 4, 3);
  EXPECT_GT(outcome.most_sequences, 2);
  EXPECT_EQ(outcome.num_underruns, 0);
}

// Guards against a search that stops early or never ends.
TEST(Simulation, ASearchFindsWhereASlowDeviceStops) {
  const Device slow = h200().scaled(kBandwidth, 0.25);
  const Held held = most_held(slow, {}, load_of(1), 1.0);
  EXPECT_GT(held.listeners, 0);
  EXPECT_TRUE(held.outcome.holds(1.0));
  EXPECT_FALSE(held.beyond.holds(1.0));
  EXPECT_FALSE(held.limit.empty());
}

}  // namespace
}  // namespace orpheus::serving_sim
