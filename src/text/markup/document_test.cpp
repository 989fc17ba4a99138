#include "text/markup/document.h"

#include <random>

#include <gtest/gtest.h>

#include "base/testing/cost.h"
#include "base/utf8.h"

namespace orpheus::text::markup {
namespace {

std::string folded(std::string_view text) {
  std::string line;
  for (const char c : text) {
    const bool is_blank = c == ' ' || c == '\n' || c == '\t' || c == '\r';
    if (!is_blank)
      line += c;
    else if (!line.empty() && line.back() != ' ')
      line += ' ';
  }
  while (!line.empty() && line.back() == ' ') line.pop_back();
  return line;
}

// What stands between blanks and has letters or digits, with its place in the input.
std::vector<std::pair<std::string, Range>> words_of(const Spanned& text) {
  std::vector<std::pair<std::string, Range>> words;
  constexpr std::string_view kBlanks = " \n\t\r";
  const std::string& all = text.text();
  for (size_t begin = all.find_first_not_of(kBlanks); begin != std::string::npos;) {
    const size_t end = std::min(all.find_first_of(kBlanks, begin), all.size());
    const std::string word = all.substr(begin, end - begin);
    const bool has_letters = std::any_of(word.begin(), word.end(), [](char c) {
      return static_cast<unsigned char>(c | 0x20) >= 'a';
    });
    if (has_letters) words.emplace_back(word, text.origin({begin, end}));
    begin = all.find_first_not_of(kBlanks, end);
  }
  return words;
}

using Passages = std::vector<std::string>;

Passages passages(std::string_view input, Format format, const Options& options = {}) {
  const auto document = read_document(input, format, options);
  EXPECT_TRUE(document.has_value()) << document.error().message();
  Passages texts;
  if (!document) return texts;
  for (const Passage& passage : document->passages) {
    // Whatever the format: a verbatim run is its stretch of the input, and runs are in order.
    size_t behind = 0;
    for (const Spanned::Run& run : passage.text.runs()) {
      EXPECT_LE(behind, run.origin.begin);
      EXPECT_LE(run.origin.end, input.size());
      behind = run.origin.begin;
      if (run.is_verbatim) {
        EXPECT_EQ(input.substr(run.origin.begin, run.origin.size()),
                  std::string_view(passage.text.text()).substr(run.text.begin, run.text.size()));
      }
    }
    // Every word is read from somewhere.
    for (const auto& [word, place] : words_of(passage.text)) {
      EXPECT_GT(place.size(), 0U) << word << " in " << input;
    }
    texts.push_back(folded(passage.text.text()));
  }
  return texts;
}

Passages plain(std::string_view input, const Options& options = {}) {
  return passages(input, Format::kPlain, options);
}

// Each was lost, or read as an element, by a rule "<letter…> is a tag".
TEST(Plain, WordsInAngleBracketsAreNeverLost) {
  EXPECT_EQ(plain("a<b and c>d"), (Passages{"a<b and c>d"}));
  EXPECT_EQ(plain("Press <Enter> and <Ctrl+C>"), (Passages{"Press Enter and Ctrl+C"}));
  EXPECT_EQ(plain("<Mission failed>"), (Passages{"Mission failed"}));
  EXPECT_EQ(plain("#include <stdio.h>"), (Passages{"#include stdio.h"}));
  EXPECT_EQ(plain("Press <Select>, then <Menu>."), (Passages{"Press Select, then Menu."}));
}

TEST(Plain, MarkUpIsRemovedAndSoundsAreKept) {
  EXPECT_EQ(plain("Well <sigh> that <b>was</b> close.<br/>Go <LAUGH/> on <a href='x'>now</a>."),
            (Passages{"Well <sigh> that was close.", "Go <laugh> on now."}));
  EXPECT_EQ(plain("<작은 웃음> 네"), (Passages{"<작은 웃음> 네"}));
  EXPECT_EQ(plain("One <!-- not this --> two &amp; &lt;three&gt; &#39;x&#39;"),
            (Passages{"One two & <three> 'x'"}));
}

// Guards against: a tag with an unquoted value, <a href=x>, is read aloud.
TEST(Plain, AttributesNeedNoQuotes) {
  EXPECT_EQ(plain("Go <a href=x>now</a> and <a  id = b class='c'>then</a>."),
            (Passages{"Go now and then."}));
  EXPECT_EQ(plain("One<br clear=all/>two"), (Passages{"One", "two"}));
  const auto slow = read_document("<prosody rate=slow>One</prosody>", Format::kPlain, {});
  ASSERT_TRUE(slow.has_value());
  EXPECT_DOUBLE_EQ(slow->passages.at(0).rate, 0.8);
}

TEST(Plain, ThoughtsAreDroppedUnlessTheyAreAskedFor) {
  const std::string_view text = "<think>\nHmm, 2 + 2.\n\nSo 4.\n</think>\n\nFour.";
  EXPECT_EQ(plain(text), (Passages{"Four."}));
  EXPECT_EQ(plain(text, {.drops_thoughts = false}), (Passages{"Hmm, 2 + 2.", "So 4.", "Four."}));
  EXPECT_EQ(plain("Write <think> at the start."), (Passages{"Write think at the start."}));
}

TEST(Plain, MarksOfMarkdownAreNotSpoken) {
  EXPECT_EQ(plain("**The weather** is *nice* __today__, _really_ ~~not~~."),
            (Passages{"The weather is nice today, really not."}));
  EXPECT_EQ(plain("# Title\nText with `code *x*` and [a link](https://a.b/c).\n![a cat](cat.png)"),
            (Passages{"Title", "Text with code *x* and a link. a cat"}));
  EXPECT_EQ(plain("Buy:\n- milk\n- eggs\n  and flour\n1. First\n2. Second"),
            (Passages{"Buy:", "milk", "eggs and flour", "1. First", "2. Second"}));
  EXPECT_EQ(plain("```python\nprint(1)\n```\nDone."), (Passages{"print(1)", "Done."}));
  EXPECT_EQ(plain("| a | b |\n|---|---|\n| 1 | 2 |"), (Passages{"a, b", "1, 2"}));
  EXPECT_EQ(plain("Title\n=====\nText.\n\n---\n> quoted\n> text"),
            (Passages{"Title", "Text.", "quoted text"}));
}

TEST(Plain, WhatOnlyLooksLikeAMarkStays) {
  for (const char* text :
       {"2 * 3 * 4", "2*3*4", "snake_case_name", "a < b > c", "f[i](x) = 1", "5 ~ 6 ~ 7", "#1 of 3",
        "C# and F#", "AT&T; R&D", "-5 degrees", "x[1] (see below)", "a_b and c_d", "3 > 2"})
    EXPECT_EQ(plain(text), Passages{text});
}

TEST(Plain, LinesAreWrappedOrEndAnUtterance) {
  EXPECT_EQ(plain("This is a paragraph that was wrapped by an editor at some width,\n"
                  "and it goes on here for quite a while until the sentence is over\n"
                  "at last."),
            (Passages{"This is a paragraph that was wrapped by an editor at some width, and it "
                      "goes on here for quite a while until the sentence is over at last."}));
  EXPECT_EQ(plain("Dear John\n\nThanks\nAnna Smith"),
            (Passages{"Dear John", "Thanks", "Anna Smith"}));
  EXPECT_EQ(plain("I think we should\ngo home."), (Passages{"I think we should go home."}));
}

TEST(Plain, SpeakersNeedACast) {
  EXPECT_EQ(plain("Leo: Hello.\nMia: Hi."), (Passages{"Leo: Hello.", "Mia: Hi."}));
  const auto document = read_document("Leo: Hello.\nMia: Hi.\n\nThe end.", Format::kPlain,
                                      {.cast = {{"Leo", "leo"}, {"Mia", "mia"}}});
  ASSERT_TRUE(document.has_value());
  ASSERT_EQ(document->passages.size(), 3U);
  EXPECT_EQ(document->passages[0].voice, "leo");
  EXPECT_EQ(folded(document->passages[1].text.text()), "Hi.");
  EXPECT_EQ(document->passages[1].voice, "mia");
  EXPECT_EQ(document->passages[2].voice, "");
}

TEST(Control, PausesVoicesRatesAndLanguages) {
  const auto document = read_document(
      "[pause:1s]One[pause:1.5s] two <break time=\"500ms\"/>three [voice:leo] four "
      "<voice name='mia'>five</voice> six <prosody rate=\"slow\">seven</prosody> "
      "<lang xml:lang=\"de-DE\">acht</lang> <sub alias=\"nine\">9</sub>.",
      Format::kPlain, {});
  ASSERT_TRUE(document.has_value()) << document.error().message();
  EXPECT_EQ(document->lead_ms, 1000);
  const auto& all = document->passages;
  ASSERT_EQ(all.size(), 9U);
  EXPECT_EQ(all[0].pause_ms, 1500);
  EXPECT_EQ(all[1].pause_ms, 500);
  EXPECT_EQ(all[2].voice, "");
  EXPECT_EQ(all[3].voice, "leo");
  EXPECT_EQ(all[4].voice, "mia");
  EXPECT_EQ(all[5].voice, "leo");
  EXPECT_DOUBLE_EQ(all[6].rate, 0.8);
  EXPECT_EQ(all[7].language, "de");
  EXPECT_EQ(folded(all[8].text.text()), "nine.");
}

// Guards against: a share without a sign is read as a change, or a rate at an edge is refused.
TEST(Control, RatesAreWordsFactorsSharesAndChanges) {
  for (const auto& [written, rate] :
       {std::pair("slow", 0.8), std::pair("1.2", 1.2), std::pair("80%", 0.8),
        std::pair("150%", 1.5), std::pair("+20%", 1.2), std::pair("-20%", 0.8),
        std::pair(" 90% ", 0.9)}) {
    const auto document =
        read_document("[rate:" + std::string(written) + "] One.", Format::kPlain, {});
    ASSERT_TRUE(document.has_value()) << document.error().message();
    EXPECT_DOUBLE_EQ(document->passages.back().rate, rate) << written;
  }
}

TEST(Control, WhatMakesNoSenseIsNamed) {
  for (const char* text : {"[pause:soon]", "a [pause:90s]", "<break time=\"x\"/>", "[rate:9]",
                           "<lang xml:lang=\"?\">a</lang>"}) {
    const auto document = read_document(text, Format::kPlain, {});
    ASSERT_FALSE(document.has_value()) << text;
    EXPECT_EQ(document.error().kind, ErrorKind::kUsage);
  }
  EXPECT_FALSE(read_document("Press <Enter>.", Format::kPlain, {.refuses_unknown_tags = true}));
}

// Guards against: half a character, line ends or all of a long name in a message.
TEST(Control, MessagesHaveExcerpts) {
  for (size_t size = 0; size < 4; ++size) {
    std::string name(size, 'x');
    while (name.size() < 3000) name += "\u00e9\u4e16";
    for (const std::string& inside :
         {"<" + name + "></b>", "<a></" + name + ">", "&" + name + ";", "<a b='" + name + "<'/>",
          "<a b='" + name + "\n<", std::string("a\x01z\n"), std::string("<a\n\n b=c>"),
          "<break time='" + name + "'/>", "<voice " + name + "='1' name=''>\n</voice>",
          "<prosody rate='x" + name + "'>a</prosody>", std::string("<!DOCTYPE [\n]>")}) {
      const auto document = read_document("<speak>\n" + inside + "</speak>", Format::kSsml, {});
      ASSERT_FALSE(document.has_value()) << inside;
      const std::string message = document.error().message();
      EXPECT_FALSE(find_invalid_utf8(message).has_value()) << message;
      EXPECT_EQ(message.find("\uFFFD"), std::string::npos) << message;
      EXPECT_EQ(message.find('\n'), std::string::npos) << message;
      EXPECT_LT(message.size(), 500U) << message;
    }
  }
}

// Guards against a reader that begins a note with "title: … date: …".
TEST(Markdown, FrontMatterIsNotSpoken) {
  const Passages words = {"One", "title: spoken."};
  for (const char* text :
       {"---\ntitle: My story\ntags:\n  - a\n\ndate: 2024-01-02\n---\n\n# One\n\ntitle: spoken.",
        "---\r\ntitle: My story\r\n...\r\n# One\r\n\r\ntitle: spoken."})
    EXPECT_EQ(passages(text, Format::kMarkdown), words) << text;
  // Rules, headings, and metadata that does not end.
  EXPECT_EQ(passages("---\n\nOne.\n\n---\n\nTwo.", Format::kMarkdown), (Passages{"One.", "Two."}));
  EXPECT_EQ(passages("---\nA heading\n---\n\nTwo.", Format::kMarkdown),
            (Passages{"A heading", "Two."}));
  EXPECT_EQ(passages("---\nNote: one.\n\nTwo.", Format::kMarkdown),
            (Passages{"Note: one.", "Two."}));
  EXPECT_EQ(passages("One.\n\n---\nkey: two\n---\n", Format::kMarkdown),
            (Passages{"One.", "key: two"}));
  EXPECT_EQ(passages("---", Format::kMarkdown), Passages());
}

TEST(Markdown, BlocksAreUtterances) {
  EXPECT_EQ(
      passages("Title\n=====\n\nSome *very* **nice**\ntext with [a link](http://x.y \"t\"), "
               "`code`\nand ![alt](i.png) &amp; \\*stars\\*.\n\n1. one\n2. two\n   - three\n\n"
               "| a | b |\n|---|---|\n| 1 | 2 &lt; 3 |\n\n    x = 1\n\n> quoted",
               Format::kMarkdown),
      (Passages{"Title", "Some very nice text with a link, code and alt & *stars*.", "1. one",
                "2. two", "three", "a, b", "1, 2 < 3", "x = 1", "quoted"}));
  EXPECT_EQ(
      passages("Press <Enter> or <b>this</b>.\n\n<div>\nA <i>block</i>\n</div>\n\n<!-- no -->",
               Format::kMarkdown),
      (Passages{"Press Enter or this.", "A block"}));
  EXPECT_EQ(passages("```sh\nls -l\n```\n", Format::kMarkdown), (Passages{"ls -l"}));
  EXPECT_EQ(passages("```sh\nls -l\n```\nx", Format::kMarkdown, {.says_code = false}),
            (Passages{"x"}));
}

// Guards against places behind the text's end: the parser makes three bytes of a NUL, and one
// character of an entity.
TEST(Markdown, WhatALanguageOfCodeIsCalledMovesNoPlace) {
  for (const std::string& info :
       {std::string(2, '\0'), std::string("&amp;&amp;"), std::string("c")}) {
    const std::string text = "```" + info + "\n|";
    const auto document = read_document(text, Format::kMarkdown, {});
    ASSERT_TRUE(document.has_value());
    ASSERT_EQ(document->passages.size(), 1U);
    const auto& runs = document->passages[0].text.runs();
    ASSERT_FALSE(runs.empty());
    EXPECT_EQ(runs[0].origin.begin, text.size() - 1);
    EXPECT_EQ(runs[0].origin.end, text.size());
  }
}

// Guards against a read behind the text's end: the steps through backslashes that are escapes and
// through those that are not must be those of the search.
TEST(Markdown, BackslashesStandInsideTheText) {
  for (const std::string_view text :
       {R"(\\\\\s\|\)", R"(\\\\\\\\\\\\\\*)", R"(`\\\\` \*a\* \&amp; \\)", R"(\\\\ &amp; \\\\)"}) {
    const auto document = read_document(text, Format::kMarkdown, {});
    ASSERT_TRUE(document.has_value());
    for (const Passage& passage : document->passages)
      for (const auto& run : passage.text.runs()) EXPECT_LE(run.origin.end, text.size()) << text;
  }
}

TEST(Html, PagesAreRead) {
  EXPECT_EQ(
      passages("<!DOCTYPE html><html><head><title>T</title><style>p{}</style></head><body>"
               "<h1>A &amp; B</h1><p>One<br>two <b>thr</b>ee&nbsp;&mdash; caf&eacute; "
               "<img alt='a cat' src=x>.</p><script>var x = '<p>no</p>';</script>"
               "<ul><li>x<li>y</ul><table><tr><td>1<td>2</table><!-- no -->end",
               Format::kHtml),
      (Passages{"T", "A & B", "One", "two three\u00A0— café a cat .", "x", "y", "1, 2", "end"}));
  EXPECT_EQ(passages("Press <Enter> now <foo-bar>x</foo-bar> é ü", Format::kHtml),
            (Passages{"Press Enter now x é ü"}));
}

TEST(Ssml, IsReadAndMustBeWellFormed) {
  const auto document = read_document(
      "<?xml version=\"1.0\"?><speak version=\"1.1\"><p><s>One &amp; two</s><s>three</s></p>"
      "<voice name=\"leo\">four<break time=\"2s\"/></voice>"
      "<say-as interpret-as=\"characters\">abc</say-as><laugh/></speak>",
      Format::kSsml, {});
  ASSERT_TRUE(document.has_value()) << document.error().message();
  const auto& all = document->passages;
  ASSERT_EQ(all.size(), 4U);
  EXPECT_EQ(all[0].text.text(), "One & two");
  EXPECT_EQ(all[2].voice, "leo");
  EXPECT_EQ(all[2].pause_ms, 2000);
  EXPECT_EQ(all[3].text.text(), "A, B, C<laugh>");
  const auto broken = read_document("<speak>a & b</speak>", Format::kSsml, {});
  ASSERT_FALSE(broken.has_value());
  EXPECT_EQ(broken.error().kind, ErrorKind::kUsage);
  EXPECT_EQ(passages("<speak>a & b</speak>", Format::kAuto), (Passages{"a & b"}));
}

// Guards against: a page marks the wrong word behind something that is not spoken.
TEST(Ssml, WordsHaveTheirPlaces) {
  const std::string input =
      "<?xml version=\"1.0\"?><speak>One <!-- c -->two <?pi x?>three <![CDATA[four A]]> five "
      "&amp; <p>six</p> seven\r\neight</speak>";
  const auto document = read_document(input, Format::kSsml, {});
  ASSERT_TRUE(document.has_value()) << document.error().message();
  for (const std::string_view word :
       {"One", "two", "three", "four", "A", "five", "six", "seven", "eight"}) {
    bool is_found = false;
    for (const Passage& passage : document->passages) {
      const size_t at = passage.text.text().find(word);
      if (at == std::string::npos) continue;
      is_found = true;
      const Range origin = passage.text.origin({at, at + word.size()});
      EXPECT_EQ(origin, (Range{input.rfind(word), input.rfind(word) + word.size()})) << word;
    }
    EXPECT_TRUE(is_found) << word;
  }
}

TEST(Recognise, IsCautious) {
  EXPECT_EQ(recognise("Hello there. *Really*?"), Format::kPlain);
  EXPECT_EQ(recognise("<b>Hi</b> there"), Format::kPlain);
  EXPECT_EQ(recognise("- one\n- two"), Format::kPlain);
  EXPECT_EQ(recognise("# A\n\ntext\n\n## B\n\ntext"), Format::kMarkdown);
  EXPECT_EQ(recognise("<!DOCTYPE html><p>x"), Format::kHtml);
  EXPECT_EQ(recognise("<div><p>a</p><p>b</p><p>c</p></div>"), Format::kHtml);
  EXPECT_EQ(recognise("<speak>x</speak>"), Format::kSsml);
}

// Where a search could be made again from every place, or elements could nest without end.
TEST(AnyText, TakesTimeInProportionToItsLength) {
  for (const std::string_view unit : {"<b>",
                                      "<b><i>",
                                      "</b>",
                                      "<p>",
                                      "<",
                                      "<!--",
                                      "`",
                                      "``` ",
                                      "`a``b",
                                      "[",
                                      "[](",
                                      "[a](b",
                                      "![[]()",
                                      "*",
                                      "**a ",
                                      "*a _b ",
                                      "_",
                                      "~~",
                                      "&",
                                      "&amp",
                                      "<a b='",
                                      "<a b c d ",
                                      "> ",
                                      ">",
                                      "- ",
                                      "- a\n",
                                      "1. ",
                                      "|",
                                      "| a ",
                                      "|a|\n|-|\n",
                                      "#",
                                      "# a\n",
                                      "<table><tr><td>",
                                      "<li>",
                                      "<script>",
                                      "<think>",
                                      "</script>",
                                      "<div>\n",
                                      "\n",
                                      "a\n",
                                      "[pause:1ms]a",
                                      "<voice name='a'>",
                                      "<sub alias='a'>",
                                      "\\",
                                      "é",
                                      "<é>",
                                      "<voice name=\"a\">a</voice>",
                                      "[a]: b\n",
                                      "[a][b]"}) {
    for (const Format format :
         {Format::kPlain, Format::kMarkdown, Format::kHtml, Format::kSsml, Format::kAuto}) {
      EXPECT_TRUE(grows_in_proportion(32'000,
                                      [&](size_t num_bytes) {
                                        std::string text;
                                        while (text.size() < num_bytes) text += unit;
                                        (void)read_document(text, format, {});
                                      }))
          << unit << " " << static_cast<int>(format);
    }
  }
}

std::string random_text(std::mt19937& random) {
  static const std::vector<std::string> alphabet = {"a",
                                                    "Word",
                                                    " ",
                                                    "\n",
                                                    "\n\n",
                                                    "<b>",
                                                    "</b>",
                                                    "<",
                                                    ">",
                                                    "*",
                                                    "**",
                                                    "_",
                                                    "`",
                                                    "```",
                                                    "[",
                                                    "](",
                                                    ")",
                                                    "![",
                                                    "&amp;",
                                                    "&",
                                                    ";",
                                                    "# ",
                                                    "- ",
                                                    "1. ",
                                                    "|",
                                                    "---",
                                                    "<br>",
                                                    "<p>",
                                                    "é",
                                                    "世",
                                                    "<laugh>",
                                                    "\\",
                                                    "<!--",
                                                    "-->",
                                                    "<li>",
                                                    "\t",
                                                    "\r",
                                                    "~~",
                                                    "[pause:1s]",
                                                    "[voice:a]",
                                                    "<sub alias='x'>",
                                                    "</sub>",
                                                    "<think>",
                                                    "</think>",
                                                    "<a b=\"",
                                                    "\"",
                                                    "'",
                                                    "<script>",
                                                    "</script>",
                                                    "<speak>",
                                                    "</speak>"};
  std::string text;
  for (auto length = random() % 30; length > 0; --length)
    text += alphabet[random() % alphabet.size()];
  return text;
}

TEST(AnyText, EveryFormatTakesAnything) {
  std::mt19937 random(7);
  for (int round = 0; round < 3000; ++round) {
    const std::string text = random_text(random);
    for (const Format format :
         {Format::kPlain, Format::kMarkdown, Format::kHtml, Format::kSsml, Format::kAuto}) {
      if (read_document(text, format, {})) passages(text, format);
      ASSERT_FALSE(HasFailure()) << text << " " << static_cast<int>(format);
    }
  }
}

// Guards against: bytes behind the end of a view are read as part of the text.
TEST(AnyText, EndsWhereItsViewEnds) {
  std::mt19937 random(8);
  for (int round = 0; round < 2000; ++round) {
    const std::string text = random_text(random);
    const std::string longer = text + random_text(random) + "ord*_>&amp;";
    for (const Format format : {Format::kPlain, Format::kMarkdown, Format::kHtml, Format::kSsml}) {
      const auto whole = read_document(text, format, {});
      const auto part = read_document(std::string_view(longer).substr(0, text.size()), format, {});
      ASSERT_EQ(part.has_value(), whole.has_value()) << text;
      if (!whole) continue;
      ASSERT_EQ(part->passages.size(), whole->passages.size()) << text;
      for (size_t i = 0; i < part->passages.size(); ++i)
        ASSERT_EQ(part->passages[i].text, whole->passages[i].text) << text;
    }
  }
}

}  // namespace
}  // namespace orpheus::text::markup
