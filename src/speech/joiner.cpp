#include "speech/joiner.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "speech/synthesiser.h"

namespace orpheus::speech {
namespace {

constexpr int64_t samples_of_ms(int64_t ms) { return ms * kSampleRateHz / 1000; }

// −48 dB of full scale: below the softest breath that the voices make, above their codec's noise.
constexpr float kSilence = 0.004F;
constexpr int64_t kMostHeld = samples_of_ms(500);
constexpr int64_t kFade = samples_of_ms(5);
// Silence next to a sound that is kept, because sounds fade out and in below the threshold.
constexpr int64_t kUntouched = samples_of_ms(50);
// Silence before the first sound that is left as it is.
constexpr size_t kUnnoticed = samples_of_ms(100);
// A gap of many silent pieces is shortened when it reaches this length.
constexpr size_t kMostGap = samples_of_ms(4000);

bool is_silent(float sample) { return std::abs(sample) < kSilence; }

// The pause after each kind of piece end.
int64_t pause_after(text::PieceEnd end) {
  switch (end) {
    case text::PieceEnd::kWord: return samples_of_ms(60);
    case text::PieceEnd::kClause: return samples_of_ms(200);
    case text::PieceEnd::kSentence: return samples_of_ms(400);
    case text::PieceEnd::kParagraph: break;
  }
  return samples_of_ms(700);
}

// Removes the middle of a silence and cross-fades the two parts.
void shorten(std::vector<float>& silence, size_t length) {
  if (silence.size() <= length) return;
  const size_t fade = std::min<size_t>(kFade, length / 2);
  const size_t first = (length - fade) / 2;            // kept unchanged at the front,
  const size_t last = length - fade - first;           // at the back
  const size_t resume = silence.size() - last - fade;  // where the back's fade begins
  for (size_t i = 0; i < fade; ++i) {
    const float share = static_cast<float>(i + 1) / static_cast<float>(fade + 1);
    silence[first + i] = silence[first + i] * (1 - share) + silence[resume + i] * share;
  }
  silence.erase(silence.begin() + static_cast<int64_t>(first + fade),
                silence.begin() + static_cast<int64_t>(resume + fade));
}

void fade_out(std::span<float> samples) {
  for (size_t i = 0; i < samples.size(); ++i)
    samples[i] *= static_cast<float>(samples.size() - i) / static_cast<float>(samples.size() + 1);
}

}  // namespace

bool Joiner::begin(int64_t silent_ms, const Sink& sink) {
  const std::vector<float> silence(static_cast<size_t>(samples_of_ms(silent_ms)), 0.0F);
  return silence.empty() || give(silence, sink);
}

bool Joiner::give(std::span<const float> samples, const Sink& sink) {
  num_given_ += static_cast<int64_t>(samples.size());
  return sink(samples);
}

std::optional<int64_t> Joiner::piece_offset() const {
  if (most_before_sound_ || is_between_pieces_ || num_in_piece_ == 0) return std::nullopt;
  return num_given_ + static_cast<int64_t>(held_.size()) - num_in_piece_;
}

void Joiner::shorten_start(int64_t most_ms) {
  most_before_sound_ = static_cast<size_t>(samples_of_ms(most_ms));
}

// held_ has the silence so far, of which the last part is kept once it is too long.
bool Joiner::push_before_sound(std::span<const float> samples, const Sink& sink) {
  const auto onset = std::find_if_not(samples.begin(), samples.end(), is_silent);
  held_.insert(held_.end(), samples.begin(), onset);
  is_start_long_ = is_start_long_ || held_.size() > kUnnoticed;
  if (is_start_long_ && held_.size() > *most_before_sound_)
    held_.erase(held_.begin(), held_.end() - static_cast<int64_t>(*most_before_sound_));
  if (onset == samples.end()) return true;
  most_before_sound_.reset();
  return push_within_piece({onset, samples.end()}, sink);
}

bool Joiner::push(std::span<const float> samples, const Sink& sink) {
  num_in_piece_ += static_cast<int64_t>(samples.size());
  if (most_before_sound_) return push_before_sound(samples, sink);
  if (!is_between_pieces_ && num_to_fade_in_ == 0) return push_within_piece(samples, sink);
  if (!is_between_pieces_)
    return push_within_piece(faded_in({samples.begin(), samples.end()}), sink);
  const auto onset = std::find_if_not(samples.begin(), samples.end(), is_silent);
  gap_.insert(gap_.end(), samples.begin(), onset);
  if (onset == samples.end()) {
    if (gap_.size() > kMostGap) shorten(gap_, kMostGap / 2);  // the sound is in the kept part
    return true;
  }
  // Fades in a piece that begins in the middle of a sound.
  if (onset == samples.begin() && gap_.size() == num_before_piece_) num_to_fade_in_ = kFade;
  const std::vector<float> sound = faded_in({onset, samples.end()});
  return close_gap(sink) && push_within_piece(sound, sink);
}

// The fade goes on over as many pushes as it takes.
std::vector<float> Joiner::faded_in(std::vector<float> samples) {
  for (size_t i = 0; i < samples.size() && num_to_fade_in_ > 0; ++i, --num_to_fade_in_)
    samples[i] *= static_cast<float>(kFade - num_to_fade_in_ + 1) / static_cast<float>(kFade + 1);
  return samples;
}

bool Joiner::push_within_piece(std::span<const float> samples, const Sink& sink) {
  held_.insert(held_.end(), samples.begin(), samples.end());
  const auto sound = std::find_if_not(held_.rbegin(), held_.rend(), is_silent);
  const int64_t num_silent = sound - held_.rbegin();
  if (sound != held_.rend()) num_silent_given_ = 0;
  const int64_t keep = std::clamp(num_silent, kFade, kMostHeld);
  const int64_t num_to_give = static_cast<int64_t>(held_.size()) - keep;
  if (num_to_give <= 0) return true;
  num_silent_given_ += std::max<int64_t>(0, num_silent - keep);
  const bool wanted = give(std::span(held_).first(static_cast<size_t>(num_to_give)), sink);
  held_.erase(held_.begin(), held_.begin() + num_to_give);
  return wanted;
}

void Joiner::end_piece(text::PieceEnd end, int64_t pause_ms) {
  num_to_fade_in_ = 0;
  num_in_piece_ = 0;
  most_before_sound_.reset();
  const int64_t asked_for = samples_of_ms(pause_ms);
  if (is_between_pieces_) {  // a piece without a sound
    pause_samples_ = is_asked_for_  ? pause_samples_ + asked_for
                     : pause_ms > 0 ? asked_for
                                    : std::max(pause_samples_, pause_after(end));
    is_asked_for_ = is_asked_for_ || pause_ms > 0;
    num_before_piece_ = gap_.size();
    return;
  }
  gap_ = std::exchange(held_, {});
  num_of_sound_ = num_before_piece_ = gap_.size();
  is_asked_for_ = pause_ms > 0;
  pause_samples_ = is_asked_for_ ? asked_for : pause_after(end);
  is_between_pieces_ = true;
}

// The next piece's sound has begun, so the gap becomes a pause.
bool Joiner::close_gap(const Sink& sink) {
  is_between_pieces_ = false;
  // Fades out a piece that ended in the middle of a sound.
  const auto end_of_sound = std::span(gap_).first(num_of_sound_);
  if (!end_of_sound.empty() && !is_silent(end_of_sound.back()))
    fade_out(end_of_sound.last(std::min<size_t>(kFade, end_of_sound.size())));
  const int64_t least = is_asked_for_ ? 0 : 2 * kUntouched;
  const int64_t wanted = std::max(pause_samples_ - num_silent_given_, least);
  const auto length = static_cast<int64_t>(gap_.size());
  if (length > wanted) {
    shorten(gap_, static_cast<size_t>(wanted));
  } else if (length + num_silent_given_ < pause_samples_) {
    // The previous piece may end in a fading sound, so the new silence comes after it.
    gap_.resize(static_cast<size_t>(pause_samples_ - num_silent_given_), 0.0F);
  }
  num_silent_given_ = 0;
  const std::vector<float> pause = std::exchange(gap_, {});
  return pause.empty() || give(pause, sink);
}

bool Joiner::finish(const Sink& sink) {
  if (is_between_pieces_ && is_asked_for_) return close_gap(sink);
  const std::vector<float> rest = std::exchange(is_between_pieces_ ? gap_ : held_, {});
  is_between_pieces_ = false;
  return rest.empty() || give(rest, sink);
}

}  // namespace orpheus::speech
