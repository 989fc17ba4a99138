#pragma once
// For tests: how a fake synthesiser speaks on a socket.

#include <chrono>
#include <thread>

#include "http/testing/fake_synthesiser.h"
#include "speech/live_text.h"
#include "speech/script.h"

namespace orpheus::http {

// Speaks a frame for each stretch that has arrived, with its words as they are written. A text
// without words is an error.
inline Result<speech::Summary> speak_stretches(const speech::Request& request,
                                               const speech::SampleSink& sink) {
  int64_t num_samples = 0;
  size_t index = 0;
  for (const auto& stretch : request.live->take().stretches) {
    if (stretch.text.find_first_not_of(" .") == stretch.text.npos) continue;
    text::Spanned words;
    words.append_verbatim(stretch.text, stretch.begin);
    request.on_piece({.index = index++,
                      .text = words.text(),
                      .first_sample = num_samples,
                      .voice = "tara",
                      .language = "en",
                      .spanned = &words});
    if (!sink(sine_frame(0))) return fail({.kind = ErrorKind::kCancelled, .what = "left"});
    num_samples += speech::kSamplesPerFrame;
  }
  if (num_samples == 0) return fail(speech::nothing_to_speak("..."));
  return speech::Summary{.num_prompt_tokens = 3, .num_audio_tokens = 7, .num_samples = num_samples};
}

// Speaks until it is cancelled.
inline FakeSynthesiser::Script endless() {
  return [](const speech::Request& request,
            const speech::SampleSink& sink) -> Result<speech::Summary> {
    for (int frame = 0; !request.cancel.cancelled(); ++frame) {
      if (!sink(sine_frame(frame))) break;
      std::this_thread::sleep_for(std::chrono::milliseconds(2));
    }
    return fail({.kind = ErrorKind::kCancelled, .what = "left"});
  };
}

}  // namespace orpheus::http
