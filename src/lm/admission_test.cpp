// The policy on its own, then over simulated time: newcomers beside books, listeners with many
// requests, clients that never read.
#include "lm/admission.h"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <memory>
#include <vector>

#include <gtest/gtest.h>

namespace orpheus::lm {
namespace {

Standing waiting(SequenceId id, double slack, uint64_t listener = 0) {
  return {.id = id, .listener = listener, .slack = slack};
}

Standing holder(SequenceId id, double slack, uint64_t listener = 0) {
  return {.id = id, .listener = listener, .slack = slack, .holds_lane = true};
}

Standing ahead(Standing standing, size_t num_before) {
  standing.num_before = num_before;
  return standing;
}

TEST(Admission, AFreeLaneGoesToTheLeastSlackAndToAPieceMadeAheadLast) {
  const Standing standings[] = {ahead(waiting(1, 0.1), 1), waiting(2, 5), waiting(3, 0.2)};
  const auto turn = next_turn(standings, 1);
  ASSERT_TRUE(turn);
  EXPECT_EQ(turn->begins, 3U);
  EXPECT_FALSE(turn->yields);
}

TEST(Admission, OfEqualsTheFirstToArriveBegins) {
  const Standing standings[] = {waiting(1, 0), waiting(2, 0)};
  EXPECT_EQ(next_turn(standings, 1)->begins, 1U);
}

// Guards against: clients without a key share one turn, as if they were one client.
TEST(Admission, ListenersThatAreNotToldApartAreNotOne) {
  const Standing standings[] = {holder(1, 100), holder(2, 100), holder(3, 100, 7), waiting(4, 0, 7),
                                waiting(5, 0)};
  const auto turn = next_turn(standings, 3);
  ASSERT_TRUE(turn);
  EXPECT_EQ(turn->begins, 5U);
}

// How a request stands follows from what was made, sent and heard. Times in seconds since it was
// asked.
Standing standing_at(double now_seconds, double made_seconds, std::shared_ptr<Playback> playback,
                     size_t piece = 0) {
  const auto at = [](double seconds) {
    return Playback::Clock::time_point() + std::chrono::duration_cast<Playback::Clock::duration>(
                                               std::chrono::duration<double>(seconds));
  };
  GenerateRequest request;
  request.listener = 9;
  request.playback = std::move(playback);
  request.piece = piece;
  return standing_of(request, at(0), made_seconds, at(now_seconds));
}

std::shared_ptr<Playback> playback_that_sent(double seconds) {
  auto playback = std::make_shared<Playback>(Playback::Clock::time_point());
  if (seconds > 0) playback->send(seconds, Playback::Clock::time_point());
  return playback;
}

TEST(Admission, AClientThatPlaysTokensAsTheyAreMadeHasWhatWasMadeLessTheTime) {
  const Standing newcomer = standing_at(2, 0, nullptr);
  EXPECT_EQ(newcomer.listener, 9U);
  EXPECT_FALSE(newcomer.sounded);
  EXPECT_DOUBLE_EQ(newcomer.slack, -2);
  const Standing later = standing_at(2, 5, nullptr);
  EXPECT_TRUE(later.sounded);
  EXPECT_DOUBLE_EQ(later.slack, 3);
}

TEST(Admission, AClientHasInHandWhatWasSentAndWhatIsMadeBeyondIt) {
  EXPECT_FALSE(standing_at(1, 4, playback_that_sent(0)).sounded);
  EXPECT_DOUBLE_EQ(standing_at(1, 4, playback_that_sent(0)).slack, -1 + 4);
  const Standing heard = standing_at(1, 7, playback_that_sent(5));
  EXPECT_TRUE(heard.sounded);
  EXPECT_EQ(heard.num_before, 0U);
  EXPECT_NEAR(heard.slack, (5 - 1) + (7 - 5), 1e-6);
  EXPECT_NEAR(standing_at(1, 3, playback_that_sent(5)).slack, 5 - 1, 1e-6);
  // Of a piece made ahead nothing was sent.
  const Standing ahead = standing_at(1, 7, playback_that_sent(5), 2);
  EXPECT_EQ(ahead.num_before, 2U);
  EXPECT_NEAR(ahead.slack, (5 - 1) + 7, 1e-6);
}

TEST(Admission, ADryClientGetsTheLaneOfAPieceMadeAheadBeforeAnyOther) {
  const Standing standings[] = {holder(1, 100), ahead(holder(2, 1), 1), ahead(holder(3, 1), 2),
                                waiting(4, 0)};
  const auto turn = next_turn(standings, 3);
  ASSERT_TRUE(turn);
  EXPECT_EQ(turn->begins, 4U);
  EXPECT_EQ(turn->yields, 3U);
}

TEST(Admission, AClientKeepsItsLaneUntilItHasEnough) {
  const Standing scarce[] = {holder(1, 2.9), waiting(2, 0)};
  EXPECT_FALSE(next_turn(scarce, 1));
  const Standing enough[] = {holder(1, 3), waiting(2, 0)};
  EXPECT_EQ(next_turn(enough, 1)->yields, 1U);
  // One that has waited for a second counts from when it ran dry.
  const Standing late[] = {holder(1, 2, 1), holder(3, 2, 1), waiting(2, -1, 2)};
  EXPECT_TRUE(next_turn(late, 2));
}

TEST(Admission, NobodyYieldsToAClientThatHasSomethingToHear) {
  const Standing standings[] = {holder(1, 100), ahead(holder(2, 100), 3), waiting(3, 1)};
  EXPECT_FALSE(next_turn(standings, 2));
  const Standing made_ahead[] = {holder(1, 100), ahead(waiting(2, -5), 1)};
  EXPECT_FALSE(next_turn(made_ahead, 1));
}

TEST(Admission, WhereSequencesKeepTheirLanesOnlyAFreeOneIsGiven) {
  const Standing standings[] = {ahead(holder(1, 100), 3), waiting(2, 0)};
  EXPECT_FALSE(next_turn(standings, 1, Yielding::kNever));
  EXPECT_TRUE(next_turn(standings, 2, Yielding::kNever));
}

TEST(Admission, ListenersTakeTurns) {
  // Two requests of listener 7 came first; listener 8 has no lane.
  const Standing standings[] = {holder(1, 0, 7), waiting(2, -1, 7), waiting(3, 0, 8)};
  EXPECT_EQ(next_turn(standings, 2)->begins, 3U);
  // And one with many lanes gives one up though none of its clients has enough.
  const Standing many[] = {holder(1, 1, 7), holder(2, 0, 7), waiting(3, 0, 8)};
  EXPECT_EQ(next_turn(many, 2)->yields, 1U);
  const Standing one_each[] = {holder(1, 1, 7), holder(2, 0, 9), waiting(3, 0, 8)};
  EXPECT_FALSE(next_turn(one_each, 2));
}

TEST(Admission, APausedSequenceNeitherTakesNorKeepsALane) {
  Standing paused = waiting(1, -9);
  paused.paused = true;
  const Standing standings[] = {paused, waiting(2, 5)};
  EXPECT_EQ(next_turn(standings, 1)->begins, 2U);
  Standing full = holder(1, 0);
  full.paused = true;
  const Standing yields[] = {full, waiting(2, 5)};
  EXPECT_EQ(next_turn(yields, 1)->yields, 1U);
}

// Where all are dry, the client that waits longest would get the lane of the one that has just
// begun, and so for each token: what was made is read again and again.
TEST(Admission, ADryClientKeepsItsLaneUntilItMadeSomething) {
  Standing begun = holder(1, 0, 7);
  begun.made_in_lane = 2.9;
  const Standing early[] = {begun, waiting(2, -60, 7), waiting(3, -60, 8)};
  EXPECT_FALSE(next_turn(early, 1));
  begun.made_in_lane = 3;
  const Standing in_turn[] = {begun, waiting(2, -60, 7), waiting(3, -60, 8)};
  EXPECT_EQ(next_turn(in_turn, 1)->begins, 3U);
}

// Places where only short lanes fit, until some holders have left.
class FewPlaces : public Places {
 public:
  explicit FewPlaces(std::vector<SequenceId> in_the_way) : in_the_way_(std::move(in_the_way)) {}
  bool fits(int num_units, std::optional<SequenceId> without) const override {
    if (num_units == 1) return room_for_short_;
    return in_the_way_.empty() || (in_the_way_.size() == 1 && without == in_the_way_.front());
  }
  void keep(int num_units) override { kept_ = num_units; }
  bool is_in_kept(SequenceId holder) const override {
    return std::find(in_the_way_.begin(), in_the_way_.end(), holder) != in_the_way_.end();
  }
  int kept() const { return kept_; }
  void fill() { room_for_short_ = false; }

 private:
  std::vector<SequenceId> in_the_way_;
  int kept_ = 0;
  bool room_for_short_ = true;
};

// Guards against a long piece that holds up everybody else, and one that never gets a place.
TEST(Admission, ALongPieceWaitsForALongLaneWhileOthersBegin) {
  Standing piece = waiting(3, -5);
  piece.num_units = 4;
  const Standing standings[] = {holder(1, 1), holder(2, 1), piece, waiting(4, -1)};
  FewPlaces places({1, 2});
  EXPECT_EQ(next_turn(standings, 8, Yielding::kMay, &places)->begins, 4U);
  EXPECT_EQ(places.kept(), 4);
  FewPlaces empty({});
  EXPECT_EQ(next_turn(standings, 8, Yielding::kMay, &empty)->begins, 3U);
  places.fill();
  EXPECT_FALSE(next_turn(standings, 8, Yielding::kMay, &places));
}

// Guards against a lane that is taken from a holder whose leaving makes no room.
TEST(Admission, OnlyAHolderWhoseLaneIsLongEnoughYields) {
  Standing piece = waiting(3, -5);
  piece.num_units = 4;
  const Standing standings[] = {holder(1, 20), holder(2, 30), piece};
  FewPlaces places({1});
  const auto turn = next_turn(standings, 8, Yielding::kMay, &places);
  ASSERT_TRUE(turn);
  EXPECT_EQ(turn->begins, 3U);
  EXPECT_EQ(turn->yields, 1U);
}

// Guards against clients that do not read and stand in the way of a long piece for ever.
TEST(Admission, PausedHoldersLeaveTheKeptPlaceOneByOne) {
  Standing piece = waiting(3, -5);
  piece.num_units = 4;
  Standing paused = holder(2, 1);
  paused.paused = true;
  const Standing standings[] = {holder(1, 1), paused, piece};
  FewPlaces places({1, 2});
  const auto turn = next_turn(standings, 8, Yielding::kMay, &places);
  ASSERT_TRUE(turn);
  EXPECT_EQ(turn->begins, 0U);
  EXPECT_EQ(turn->yields, 2U);
}

// A server in virtual time. A step takes as long as its rows say; each sequence with a lane makes a
// token in it, once its prompt and what it had made before have been read again.
class Simulation {
 public:
  struct Client {
    double arrives = 0;
    double seconds = 1;  // of speech
    uint64_t listener = 0;
    bool reads = true;  // else it takes the first 20 seconds alone
    double first_sound = -1;
    double ended = -1;
    double made = 0;
    double dry_at = 0;
    double longest_silence = 0;  // after its first sound
    double unread = 0;           // tokens to read before it speaks
    bool has_lane = false;
    double made_before_lane = 0;
  };

  explicit Simulation(int num_lanes, double speed) : num_lanes_(num_lanes), speed_(speed) {}

  size_t add(Client client) {
    client.dry_at = client.arrives;
    clients_.push_back(client);
    return clients_.size() - 1;
  }

  const Client& operator[](size_t client) const { return clients_[client]; }
  int num_turns() const { return num_turns_; }

  void run_to(double end) {
    while (now_ < end) step();
  }

 private:
  static constexpr double kToken = 2048.0 / 24000.0 / 7;
  static constexpr double kPrompt = 30;  // tokens
  static constexpr double kPiece = 10;   // seconds of a text that are made at once

  bool wants(const Client& client) const {
    return client.arrives <= now_ && client.ended < 0 && (client.reads || client.made < 20);
  }

  std::vector<Standing> standings() const {
    std::vector<Standing> standings;
    for (size_t i = 0; i < clients_.size(); ++i) {
      const Client& client = clients_[i];
      if (!wants(client)) continue;
      standings.push_back({.id = i,
                           .listener = client.listener,
                           .slack = client.dry_at - now_,
                           .holds_lane = client.has_lane,
                           .made_in_lane = client.made - client.made_before_lane});
    }
    return standings;
  }

  void step() {
    for (Client& client : clients_) client.has_lane = client.has_lane && wants(client);
    while (const auto turn = next_turn(standings(), num_lanes_)) {
      ++num_turns_;
      if (turn->yields) clients_[*turn->yields].has_lane = false;
      clients_[turn->begins].has_lane = true;
      clients_[turn->begins].made_before_lane = clients_[turn->begins].made;
      clients_[turn->begins].unread =
          kPrompt + std::fmod(clients_[turn->begins].made, kPiece) / kToken;
    }
    int num_rows = 0;
    for (const Client& client : clients_) num_rows += client.has_lane ? 1 : 0;
    now_ += std::max(1, num_rows) * kToken / speed_;
    for (Client& client : clients_) {
      if (client.has_lane) make_token(client);
    }
  }

  void make_token(Client& client) {
    if (client.unread > 0) {
      client.unread -= 16;
      return;
    }
    if (client.first_sound < 0) client.first_sound = now_;
    if (client.made > 0) {
      client.longest_silence = std::max(client.longest_silence, now_ - client.dry_at);
    }
    client.dry_at = std::max(client.dry_at, now_) + kToken;
    client.made += kToken;
    if (client.made < client.seconds) return;
    client.ended = now_;
    client.has_lane = false;
  }

  const int num_lanes_;
  const double speed_;  // seconds of speech in a second
  double now_ = 0;
  int num_turns_ = 0;
  std::vector<Client> clients_;
};

TEST(AdmissionOverTime, NewcomersAreHeardBesideMoreBooksThanLanes) {
  Simulation server(2, 10);
  std::vector<size_t> books;
  for (int i = 0; i < 4; ++i) books.push_back(server.add({.seconds = 1e9}));
  std::vector<size_t> newcomers;
  for (int i = 0; i < 40; ++i)
    newcomers.push_back(server.add({.arrives = 5 + i * 1.37, .seconds = 1}));
  server.run_to(70);
  for (const size_t newcomer : newcomers) {
    EXPECT_GE(server[newcomer].first_sound, 0);
    EXPECT_LT(server[newcomer].first_sound - server[newcomer].arrives, 0.7);
  }
  for (const size_t book : books) {
    EXPECT_GT(server[book].made, 70) << "slower than it is heard";
    EXPECT_LT(server[book].longest_silence, 0.5);
  }
  EXPECT_LT(server.num_turns(), 300);  // lanes change hands where somebody gains by it
}

// With less than everybody needs, everybody is served in turn, and a newcomer still begins.
TEST(AdmissionOverTime, NobodyStarvesWhereAllAreDry) {
  Simulation server(2, 1.5);
  std::vector<size_t> books;
  for (uint64_t i = 0; i < 6; ++i) books.push_back(server.add({.seconds = 1e9, .listener = i + 1}));
  const size_t newcomer = server.add({.arrives = 200, .seconds = 1, .listener = 99});
  server.run_to(400);
  EXPECT_GT(server[newcomer].ended, 0);
  EXPECT_LT(server[newcomer].first_sound - 200, 30);
  double least = 1e9;
  double most = 0;
  for (const size_t book : books) {
    least = std::min(least, server[book].made);
    most = std::max(most, server[book].made);
  }
  EXPECT_GT(least, 40);
  EXPECT_LT(most, 3 * least);
}

TEST(AdmissionOverTime, AListenerWithManyRequestsDoesNotHoldUpAnother) {
  Simulation server(4, 4);
  for (int i = 0; i < 50; ++i) server.add({.seconds = 30, .listener = 1});
  std::vector<size_t> others;
  for (int i = 0; i < 20; ++i)
    others.push_back(server.add({.arrives = 1 + i * 3.1, .seconds = 2, .listener = 2}));
  server.run_to(80);
  for (const size_t other : others) {
    EXPECT_GE(server[other].first_sound, 0);
    EXPECT_LT(server[other].first_sound - server[other].arrives, 1);
  }
}

TEST(AdmissionOverTime, ClientsThatNeverReadCostOthersNothingInTheEnd) {
  Simulation server(2, 10);
  for (int i = 0; i < 64; ++i) server.add({.seconds = 1e9, .listener = 1, .reads = false});
  const size_t early = server.add({.arrives = 30, .seconds = 1, .listener = 2});
  const size_t late = server.add({.arrives = 200, .seconds = 1, .listener = 1});
  server.run_to(210);
  for (size_t client = 0; client < early; ++client) EXPECT_GE(server[client].made, 20);
  ASSERT_GE(server[early].first_sound, 30);
  EXPECT_LT(server[early].first_sound - 30, 0.2);
  ASSERT_GE(server[late].first_sound, 200);
  EXPECT_LT(server[late].first_sound - 200, 0.2);
}

}  // namespace
}  // namespace orpheus::lm
