#pragma once
// The body of a speech response: encodes samples in a format, as plain bytes, in server-sent
// events, or in JSON with the time of every character. Events may also carry a file of the same
// sound. One thread at a time.

#include <cstddef>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "audio/encoder.h"
#include "base/result.h"
#include "http/character_times.h"
#include "http/errors.h"
#include "http/speech_request.h"
#include "speech/synthesiser.h"
#include "text/words.h"

namespace orpheus::http {

// How a request's sound is encoded. usual_rate_hz: for a request without a sample rate, except in
// ulaw and alaw.
audio::EncoderOptions encoder_options(const SpeechRequest& request, int usual_rate_hz);

class SpeechBody {
 public:
  // Errors: those of audio::open_encoder.
  // usual_rate_hz: for a request without a sample rate, except in ulaw and alaw.
  static Result<SpeechBody> open(const SpeechRequest& request, int usual_rate_hz);

  std::string_view content_type() const;
  int sample_rate_hz() const { return sample_rate_hz_; }
  // Call for every piece of a body for which wants_pieces() is true, before its first samples. In
  // events it adds one before the next sound.
  bool wants_pieces() const { return aligner_ || (delivery_ == Delivery::kEvents && progress_); }
  void announce(const speech::PieceProgress& piece);
  // The same for words whose times are known, if wants_words() is true.
  bool wants_words() const { return aligner_ || (delivery_ == Delivery::kEvents && words_); }
  void announce(const speech::WordProgress& words);
  // Appends the events that wait for the next sound. For a response that has begun.
  void send_announced(std::vector<std::byte>& bytes);
  // Each appends the bytes to send now, possibly none. Errors: kInternal.
  Result<void> push(std::span<const float> samples, std::vector<std::byte>& bytes);
  Result<void> finish(const speech::Summary& summary, std::vector<std::byte>& bytes);
  // The complete headers of a whole response or a file, after its end: see audio::Encoder.
  std::vector<audio::Patch> patches() const;
  // Bytes that it keeps until its end.
  size_t num_kept_bytes() const { return encoded_.size(); }
  // The bytes to send if a speech fails after its beginning; nothing for plain sound.
  std::vector<std::byte> failure(const ApiError& error) const;

 private:
  SpeechBody(const SpeechRequest& request, int sample_rate_hz,
             std::unique_ptr<audio::Encoder> encoder, std::unique_ptr<audio::Encoder> file);
  void send(std::vector<std::byte>& bytes);
  void send_file(std::vector<std::byte>& bytes);
  void send_timestamps(std::vector<std::byte>& bytes);

  audio::Format format_;
  int sample_rate_hz_;
  Delivery delivery_;
  bool progress_;
  bool words_;
  double speed_;
  std::string text_;                // of the request, if it is aligned
  text::Utf16Offsets utf16_;        // of the request's text, if events have places in it
  std::optional<Aligner> aligner_;  // if the request has timestamps
  std::unique_ptr<audio::Encoder> encoder_;
  std::unique_ptr<audio::Encoder> file_;  // of the additional file; may be null
  std::vector<std::byte> encoded_;
  std::vector<std::byte> filed_;      // of the file, not yet sent
  std::vector<std::byte> announced_;  // events that wait for the next sound
};

// Completes the headers of a whole file.
void complete(std::span<const audio::Patch> patches, std::vector<std::byte>& file);

// The largest sound that is sent whole: 22 minutes of wav.
inline constexpr size_t kMaxWholeBytes = 64U << 20U;

// RFC 4648, with padding.
std::string base64(std::span<const std::byte> bytes);
// The JSON object with a further member: this sound in base64. The sound is copied once, into the
// result. object: has a member, and ends with its brace.
std::string with_sound(std::string_view object, std::string_view name,
                       std::span<const std::byte> sound);

}  // namespace orpheus::http
