#include "cli/speech_progress.h"

#include <algorithm>
#include <cmath>

#include <spdlog/fmt/fmt.h>

#include "speech/speaking_time.h"
#include "speech/synthesiser.h"

namespace orpheus::cli {

void SpeechProgress::begin_piece(size_t index, size_t count, std::string_view text,
                                 text::Range origin) {
  origin_ = origin;
  piece_ = index;
  num_pieces_ = count;
  piece_s_ = speech::usual_seconds(text, rate_);
  piece_begin_ = num_samples_;
}

std::string SpeechProgress::line(double elapsed_s) const {
  const double spoken_s = static_cast<double>(num_samples_) / speech::kSampleRateHz;
  if (num_pieces_ == 1) {
    return fmt::format("{:.1f} s of speech, {:.1f}× real time", spoken_s,
                       elapsed_s > 0 ? spoken_s / elapsed_s : 0);
  }
  std::string place = fmt::format("piece {} of {}", piece_ + 1, num_pieces_);
  const double of_piece_s =
      static_cast<double>(num_samples_ - piece_begin_) / speech::kSampleRateHz;
  // Pieces differ in length; the first one is short, and its time says little about the others.
  if (piece_ == 0) return place;
  const double done_bytes =
      static_cast<double>(origin_.begin) +
      static_cast<double>(origin_.size()) * std::min(0.95, of_piece_s / piece_s_);
  if (done_bytes <= 0) return place;
  const double left_s =
      elapsed_s * std::max(0.0, static_cast<double>(text_bytes_) - done_bytes) / done_bytes;
  return place + ", " + about(left_s) + " left";
}

std::string about(double seconds) {
  const auto whole = static_cast<int64_t>(std::ceil(std::max(0.0, seconds)));
  if (whole < 60) return fmt::format("{} s", whole < 10 ? whole : (whole + 4) / 5 * 5);
  const int64_t minutes = (whole + 30) / 60;
  if (minutes < 60) return fmt::format("{} min", minutes);
  return fmt::format("{} h {} min", minutes / 60, minutes % 60);
}

}  // namespace orpheus::cli
