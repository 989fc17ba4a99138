#include "http/piece_event.h"

#include "text/split.h"

namespace orpheus::http {
namespace {

using Json = nlohmann::ordered_json;

// Where the sentences of a piece stand in the request's text.
Json sentences_json(const speech::PieceProgress& piece, const text::Utf16Offsets& utf16) {
  Json sentences = Json::array();
  for (const text::Range& range : text::sentence_ranges(piece.text, piece.language)) {
    const text::Range origin = piece.spanned->origin(range);
    sentences.push_back({{"begin", origin.begin},
                         {"end", origin.end},
                         {"begin_utf16", utf16.at(origin.begin)},
                         {"end_utf16", utf16.at(origin.end)}});
  }
  return sentences;
}

}  // namespace

Json piece_event(const speech::PieceProgress& piece, const text::Utf16Offsets& utf16,
                 double speed) {
  Json event = {
      {"type", "orpheus.speech.piece"},
      {"index", piece.index},
      {"count", piece.count},
      {"text", piece.text},
      {"start_seconds", static_cast<double>(piece.first_sample) / speech::kSampleRateHz / speed}};
  if (!piece.voice.empty()) event["voice"] = piece.voice;
  if (piece.spanned != nullptr) {
    const text::Range origin = piece.spanned->origin({0, piece.text.size()});
    event["begin"] = origin.begin;
    event["end"] = origin.end;
    event["begin_utf16"] = utf16.at(origin.begin);
    event["end_utf16"] = utf16.at(origin.end);
    event["sentences"] = sentences_json(piece, utf16);
  }
  return event;
}

}  // namespace orpheus::http
