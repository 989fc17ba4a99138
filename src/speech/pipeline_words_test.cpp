// Times of words from the attention, and pieces that are made again because a word is missing.

#include <limits>
#include <memory>
#include <optional>
#include <utility>

#include <gtest/gtest.h>

#include "speech/pipeline.h"
#include "speech/testing/pipeline_parts.h"
#include "speech/testing/scripted_language_model.h"

namespace orpheus::speech {
namespace {

// A model that speaks the letters of its text at 1.5 half frames each, except those of one word in
// its first takes.
class WordByWord : public ::testing::Test {
 protected:
  using Answer = ScriptedLanguageModel::Answer;

  // Rows are bytes, and the one behind the text.
  static Answer says(std::string_view text, std::string_view left_out) {
    Answer answer{.frames = {}, .looks_at = {}};
    const size_t gap = left_out.empty() ? text.npos : text.find(left_out);
    size_t time = 0;
    for (size_t i = 0; i < text.size(); ++i) {
      if (gap != text.npos && i >= gap && i < gap + left_out.size()) continue;
      for (time += text[i] == ' ' ? 0 : 3; time >= 2; time -= 2)
        answer.looks_at.push_back(static_cast<int>(i));
    }
    for (int i = 0; i < 4 || answer.looks_at.size() % 2 == 1; ++i)
      answer.looks_at.push_back(static_cast<int>(text.size()));
    answer.frames.assign(answer.looks_at.size() / 2, 50);
    return answer;
  }

  Pipeline speaker(std::vector<std::string> left_out, ProofMode proof) {
    auto model = std::make_unique<ScriptedLanguageModel>(
        [this, left_out, take = size_t{0}](const lm::GenerateRequest& request) mutable {
          const std::string text = request.spoken.substr(request.spoken.find(": ") + 2);
          const std::string missing = take < left_out.size() ? left_out[take] : "";
          ++take;
          Answer answer = says(text, missing);
          answer.num_ready = num_ready_;
          answer.logprob = logprob_;
          return answer;
        });
    model->quality = 1;
    model_ = model.get();
    Options options;
    options.proof = proof;
    return Pipeline(parts_with(std::move(model)), options);
  }

  std::vector<align::WordTime> words_of(Pipeline& speaker, bool is_heard_live = false) {
    Request request;
    request.text = "Bright stars shine above quiet hills";
    request.sampling.seed = 3;
    request.is_heard_live = is_heard_live;
    std::vector<align::WordTime> words;
    request.on_words = [&](const WordProgress& progress) {
      words.insert(words.end(), progress.words.begin(), progress.words.end());
    };
    num_samples_ = 0;
    EXPECT_TRUE(speaker.speak(request, [&](std::span<const float> samples) {
      num_samples_ += samples.size();
      return true;
    }));
    return words;
  }

  ScriptedLanguageModel* model_ = nullptr;
  size_t num_samples_ = 0;
  size_t num_ready_ = std::numeric_limits<size_t>::max();  // frames of each answer
  float logprob_ = -0.5F;                                  // of each token
};

TEST_F(WordByWord, WordsHaveTheTimesOfTheAttention) {
  for (const ProofMode proof : {ProofMode::kOff, ProofMode::kOn, ProofMode::kStrict}) {
    Pipeline pipeline = speaker({}, proof);
    const auto words = words_of(pipeline);
    ASSERT_EQ(words.size(), 6U);
    int64_t behind = 0;
    int64_t letters = 0;
    for (const align::WordTime& word : words) {
      EXPECT_EQ(word.source, align::Source::kAttention);
      EXPECT_NEAR(static_cast<double>(word.begin), static_cast<double>(letters) * 1536, 1100);
      EXPECT_GE(word.begin, behind);
      behind = word.end;
      letters += static_cast<int64_t>(word.word.size());
    }
    EXPECT_EQ(words[2].word, "shine");
    EXPECT_EQ(words[2].origin, (text::Range{13, 18}));
    ASSERT_TRUE(model_->requests[0].text_rows);
    EXPECT_EQ(model_->requests[0].text_rows->count, 37);
  }
}

// A file's speech must have every word, whichever take it is of, and a seed must give the same.
TEST_F(WordByWord, AMissingWordIsMadeAgain) {
  Pipeline strict = speaker({"shine ", "quiet "}, ProofMode::kAuto);
  const auto words = words_of(strict);
  ASSERT_EQ(model_->requests.size(), 3U);
  const size_t num_samples = num_samples_;
  std::vector<uint64_t> seeds;
  for (const lm::GenerateRequest& request : model_->requests) {
    EXPECT_EQ(request.spoken, model_->requests[0].spoken);
    seeds.push_back(request.sampling.seed);
  }
  EXPECT_EQ(seeds[0], 3U);
  EXPECT_NE(seeds[1], seeds[2]);
  for (const align::WordTime& word : words) EXPECT_GT(word.confidence, 0.5F) << word.word;
  EXPECT_NE(strict.metrics().find("orpheus_proof_remade_total{fault=\"skipped\"} 2"),
            std::string::npos)
      << strict.metrics();

  Pipeline again = speaker({"shine ", "quiet "}, ProofMode::kStrict);
  EXPECT_EQ(words_of(again), words);
  EXPECT_EQ(num_samples_, num_samples);
  for (size_t i = 0; i < seeds.size(); ++i) EXPECT_EQ(model_->requests[i].sampling.seed, seeds[i]);
}

// Heard while it is made, a speech goes on from the last word that is right.
TEST_F(WordByWord, HeardLiveTheRestIsMadeAnew) {
  Pipeline live = speaker({"quiet "}, ProofMode::kAuto);
  const auto words = words_of(live, true);
  ASSERT_EQ(model_->requests.size(), 2U);
  EXPECT_TRUE(model_->requests[1].spoken.ends_with(": quiet hills"));
  EXPECT_TRUE(model_->requests[1].continues_speech);
  ASSERT_EQ(words.size(), 6U);
  int64_t behind = 0;
  for (const align::WordTime& word : words) {
    EXPECT_GE(word.begin, behind);
    EXPECT_GT(word.end, word.begin);
    EXPECT_GT(word.confidence, 0.5F) << word.word;
    behind = word.end;
  }
}

// Guards against: a request waits for a search for the alignment heads, and every stream of the
// server with it; or a seed gives other samples once heads were found and kept.
TEST_F(WordByWord, WhereTheFileDoesNotNameTheHeadsNothingIsProvenByDefault) {
  for (const bool knows_heads : {false, true}) {
    for (const bool asks_for_words : {false, true}) {
      Pipeline pipeline = speaker({"shine "}, ProofMode::kAuto);
      model_->names_heads = false;
      model_->knows_heads = knows_heads;
      Request request;
      request.text = "Bright stars shine above quiet hills";
      std::vector<align::Source> sources;
      if (asks_for_words) {
        request.on_words = [&](const WordProgress& progress) {
          for (const align::WordTime& word : progress.words) sources.push_back(word.source);
        };
      }
      EXPECT_TRUE(pipeline.speak(request, [](std::span<const float>) { return true; }));
      ASSERT_EQ(model_->requests.size(), 1U);
      EXPECT_EQ(model_->requests[0].text_rows.has_value(), asks_for_words && knows_heads);
      EXPECT_EQ(model_->num_waits, 0);
      EXPECT_EQ(model_->num_seeks, asks_for_words ? 1 : 0);
      const auto source = knows_heads ? align::Source::kAttention : align::Source::kEstimate;
      EXPECT_EQ(sources, std::vector<align::Source>(asks_for_words ? 6 : 0, source));
    }
  }
}

// Guards against: surprise that is usual for a large voice has each piece made three times. What
// the attention shows still counts.
TEST_F(WordByWord, SurpriseCountsOnlyWhereTheFileNamesTheHeads) {
  for (const bool names_heads : {false, true}) {
    for (const std::string left_out : {"", "shine "}) {
      Pipeline pipeline = speaker({left_out}, ProofMode::kStrict);
      model_->names_heads = names_heads;
      logprob_ = -6;  // more than the judge has ever seen
      words_of(pipeline);
      const size_t num_takes = names_heads ? kMostTakes : left_out.empty() ? 1 : 2;
      EXPECT_EQ(model_->requests.size(), num_takes) << names_heads << left_out;
    }
  }
}

// `--proof strict` is a promise: a start that cannot keep it says so.
TEST_F(WordByWord, AProofThatIsAskedForNeedsHeads) {
  for (const ProofMode proof : {ProofMode::kAuto, ProofMode::kOff}) {
    Pipeline pipeline = speaker({}, proof);
    model_->quality = 0.3;
    EXPECT_TRUE(pipeline.prepare_proof().has_value());
    EXPECT_EQ(model_->num_waits, 0);
  }
  for (const ProofMode proof : {ProofMode::kOn, ProofMode::kStrict}) {
    Pipeline pipeline = speaker({"shine "}, proof);
    model_->names_heads = false;
    model_->knows_heads = false;
    EXPECT_TRUE(pipeline.prepare_proof().has_value());
    EXPECT_EQ(model_->num_waits, 1);
    words_of(pipeline);
    EXPECT_EQ(model_->requests.size(), 2U);
    model_->quality = 0.3;
    const auto refused = pipeline.prepare_proof();
    ASSERT_FALSE(refused.has_value());
    EXPECT_EQ(refused.error().kind, ErrorKind::kUnsupported);
    EXPECT_NE(refused.error().message().find("--proof auto"), std::string::npos);
  }
}

// Guards against: the pieces of a file are generated one by one until the first one is proven.
TEST_F(WordByWord, LaterPiecesBeginWhileTheFirstIsProven) {
  for (const ProofMode proof : {ProofMode::kStrict, ProofMode::kOff}) {
    Pipeline pipeline = speaker({}, proof);
    num_ready_ = 1;
    Request request;
    request.text =
        "Bright stars shine above quiet hills. One more sentence follows here now.\n\n"
        "And a third one.";
    const auto speech = pipeline.begin(request, [] {}).value();
    for (int step = 0; step < 3; ++step)
      EXPECT_TRUE(speech->step([](std::span<const float>) { return true; }));
    if (proof == ProofMode::kStrict) {
      EXPECT_GT(model_->requests.size(), 1U);
    }
  }
}

// A model without heads costs nothing and changes nothing.
TEST_F(WordByWord, WithoutGoodHeadsNothingIsAskedOrProven) {
  Pipeline pipeline = speaker({"shine "}, ProofMode::kStrict);
  model_->quality = 0.3;
  for (const align::WordTime& word : words_of(pipeline))
    EXPECT_EQ(word.source, align::Source::kEstimate);
  ASSERT_EQ(model_->requests.size(), 1U);
  EXPECT_FALSE(model_->requests[0].text_rows);
}

}  // namespace
}  // namespace orpheus::speech
