#include "speech/pipeline.h"

#include <algorithm>
#include <cmath>
#include <deque>
#include <utility>

#include "base/philox.h"
#include "prompt/prompt.h"
#include "snac/noise.h"
#include "snac/stream.h"
#include "speech/joiner.h"
#include "speech/piece_reader.h"
#include "speech/speaking_time.h"
#include "speech/tempo.h"

namespace orpheus::speech {
namespace {

// Every piece draws numbers of its own, and so does what it goes on with behind a loop; the first
// piece those of the request's seed.
uint64_t seed_of(uint64_t seed, size_t piece, uint64_t take) {
  if (piece == 0 && take == 0) return seed;
  const auto words = philox(seed, piece, 0x7069656365ULL + take);  // "piece"
  // 63 bits: more than a server elsewhere takes would be another seed there.
  return ((static_cast<uint64_t>(words[0]) << 32U) | words[1]) >> 1U;
}

int tokens_in(double seconds) {
  const double frames = std::ceil(seconds * kSampleRateHz / kSamplesPerFrame);
  return static_cast<int>(frames) * prompt::kSlotsPerFrame;
}

}  // namespace

Pipeline::Pipeline(Parts parts, const Options& options)
    : parts_(std::move(parts)), options_(options) {}

Result<void> Pipeline::check(const Request& request) const {
  ORPHEUS_CHECK(script(request));
  return {};
}

Result<Script> Pipeline::script(const Request& request) const {
  return write_script(request, parts_.voices, parts_.habits, options_);
}

// One request while it is spoken: the piece that is heard and those that are made meanwhile.
class Pipeline::Speech {
 public:
  Speech(Pipeline& pipeline, const Script& script, const Request& request, const SampleSink& sink)
      : parts_(pipeline.parts_), options_(pipeline.options_), script_(script), request_(request) {
    give_ = [this, &sink](std::span<const float> samples) {
      summary_.num_samples += static_cast<int64_t>(samples.size());
      return sink(samples);
    };
  }

  Result<Summary> speak() {
    if (!joiner_.begin(script_.lead_ms, give_)) return fail(heard_enough());
    for (size_t piece = 0; piece < script_.pieces.size(); ++piece) {
      ORPHEUS_CHECK(hear(piece));
      joiner_.end_piece(script_.pieces[piece].end, script_.pieces[piece].pause_ms);
    }
    if (!joiner_.finish(give_)) return fail(heard_enough());
    return summary_;
  }

 private:
  // Decodes one piece as its frames come, and keeps those after it going.
  Result<void> hear(size_t piece) {
    if (ahead_.empty()) ORPHEUS_CHECK(start_next());
    PieceReader reader = std::move(ahead_.front());
    ahead_.pop_front();
    if (request_.on_piece) {
      request_.on_piece({.index = piece,
                         .count = script_.pieces.size(),
                         .text = script_.pieces[piece].text.text(),
                         .first_sample = summary_.num_samples,
                         .voice = script_.pieces[piece].voice.name,
                         .spanned = &script_.pieces[piece].text});
    }
    bool sounds = piece > 0;
    const double rate = script_.pieces[piece].rate;
    Tempo tempo(rate);
    std::vector<float> stretched;
    const snac::SampleSink join = [&](std::span<const float> samples) {
      sounds = true;
      if (rate == 1.0) return joiner_.push(samples, give_);
      stretched.clear();
      tempo.push(samples, stretched);
      return joiner_.push(stretched, give_);
    };
    std::unique_ptr<snac::Stream> stream;
    while (true) {
      if (sounds) ORPHEUS_CHECK(keep_ahead());
      ORPHEUS_TRY(const auto frame, reader.next_frame());
      if (!frame) break;
      if (!stream) stream = parts_.decoder->stream(snac::seeded_noise(reader.seed()));
      ORPHEUS_CHECK(stream->push({&*frame, 1}, join));
    }
    summary_.num_prompt_tokens += reader.num_prompt_tokens();
    summary_.num_audio_tokens += reader.num_tokens();
    if (!stream) return {};
    ORPHEUS_CHECK(stream->finish(join));
    if (rate == 1.0) return {};
    stretched.clear();
    tempo.finish(stretched);
    return joiner_.push(stretched, give_) ? Result<void>() : fail(heard_enough());
  }

  Result<void> keep_ahead() {
    while (ahead_.size() + 1 < options_.max_parallel_pieces && next_ < script_.pieces.size())
      ORPHEUS_CHECK(start_next());
    for (PieceReader& reader : ahead_) reader.read_ahead();
    return {};
  }

  Result<void> start_next() {
    const size_t piece = next_++;
    const std::string& text = script_.pieces[piece].text.text();
    const std::string& voice = script_.pieces[piece].voice.name;
    PieceReader::Takes takes;
    takes.first.spoken = voice + ": " + text;
    if (parts_.tokenizer) {
      ORPHEUS_TRY(takes.first.prompt,
                  prompt::build_prompt(*parts_.tokenizer, parts_.layout, voice, text));
    }
    takes.first.sampling = request_.sampling;
    takes.first.sampling.seed = seed_of(request_.sampling.seed, piece, 0);
    takes.seed_of_second = seed_of(request_.sampling.seed, piece, 1);
    const bool ends_by_itself = parts_.ending == Ending::kByItself;
    const int bound = tokens_in(ends_by_itself ? longest_seconds(text) : usual_seconds(text));
    takes.may_run_away = ends_by_itself && bound <= request_.max_tokens;
    takes.goes_on_from_tokens = parts_.language_model->goes_on_from_tokens();
    takes.first.max_tokens = std::min(request_.max_tokens, bound);
    takes.first.ignore_stop = !ends_by_itself;  // it would end by chance
    takes.first.continues_speech = piece > 0;
    takes.first.cancel = request_.cancel;
    ORPHEUS_TRY(auto reader,
                PieceReader::start(*parts_.language_model, std::move(takes), parts_.layout));
    ahead_.push_back(std::move(reader));
    return {};
  }

  static Error heard_enough() {
    return {.kind = ErrorKind::kCancelled, .what = "the listener left"};
  }

  const Parts& parts_;
  const Options& options_;
  const Script& script_;
  const Request& request_;
  Joiner::Sink give_;
  Joiner joiner_;
  std::deque<PieceReader> ahead_;  // in the text's order
  size_t next_ = 0;                // the piece to start next
  Summary summary_;
};

Result<Summary> Pipeline::speak(const Request& request, const SampleSink& sink) {
  ORPHEUS_TRY(const Script script, this->script(request));
  ORPHEUS_TRY(const Summary summary, Speech(*this, script, request, sink).speak());
  if (summary.num_samples == 0) {
    return fail({.kind = ErrorKind::kUnavailable,
                 .what = "the language model made no sound",
                 .expected = "audio tokens",
                 .found = std::to_string(summary.num_audio_tokens) + " of them",
                 .remedy = "Try another seed, or check that the model is an Orpheus voice."});
  }
  return summary;
}

}  // namespace orpheus::speech
