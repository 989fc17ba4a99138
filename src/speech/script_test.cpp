#include "speech/script.h"

#include <gtest/gtest.h>

#include "base/testing/cost.h"
#include "text/words.h"

namespace orpheus::speech {
namespace {

const text::Habits kSmall{
    .characters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz ,.!?'",
    .most_words = 25,
    .most_sentences = 1,
    .speaks_tags = false};

Result<Script> written(const Request& request, const text::Habits& habits = {}) {
  return write_script(request, prompt::published_voices(), habits, {});
}

std::vector<std::string> pieces(const Request& request, const text::Habits& habits = {}) {
  const auto script = written(request, habits);
  EXPECT_TRUE(script.has_value()) << script.error().message();
  std::vector<std::string> texts;
  if (!script) return texts;
  for (const ScriptPiece& piece : script->pieces) texts.push_back(piece.text.text());
  return texts;
}

using Pieces = std::vector<std::string>;

// Each of these lost its end with the small voice: what comes behind a stop it does not say.
TEST(Script, TheSmallVoiceGetsOneSentenceAPiece) {
  EXPECT_EQ(pieces({.text = "Yes. I know."}, kSmall), (Pieces{"Yes.", "I know."}));
  EXPECT_EQ(pieces({.text = "Ready? Go. Now."}, kSmall), (Pieces{"Ready?", "Go.", "Now."}));
  EXPECT_EQ(pieces({.text = "Oh... well... I do not know."}, kSmall),
            (Pieces{"Oh, well.", "I do not know."}));
  EXPECT_EQ(pieces({.text = "That is all for today. Bye."}, kSmall),
            (Pieces{"That is all for today.", "Bye."}));
  EXPECT_EQ(pieces({.text = "yes. i know"}, kSmall), (Pieces{"Yes.", "I know."}));
}

TEST(Script, TheSmallVoiceGetsWhatItWasTaught) {
  EXPECT_EQ(pieces({.text = "The house isn’t old."}, kSmall), (Pieces{"The house isn't old."}));
  EXPECT_EQ(pieces({.text = "**The weather** is *nice* today."}, kSmall),
            (Pieces{"The weather is nice today."}));
  EXPECT_EQ(pieces({.text = "Well <sigh> that <Enter> was close &lt;ok&gt;."}, kSmall),
            (Pieces{"Well that Enter was close ok."}));
  for (const std::string& piece :
       pieces({.text = "At 5:30 Mr. Smith paid $3.50 for MP3s & 2 B2B reports (in the U.S.A.)!"},
              kSmall)) {
    EXPECT_EQ(piece.find_first_not_of(kSmall.characters), std::string::npos) << piece;
  }
}

// A sentence with a word of another language was three pieces, with silence between them.
TEST(Script, ALanguageWithinASentencePartsNoPieces) {
  EXPECT_EQ(pieces({.text = "We say <lang xml:lang=\"de\">3 km</lang>, and they 4 km. Then <lang "
                            "xml:lang=\"fr\">5 km</lang>."}),
            (Pieces{"We say drei Kilometer, and they four kilometers. Then cinq kilomètres."}));
  EXPECT_EQ(pieces({.text = "<lang xml:lang=\"de\">3 km</lang> is far."}),
            (Pieces{"drei Kilometer is far."}));
  EXPECT_EQ(pieces({.text = "One [voice:leo] two <lang xml:lang=\"de\">3</lang>."}),
            (Pieces{"One", "two drei."}));
}

TEST(Script, UtterancesEndWhereLinesDo) {
  const auto script = written({.text = "# Title\n- one\n- two\n\nText."});
  ASSERT_TRUE(script.has_value());
  ASSERT_EQ(script->pieces.size(), 4U);
  EXPECT_EQ(script->pieces[0].end, text::PieceEnd::kParagraph);
  EXPECT_EQ(script->pieces[1].end, text::PieceEnd::kSentence);
}

TEST(Script, VoicesPausesAndLanguages) {
  const auto script = written({.text = "[pause:2s]One [pause:1.5s] two. <voice name=\"leo\">Three."
                                       "</voice> <lang xml:lang=\"de\">3 km</lang>[pause:1s]"});
  ASSERT_TRUE(script.has_value()) << script.error().message();
  EXPECT_EQ(script->lead_ms, 2000);
  ASSERT_EQ(script->pieces.size(), 4U);
  EXPECT_EQ(script->pieces[0].pause_ms, 1500);
  EXPECT_EQ(script->pieces[1].voice.name, "tara");
  EXPECT_EQ(script->pieces[2].voice.name, "leo");
  EXPECT_EQ(script->pieces[3].text.text(), "drei Kilometer");
  EXPECT_EQ(script->pieces[3].pause_ms, 1000);
  EXPECT_EQ(written({.text = "<voice name='nobody'>x</voice>"}).error().kind, ErrorKind::kNotFound);
}

TEST(Script, SayAs) {
  EXPECT_EQ(pieces({.text = "<say-as interpret-as=\"characters\">ab1</say-as>"}),
            (Pieces{"A, B, one"}));
  EXPECT_EQ(pieces({.text = "<say-as interpret-as=\"digits\">405</say-as>"}),
            (Pieces{"four, zero, five"}));
  EXPECT_EQ(pieces({.text = "the <say-as interpret-as=\"ordinal\">3</say-as> time"}),
            (Pieces{"the third time"}));
}

TEST(Script, PronunciationsComeBeforeNumbers) {
  auto lexicon = std::make_shared<text::Lexicon>();
  ASSERT_TRUE(lexicon->add({.written = "MP3", .spoken = "em pee three"}).has_value());
  EXPECT_EQ(pieces({.text = "An MP3 of 3 MB.", .lexicon = lexicon}),
            (Pieces{"An em pee three of three megabytes."}));
}

// What word times are made of.
TEST(Script, EveryWordKnowsWhereItIsWritten) {
  const std::string input = "**It** costs $5.50 — “really”, since <b>3/15/2024</b> &amp; on.";
  for (const text::Habits& habits : {text::Habits{}, kSmall}) {
    const auto script = written({.text = input}, habits);
    ASSERT_TRUE(script.has_value());
    size_t behind = 0;
    for (const ScriptPiece& piece : script->pieces) {
      for (const text::Word& word : text::words_of(piece.text)) {
        EXPECT_LE(behind, word.origin.begin);
        EXPECT_LE(word.origin.end, input.size());
        behind = word.origin.begin;
        const std::string said = piece.text.text().substr(word.text.begin, word.text.size());
        const std::string at = input.substr(word.origin.begin, word.origin.size());
        if (said == "dollars") {
          EXPECT_EQ(at, "$5.50");
        }
        if (said.substr(0, 6) == "really") {
          EXPECT_NE(at.find("really"), std::string::npos) << at;
        }
        if (said == "It") {
          EXPECT_EQ(at, "It");
        }
      }
    }
  }
}

TEST(Script, NothingToSpeakAndTooMuch) {
  EXPECT_EQ(written({.text = "* * *"}).error().kind, ErrorKind::kUsage);
  EXPECT_EQ(written({.text = "<think>\nhm\n</think>"}).error().kind, ErrorKind::kUsage);
  EXPECT_EQ(written({.text = std::string(40'000, 'a')}).error().kind, ErrorKind::kLimit);
  EXPECT_EQ(written({.text = "[pause:60s][pause:60s]"}).error().kind, ErrorKind::kUsage);
}

// Guards against: a step's cost grows with the square of the text's length. The text is not
// normalised: text/reading limits that cost.
TEST(Script, TheCostGrowsWithTheLengthOfTheText) {
  EXPECT_TRUE(grows_in_proportion(1'000'000, [](size_t num_bytes) {
    std::string text;
    while (text.size() < num_bytes)
      text += "It was the best of times, it was 1859; Mr. Smith paid $3.50 for two.\nHe left.\n\n";
    const auto script = write_script({.text = text, .normalize = false}, prompt::published_voices(),
                                     {}, {.max_text_code_points = 2'000'000});
    EXPECT_TRUE(script.has_value());
  }));
}

}  // namespace
}  // namespace orpheus::speech
