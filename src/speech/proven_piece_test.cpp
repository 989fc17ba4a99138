#include "speech/proven_piece.h"

#include <numeric>

#include <gtest/gtest.h>

#include "align/testing/spoken_rows.h"
#include "speech/testing/scripted_language_model.h"

namespace orpheus::speech {
namespace {

using Answer = ScriptedLanguageModel::Answer;
using align::testing::halves_of_word;
using align::testing::rows_of_letters;
using align::testing::spoken_once;

constexpr std::string_view kText = "bright stars shine above quiet hills";
constexpr int kNumWords = 6;

// The rows of the text from a word on, with the numbers of the whole text.
std::vector<align::TextRow> rows_from(int first_word) {
  const auto rows = rows_of_letters(kText);
  const auto begin = std::find_if(rows.begin(), rows.end(),
                                  [&](const auto& row) { return row.word == first_word; });
  return {begin, rows.end()};
}

// Frames with codes that count up from `first_code`, which look at these rows.
Answer answer(const std::vector<int>& looks_at, int32_t first_code) {
  Answer said{.frames = std::vector<int32_t>(looks_at.size() / 2), .looks_at = looks_at};
  std::iota(said.frames.begin(), said.frames.end(), first_code);
  return said;
}

std::vector<int> good(int first_word = 0) { return spoken_once(rows_from(first_word)); }

std::vector<int> even(std::vector<int> looks_at) {
  if (looks_at.size() % 2 == 1) looks_at.push_back(looks_at.back());
  return looks_at;
}

std::vector<int> without_word(int word) {
  std::vector<int> looks_at = good();
  const auto [begin, end] = halves_of_word(rows_from(0), looks_at, word);
  looks_at.erase(looks_at.begin() + static_cast<std::ptrdiff_t>(begin),
                 looks_at.begin() + static_cast<std::ptrdiff_t>(end));
  return even(looks_at);
}

// Says the words up to this one, and then the first ones again.
std::vector<int> again_behind(int word) {
  std::vector<int> looks_at = good();
  looks_at.resize(halves_of_word(rows_from(0), looks_at, word).second);
  const std::vector<int> whole = good();
  looks_at.insert(looks_at.end(), whole.begin(), whole.end());
  return even(looks_at);
}

// The seed of a take is its number.
ProvenPiece::Plan plan(ProofMode mode, int num_free_frames = 0) {
  return {.mode = mode,
          .num_words = kNumWords,
          .num_free_frames = num_free_frames,
          .part = [](int first_word, int take, int num_tokens) -> Result<ProvenPiece::Part> {
            ProvenPiece::Part part;
            part.rows = rows_from(first_word);
            part.takes.first.prompt = {1};
            part.takes.first.sampling.seed = static_cast<uint64_t>(take);
            part.takes.first.max_tokens = 7000 - num_tokens;
            part.takes.first.text_rows = {.first = 0, .count = static_cast<int>(part.rows.size())};
            return part;
          },
          .counts = std::make_shared<ProofCounts>()};
}

ProvenPiece start(ScriptedLanguageModel& model, ProvenPiece::Plan plan) {
  auto piece = ProvenPiece::start(model, std::move(plan), {});
  EXPECT_TRUE(piece.has_value());
  return std::move(*piece);
}

std::vector<int32_t> codes_of(ProvenPiece& piece) {
  std::vector<int32_t> codes;
  while (true) {
    const auto frame = piece.next_frame();
    EXPECT_TRUE(frame.has_value());
    if (!frame || !*frame) return codes;
    codes.push_back((*frame)->c0[0]);
  }
}

std::vector<int32_t> counting(int32_t first, size_t count) {
  std::vector<int32_t> codes(count);
  std::iota(codes.begin(), codes.end(), first);
  return codes;
}

// One answer for each take.
ScriptedLanguageModel::Script takes(const std::vector<std::vector<int>>& looks_at) {
  return [looks_at](const lm::GenerateRequest& request) {
    const auto take = static_cast<size_t>(request.sampling.seed);
    return answer(looks_at.at(take), static_cast<int32_t>(1000 * take));
  };
}

TEST(ProvenPiece, WhatIsRightGoesOutUnchanged) {
  for (const ProofMode mode : {ProofMode::kOff, ProofMode::kOn, ProofMode::kStrict}) {
    ScriptedLanguageModel model(takes({good()}));
    auto planned = plan(mode);
    const auto counts = planned.counts;
    ProvenPiece piece = start(model, std::move(planned));
    EXPECT_EQ(codes_of(piece), counting(0, good().size() / 2));
    EXPECT_EQ(piece.num_takes(), 1);
    EXPECT_EQ(piece.num_tokens(), static_cast<int>(good().size() / 2 * 7));
    EXPECT_EQ(piece.num_prompt_tokens(), 1);
    const std::vector<HeardWord> words = piece.take_words();
    ASSERT_EQ(words.size(), static_cast<size_t>(kNumWords));
    for (int word = 0; word < kNumWords; ++word) {
      const auto [begin, end] = halves_of_word(rows_from(0), good(), word);
      EXPECT_EQ(words[static_cast<size_t>(word)].word, word);
      EXPECT_EQ(words[static_cast<size_t>(word)].begin, static_cast<int>(begin));
      EXPECT_EQ(words[static_cast<size_t>(word)].end, static_cast<int>(end));
      EXPECT_GT(words[static_cast<size_t>(word)].confidence, 0.8F);
    }
    const bool is_counted = counts->text().find("{result=\"proven\"} 1") != std::string::npos;
    EXPECT_EQ(is_counted, mode != ProofMode::kOff);
  }
}

// A book's sound must have every word: nothing goes out before it is proven.
TEST(ProvenPiece, StrictMakesAFailedTakeAgain) {
  ScriptedLanguageModel model(takes({without_word(2), again_behind(1), good()}));
  auto planned = plan(ProofMode::kStrict);
  const auto counts = planned.counts;
  ProvenPiece piece = start(model, std::move(planned));
  EXPECT_EQ(codes_of(piece), counting(2000, good().size() / 2));
  EXPECT_EQ(piece.num_takes(), 3);
  EXPECT_EQ(piece.num_tokens(), static_cast<int>(good().size() / 2 * 7));
  EXPECT_EQ(piece.num_prompt_tokens(), 3);  // each take reads the prompt
  EXPECT_EQ(piece.take_words().size(), static_cast<size_t>(kNumWords));
  ASSERT_EQ(model.requests.size(), 3U);
  EXPECT_FALSE(model.requests[0].continues_speech);
  EXPECT_TRUE(model.requests[1].continues_speech);
  EXPECT_EQ(model.most_open, 1);
  EXPECT_NE(counts->text().find("{fault=\"skipped\"} 1"), std::string::npos) << counts->text();
  EXPECT_NE(counts->text().find("{fault=\"repeated\"} 1"), std::string::npos);
}

TEST(ProvenPiece, StrictKeepsTheBestTake) {
  std::vector<int> two_missing = without_word(3);
  two_missing.resize(halves_of_word(rows_from(0), two_missing, 4).first / 2 * 2);
  ScriptedLanguageModel model(takes({two_missing, without_word(2), without_word(3)}));
  auto planned = plan(ProofMode::kStrict);
  const auto counts = planned.counts;
  ProvenPiece piece = start(model, std::move(planned));
  EXPECT_EQ(codes_of(piece), counting(1000, without_word(2).size() / 2));
  EXPECT_NE(counts->text().find("{result=\"failed\"} 1"), std::string::npos);
  // The word that is missing has no time of its own.
  const auto words = piece.take_words();
  ASSERT_EQ(words.size(), static_cast<size_t>(kNumWords));
  EXPECT_EQ(words[2].confidence, 0.0F);
  EXPECT_EQ(words[2].begin, words[2].end);
  for (size_t word = 0; word < words.size(); ++word) {
    EXPECT_EQ(words[word].is_missing, word == 2) << word;
    EXPECT_TRUE(words[word].is_remade) << word;
  }
}

// Guards against: the last words, which were not spoken, have the time of others or none at all.
TEST(ProvenPiece, WordsBehindAnEarlyEndAreMissing) {
  std::vector<int> early = good();
  early.resize(halves_of_word(rows_from(0), early, 4).first / 2 * 2);
  ScriptedLanguageModel model(takes({early}));
  ProvenPiece piece = start(model, plan(ProofMode::kOff));
  EXPECT_EQ(codes_of(piece), counting(0, early.size() / 2));
  const auto words = piece.take_words();
  ASSERT_EQ(words.size(), static_cast<size_t>(kNumWords));
  for (size_t word = 0; word < words.size(); ++word) {
    EXPECT_EQ(words[word].is_missing, word >= 4) << word;
    EXPECT_EQ(words[word].begin == words[word].end, word >= 4) << word;
    EXPECT_FALSE(words[word].is_remade);
    EXPECT_LE(words[word].end, static_cast<int>(early.size()));
  }
}

// Guards against: a spoken word of a letter or two, which is shorter than two half frames, has no
// time in a caption.
TEST(ProvenPiece, AShortWordHasATimeBeforeTheNextOne) {
  const auto rows = rows_of_letters("bright at hills");
  std::vector<int> looks_at = spoken_once(rows);
  const auto [begin, end] = halves_of_word(rows, looks_at, 1);
  looks_at.erase(looks_at.begin() + static_cast<std::ptrdiff_t>(begin),
                 looks_at.begin() + static_cast<std::ptrdiff_t>(end));
  ScriptedLanguageModel model(takes({even(looks_at)}));
  auto planned = plan(ProofMode::kStrict);
  planned.num_words = 3;
  planned.part = [&](int /*first_word*/, int /*take*/,
                     int /*num_tokens*/) -> Result<ProvenPiece::Part> {
    ProvenPiece::Part part;
    part.rows = rows;
    part.takes.first.prompt = {1};
    part.takes.first.max_tokens = 7000;
    part.takes.first.text_rows = {.first = 0, .count = static_cast<int>(rows.size())};
    return part;
  };
  ProvenPiece piece = start(model, std::move(planned));
  codes_of(piece);
  EXPECT_EQ(piece.num_takes(), 1);
  const auto words = piece.take_words();
  ASSERT_EQ(words.size(), 3U);
  EXPECT_EQ(words[1].begin, words[0].end);
  EXPECT_EQ(words[1].end, words[1].begin + 1);
  EXPECT_EQ(words[2].begin, words[1].end);
  EXPECT_GT(words[2].end, words[2].begin);
  EXPECT_GT(words[1].confidence, 0.0F);
  EXPECT_FALSE(words[1].is_missing);
}

// Guards against: a last take whose attention is not sure, with many faults, replaces a better one.
TEST(ProvenPiece, StrictKeepsTheBestTakeAlsoBeforeAnUnsureOne) {
  const int end = static_cast<int>(rows_from(0).size()) - 1;
  ScriptedLanguageModel model([&](const lm::GenerateRequest& request) {
    if (request.sampling.seed < 2) return answer(without_word(2), 0);
    Answer unsure = answer({0, 0, end, end}, 1000);
    unsure.sharpness = 0.05F;
    return unsure;
  });
  ProvenPiece piece = start(model, plan(ProofMode::kStrict));
  EXPECT_EQ(codes_of(piece), counting(0, without_word(2).size() / 2));
  EXPECT_TRUE(piece.is_sure());
}

// Guards against: words of free frames that no proof holds are told, and told again by the next
// take. The sound says them twice; a time is that of the second. The fault is known before it
// counts: the attention is not sure yet.
TEST(ProvenPiece, AWordOfFreeFramesIsToldOnce) {
  for (const int num_free : {4, 12, 40}) {
    ScriptedLanguageModel model([&](const lm::GenerateRequest& request) {
      if (request.sampling.seed > 0) return answer(good(1), 1000);
      Answer first = answer(without_word(1), 0);
      first.sharpness = 0.3F;
      first.sharp_from = 14;
      return first;
    });
    ProvenPiece piece = start(model, plan(ProofMode::kOn, num_free));
    std::vector<HeardWord> words;
    while (true) {
      const auto frame = piece.next_frame();
      ASSERT_TRUE(frame.has_value());
      for (const HeardWord& word : piece.take_words()) words.push_back(word);
      if (!*frame) break;
    }
    ASSERT_EQ(words.size(), static_cast<size_t>(kNumWords)) << num_free;
    for (size_t word = 0; word < words.size(); ++word) {
      EXPECT_EQ(words[word].word, static_cast<int>(word));
      EXPECT_GT(words[word].confidence, 0.2F) << word;
    }
    EXPECT_EQ(model.requests.size(), 2U);
  }
}

// Guards against: takes that are joined exceed what the request allows.
TEST(ProvenPiece, OnKeepsMaxTokensOverAllTakes) {
  const auto end = halves_of_word(rows_from(0), good(), 3).second;
  const int num_kept = static_cast<int>((end + 1) / 2);
  for (const int num_left : {0, 6, 7, 15}) {
    const int most = num_kept * 7 + num_left;
    ScriptedLanguageModel model([&](const lm::GenerateRequest& request) {
      return request.sampling.seed == 0 ? answer(again_behind(3), 0) : answer(good(4), 1000);
    });
    auto bounded = plan(ProofMode::kOn);
    bounded.part = [part = bounded.part, most](int first_word, int take, int num_tokens) {
      auto made = part(first_word, take, num_tokens);
      if (take > 0) {
        made->takes.first.max_tokens = most - num_tokens;
        made->takes.may_run_away = false;
      }
      return made;
    };
    ProvenPiece piece = start(model, std::move(bounded));
    EXPECT_EQ(codes_of(piece).size(), static_cast<size_t>(num_kept + num_left / 7));
    EXPECT_LE(piece.num_tokens(), most);
    EXPECT_EQ(model.requests.size(), num_left < 7 ? 1U : 2U);
    EXPECT_EQ(piece.verdict().fault == align::Fault::kRepeated, num_left < 7);
  }
}

// A listener hears each word once, and the words behind the seam are said by the next take.
TEST(ProvenPiece, OnCutsBehindTheLastProvenWord) {
  for (const auto& [looks_at, proven] : std::vector<std::pair<std::vector<int>, int>>{
           {without_word(2), 1}, {again_behind(3), 3}, {again_behind(0), 0}}) {
    const int next = proven + 1;
    ScriptedLanguageModel model([&, first = looks_at](const lm::GenerateRequest& request) {
      return request.sampling.seed == 0 ? answer(first, 0) : answer(good(next), 1000);
    });
    ProvenPiece piece = start(model, plan(ProofMode::kOn));
    const auto end = halves_of_word(rows_from(0), good(), proven).second;
    const size_t num_kept = (end + 1) / 2;
    auto expected = counting(0, num_kept);
    for (const int32_t code : counting(1000, good(next).size() / 2)) expected.push_back(code);
    EXPECT_EQ(codes_of(piece), expected);
    const auto words = piece.take_words();
    ASSERT_EQ(words.size(), static_cast<size_t>(kNumWords));
    for (size_t word = 0; word < words.size(); ++word) {
      EXPECT_EQ(words[word].word, static_cast<int>(word));
      if (word > 0) {
        EXPECT_GE(words[word].begin, words[word - 1].end);
      }
      EXPECT_EQ(words[word].is_remade, static_cast<int>(word) >= next) << word;
    }
    const auto [rest_begin, rest_end] = halves_of_word(rows_from(next), good(next), next);
    EXPECT_EQ(words[static_cast<size_t>(next)].begin, static_cast<int>(2 * num_kept + rest_begin));
    EXPECT_EQ(words[static_cast<size_t>(next)].end, static_cast<int>(2 * num_kept + rest_end));
    EXPECT_EQ(piece.num_tokens(), static_cast<int>(expected.size() * 7));
  }
}

// All words were said; what follows is dropped without another take.
TEST(ProvenPiece, OnEndsAPieceThatBeginsAgain) {
  ScriptedLanguageModel model(takes({again_behind(kNumWords - 1)}));
  ProvenPiece piece = start(model, plan(ProofMode::kOn));
  const auto end = halves_of_word(rows_from(0), good(), kNumWords - 1).second;
  EXPECT_EQ(codes_of(piece), counting(0, (end + 1) / 2));
  EXPECT_EQ(model.requests.size(), 1U);
}

// The third take goes out as it is: a speech must end.
TEST(ProvenPiece, OnEndsAfterThreeTakes) {
  ScriptedLanguageModel model([](const lm::GenerateRequest& request) {
    std::vector<int> stuck(60, 0);
    return answer(stuck, static_cast<int32_t>(1000 * request.sampling.seed));
  });
  for (const ProofMode mode : {ProofMode::kOn, ProofMode::kStrict}) {
    model.requests.clear();
    ProvenPiece piece = start(model, plan(mode));
    EXPECT_FALSE(codes_of(piece).empty());
    EXPECT_LE(model.requests.size(), 3U);
    EXPECT_EQ(model.num_open, 0);
  }
}

// When tokens arrive must not change what is said: a seed is a promise.
TEST(ProvenPiece, TimingDoesNotMatter) {
  for (const ProofMode mode : {ProofMode::kOn, ProofMode::kStrict}) {
    for (const int num_free : {0, 4, 40}) {
      std::vector<std::vector<int32_t>> all;
      for (int way = 0; way < 3; ++way) {
        ScriptedLanguageModel model([&](const lm::GenerateRequest& request) {
          return request.sampling.seed == 0 ? answer(without_word(3), 0)
                                            : answer(good(mode == ProofMode::kOn ? 3 : 0), 1000);
        });
        ProvenPiece piece = start(model, plan(mode, num_free));
        if (way == 1) piece.read_ahead();
        if (way == 2) {
          EXPECT_TRUE(piece.ready());
        }
        all.push_back(codes_of(piece));
      }
      EXPECT_EQ(all[0], all[1]);
      EXPECT_EQ(all[0], all[2]);
    }
  }
}

// The first sound of a live speech must not wait for a proof.
TEST(ProvenPiece, FreeFramesGoOutAtOnce) {
  std::vector<int> only_begun = good();
  only_begun.resize(4);
  ScriptedLanguageModel model([&](const lm::GenerateRequest&) {
    Answer begun = answer(only_begun, 0);
    begun.error = Error{.kind = ErrorKind::kUnavailable, .what = "the rest"};
    return begun;
  });
  ProvenPiece piece = start(model, plan(ProofMode::kOn, 12));
  for (int32_t code = 0; code < 2; ++code) {
    const auto frame = piece.next_frame();
    ASSERT_TRUE(frame && *frame);
    EXPECT_EQ((**frame).c0[0], code);
  }
  EXPECT_FALSE(piece.next_frame().has_value());
}

// With `on`, frames follow their words by a short delay, not by a piece.
TEST(ProvenPiece, OnHandsOutProvenWordsEarly) {
  std::vector<int> begun = good();
  const auto second = halves_of_word(rows_from(0), begun, 1);
  begun.resize((second.second + align::kLag + 4) / 2 * 2);
  ScriptedLanguageModel model([&](const lm::GenerateRequest&) {
    Answer part = answer(begun, 0);
    part.error = Error{.kind = ErrorKind::kUnavailable, .what = "the rest"};
    return part;
  });
  ProvenPiece piece = start(model, plan(ProofMode::kOn));
  for (size_t i = 0; i < second.second / 2; ++i) EXPECT_TRUE(piece.next_frame().has_value()) << i;
  EXPECT_FALSE(piece.next_frame().has_value());
}

// Without heads, or where the request ends a piece early, nothing is proven or remade.
TEST(ProvenPiece, NothingIsRemadeWithoutKnowledge) {
  for (const ProofMode mode : {ProofMode::kOn, ProofMode::kStrict}) {
    ScriptedLanguageModel silent(
        [](const auto&) { return Answer{.frames = std::vector<int32_t>(40, 3)}; });
    auto planned = plan(mode);
    const auto counts = planned.counts;
    ProvenPiece piece = start(silent, std::move(planned));
    EXPECT_EQ(codes_of(piece).size(), 40U);
    EXPECT_EQ(silent.requests.size(), 1U);
    EXPECT_NE(counts->text().find("{result=\"unsure\"} 1"), std::string::npos);

    ScriptedLanguageModel early(takes({without_word(5)}));
    auto bounded = plan(mode);
    bounded.part = [part = bounded.part](int first_word, int take, int num_tokens) {
      auto made = part(first_word, take, num_tokens);
      made->takes.may_run_away = false;
      return made;
    };
    ProvenPiece ends_early = start(early, std::move(bounded));
    EXPECT_EQ(codes_of(ends_early).size(), without_word(5).size() / 2);
    EXPECT_EQ(early.requests.size(), 1U);
  }
}

TEST(ProvenPiece, ErrorsComeBehindTheFrames) {
  for (const ProofMode mode : {ProofMode::kOff, ProofMode::kOn, ProofMode::kStrict}) {
    ScriptedLanguageModel model([](const auto&) {
      Answer broken = answer(good(), 0);
      broken.error = Error{.kind = ErrorKind::kUnavailable, .what = "gone"};
      return broken;
    });
    ProvenPiece piece = start(model, plan(mode));
    Result<std::optional<codes::Frame>> frame = piece.next_frame();
    while (frame) frame = piece.next_frame();
    EXPECT_EQ(frame.error().what, "gone");
    EXPECT_TRUE(piece.ready());
  }
}

}  // namespace
}  // namespace orpheus::speech
