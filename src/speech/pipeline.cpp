#include "speech/pipeline.h"

#include <algorithm>
#include <cmath>
#include <deque>
#include <iterator>
#include <utility>

#include <spdlog/fmt/fmt.h>

#include "align/words.h"
#include "base/philox.h"
#include "lm/check_sampling.h"
#include "prompt/prompt.h"
#include "snac/listener.h"
#include "snac/noise.h"
#include "snac/stream.h"
#include "speech/joiner.h"
#include "speech/piece_words.h"
#include "speech/prompt_rows.h"
#include "speech/proven_piece.h"
#include "speech/speaking_time.h"
#include "speech/tempo.h"

namespace orpheus::speech {
namespace {

// Derives the seed of a piece. Each piece has its own, and another after a loop. The first piece
// has the request's seed.
uint64_t seed_of(uint64_t seed, size_t piece, uint64_t take) {
  if (piece == 0 && take == 0) return seed;
  const auto words = philox(seed, piece, 0x7069656365ULL + take);  // "piece"
  // 63 bits: a remote server would change a larger seed.
  return ((static_cast<uint64_t>(words[0]) << 32U) | words[1]) >> 1U;
}

int tokens_in(double seconds) {
  const double frames = std::ceil(seconds * kSampleRateHz / kSamplesPerFrame);
  return static_cast<int>(frames) * prompt::kSlotsPerFrame;
}

// The first frames of a speech that is heard while it is made go out before they are proven: 1 s.
constexpr int kFreeFrames = 12;

// The time for which one sequence can speak. It is the same on every machine, because a seed's
// samples depend on it, except where the language model's context is shorter than every plan makes
// it by itself.
double longest_piece_seconds(int context_tokens) {
  constexpr int kLeastPlanned = 4096;
  constexpr int kPrompt = 300;  // tokens: 400 letters, the voice's name and the signs around them
  constexpr double kLeast = kLongestStart + 6;  // a few words, and tags are not cut
  const int num_tokens =
      context_tokens > 0 ? std::min(context_tokens, kLeastPlanned) : kLeastPlanned;
  const int num_frames = (num_tokens - std::min(kPrompt, num_tokens / 4)) / prompt::kSlotsPerFrame;
  return std::max(kLeast, static_cast<double>(num_frames) * kSamplesPerFrame / kSampleRateHz);
}

}  // namespace

Pipeline::Pipeline(Parts parts, const Options& options)
    : parts_(std::move(parts)), options_(options) {
  options_.max_piece_seconds = std::min(
      options_.max_piece_seconds, longest_piece_seconds(parts_.language_model->context_tokens()));
}

Result<void> Pipeline::check(const Request& request) const {
  ORPHEUS_CHECK(check_settings(request));
  if (request.live) {
    ORPHEUS_CHECK(voice_for(request));
  } else {
    ORPHEUS_CHECK(script(request));
  }
  return {};
}

Result<void> Pipeline::check_settings(const Request& request) const {
  if (request.max_tokens < prompt::kSlotsPerFrame) {
    return fail({.kind = ErrorKind::kUsage,
                 .what = "max_tokens is too small for one frame of sound",
                 .expected = std::to_string(prompt::kSlotsPerFrame) + " or more",
                 .found = std::to_string(request.max_tokens)});
  }
  return lm::check_sampling(request.sampling.over(parts_.language_model->usual_sampling()));
}

Result<Script> Pipeline::script(const Request& request) const {
  return write_script(request, parts_.voices, parts_.habits, options_);
}

// One request while it is spoken: the piece that is heard, and pieces that are generated ahead. The
// pieces of a live text are added while it arrives.
class Pipeline::Spoken : public Speech {
 public:
  Spoken(const Pipeline& pipeline, Script script, Request request, std::function<void()> wake,
         const Following& following)
      : parts_(pipeline.parts_),
        options_(pipeline.options_),
        proof_counts_(pipeline.proof_counts_),
        proof_(following.proof),
        surprise_(following.surprise),
        follows_(following.follows),
        lead_ms_(script.lead_ms),
        pieces_(std::make_move_iterator(script.pieces.begin()),
                std::make_move_iterator(script.pieces.end())),
        request_(std::move(request)),
        wake_(std::move(wake)),
        playback_(request_.playback ? request_.playback : std::make_shared<lm::Playback>()),
        listener_(std::make_shared<const snac::Listener>(
            snac::Listener{.seconds_in_hand =
                               [playback = playback_](lm::Playback::Clock::time_point now) {
                                 return lm::seconds_in_hand(playback->position(), now);
                               },
                           .wake = wake_})),
        is_open_(request_.live != nullptr) {
    if (request_.live) request_.live->on_news(wake_);
    playback_->set_open(is_open_);
    if (request_.is_heard_live) joiner_.shorten_start(options_.live_silence_ms);
  }

  Result<State> step(const SampleSink& sink) override {
    if (request_.cancel.cancelled()) return fail(heard_enough());
    const Joiner::Sink give = [&](std::span<const float> samples) {
      if (summary_.first_sound_tokens == 0 && !samples.empty())
        summary_.first_sound_tokens = num_frames_heard_ * prompt::kSlotsPerFrame;
      summary_.num_samples += static_cast<int64_t>(samples.size());
      playback_->send(static_cast<double>(samples.size()) / kSampleRateHz);
      return sink(samples);
    };
    if (is_open_) ORPHEUS_CHECK(take_text());
    if (!heard_ && next_heard_ == pieces_.size())
      return is_open_ ? State::kWaitsForText : end_speech(give);
    if (next_heard_ == 0 && !joiner_.begin(lead_ms_, give)) return fail(heard_enough());
    if (!heard_) ORPHEUS_CHECK(hear_next());
    const bool proves_first = proof_ == ProofMode::kStrict && heard_->has_begun();
    if (sounds_ || proves_first) ORPHEUS_CHECK(keep_ahead());
    if (stream_) {
      ORPHEUS_TRY(const bool is_computing, stream_->take(joined(give)));
      if (is_computing) return State::kWaits;
    }
    ORPHEUS_TRY(const bool has_read, read_frames(joined(give)));
    if (words_) tell_words(words_->take(joiner_.piece_offset()));
    if (stream_) {
      ORPHEUS_TRY(const bool is_computing, stream_->begin_window());
      if (is_computing) return State::kWaits;
    }
    if (!is_read_) return has_read ? State::kMore : State::kWaits;
    ORPHEUS_CHECK(end_piece(give));
    return next_heard_ < pieces_.size() || is_open_ ? State::kMore : end_speech(give);
  }

  Summary summary() const override { return summary_; }

 private:
  // Adds the pieces of what has arrived.
  Result<void> take_text() {
    const LiveText::News news = request_.live->take();
    for (const LiveText::Stretch& stretch : news.stretches) {
      ORPHEUS_TRY(Script script,
                  write_script(stretch, request_, parts_.voices, parts_.habits, options_));
      add_pause(script.lead_ms);
      std::move(script.pieces.begin(), script.pieces.end(), std::back_inserter(pieces_));
    }
    is_open_ = !news.has_ended;
    playback_->set_open(is_open_);
    return {};
  }

  // A pause that the text sets before its next piece.
  void add_pause(int64_t pause_ms) {
    if (pause_ms == 0) return;
    if (pieces_.empty()) {
      lead_ms_ += pause_ms;
    } else if (!heard_ && next_heard_ == pieces_.size()) {
      joiner_.end_piece(text::PieceEnd::kWord, pause_ms);
    } else {
      pieces_.back().pause_ms += pause_ms;
    }
  }

  Result<State> end_speech(const Joiner::Sink& give) {
    if (pieces_.empty()) return fail(nothing_to_speak(request_.live->text()));
    if (!joiner_.finish(give)) return fail(heard_enough());
    if (summary_.num_samples == 0) return fail(no_sound());
    return State::kDone;
  }

  snac::SampleSink joined(const Joiner::Sink& give) {
    return [this, &give](std::span<const float> samples) {
      sounds_ = true;
      if (pieces_[next_heard_ - 1].rate == 1.0) return join(samples, give);
      stretched_.clear();
      tempo_->push(samples, stretched_);
      return join(stretched_, give);
    };
  }

  bool join(std::span<const float> samples, const Joiner::Sink& give) {
    if (words_) words_->push(samples);
    return joiner_.push(samples, give);
  }

  void tell_words(const std::vector<align::WordTime>& words) {
    if (words.empty()) return;
    end_of_words_ = words.back().end;
    request_.on_words({.piece = next_heard_ - 1, .words = words});
  }

  // Passes frames that are ready, or the end of the piece, on to the codec. False: none is ready.
  Result<bool> read_frames(const snac::SampleSink& sink) {
    size_t num_read = 0;
    while (!is_read_ && heard_->ready()) {
      ORPHEUS_TRY(const auto frame, heard_->next_frame());
      place_words();
      ++num_read;
      is_read_ = !frame;
      if (!frame) {
        if (stream_) ORPHEUS_CHECK(stream_->finish(sink));
        break;
      }
      if (!stream_)
        stream_ = parts_.decoder->stream_for(listener_, snac::seeded_noise(heard_->seed()));
      ++num_frames_heard_;
      ORPHEUS_CHECK(stream_->push({&*frame, 1}, sink));
      if (num_read >= stream_->frames_per_push()) break;
    }
    return num_read > 0;
  }

  // Tells the words that the language model heard.
  void place_words() {
    if (!words_) return;
    words_->place(times_of(heard_->take_words(), words_->words(), pieces_[next_heard_ - 1].text));
  }

  const std::string& language_of(const ScriptPiece& piece) const {
    return request_.language.empty() ? piece.voice.language : request_.language;
  }

  // Turns to the next piece of the text.
  Result<void> hear_next() {
    if (ahead_.empty()) ORPHEUS_CHECK(start_next());
    heard_.emplace(std::move(ahead_.front()));
    ahead_.pop_front();
    const size_t piece = next_heard_++;
    playback_->begin_piece(piece);
    sounds_ = piece > 0;
    if (request_.on_piece) {
      request_.on_piece({.index = piece,
                         .count = pieces_.size(),
                         .text = pieces_[piece].text.text(),
                         .first_sample = summary_.num_samples,
                         .voice = pieces_[piece].voice.name,
                         .language = language_of(pieces_[piece]),
                         .spanned = &pieces_[piece].text});
    }
    tempo_.emplace(pieces_[piece].rate);
    if (request_.on_words)
      words_.emplace(pieces_[piece].text, language_of(pieces_[piece]), pieces_[piece].rate,
                     end_of_words_);
    return {};
  }

  Result<void> end_piece(const Joiner::Sink& give) {
    summary_.num_prompt_tokens += heard_->num_prompt_tokens();
    summary_.num_audio_tokens += heard_->num_tokens();
    const ScriptPiece& piece = pieces_[next_heard_ - 1];
    if (stream_ && piece.rate != 1.0) {
      stretched_.clear();
      tempo_->finish(stretched_);
      if (!join(stretched_, give)) return fail(heard_enough());
    }
    if (words_) tell_words(words_->finish(joiner_.piece_offset(), summary_.num_samples));
    words_.reset();
    stream_.reset();
    is_read_ = false;
    heard_.reset();
    joiner_.end_piece(piece.end, piece.pause_ms);
    return {};
  }

  Result<void> keep_ahead() {
    while (ahead_.size() + 1 < options_.max_parallel_pieces && next_ < pieces_.size())
      ORPHEUS_CHECK(start_next());
    for (ProvenPiece& piece : ahead_) piece.read_ahead();
    return {};
  }

  Result<void> start_next() {
    const size_t piece = next_++;
    auto words = std::make_shared<const std::vector<text::Word>>(
        follows_ ? align::words_in(pieces_[piece].text, language_of(pieces_[piece]))
                 : std::vector<text::Word>());
    ProvenPiece::Plan plan;
    plan.mode = proof_;
    plan.num_words = static_cast<int>(words->size());
    plan.num_free_frames = piece == 0 ? kFreeFrames : 0;
    plan.surprise = surprise_;
    plan.part = [this, piece, words](int first_word, int take, int num_tokens) {
      return part_of(piece, *words, static_cast<size_t>(first_word), static_cast<uint64_t>(take),
                     request_.max_tokens - num_tokens);
    };
    plan.counts = proof_counts_;
    ORPHEUS_TRY(auto proven,
                ProvenPiece::start(*parts_.language_model, std::move(plan), parts_.layout));
    ahead_.push_back(std::move(proven));
    return {};
  }

  // The request for a piece's text, from a word on, with at most max_tokens.
  Result<ProvenPiece::Part> part_of(size_t piece, const std::vector<text::Word>& words,
                                    size_t first_word, uint64_t take, int max_tokens) const {
    const size_t begin = first_word == 0 ? 0 : words[first_word].text.begin;
    const std::string text = pieces_[piece].text.text().substr(begin);
    const std::string prefix = pieces_[piece].voice.name + ": ";
    ProvenPiece::Part part;
    PieceReader::Takes& takes = part.takes;
    takes.first.spoken = prefix + text;
    if (parts_.tokenizer) {
      ORPHEUS_TRY(takes.first.prompt, prompt::build_prompt(*parts_.tokenizer, parts_.layout,
                                                           pieces_[piece].voice.name, text));
    }
    if (!words.empty()) {
      std::vector<text::Word> left(words.begin() + static_cast<std::ptrdiff_t>(first_word),
                                   words.end());
      for (text::Word& word : left) word.text = {word.text.begin - begin, word.text.end - begin};
      part.rows = ask_for_attention(takes.first, *parts_.tokenizer, prefix, text, left);
      for (align::TextRow& row : part.rows)
        if (row.word >= 0) row.word += static_cast<int>(first_word);
    }
    takes.first.sampling = request_.sampling;
    takes.first.sampling.seed = seed_of(request_.sampling.seed, piece, 2 * take);
    takes.seed_of_second = seed_of(request_.sampling.seed, piece, 2 * take + 1);
    const bool ends_by_itself = parts_.ending == Ending::kByItself;
    const int bound = tokens_in(ends_by_itself ? longest_seconds(text)
                                               : usual_seconds(text, parts_.characters_per_second));
    takes.may_run_away = ends_by_itself && bound <= max_tokens;
    takes.goes_on_from_tokens = parts_.language_model->goes_on_from_tokens();
    takes.first.max_tokens = std::min({max_tokens, bound, room_for_speech(takes.first)});
    takes.first.ignore_stop = !ends_by_itself;  // random weights would end by chance
    takes.first.continues_speech = piece > 0;
    takes.first.playback = playback_;
    takes.first.piece = piece;
    takes.first.listener = request_.listener;
    takes.first.wake = wake_;
    takes.first.cancel = request_.cancel;
    return part;
  }

  // The tokens that fit into the context behind a prompt; at least one, so that the model says what
  // is wrong.
  int room_for_speech(const lm::GenerateRequest& request) const {
    const int context = parts_.language_model->context_tokens();
    return context == 0 ? request_.max_tokens
                        : std::max(1, context - static_cast<int>(request.prompt.size()));
  }

  static Error heard_enough() {
    return {.kind = ErrorKind::kCancelled, .what = "the request was cancelled"};
  }

  Error no_sound() const {
    return {.kind = ErrorKind::kUnavailable,
            .what = "the language model produced no sound",
            .expected = "audio tokens",
            .found = std::to_string(summary_.num_audio_tokens) + " audio tokens",
            .remedy = "Try another seed, or check that the model is an Orpheus voice."};
  }

  const Parts& parts_;
  const Options& options_;
  const std::shared_ptr<ProofCounts> proof_counts_;
  const ProofMode proof_;
  const align::Surprise surprise_;
  const bool follows_;
  int64_t lead_ms_;                 // silence before the first piece
  std::deque<ScriptPiece> pieces_;  // of the text, as far as it has arrived
  const Request request_;
  const std::function<void()> wake_;
  const std::shared_ptr<lm::Playback> playback_;
  const std::shared_ptr<const snac::Listener> listener_;  // for the codec
  bool is_open_;                                          // more pieces may come
  std::optional<ProvenPiece> heard_;
  std::unique_ptr<snac::Stream> stream_;  // of the piece that is heard, from its first frame
  bool is_read_ = false;                  // all of its frames were given to the codec
  bool sounds_ = false;                   // the current piece or an earlier one has sounded
  std::optional<Tempo> tempo_;            // of the piece that is heard
  std::vector<float> stretched_;          // the last output of tempo_
  std::optional<PieceWords> words_;       // of the piece that is heard, if they are wanted
  int64_t end_of_words_ = 0;              // that were told; samples of the speech
  Joiner joiner_;
  std::deque<ProvenPiece> ahead_;  // in the text's order
  int num_frames_heard_ = 0;       // given to the codec
  size_t next_heard_ = 0;          // the piece to turn to next
  size_t next_ = 0;                // the piece to start next
  Summary summary_;
};

Result<std::unique_ptr<Speech>> Pipeline::begin(Request request, std::function<void()> wake) {
  ORPHEUS_CHECK(check_settings(request));
  Script script;
  if (request.live) {
    ORPHEUS_CHECK(voice_for(request));
  } else {
    ORPHEUS_TRY(script, this->script(request));
  }
  const Following following = following_of(request);
  return std::make_unique<Spoken>(*this, std::move(script), std::move(request), std::move(wake),
                                  following);
}

// Whether the model's file names its heads does not change, so that a seed gives the same samples.
// A proof that was asked for had its heads found by prepare_proof().
Pipeline::Following Pipeline::following_of(const Request& request) const {
  if (!may_follow_words()) return {};
  lm::LanguageModel& model = *parts_.language_model;
  if (request.on_words) model.seek_alignment();
  const lm::KnownAlignment known = model.known_alignment();
  if (known.quality < lm::kGoodAlignment) return {};
  ProofMode proof = options_.proof;
  if (proof == ProofMode::kAuto) {
    proof = !known.is_named         ? ProofMode::kOff
            : request.is_heard_live ? ProofMode::kOn
                                    : ProofMode::kStrict;
  }
  return {.proof = proof,
          .surprise = known.is_named ? align::Surprise::kCounts : align::Surprise::kIsIgnored,
          .follows = proof != ProofMode::kOff || request.on_words};
}

// Random weights babble, and a remote model has no attention to follow.
bool Pipeline::may_follow_words() const {
  return parts_.tokenizer && parts_.ending == Ending::kByItself;
}

void Pipeline::prepare_words() {
  if (may_follow_words()) parts_.language_model->alignment_quality();
}

Result<void> Pipeline::prepare_proof() {
  if (options_.proof != ProofMode::kOn && options_.proof != ProofMode::kStrict) return {};
  const double quality = may_follow_words() ? parts_.language_model->alignment_quality() : 0.0;
  if (quality >= lm::kGoodAlignment) return {};
  return fail({.kind = ErrorKind::kUnsupported,
               .what = fmt::format("the words of '{}' cannot be proven: no attention of the "
                                   "language model follows the text",
                                   parts_.model_name),
               .expected = fmt::format("alignment heads of a quality of {:.2f} or more",
                                       lm::kGoodAlignment),
               .found = fmt::format("{:.2f}", quality),
               .remedy = "Use --proof auto, which proves the words of voices that allow it, or "
                         "--proof off."});
}

}  // namespace orpheus::speech
