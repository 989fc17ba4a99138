#include "align/caption_word.h"

#include <array>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "align/estimate.h"
#include "align/words.h"

namespace orpheus::align {
namespace {

std::vector<CaptionWord> shown(const text::Spanned& spoken, std::string_view request_text,
                               double speed = 1, const Neighbours& neighbours = {}) {
  const auto words = estimate(spoken, words_in(spoken, ""), {.num_samples = 96000, .levels = {}});
  return caption_words(spoken, words, request_text, neighbours, speed);
}

std::string joined(const std::vector<CaptionWord>& words) {
  std::string all;
  for (const CaptionWord& word : words)
    all += (all.empty() || !word.follows_blank ? "" : " ") + word.text;
  return all;
}

// Readers want the text as it is written; nothing may be lost between the words.
TEST(CaptionWords, TogetherAreTheText) {
  for (const std::string text : {"\"Well,\" she said (quietly): no!", "yes—no … and so on...",
                                 "今天天气很好，“我们”去公园。", "One", "¿Qué? «Sí», dijo."}) {
    EXPECT_EQ(joined(shown(text::Spanned::verbatim(text), text)), text);
  }
  const auto words = shown(text::Spanned::verbatim("Well, (she said): no. Yes"), "");
  ASSERT_EQ(words.size(), 5U);
  EXPECT_EQ(words[0].text, "Well,");
  EXPECT_EQ(words[0].after, Break::kClause);
  EXPECT_EQ(words[1].text, "(she");
  EXPECT_EQ(words[1].after, Break::kNone);
  EXPECT_EQ(words[3].after, Break::kSentence);
}

TEST(CaptionWords, ASpokenFormIsShownAsItIsWritten) {
  const std::string request = "It costs $5, now & then.";
  text::Spanned spoken;
  spoken.append_verbatim("It costs ", 0);
  spoken.append_spoken("five dollars", {9, 11});
  spoken.append_verbatim(", now ", 11);
  spoken.append_spoken("and", {17, 18});
  spoken.append_verbatim(" then.", 18);
  const auto words = shown(spoken, request);
  ASSERT_EQ(words.size(), 6U);
  EXPECT_EQ(words[2].text, "$5,");
  EXPECT_EQ(words[4].text, "&");
  EXPECT_EQ(joined(words), request);
  const auto faster = shown(spoken, request, 2);
  EXPECT_EQ(faster[5].end_ms, 2000);
  EXPECT_EQ(words[5].end_ms, 4000);
  // "five dollars" begins with "five" and ends with "dollars".
  EXPECT_GT(words[2].end_ms - words[2].begin_ms, words[4].end_ms - words[4].begin_ms);
}

// The voice gets a sentence without quotation marks, and the marks between two sentences with the
// end of the first.
TEST(CaptionWords, MarksThatOpenASentenceAreShownWithIt) {
  const std::string request = "\"No!\" (\"Yes.\")";
  text::Spanned first;
  first.append_verbatim("No", 1);
  first.append_spoken("!", {3, 8});
  EXPECT_EQ(joined(shown(first, request)), "\"No!\"");
  text::Spanned second;
  second.append_verbatim("Yes", 8);
  second.append_spoken(".", {11, 14});
  EXPECT_EQ(joined(shown(second, request)), "(\"Yes.\")");
}

// A long sentence is divided into pieces, and the voice gets each with a full stop.
TEST(CaptionWords, AFullStopThatIsNotInTheTextIsNotShown) {
  const std::string request = "A vile wind, in May \u2014 then he left";
  const auto piece = [](std::string_view words, size_t origin) {
    text::Spanned spoken;
    spoken.append_verbatim(words, origin);
    spoken.append_spoken(".", {origin + words.size(), origin + words.size()});
    return spoken;
  };
  EXPECT_EQ(joined(shown(piece("A vile wind", 0), request)), "A vile wind,");
  EXPECT_EQ(joined(shown(piece("in May", 13), request)), "in May \u2014");
  EXPECT_EQ(joined(shown(piece("then he left", 24), request, 1, {.behind_last = 19})),
            "then he left");
}

TEST(CaptionWords, AWrittenFormOfSeveralSpokenOnesIsShownOnce) {
  const std::string request = "So \xF0\x9F\x98\x80 ok";
  text::Spanned spoken;
  spoken.append_verbatim("So ", 0);
  spoken.append_spoken("grinning", {3, 7});
  spoken.append_spoken(" face,", {3, 7});
  spoken.append_verbatim(" ok", 7);
  EXPECT_EQ(joined(shown(spoken, request)), request);
}

// Guards against: "is less than" in a subtitle of "a < b", or "a [ b".
TEST(CaptionWords, SignsOfMarkupThatAreNoMarkupAreShownAsTheyAreWritten) {
  const std::string request = "If a < b, x >y or p <= q";
  text::Spanned spoken;
  spoken.append_verbatim("If ", 0);
  spoken.append_spoken("a is less than b", {3, 8});
  spoken.append_verbatim(", ", 8);
  spoken.append_spoken("x is greater than y", {10, 14});
  spoken.append_verbatim(" or p ", 14);
  spoken.append_spoken("is at most", {20, 22});
  spoken.append_verbatim(" q", 22);
  EXPECT_EQ(joined(shown(spoken, request)), request);
  const std::string unspoken = "One <two three> four";
  EXPECT_EQ(joined(shown(text::Spanned::verbatim(unspoken), unspoken)), unspoken);
}

// Guards against: a lost picture or mark before the first word, behind the last one or between
// pieces, which the voice does not get.
TEST(CaptionWords, WhatIsNotSpokenIsShownWithTheWordBesideIt) {
  const auto piece = [](std::string_view request, std::string_view words) {
    text::Spanned spoken;
    spoken.append_verbatim(words, request.find(words));
    return spoken;
  };
  const std::string hand = "\U0001F44B\U0001F3FD";
  for (const std::string& request : std::vector<std::string>{
           hand + " One", hand + "One", "One " + hand + " \u2764\uFE0F", "One" + hand, "\"One\"",
           "(One)", "One \u2014", "One\u2026", "\u201COne\u201D!",
           hand + " \u201COne\u201D " + hand, "One!)\" " + hand}) {
    EXPECT_EQ(joined(shown(piece(request, "One"), request)), request);
  }
  // Markup, comments, scripts, metadata and addresses are no text.
  for (const std::string& request : std::vector<std::string>{
           "---\ntitle: " + hand + "\n---\n\nOne",
           "<!-- " + hand + " -->One <b title='" + hand + "'>", "**One**",
           "[One](http://x.y/" + hand + ")", "<script>'" + hand + "'</script>One"}) {
    EXPECT_EQ(joined(shown(piece(request, "One"), request)), "One") << request;
  }
  EXPECT_EQ(joined(shown(piece("<p>&#x1F600;&nbsp;One</p>", "One"), "<p>&#x1F600;&nbsp;One</p>")),
            "\U0001F600 One");
  // Of two pieces each shows its own.
  for (const auto& [between, first, second] : std::vector<std::array<std::string, 3>>{
           {".\" " + hand + " (", "One.\" " + hand, "(Two"},
           {"!\n\n" + hand + " ", "One!", hand + " Two"},
           {" " + hand + "\n" + hand, "One " + hand, hand + "Two"},
           {"\u3002" + hand + "\u201C", "One\u3002" + hand, "\u201CTwo"},
           {" \u2014 ", "One \u2014", "Two"}}) {
    const std::string request = "One" + between + "Two";
    EXPECT_EQ(joined(shown(piece(request, "One"), request, 1, {.next = request.size() - 3})),
              first);
    EXPECT_EQ(joined(shown(piece(request, "Two"), request, 1, {.behind_last = 3})), second);
  }
}

// Guards against: "$5" twice, where a piece ends within "five dollars".
TEST(CaptionWords, NothingIsShownTwice) {
  const std::string request = "It costs $5 now";
  text::Spanned first;
  first.append_verbatim("It costs ", 0);
  first.append_spoken("five", {9, 11});
  text::Spanned second;
  second.append_spoken("dollars", {9, 11});
  second.append_verbatim(" now", 11);
  EXPECT_EQ(joined(shown(first, request, 1, {.next = 9})), "It costs $5");
  EXPECT_EQ(joined(shown(second, request, 1, {.behind_last = 11})), "now");
  // Places that overlap.
  text::Spanned overlapping;
  overlapping.append_spoken("it costs", {0, 8});
  overlapping.append_spoken(" costs five dollars", {3, 11});
  EXPECT_EQ(joined(shown(overlapping, request)), "It costs $5");
}

// Guards against: "&amp;" in a subtitle of HTML.
TEST(CaptionWords, EntitiesAreShownAsTheirCharacters) {
  const std::string request = "Fish &amp; caf&eacute; &lt;b&gt; 3";
  text::Spanned spoken;
  spoken.append_verbatim("Fish ", 0);
  spoken.append_spoken("and", {5, 10});
  spoken.append_verbatim(" caf", 10);
  spoken.append_spoken("\u00e9", {14, 22});
  spoken.append_verbatim(" ", 22);
  spoken.append_spoken("less b greater", {23, 32});
  spoken.append_verbatim(" 3", 32);
  EXPECT_EQ(joined(shown(spoken, request)), "Fish & caf\u00e9 <b> 3");
}

TEST(CaptionWords, MarkupIsNotShown) {
  const std::string request = "See <sub alias=\"World Wide Web\">WWW</sub> <laugh> now.";
  text::Spanned spoken;
  spoken.append_verbatim("See ", 0);
  spoken.append_spoken("World Wide Web", {4, 41});
  spoken.append_verbatim(" <laugh> now.", 41);
  EXPECT_EQ(joined(shown(spoken, request)), "See World Wide Web [laugh] now.");
}

}  // namespace
}  // namespace orpheus::align
