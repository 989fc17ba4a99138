#include "http/word_json.h"

#include <cmath>

namespace orpheus::http {
namespace {

using Json = nlohmann::ordered_json;

double rounded(double value, double steps) { return std::round(value * steps) / steps; }

}  // namespace

double word_seconds(int64_t samples, double speed) {
  return rounded(align::seconds_of(samples) / speed, 1e4);
}

Json word_json(const align::WordTime& word, double speed) {
  Json json = {{"word", word.word},
               {"start", word_seconds(word.begin, speed)},
               {"end", word_seconds(word.end, speed)},
               {"confidence", rounded(static_cast<double>(word.confidence), 100)},
               {"source", align::name_of(word.source)},
               {"begin", word.origin.begin},
               {"end_of", word.origin.end}};
  if (word.is_remade) json["remade"] = true;
  if (word.is_missing) json["missing"] = true;
  return json;
}

Json word_json(const align::WordTime& word, double speed, const text::Utf16Offsets& utf16) {
  Json json = word_json(word, speed);
  json["begin_utf16"] = utf16.at(word.origin.begin);
  json["end_of_utf16"] = utf16.at(word.origin.end);
  return json;
}

Json words_event(const speech::WordProgress& progress, const text::Utf16Offsets& utf16,
                 double speed) {
  Json words = Json::array();
  for (const align::WordTime& word : progress.words) words.push_back(word_json(word, speed, utf16));
  return {{"type", "orpheus.speech.words"}, {"index", progress.piece}, {"words", std::move(words)}};
}

}  // namespace orpheus::http
