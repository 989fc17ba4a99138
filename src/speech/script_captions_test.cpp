// The captions of whole texts: markup, numbers, pictures and marks through all steps.
#include <algorithm>
#include <array>
#include <optional>
#include <random>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "align/caption_word.h"
#include "align/estimate.h"
#include "align/words.h"
#include "speech/script.h"

namespace orpheus::speech {
namespace {

using text::markup::Format;

const text::Habits kLarge{};
const text::Habits kSmall{
    .characters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz ,.!?'",
    .most_words = 25,
    .most_sentences = 1,
    .speaks_tags = false};

// The captions in one line, and the places of all words in order.
struct Captions {
  std::string text;
  std::vector<text::Range> places;
};

std::optional<Captions> captions(const Request& request, const text::Habits& habits) {
  const auto script = write_script(request, prompt::published_voices(), habits, {});
  if (!script) return std::nullopt;
  Captions found;
  const auto& pieces = script->pieces;
  for (size_t i = 0; i < pieces.size(); ++i) {
    const text::Spanned& spoken = pieces[i].text;
    const auto words = align::estimate(spoken, align::words_in(spoken, "en"),
                                       {.num_samples = 240000, .levels = {}});
    align::Neighbours neighbours;
    if (i > 0) neighbours.behind_last = pieces[i - 1].text.runs().back().origin.end;
    if (i + 1 < pieces.size()) neighbours.next = pieces[i + 1].text.runs().front().origin.begin;
    for (const auto& word : align::caption_words(spoken, words, request.text, neighbours)) {
      const bool is_apart = word.follows_blank && !found.text.empty() && !word.text.empty();
      found.text += (is_apart ? " " : "") + word.text;
    }
    for (const auto& word : words) found.places.push_back(word.origin);
  }
  return found;
}

std::string in_one_line(std::string_view text) {
  std::string line;
  for (const char c : text) {
    const bool is_blank = c == ' ' || c == '\n';
    if (!is_blank)
      line += c;
    else if (!line.empty() && line.back() != ' ')
      line += ' ';
  }
  while (line.ends_with(' ')) line.pop_back();
  return line;
}

// Captions are the text as it is written, also what the voice does not get: pictures, dashes,
// quotation marks and brackets at the begin and the end of a piece.
TEST(ScriptCaptions, ShowAPlainTextAsItIsWritten) {
  for (const std::string& text : std::vector<std::string>{
           "\U0001F600 Hello there. \U0001F44D Bye now \U0001F44B\U0001F3FD",
           "\u2014 Oui, dit-il.\n\u2014 Non!",
           "\"No!\" he said. (\"Yes,\" I thought.) [Really] {ok} done",
           "I \u2764\uFE0F you \u2014 and \U0001F468\u200D\U0001F469\u200D\U0001F467 too",
           "It costs $5 (or \u20ac6) \u2014 50% off! 3\u00d74 = 12; A&B, x < y > z",
           "Wait... what?! No\u2026 \u00abyes\u00bb \u2018so\u2019 \u201cit\u201d goes;",
           "First line\nSecond line \U0001F600\n\n\U0001F600\U0001F600\nOne more",
           "Price: 1\uFE0F\u20E3 apples \u00a9 2024 ACME\u2122",
           "'Tis the season, y'all's rock 'n' roll", "#hashtag @user a/b c\\d ~tilde_ ^hat",
           "\"\u00bfQu\u00e9?\" \u00a1S\u00ed! (no)", "(Hello.) [World]",
           "[World]: {a} \u2014 \U0001F600"}) {
    for (const auto* habits : {&kLarge, &kSmall}) {
      const auto found = captions({.text = text, .format = Format::kPlain}, *habits);
      ASSERT_TRUE(found.has_value()) << text;
      EXPECT_EQ(found->text, in_one_line(text));
    }
  }
}

struct Markup {
  Format format;
  std::string begin;
  std::vector<std::string> between;
  std::string end;
};

// Guards against: a caption that repeats or loses a word behind markup, and words without a place
// in the input.
TEST(ScriptCaptions, ShowEachWordOfAMarkupOnce) {
  const std::vector<std::string> both = {
      " ",           "\n",   "\r\n",    ". ",         ", ",   " (",           ") ",
      " \"",         "\" ",  " &amp; ", "&#33; ",     "\n\n", " \U0001F600 ", " \u2014 ",
      "<!-- no -->", " $5 ", " 3 km. ", "\U0001F600", "! ",   " \u00e9 "};
  std::vector<Markup> kinds = {
      {Format::kPlain, "", {" *", "* ", "<b>", "</b>", " &bogus; ", "\n- ", "\r", " < "}, ""},
      {Format::kMarkdown, "", {" *", "* ", "<b>", "</b>", "\n- ", " [", "](http://no.no/x) "}, ""},
      {Format::kHtml,
       "",
       {"<p>", "</p>", "<script>var no = 1;</script>", " &bogus; ", "<b>", "</b>", "<br>", "\r",
        "<table><tr><td>", "</table>", "<x-y>", "</q>"},
       ""},
      {Format::kSsml,
       "<speak>",
       {"\r", "<break time='1ms'/>", "<![CDATA[ ]]>", "<?no no?>", " &lt; ", "<p> </p>"},
       "</speak>"}};
  std::mt19937 random(5);
  for (Markup& kind : kinds) {
    kind.between.insert(kind.between.end(), both.begin(), both.end());
    for (int round = 0; round < 150; ++round) {
      std::vector<std::string> words;
      std::string input = kind.begin;
      for (size_t count = 2 + random() % 20; count > 0; --count) {
        std::string word = "z";
        for (size_t number = words.size() + 10; number > 0; number /= 10)
          word +=
              std::array{"ba", "de", "fi", "go", "ku", "la", "me", "ni", "po", "ru"}[number % 10];
        input += word + kind.between[random() % kind.between.size()];
        words.push_back(word);
      }
      input += kind.end;
      for (const auto* habits : {&kLarge, &kSmall}) {
        const auto found = captions({.text = input, .format = kind.format}, *habits);
        ASSERT_TRUE(found.has_value()) << input;
        for (const std::string& word : words) {
          const size_t at = found->text.find(word);
          ASSERT_NE(at, std::string::npos) << word << " in " << input << "\n" << found->text;
          ASSERT_EQ(found->text.find(word, at + 1), std::string::npos)
              << word << " in " << input << "\n"
              << found->text;
        }
        const auto count = [](std::string_view text, std::string_view part) {
          size_t number = 0;
          for (size_t at = text.find(part); at != text.npos; at = text.find(part, at + 1)) ++number;
          return number;
        };
        for (const std::string_view part : {"\U0001F600", "$5", "\u00e9"})
          ASSERT_EQ(count(found->text, part), count(input, part)) << input << "\n" << found->text;
        for (size_t i = 0; i < found->places.size(); ++i) {
          ASSERT_GT(found->places[i].size(), 0U) << input;
          ASSERT_LE(found->places[i].end, input.size());
          ASSERT_LE(i == 0 ? 0 : found->places[i - 1].begin, found->places[i].begin) << input;
        }
      }
    }
  }
}

}  // namespace
}  // namespace orpheus::speech
