#pragma once
// The event orpheus.speech.piece: which part of the text is heard from which time on. Pure; from
// any thread.

#include <nlohmann/json.hpp>

#include "speech/synthesiser.h"
#include "text/words.h"

namespace orpheus::http {

// utf16: of the request's text. speed: of the sound.
nlohmann::ordered_json piece_event(const speech::PieceProgress& piece,
                                   const text::Utf16Offsets& utf16, double speed);

}  // namespace orpheus::http
