// Input: any text, pronunciations and voice limits. Pieces have only the voice's characters, and
// each word has a position in the text.
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <string>
#include <utility>

#include <fuzzer/FuzzedDataProvider.h>
#include <unicode/unistr.h>

#include "base/utf8.h"
#include "speech/script.h"
#include "text/lexicon.h"
#include "text/words.h"

namespace {

void require(bool holds) {
  if (!holds) std::abort();
}

std::string valid(const std::string& bytes) {
  std::string text;
  icu::UnicodeString::fromUTF8(bytes).toUTF8String(text);
  return text;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace orpheus;
  FuzzedDataProvider bytes(data, size);
  speech::Request request;
  request.language = bytes.PickValueInArray({"", "en", "fr", "de", "es", "it", "ko", "hi", "zh"});
  request.normalize = bytes.ConsumeBool();
  request.emoji = bytes.ConsumeBool() ? text::Emoji::kName : text::Emoji::kDrop;
  const bool is_small = bytes.ConsumeBool();
  const std::string name = bytes.ConsumeBool() ? "words.toml" : "words.txt";
  if (auto lexicon = text::Lexicon::parse(bytes.ConsumeRandomLengthString(200), name))
    request.lexicon = std::make_shared<const text::Lexicon>(std::move(*lexicon));
  request.text = valid(bytes.ConsumeRemainingBytesAsString());
  text::Habits habits;
  if (is_small) {
    habits = {.characters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz ,.!?'",
              .most_words = 25,
              .most_sentences = 1,
              .speaks_tags = false};
  }
  const auto script = speech::write_script(request, prompt::published_voices(), habits, {});
  if (!script) return 0;
  for (const speech::ScriptPiece& piece : script->pieces) {
    require(!find_invalid_utf8(piece.text.text()));
    require(!is_small ||
            piece.text.text().find_first_not_of(habits.characters) == std::string::npos);
    for (const text::Word& word : text::words_of(piece.text)) {
      require(word.origin.begin <= word.origin.end);
      require(word.origin.end <= request.text.size());
    }
  }
  return 0;
}
