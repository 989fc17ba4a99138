#include "speech/pipeline.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "base/philox.h"
#include "base/utf8.h"
#include "codes/frame.h"
#include "prompt/prompt.h"
#include "snac/noise.h"
#include "snac/stream.h"
#include "text/split.h"

namespace orpheus::speech {
namespace {

// How fast the voices speak, for those that do not stop by themselves.
constexpr double kCodePointsPerSecond = 15.0;
constexpr double kLeastSeconds = 1.0;

// Every piece draws numbers of its own; the first piece those of the request's seed.
uint64_t seed_of_piece(uint64_t seed, size_t piece) {
  if (piece == 0) return seed;
  const auto words = philox(seed, piece, 0x7069656365ULL);  // "piece"
  return (static_cast<uint64_t>(words[0]) << 32U) | words[1];
}

}  // namespace

// What a request says, ready to be spoken.
struct Pipeline::Script {
  prompt::Voice voice;
  std::vector<std::string> pieces;
};

Pipeline::Pipeline(Parts parts, const Options& options)
    : parts_(std::move(parts)), options_(options) {}

Result<void> Pipeline::check(const Request& request) const {
  ORPHEUS_TRY([[maybe_unused]] const Script script, prepare(request));
  return {};
}

Result<Pipeline::Script> Pipeline::prepare(const Request& request) const {
  ORPHEUS_TRY(const std::string normalised, text::normalise(request.text));
  const size_t length = count_code_points(normalised);
  if (length > options_.max_text_code_points) {
    return fail(
        {.kind = ErrorKind::kLimit,
         .what = "the text is too long",
         .expected = "at most " + std::to_string(options_.max_text_code_points) + " characters",
         .found = std::to_string(length),
         .remedy = "Send it in parts, or raise the limit."});
  }
  Script script;
  ORPHEUS_TRY(script.voice,
              prompt::find_voice(parts_.voices, request.voice, request.unknown_voice));
  script.pieces =
      text::split(normalised, request.language.empty() ? script.voice.language : request.language,
                  options_.max_piece_code_points);
  if (script.pieces.empty()) {
    return fail({.kind = ErrorKind::kUsage,
                 .what = "there is nothing to speak in the text",
                 .expected = "at least one letter or digit",
                 .found = request.text.empty() ? "an empty text" : "none"});
  }
  return script;
}

Result<Summary> Pipeline::speak(const Request& request, const SampleSink& sink) {
  ORPHEUS_TRY(const Script script, prepare(request));
  Summary summary;
  for (size_t piece = 0; piece < script.pieces.size(); ++piece) {
    ORPHEUS_CHECK(speak_piece(script, piece, request, sink, summary));
  }
  if (summary.num_samples == 0) {
    return fail({.kind = ErrorKind::kUnavailable,
                 .what = "the language model made no sound",
                 .expected = "audio tokens",
                 .found = std::to_string(summary.num_audio_tokens) + " of them",
                 .remedy = "Try another seed, or check that the model is an Orpheus voice."});
  }
  return summary;
}

Result<void> Pipeline::speak_piece(const Script& script, size_t piece, const Request& request,
                                   const SampleSink& sink, Summary& summary) {
  const std::string& text = script.pieces[piece];
  lm::GenerateRequest generate;
  ORPHEUS_TRY(generate.prompt,
              prompt::build_prompt(parts_.tokenizer, parts_.layout, script.voice.name, text));
  summary.num_prompt_tokens += static_cast<int>(generate.prompt.size());
  generate.sampling = request.sampling;
  generate.sampling.seed = seed_of_piece(request.sampling.seed, piece);
  generate.max_tokens = max_tokens_of(text, request.max_tokens);
  generate.ignore_stop = parts_.ending == Ending::kAfterSpeakingTime;  // it says so by chance
  generate.cancel = request.cancel;
  const uint64_t noise_seed = generate.sampling.seed;
  ORPHEUS_TRY(const auto tokens, parts_.language_model->generate(std::move(generate)));

  const auto stream = parts_.decoder->stream(snac::seeded_noise(noise_seed));
  const snac::SampleSink counting_sink = [&](std::span<const float> samples) {
    summary.num_samples += static_cast<int64_t>(samples.size());
    return sink(samples);
  };
  codes::FrameAssembler assembler(parts_.layout);
  while (true) {
    ORPHEUS_TRY(const auto token, tokens->next());
    if (!token) break;
    ++summary.num_audio_tokens;
    if (const auto frame = assembler.push(token->id)) {
      ORPHEUS_CHECK(stream->push({&*frame, 1}, counting_sink));
    }
  }
  return stream->finish(counting_sink);
}

int Pipeline::max_tokens_of(const std::string& piece, int max_tokens) const {
  if (parts_.ending == Ending::kByItself) return max_tokens;
  const double seconds =
      std::max(kLeastSeconds, static_cast<double>(count_code_points(piece)) / kCodePointsPerSecond);
  const int frames = static_cast<int>(std::ceil(seconds * kSampleRateHz / kSamplesPerFrame));
  return std::min(max_tokens, frames * prompt::kSlotsPerFrame);
}

}  // namespace orpheus::speech
