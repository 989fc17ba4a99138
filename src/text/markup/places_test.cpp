// Where the words of a document stand in its input.
#include <random>
#include <string>
#include <string_view>
#include <vector>

#include <gtest/gtest.h>

#include "text/markup/document.h"

namespace orpheus::text::markup {
namespace {

// The place of a word that the document says once; nothing if it does not say it.
std::optional<Range> place_of(const Document& document, std::string_view word) {
  for (const Passage& passage : document.passages) {
    const size_t at = passage.text.text().find(word);
    if (at != std::string::npos) return passage.text.origin({at, at + word.size()});
  }
  return std::nullopt;
}

void expect_places(std::string_view input, Format format,
                   const std::vector<std::pair<std::string_view, std::string_view>>& words) {
  const auto document = read_document(input, format, {});
  ASSERT_TRUE(document.has_value()) << document.error().message();
  for (const auto& [word, written] : words) {
    const auto place = place_of(*document, word);
    ASSERT_TRUE(place.has_value()) << word << " in " << input;
    EXPECT_EQ(input.substr(place->begin, place->size()), written) << word << " in " << input;
  }
}

// Guards against: words with empty places behind what the parser adds, drops or does not know.
TEST(Places, OfHtmlAreThoseOfItsWords) {
  expect_places("<script>var x = '<p>no</p>';</script> Hello there", Format::kHtml,
                {{"Hello", "Hello"}, {"there", "there"}});
  expect_places("a &bogus; ok", Format::kHtml, {{"bogus", "bogus"}, {"ok", "ok"}});
  expect_places("<p>one\r\ntwo\rthree</p></b>four", Format::kHtml,
                {{"one", "one"}, {"two", "two"}, {"three", "three"}, {"four", "four"}});
  expect_places("</foo>One<html><body class=x>two</body></html>three", Format::kHtml,
                {{"One", "One"}, {"two", "two"}, {"three", "three"}});
  expect_places(
      "<p>caf&eacute; &amp;amp; two&#x41; &#66 x", Format::kHtml,
      {{"caf\u00e9", "caf&eacute;"}, {"amp;", "amp;"}, {"twoA", "two&#x41;"}, {"B", "&#66"}});
  expect_places("\xEF\xBB\xBF<!DOCTYPE html><title>One</title><a b='x>y' c=\">\">two</a>",
                Format::kHtml, {{"One", "One"}, {"two", "two"}});
}

// XML's line ends are \n, however they are written.
TEST(Places, OfSsmlAreThoseOfItsWords) {
  expect_places(
      "<speak>one\rtwo\r\nthree\n\rfour &amp; &#x66;ive<![CDATA[ six\rseven &amp; ]]>eight</speak>",
      Format::kSsml,
      {{"one", "one"},
       {"two", "two"},
       {"three", "three"},
       {"four", "four"},
       {"five", "&#x66;ive"},
       {"six", "six"},
       {"seven", "seven"},
       {"eight", "eight"}});
  expect_places("<speak>w\u00f6rter \U0001F600 o<!-- a -->ne tw<?pi o?>o</speak>", Format::kSsml,
                {{"w\u00f6rter", "w\u00f6rter"}, {"one", "o<!-- a -->ne"}, {"two", "tw<?pi o?>o"}});
  expect_places(
      "\xEF\xBB\xBF<?xml version='1.0' encoding='ISO-8859-1'?>\r<!DOCTYPE speak>\r"
      "<speak\rversion='1.1'>\u00e9l\u00e8ve 3&lt;4 five</speak>",
      Format::kSsml, {{"\u00e9l\u00e8ve", "\u00e9l\u00e8ve"}, {"five", "five"}});
  expect_places(
      "<speak>See <sub alias='World'/> and <sub alias='Web'></sub> "
      "<sub alias='Wide'>W</sub>.</speak>",
      Format::kSsml,
      {{"World", "<sub alias='World'/>"}, {"Web", "<sub alias='Web'></sub>"}, {"Wide", "W"}});
}

TEST(Places, OfMarkdownAreThoseOfItsWords) {
  expect_places("a &amp; b &check; c\n\nd & a & b e", Format::kMarkdown,
                {{"c", "c"}, {"d", "d"}, {"e", "e"}});
  expect_places(
      "> Run `some\n> code` *now* \\*then\\*\r\nand &lt;ok&gt;", Format::kMarkdown,
      {{"some", "some"}, {"code", "code"}, {"now", "now"}, {"then", "then"}, {"ok", "ok"}});
}

struct Markup {
  Format format;
  std::string begin;
  std::vector<std::string> between;  // "%" is another word
  std::string end;
};

// Whatever stands between words, each is where it is written.
TEST(Places, OfGeneratedMarkupAreThoseOfItsWords) {
  const std::vector<Markup> kinds = {
      {Format::kHtml,
       "",
       {" ",
        "\n",
        "\r\n",
        "\r",
        "<b>",
        "</b>",
        "<p>",
        "</p>",
        "<br>",
        "<!-- no -->",
        "<script>var a = '<p>no</p>';</script>",
        "<style>p{}</style>",
        " &bogus; ",
        " &amp; ",
        "&nbsp;",
        " &#66 ",
        " &#0; ",
        "<foo>",
        "</foo>",
        "<a href=\"x>y\">",
        "</a>",
        "<?pi x?>",
        "<!DOCTYPE html>",
        "<html>",
        "<body>",
        "</body>",
        "</html>",
        "<head>",
        "</head>",
        "<title>",
        "</title>",
        "<table><tr><td>",
        "</table>",
        "<img alt='%'>",
        "<![CDATA[no]]>",
        " \U0001F600 ",
        " \u00e9 ",
        "<sub alias='%'></sub>",
        " < ",
        " & ",
        "<li>",
        "</P >",
        "<BR/>",
        "<x-y>",
        "</x-y>",
        "<noscript>",
        "</noscript>",
        "<ruby>a<rt>no</rt></ruby>",
        "\\",
        "]]>"},
       ""},
      {Format::kSsml,
       "<speak>",
       {" ",
        "\n",
        "\r\n",
        "\r",
        "\t",
        "<p>%</p>",
        "<s>%</s>",
        "<!-- no -->",
        "<?pi no?>",
        " &amp; ",
        "&#x20;",
        "&#10;",
        " &lt; ",
        "<![CDATA[ % ]]>",
        "<![CDATA[ %\r%<b>&amp; ]]>",
        "<break time='1ms'/>",
        "<emphasis>%</emphasis>",
        "<sub alias='%'/>",
        "<sub alias='%'>x</sub>",
        "<prosody rate='slow'> % </prosody>",
        " \U0001F600 ",
        " \u00e9 ",
        "<laugh/>",
        "]",
        " > ",
        "<foo\rb='>'>%</foo >"},
       "</speak>"},
      {Format::kMarkdown,
       "",
       {" ",
        "\n",
        "\r\n",
        "\n\n",
        " *",
        "* ",
        "**",
        " `",
        "` ",
        " \\* ",
        " &amp; ",
        " &check; ",
        "<b>",
        "</b>",
        " [",
        "](http://no.no/x) ",
        "\n- ",
        "\n> ",
        "\n# ",
        "\n| % | % |\n|---|---|\n",
        "\n\n```no\n%\n```\n",
        " \U0001F600 ",
        " \u00e9 ",
        "  \n",
        "\n    ",
        "<!-- no -->",
        " & "},
       ""},
  };
  std::mt19937 random(11);
  for (const Markup& kind : kinds) {
    int num_said = 0;
    for (int round = 0; round < 1500; ++round) {
      int num_words = 0;
      std::string input = kind.begin;
      const auto add = [&](std::string_view part) {
        for (const char c : part)
          input += c == '%' ? "w" + std::to_string(num_words++) + "e" : std::string(1, c);
      };
      for (auto count = random() % 12; count > 0; --count) {
        if (random() % 2 == 0) add("%");
        add(kind.between[random() % kind.between.size()]);
      }
      add("%");
      input += kind.end;
      const auto document = read_document(input, kind.format, {});
      ASSERT_TRUE(document.has_value()) << input << document.error().message();
      for (int word = 0; word < num_words; ++word) {
        const std::string name = "w" + std::to_string(word) + "e";
        const auto place = place_of(*document, name);
        if (!place) continue;
        ++num_said;
        const size_t at = input.find(name);
        const std::string_view before = std::string_view(input).substr(0, at);
        if (before.ends_with("alias='")) {  // its contents, or all of an empty element
          ASSERT_GT(place->size(), 0U) << name << " in " << input;
        } else if (before.ends_with("alt='")) {
          ASSERT_LE(place->begin, at) << name << " in " << input;
          ASSERT_GE(place->end, at + name.size()) << name << " in " << input;
        } else {
          ASSERT_EQ(*place, (Range{at, at + name.size()})) << name << " in " << input;
        }
      }
    }
    EXPECT_GT(num_said, 3000);
  }
}

}  // namespace
}  // namespace orpheus::text::markup
