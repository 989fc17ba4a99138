#pragma once
// Word times as JSON, for responses and files. Pure; from any thread.

#include <nlohmann/json.hpp>

#include "align/word_time.h"
#include "speech/synthesiser.h"
#include "text/words.h"

namespace orpheus::http {

// {"word", "start", "end", "confidence", "source", "begin", "end_of"}: times in seconds of a sound
// of this speed, to a tenth of a millisecond; begin and end_of are bytes of the request's text.
// With "remade": true and "missing": true where they hold.
nlohmann::ordered_json word_json(const align::WordTime& word, double speed);
// The same with begin_utf16 and end_of_utf16. utf16: of the request's text.
nlohmann::ordered_json word_json(const align::WordTime& word, double speed,
                                 const text::Utf16Offsets& utf16);

// The event orpheus.speech.words: the times of words that do not change any more.
nlohmann::ordered_json words_event(const speech::WordProgress& progress,
                                   const text::Utf16Offsets& utf16, double speed);

// Samples of the speech as seconds of the sound, as in word_json.
double word_seconds(int64_t samples, double speed);

}  // namespace orpheus::http
