#include "http/script_json.h"

namespace orpheus::http {
namespace {

using nlohmann::json;

const char* name_of(text::PieceEnd end) {
  switch (end) {
    case text::PieceEnd::kWord: return "word";
    case text::PieceEnd::kClause: return "clause";
    case text::PieceEnd::kSentence: return "sentence";
    case text::PieceEnd::kParagraph: break;
  }
  return "paragraph";
}

}  // namespace

json words_json(const text::Spanned& spoken, const text::Utf16Offsets& utf16) {
  json words = json::array();
  for (const text::Word& word : text::words_of(spoken)) {
    words.push_back({{"word", spoken.text().substr(word.text.begin, word.text.size())},
                     {"begin", word.origin.begin},
                     {"end", word.origin.end},
                     {"begin_utf16", utf16.at(word.origin.begin)},
                     {"end_utf16", utf16.at(word.origin.end)}});
  }
  return words;
}

json script_json(const speech::Script& script, std::string_view input) {
  const text::Utf16Offsets utf16(input);
  json pieces = json::array();
  for (const speech::ScriptPiece& piece : script.pieces) {
    pieces.push_back({{"text", piece.text.text()},
                      {"voice", piece.voice.name},
                      {"end", name_of(piece.end)},
                      {"pause_ms", piece.pause_ms},
                      {"rate", piece.rate},
                      {"words", words_json(piece.text, utf16)}});
  }
  return {{"spoken", spoken_text(script)},
          {"voice", script.voice.name},
          {"lead_ms", script.lead_ms},
          {"pieces", std::move(pieces)}};
}

std::string spoken_text(const speech::Script& script) {
  std::string spoken;
  for (const speech::ScriptPiece& piece : script.pieces) {
    if (!spoken.empty()) spoken += ' ';
    spoken += piece.text.text();
  }
  return spoken;
}

}  // namespace orpheus::http
