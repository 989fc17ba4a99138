#include "speech/proven_piece.h"

#include <algorithm>
#include <iterator>
#include <utility>

#include "base/log.h"

namespace orpheus::speech {
namespace {

int first_word_of(const std::vector<align::TextRow>& rows) {
  const auto row = std::find_if(rows.begin(), rows.end(), [](const align::TextRow& candidate) {
    return candidate.word >= 0;
  });
  return row == rows.end() ? 0 : row->word;
}

}  // namespace

std::vector<align::WordTime> times_of(std::span<const HeardWord> heard,
                                      std::span<const text::Word> words,
                                      const text::Spanned& spoken) {
  std::vector<align::WordTime> times;
  times.reserve(heard.size());
  for (const HeardWord& one : heard) {
    const text::Word& word = words[static_cast<size_t>(one.word)];
    times.push_back({.word = spoken.text().substr(word.text.begin, word.text.size()),
                     .text = word.text,
                     .origin = word.origin,
                     .begin = int64_t{one.begin} * align::kSamplesPerHalf,
                     .end = int64_t{one.end} * align::kSamplesPerHalf,
                     .confidence = one.confidence,
                     .source = align::Source::kAttention,
                     .is_remade = one.is_remade,
                     .is_missing = one.is_missing});
  }
  return times;
}

ProvenPiece::Take::Take(PieceReader new_reader, std::vector<align::TextRow> rows,
                        align::Surprise surprise, bool is_of_remade)
    : reader(std::move(new_reader)),
      judge(rows, surprise),
      next_word(first_word_of(rows)),
      is_remade(is_of_remade) {
  if (!rows.empty()) track.emplace(std::move(rows));
}

ProvenPiece::ProvenPiece(lm::LanguageModel& model, Plan plan, const prompt::TokenLayout& layout)
    : model_(&model), plan_(std::move(plan)), layout_(layout) {}

Result<ProvenPiece> ProvenPiece::start(lm::LanguageModel& model, Plan plan,
                                       const prompt::TokenLayout& layout) {
  ProvenPiece piece(model, std::move(plan), layout);
  ORPHEUS_CHECK(piece.begin_take(0));
  piece.seed_ = piece.take_->reader.seed();
  return piece;
}

Result<void> ProvenPiece::begin_take(int first_word) {
  take_.reset();  // frees its sequence first
  ++take_number_;
  ORPHEUS_TRY(Part part, plan_.part(first_word, take_number_, num_tokens_));
  if (take_number_ > 0) part.takes.first.continues_speech = true;
  if (take_number_ > 0 && part.takes.first.max_tokens < prompt::kSlotsPerFrame) {
    has_ended_ = true;  // the request allows no further frame
    return {};
  }
  // A piece that the request ends early, or that cannot be followed, has nothing to prove.
  is_proving_ = plan_.mode != ProofMode::kOff && part.takes.may_run_away && !part.rows.empty();
  ORPHEUS_TRY(auto reader, PieceReader::start(*model_, std::move(part.takes), layout_));
  take_ = std::make_unique<Take>(std::move(reader), std::move(part.rows), plan_.surprise,
                                 take_number_ > 0);
  num_released_ = 0;
  return {};
}

Result<std::optional<codes::Frame>> ProvenPiece::next_frame() {
  while (ready_.empty() && !has_ended_) {
    if (const auto read = read_frame(); !read) {
      error_ = read.error();
      has_ended_ = true;
    }
  }
  if (ready_.empty()) {
    if (error_) return fail(*error_);
    return std::optional<codes::Frame>();
  }
  const codes::Frame frame = ready_.front();
  ready_.pop_front();
  return std::optional(frame);
}

bool ProvenPiece::ready() {
  while (ready_.empty() && !has_ended_ && take_->reader.ready()) {
    if (const auto read = read_frame(); !read) {
      error_ = read.error();
      has_ended_ = true;
    }
  }
  return !ready_.empty() || has_ended_;
}

void ProvenPiece::read_ahead() {
  while (!has_ended_ && take_->reader.ready()) {
    if (const auto read = read_frame(); !read) {
      error_ = read.error();
      has_ended_ = true;
    }
  }
}

std::vector<HeardWord> ProvenPiece::take_words() { return std::exchange(ready_words_, {}); }

Result<void> ProvenPiece::read_frame() {
  ORPHEUS_TRY(const auto frame, take_->reader.next_frame());
  if (!frame) return end_take();
  take_->frames.push_back(*frame);
  ++take_->num_frames;
  has_begun_ = true;
  if (take_->track) {
    take_->track->push(take_->reader.evidence());
    follow();
  }
  return is_proving_ && plan_.mode == ProofMode::kStrict ? Result<void>() : prove_so_far();
}

// Takes what the track has found.
void ProvenPiece::follow() {
  while (const auto spoken = take_->track->next()) {
    take_->judge.add(*spoken);
    place(*spoken);
  }
  if (take_->track->current()) take_->judge.look_at(*take_->track->current());
}

void ProvenPiece::place(const align::SpokenWord& spoken) {
  if (spoken.word < take_->next_word) return;  // a pause, or a word that was placed
  const float share = static_cast<float>(spoken.share) / static_cast<float>(align::kWhole);
  int begin = spoken.begin;
  const int letters = take_->judge.num_letters(take_->next_word, spoken.word);
  if (letters == 0 || letters >= align::kLeastLetters) place_missing(spoken.word, begin);
  // Words that are too short for the path are spoken before this one.
  for (; take_->next_word < spoken.word; ++take_->next_word) {
    const int end = begin + 1 < spoken.end ? begin + 1 : begin;
    take_->words.push_back({.word = take_->next_word,
                            .begin = begin,
                            .end = end,
                            .confidence = share / 2,
                            .is_remade = take_->is_remade});
    begin = end;
  }
  take_->words.push_back({.word = spoken.word,
                          .begin = begin,
                          .end = spoken.end,
                          .confidence = share,
                          .is_remade = take_->is_remade});
  ++take_->next_word;
}

// The next words up to the one before end_word are not in the sound. Of a word without letters,
// such as a sound tag, that is not known: the model need not look at it.
void ProvenPiece::place_missing(int end_word, int half) {
  for (; take_->next_word < end_word; ++take_->next_word) {
    take_->words.push_back(
        {.word = take_->next_word,
         .begin = half,
         .end = half,
         .is_remade = take_->is_remade,
         .is_missing = take_->judge.num_letters(take_->next_word, take_->next_word + 1) > 0});
  }
}

bool ProvenPiece::fails() const {
  return is_proving_ && take_->judge.verdict().fault != align::Fault::kNone &&
         take_->judge.is_sure();
}

// kOn and kOff: what may go out after this frame.
Result<void> ProvenPiece::prove_so_far() {
  if (is_proving_ && take_->judge.is_unsure()) is_proving_ = false;
  if (fails()) {
    if (has_more_takes()) return cut_and_go_on();
    is_proving_ = false;
  }
  const int num_free = num_before_ == 0 ? plan_.num_free_frames : 0;
  const int num_proven = take_->judge.verdict().proven_halves / align::kHalvesPerFrame;
  release(is_proving_ ? std::max(num_free, num_proven) : take_->num_frames);
  return {};
}

Result<void> ProvenPiece::cut_and_go_on() {
  const align::Verdict verdict = take_->judge.verdict();
  if (plan_.counts) plan_.counts->count_remade(verdict.fault);
  log::debug("a piece of the text failed at word {} ({}); it is made anew from there",
             verdict.word + 1, align::name_of(verdict.fault));
  const int num_free = num_before_ == 0 ? plan_.num_free_frames : 0;
  const int num_proven =
      (verdict.proven_halves + align::kHalvesPerFrame - 1) / align::kHalvesPerFrame;
  std::erase_if(take_->words,
                [&](const HeardWord& word) { return word.word > verdict.last_proven; });
  release(std::max(num_free, num_proven));
  num_tokens_ += num_released_ * prompt::kSlotsPerFrame;
  num_prompt_tokens_ += take_->reader.num_prompt_tokens();
  num_before_ += num_released_;
  if (verdict.last_proven + 1 >= plan_.num_words) {
    if (plan_.counts) plan_.counts->count_piece(align::Fault::kNone, true);
    verdict_ = {.last_proven = verdict.last_proven, .proven_halves = verdict.proven_halves};
    is_sure_ = true;
    take_.reset();
    has_ended_ = true;
    return {};
  }
  verdict_ = verdict;
  is_sure_ = true;
  ORPHEUS_CHECK(begin_take(verdict.last_proven + 1));
  if (has_ended_ && plan_.counts) plan_.counts->count_piece(verdict.fault, true);
  return {};
}

Result<void> ProvenPiece::end_take() {
  if (take_->track) {
    take_->track->finish();
    follow();
    take_->judge.finish();
    if (take_->judge.is_sure() && take_->judge.verdict().ends_early)
      place_missing(plan_.num_words, take_->num_frames * align::kHalvesPerFrame);
  }
  if (is_proving_ && plan_.mode == ProofMode::kStrict) return prove_whole();
  if (fails() && has_more_takes()) return cut_and_go_on();
  end_piece();
  return {};
}

// kStrict: a take has ended.
Result<void> ProvenPiece::prove_whole() {
  if (fails() && has_more_takes()) {
    const align::Verdict verdict = take_->judge.verdict();
    if (plan_.counts) plan_.counts->count_remade(verdict.fault);
    log::debug("a piece of the text failed at word {} ({}); it is made anew", verdict.word + 1,
               align::name_of(verdict.fault));
    num_prompt_tokens_ += take_->reader.num_prompt_tokens();
    if (!best_ || verdict.num_faults < best_->judge.verdict().num_faults) best_ = std::move(take_);
    return begin_take(0);
  }
  const align::Verdict& last = take_->judge.verdict();
  const bool is_faulty = last.fault != align::Fault::kNone;
  if (best_ && is_faulty && best_->judge.verdict().num_faults <= last.num_faults)
    take_ = std::move(best_);
  end_piece();
  return {};
}

void ProvenPiece::end_piece() {
  verdict_ = take_->judge.verdict();
  is_sure_ = take_->judge.is_sure();
  const align::Fault fault = verdict_.fault;
  if (plan_.counts && plan_.mode != ProofMode::kOff && take_->track) {
    plan_.counts->count_piece(fault, is_sure_);
    if (fault != align::Fault::kNone && is_sure_) {
      log::debug("a piece of the text failed at word {} ({}) and is kept", verdict_.word + 1,
                 align::name_of(fault));
    }
  }
  num_tokens_ += take_->reader.num_tokens();
  num_prompt_tokens_ += take_->reader.num_prompt_tokens();
  is_proving_ = false;  // all words go out
  release(take_->num_frames);
  take_.reset();
  best_.reset();
  has_ended_ = true;
}

// Hands out the take's frames up to this one, and their words.
void ProvenPiece::release(int num_frames) {
  num_frames = std::min(num_frames, take_->num_frames);
  for (; num_released_ < num_frames; ++num_released_) {
    ready_.push_back(take_->frames.front());
    take_->frames.pop_front();
  }
  const int shift = num_before_ * align::kHalvesPerFrame;
  // Of the free frames, words that are not proven wait: the next take may say them.
  const int last_word = is_proving_ ? take_->judge.verdict().last_proven : plan_.num_words;
  const auto behind = std::find_if(take_->words.begin(), take_->words.end(), [&](const auto& word) {
    return word.end > num_released_ * align::kHalvesPerFrame || word.word > last_word;
  });
  for (auto word = take_->words.begin(); word != behind; ++word) {
    ready_words_.push_back({.word = word->word,
                            .begin = word->begin + shift,
                            .end = word->end + shift,
                            .confidence = word->confidence,
                            .is_remade = word->is_remade,
                            .is_missing = word->is_missing});
  }
  take_->words.erase(take_->words.begin(), behind);
}

}  // namespace orpheus::speech
