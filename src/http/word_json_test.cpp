#include "http/word_json.h"

#include <gtest/gtest.h>

namespace orpheus::http {
namespace {

// docs/words.md promises these keys.
TEST(WordJson, HasTheKeysOfTheDocuments) {
  const align::WordTime word{.word = "dollars",
                             .text = {5, 12},
                             .origin = {9, 11},
                             .begin = 24001,
                             .end = 36000,
                             .confidence = 0.777F,
                             .source = align::Source::kAttention};
  EXPECT_EQ(word_json(word, 1).dump(),
            R"({"word":"dollars","start":1.0,"end":1.5,"confidence":0.78,"source":"attention",)"
            R"("begin":9,"end_of":11})");
  align::WordTime remade = word;
  remade.is_remade = true;
  EXPECT_EQ(word_json(remade, 1)["remade"], true);
  EXPECT_FALSE(word_json(remade, 1).contains("missing"));
  align::WordTime missing = word;
  missing.is_missing = true;
  EXPECT_EQ(word_json(missing, 1)["missing"], true);
  EXPECT_EQ(word_json(word, 2)["end"], 0.75);
  const text::Utf16Offsets utf16("\xC3\xBC costs $5.");
  EXPECT_EQ(word_json(word, 1, utf16)["begin_utf16"], 8);
  const auto event = words_event({.piece = 3, .words = {&word, 1}}, utf16, 1);
  EXPECT_EQ(event["type"], "orpheus.speech.words");
  EXPECT_EQ(event["index"], 3);
  EXPECT_EQ(event["words"].size(), 1U);
}

}  // namespace
}  // namespace orpheus::http
