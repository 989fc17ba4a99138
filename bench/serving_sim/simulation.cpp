#include "simulation.h"

#include <algorithm>
#include <cmath>
#include <memory>
#include <optional>
#include <random>

#include "hardware/testing/recorded_machines.h"
#include "lm/admission.h"
#include "lm/engine/guarantee.h"
#include "lm/engine/lane_map.h"
#include "lm/engine/scheduler.h"
#include "lm/engine/step_cost.h"
#include "lm/llama/cache_plan.h"
#include "lm/llama/runner.h"
#include "plan/testing/released_voice.h"
#include "speech.h"

namespace orpheus::serving_sim {
namespace {

constexpr double kCharactersPerSecond = 10;  // released voices read 8 to 11 (speaking_time.h)
constexpr int kPieceCharacters = 400;        // speech/options.h
constexpr double kCharactersPerToken = 4;    // of a prompt in English
constexpr int kPromptFrame = 12;             // the voice's name and the special tokens
constexpr double kSecondsPerToken = kSecondsPerFrame / kTokensPerFrame;

// As speech::longest_seconds for English text: the piece may have as many tokens.
double longest_seconds(int characters) { return 3 + 0.14 * characters; }

int round_up(int value, int multiple) { return (value + multiple - 1) / multiple * multiple; }

// A piece in generation: what engine::Sequence keeps, without the tokens.
struct Sequence {
  lm::SequenceId id = 0;
  Speech* speech = nullptr;
  lm::GenerateRequest request;
  double asked = 0;
  int num_prompt = 0;
  int num_audio = 0;  // it ends with these
  int num_made = 0;
  int num_unread = 0;
  int num_units = 1;
  int lane = -1;
  int num_before_lane = 0;

  int num_cached() const { return num_prompt + num_made - num_unread; }
  double seconds(int num_tokens) const { return num_tokens * kSecondsPerToken; }
};

class Simulation {
 public:
  Simulation(const Device& device, const Server& server, const Load& load)
      : device_(device),
        server_(server),
        load_(load),
        random_(load.seed),
        lanes_(server.num_units > 0 ? engine::LaneMap(server.num_units, server.units_of_longest)
                                    : engine::LaneMap(server.num_sequences, 1)),
        num_starts_(server.num_units > 0 ? server.num_units - server.units_of_longest + 1
                                         : server.num_sequences),
        cost_(server.prompt_chunk + server.num_sequences, llama::Runner::bucket_of_rows),
        scheduler_({.prompt_chunk = server.prompt_chunk}),
        guarantee_(server.num_sequences, lanes_.num_units(), llama::Runner::bucket_of_rows,
                   engine::RealtimeGuarantee::kShareWithWindows) {
    next_arrival_ = pause();
  }

  Outcome run() {
    const double end = load_.warm_up + load_.seconds;
    while (now_ < end) {
      take_arrivals();
      if (sequences_.empty()) {
        now_ = std::max(now_, next_arrival_);
        busy_since_ = now_;
        continue;
      }
      compute_step();
      decode();
      forget_finished();
    }
    return outcome();
  }

 private:
  double pause() {
    const double rate = load_.listeners / mean_seconds(load_);
    return std::exponential_distribution<double>(rate)(random_);
  }

  bool is_measured() const { return now_ >= load_.warm_up; }

  int num_characters() {
    using Range = std::uniform_int_distribution<int>;
    const bool is_chapter =
        load_.chapters > 0 && std::bernoulli_distribution(load_.chapters)(random_);
    return is_chapter ? kPieceCharacters * Range(load_.least_pieces, load_.most_pieces)(random_)
                      : Range(load_.least_characters, load_.most_characters)(random_);
  }

  std::vector<PieceOfText> draw_text() {
    int left = num_characters();
    std::uniform_real_distribution<double> pace(0.85, 1.15);
    std::vector<PieceOfText> pieces;
    while (left > 0) {
      const int characters = std::min(left, kPieceCharacters);
      const double frames =
          std::ceil(characters / kCharactersPerSecond * pace(random_) / kSecondsPerFrame);
      pieces.push_back(
          {.num_prompt =
               kPromptFrame + static_cast<int>(std::ceil(characters / kCharactersPerToken)),
           .num_audio = static_cast<int>(frames) * kTokensPerFrame,
           .most_audio = static_cast<int>(longest_seconds(characters) / kSecondsPerToken)});
      left -= characters;
    }
    return pieces;
  }

  void take_arrivals() {
    while (next_arrival_ <= now_) {
      const double arrived = next_arrival_;
      next_arrival_ += pause();
      std::vector<PieceOfText> text = draw_text();
      const bool counts = arrived >= load_.warm_up;
      if (num_open() >= server_.max_open ||
          (server_.guarantees_realtime && !has_room(text.front()))) {
        if (counts) ++outcome_.num_refused;
        continue;
      }
      if (counts) ++outcome_.num_speeches;
      speeches_.push_back(
          std::make_unique<Speech>(arrived, std::move(text), server_, load_.player_buffer));
      begin_piece(*speeches_.back());
    }
  }

  bool has_room(const PieceOfText& first) {
    look();
    return guarantee_.has_room(demand(), units_for(first));
  }

  int units_for(const PieceOfText& piece) const {
    if (server_.num_units == 0) return 1;
    return engine::LaneMap::units_for(piece.num_prompt + piece.most_audio, server_.unit_tokens);
  }

  int num_open() const {
    return static_cast<int>(std::count_if(speeches_.begin(), speeches_.end(),
                                          [](const auto& speech) { return !speech->is_over(); }));
  }

  void begin_piece(Speech& speech) {
    const size_t index = speech.made.size();
    const PieceOfText& piece = speech.pieces[index];
    speech.made.push_back(0);
    Sequence sequence{.id = ++last_id_,
                      .speech = &speech,
                      .asked = index == 0 ? speech.arrived : now_,
                      .num_prompt = piece.num_prompt,
                      .num_audio = piece.num_audio,
                      .num_unread = piece.num_prompt};
    sequence.num_units = units_for(piece);
    sequence.request.continues_speech = index > 0;
    sequence.request.playback = speech.playback;
    sequence.request.piece = index;
    sequences_.push_back(std::move(sequence));
  }

  // As StepLoop does: look, share_lanes, plan_step, step.
  void compute_step() {
    look();
    share_lanes();
    candidates_.clear();
    for (size_t i = 0; i < sequences_.size(); ++i) {
      if (sequences_[i].lane >= 0) candidates_.push_back({standings_[i], sequences_[i].num_unread});
    }
    const engine::StepPlan plan = scheduler_.plan(candidates_, cost_, guarantee_.pace());
    const StepWork work = work_of(plan);
    const Times times = device_.step(work);
    const double engine_time = times[static_cast<size_t>(Part::kEngine)];
    const int num_rows =
        static_cast<int>(plan.singles.size()) + (plan.chunk ? plan.chunk->num_tokens : 0);
    cost_.record(num_rows, sum(times) - engine_time);
    if (is_measured()) {
      outcome_.most_sequences =
          std::max(outcome_.most_sequences, static_cast<int>(candidates_.size()));
      outcome_.mean_sequences += static_cast<double>(candidates_.size()) * sum(times);
      if (candidates_.size() < sequences_.size()) outcome_.lanes_full += sum(times);
    }
    pass(times);
    guarantee_.record(static_cast<int>(plan.singles.size()), now_ - busy_since_);
    busy_since_ = now_;
    for (const lm::SequenceId id : plan.singles) take(with(id), 1);
    if (plan.chunk) take(with(plan.chunk->id), plan.chunk->num_tokens);
  }

  void look() {
    standings_.clear();
    for (const Sequence& sequence : sequences_) {
      lm::Standing standing = lm::standing_of(sequence.request, at(sequence.asked),
                                              sequence.seconds(sequence.num_made), at(now_));
      standing.id = sequence.id;
      standing.num_units = sequence.num_units;
      standing.holds_lane = sequence.lane >= 0;
      if (standing.holds_lane)
        standing.made_in_lane = sequence.seconds(sequence.num_made - sequence.num_before_lane);
      standings_.push_back(standing);
    }
  }

  engine::Demand demand() const {
    std::vector<engine::Demanding> demanding;
    for (size_t i = 0; i < sequences_.size(); ++i)
      demanding.push_back({standings_[i], sequences_[i].speech});
    return engine::demand_of(demanding);
  }

  void share_lanes() {
    lanes_.keep_nothing();
    for (int turns = 0; turns < server_.num_sequences; ++turns) {
      const auto turn =
          lm::next_turn(standings_, server_.num_sequences, lm::Yielding::kMay, &lanes_);
      if (!turn) return;
      if (turn->yields) {
        free_lane(with(*turn->yields));
        standing_of(*turn->yields).holds_lane = false;
      }
      if (turn->begins == 0) continue;
      Sequence& begins = with(turn->begins);
      begins.lane = *lanes_.find(begins.num_units);
      begins.num_before_lane = begins.num_made;
      lanes_.take(begins.lane, begins.num_units, begins.id);
      standing_of(turn->begins).holds_lane = true;
    }
  }

  void free_lane(Sequence& sequence) {
    lanes_.free(sequence.id);
    sequence.lane = -1;
    sequence.num_unread = sequence.num_prompt + sequence.num_made;
  }

  // The shape of the step, as llama::Runner chooses it on a GPU.
  StepWork work_of(const engine::StepPlan& plan) {
    StepWork work;
    if (!plan.singles.empty()) {
      int first = num_starts_;
      int last = 0;
      int longest = 0;
      for (const lm::SequenceId id : plan.singles) {
        const Sequence& sequence = with(id);
        first = std::min(first, sequence.lane);
        last = std::max(last, sequence.lane);
        longest = std::max(longest, sequence.num_cached() + 1);
        // CUDA's attention skips the blocks behind the last row that the mask shows.
        work.rows_read += round_up(sequence.num_cached() + 1, llama::kCacheBucket);
        work.num_drawn += sequence.num_unread == 1 ? 1 : 0;
      }
      const auto num_singles = static_cast<int>(plan.singles.size());
      const int num_lanes = std::min(llama::Runner::bucket_of_rows(last - first + 1), num_starts_);
      work.rows_read += (num_lanes - num_singles) * llama::kCacheBucket;
      work.mask_bytes = 2.0 * num_lanes * round_up(longest, llama::kCacheBucket);
      work.num_rows += std::min(llama::Runner::bucket_of_rows(num_singles), num_starts_);
    }
    if (plan.chunk) {
      const Sequence& sequence = with(plan.chunk->id);
      const int num_tokens = plan.chunk->num_tokens;
      const int cached = round_up(sequence.num_cached() + num_tokens, llama::kCacheBucket);
      work.num_rows += std::min(llama::Runner::bucket_of_rows(num_tokens), server_.prompt_chunk);
      work.rows_read += cached;
      work.mask_bytes += 2.0 * num_tokens * cached;
      work.num_drawn += sequence.num_unread == num_tokens ? 1 : 0;
    }
    return work;
  }

  void take(Sequence& sequence, int num_tokens) {
    sequence.num_unread -= num_tokens;
    if (sequence.num_unread > 0) return;
    ++sequence.num_made;
    sequence.num_unread = 1;
    sequence.speech->made[sequence.request.piece] = sequence.num_made;
    if (is_measured()) outcome_.seconds_of_sound += kSecondsPerToken;
    if (sequence.num_made == sequence.num_audio) {
      free_lane(sequence);
      sequence.speech = nullptr;
    }
  }

  // Decodes every window that is ready. As the graph decoder does: one call at a time, and windows
  // of equal length together.
  void decode() {
    while (true) {
      struct Ready {
        Speech* speech;
        NextWindow window;
        Clock::time_point due;
      };
      std::vector<Ready> ready;
      for (const auto& speech : speeches_) {
        if (speech->is_over() || speech->heard >= speech->made.size()) continue;
        const int made = speech->made[speech->heard];
        const bool is_whole = made == speech->pieces[speech->heard].num_audio;
        const lm::Playback::Position position = speech->playback->position();
        const NextWindow window = speech->stream.next(made / kTokensPerFrame, is_whole,
                                                      lm::seconds_in_hand(position, at(now_)));
        if (window.num_frames > 0) ready.push_back({speech.get(), window, position.dry_at});
      }
      if (ready.empty()) return;
      const auto first = std::min_element(
          ready.begin(), ready.end(), [](const Ready& a, const Ready& b) { return a.due < b.due; });
      const int num_frames = first->window.num_frames;
      if (!server_.codec_shares_calls) {
        ready = {*first};
      } else {
        std::erase_if(ready,
                      [&](const Ready& each) { return each.window.num_frames != num_frames; });
      }
      pass(device_.codec_call(static_cast<int>(ready.size()), num_frames));
      for (const Ready& each : ready) give(*each.speech, each.window);
    }
  }

  void give(Speech& speech, const NextWindow& window) {
    const double seconds = window.num_latents * kSecondsPerLatent;
    speech.stream.give(window);
    if (!speech.has_sounded()) {
      speech.first_sample_at = now_;
      if (speech.arrived >= load_.warm_up) first_samples_.push_back(now_ - speech.arrived);
    }
    speech.playback->send(seconds, at(now_));
    const int made = speech.made[speech.heard];
    const bool ends = made == speech.pieces[speech.heard].num_audio &&
                      speech.stream.next(made / kTokensPerFrame, true, 0).num_frames == 0;
    if (ends) {
      ++speech.heard;
      speech.stream = CodecStream(server_.windows);
      if (!speech.is_over()) speech.playback->begin_piece(speech.heard);
    }
    speech.player.receive(seconds, now_, speech.is_over());
    while (speech.made.size() < speech.pieces.size() &&
           speech.made.size() < speech.heard + static_cast<size_t>(server_.max_parallel_pieces))
      begin_piece(speech);
  }

  void forget_finished() {
    std::erase_if(sequences_, [](const Sequence& each) { return each.speech == nullptr; });
    std::erase_if(speeches_, [&](const auto& speech) {
      const bool gone = speech->is_over() && speech->player.dry_at() <= now_;
      if (gone) count(*speech);
      return gone;
    });
  }

  // Of a speech that was played, or is played when the time ends.
  void count(const Speech& speech) {
    const Player& player = speech.player;
    const double begin = std::max(player.began(), load_.warm_up);
    const double end = std::min(player.dry_at(), load_.warm_up + load_.seconds);
    if (player.plays() && end > begin) outcome_.playing += end - begin;
    if (player.dry_at() < load_.warm_up || player.num_underruns() == 0) return;
    ++outcome_.num_underruns;
    outcome_.num_pauses += player.num_underruns();
    outcome_.longest_underrun = std::max(outcome_.longest_underrun, player.longest_underrun());
  }

  void pass(const Times& times) {
    now_ += sum(times);
    if (!is_measured()) return;
    for (size_t part = 0; part < kNumParts; ++part) outcome_.shares[part] += times[part];
  }

  Outcome outcome() {
    for (const auto& speech : speeches_) count(*speech);
    std::sort(first_samples_.begin(), first_samples_.end());
    const auto quantile = [&](double share) {
      if (first_samples_.empty()) return 0.0;
      return first_samples_[static_cast<size_t>(share *
                                                static_cast<double>(first_samples_.size() - 1))];
    };
    outcome_.first_sample_p50 = quantile(0.5);
    outcome_.first_sample_p95 = quantile(0.95);
    const double elapsed = now_ - load_.warm_up;
    for (double& share : outcome_.shares) share /= elapsed;
    outcome_.lanes_full /= elapsed;
    outcome_.mean_sequences /= elapsed;
    outcome_.seconds_of_sound /= elapsed;
    outcome_.playing /= load_.seconds;
    return outcome_;
  }

  Sequence& with(lm::SequenceId id) {
    return *std::lower_bound(
        sequences_.begin(), sequences_.end(), id,
        [](const Sequence& sequence, lm::SequenceId wanted) { return sequence.id < wanted; });
  }
  lm::Standing& standing_of(lm::SequenceId id) {
    return *std::lower_bound(
        standings_.begin(), standings_.end(), id,
        [](const lm::Standing& standing, lm::SequenceId wanted) { return standing.id < wanted; });
  }

  const Device& device_;
  const Server& server_;
  const Load& load_;
  std::mt19937_64 random_;
  double now_ = 0;
  double next_arrival_ = 0;
  lm::SequenceId last_id_ = 0;
  std::vector<std::unique_ptr<Speech>> speeches_;
  std::vector<Sequence> sequences_;  // in the order of arrival, so of their ids
  std::vector<lm::Standing> standings_;
  std::vector<engine::Candidate> candidates_;
  engine::LaneMap lanes_;
  const int num_starts_;  // of lanes
  engine::StepCost cost_;
  engine::Scheduler scheduler_;
  engine::RealtimeGuarantee guarantee_;
  double busy_since_ = 0;
  std::vector<double> first_samples_;
  Outcome outcome_;
};

std::string limit_of(const Outcome& beyond) {
  constexpr double kOften = 0.02;
  if (beyond.num_refused > 0 || beyond.lanes_full > kOften) return "number of sequences";
  const auto largest = std::max_element(beyond.shares.begin(), beyond.shares.end());
  return std::string(name_of(static_cast<Part>(largest - beyond.shares.begin())));
}

}  // namespace

Result<Server> planned_server(const Device& device, Weights weights, Keys keys, int num_sequences) {
  const double bits = weights == Weights::kQ4   ? 4.6
                      : weights == Weights::kQ8 ? plan::kQ8
                                                : plan::kF16;
  const plan::ModelNeeds needs = plan::voice_of_3b(bits);
  const size_t mib = device.memory_bytes() >> 20U;
  const auto facts = hardware::machine({hardware::gpu("NVIDIA GPU", mib)});
  plan::Wishes wishes;
  wishes.engine.cache_type = keys == Keys::kQ8 ? llama::CacheType::kQ8_0 : llama::CacheType::kF16;
  ORPHEUS_TRY(auto planned, plan::plan_by_profile(facts, needs, wishes));
  if (num_sequences > 0) {
    wishes.engine.max_sequences = num_sequences;
    wishes.engine.context_tokens = planned.max_tokens + plan::kPromptTokens;
    wishes.max_tokens = planned.max_tokens;
    ORPHEUS_TRY(planned, plan::plan_memory(facts, needs, wishes));
  }
  const plan::Replica& replica = planned.replicas.front();
  Server server{.num_sequences = replica.num_sequences, .num_units = replica.num_units};
  if (replica.num_units > 0) {
    server.unit_tokens = replica.unit_tokens;
    server.units_of_longest =
        engine::LaneMap::units_for(replica.context_tokens, replica.unit_tokens);
  }
  server.max_open = server.num_sequences + 100;
  return server;
}

Held most_held(const Device& device, const Server& server, Load load, double most_first_sample) {
  const auto simulate_with = [&](int listeners) {
    load.listeners = listeners;
    return simulate(device, server, load);
  };
  Held held;
  int too_many = 1;
  while (true) {
    Outcome outcome = simulate_with(too_many);
    if (!outcome.holds(most_first_sample)) {
      held.beyond = outcome;
      break;
    }
    held.listeners = too_many;
    held.outcome = outcome;
    too_many *= 2;
  }
  while (too_many - held.listeners > std::max(1, held.listeners / 64)) {
    const int middle = (held.listeners + too_many) / 2;
    Outcome outcome = simulate_with(middle);
    if (outcome.holds(most_first_sample)) {
      held.listeners = middle;
      held.outcome = outcome;
    } else {
      too_many = middle;
      held.beyond = outcome;
    }
  }
  held.limit = limit_of(held.beyond);
  return held;
}

double mean_seconds(const Load& load) {
  const double reply = (load.least_characters + load.most_characters) / 2.0;
  const double chapter = (load.least_pieces + load.most_pieces) / 2.0 * kPieceCharacters;
  return ((1 - load.chapters) * reply + load.chapters * chapter) / kCharactersPerSecond;
}

Outcome simulate(const Device& device, const Server& server, const Load& load) {
  return Simulation(device, server, load).run();
}

}  // namespace orpheus::serving_sim
