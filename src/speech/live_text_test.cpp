// A text that arrives in parts: what is spoken of it, and when.
#include "speech/live_text.h"

#include <algorithm>
#include <chrono>
#include <fstream>
#include <iterator>
#include <map>
#include <random>
#include <sstream>
#include <thread>

#include <gtest/gtest.h>

#include "speech/script.h"
#include "text/words.h"

namespace orpheus::speech {
namespace {

using text::markup::Arriving;

const text::Habits kSmall{
    .characters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz ,.!?'",
    .most_words = 25,
    .most_sentences = 1,
    .speaks_tags = false};

// In small letters and without punctuation, which depend on the cuts.
void add_words(const Script& script, std::vector<std::string>& words) {
  for (const ScriptPiece& piece : script.pieces) {
    std::string word;
    for (const char c : piece.text.text() + ' ') {
      if (c == ' ') {
        if (!word.empty()) words.push_back(std::exchange(word, {}));
      } else if (std::string_view(".,;:!?\"()*").find(c) == std::string_view::npos) {
        word += static_cast<char>(c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : c);
      }
    }
  }
}

std::vector<std::string> words_of_whole(const std::string& input, const std::string& language,
                                        const text::Habits& habits) {
  const auto script =
      write_script({.text = input, .language = language}, prompt::published_voices(), habits, {});
  EXPECT_TRUE(script.has_value()) << script.error().message();
  std::vector<std::string> words;
  if (script) add_words(*script, words);
  return words;
}

// The words of stretches that were spoken in an earlier run.
using Known = std::map<std::string, std::vector<std::string>>;

// The parts have random lengths; most_pause_ms: of the pauses between them.
std::vector<std::string> words_of_parts(const std::string& input, const std::string& language,
                                        const text::Habits& habits, int most_pause_ms,
                                        std::mt19937& random, Known& known) {
  Arriving arriving({.cuts = {.language = language}});
  std::vector<std::string> words;
  size_t behind = 0;
  const auto speak = [&] {
    while (const auto stretch = arriving.next()) {
      EXPECT_EQ(stretch->begin, behind);
      behind += stretch->text.size();
      auto found = known.find(stretch->text);
      if (found == known.end()) {
        const auto script =
            write_script(*stretch, {.language = language}, prompt::published_voices(), habits, {});
        EXPECT_TRUE(script.has_value()) << script.error().message();
        found = known.emplace(stretch->text, std::vector<std::string>()).first;
        if (!script) continue;
        add_words(*script, found->second);
        for (const ScriptPiece& piece : script->pieces) {
          const text::Range origin = piece.text.origin({0, piece.text.text().size()});
          EXPECT_GE(origin.begin, stretch->begin);
          EXPECT_LE(origin.end, behind);
        }
      }
      words.insert(words.end(), found->second.begin(), found->second.end());
    }
  };
  Arriving::Time now{};
  const size_t most = 1 + random() % 60;
  for (size_t at = 0; at < input.size();) {
    const size_t count = 1 + random() % most;
    EXPECT_TRUE(arriving.append(std::string_view(input).substr(at, count), now).has_value());
    at += count;
    now += std::chrono::milliseconds(static_cast<int>(random() % 1000) * most_pause_ms / 1000);
    arriving.tick(now);
    speak();
  }
  EXPECT_TRUE(arriving.end().has_value());
  speak();
  return words;
}

std::string read(const std::string& name) {
  std::ifstream in(std::string(ORPHEUS_TEST_DATA) + "/" + name, std::ios::binary);
  EXPECT_TRUE(in) << name;
  return {std::istreambuf_iterator<char>(in), {}};
}

// Written forms of every class (money, dates, abbreviations, …), as a paragraph of prose.
std::string written_forms(const std::string& language) {
  std::istringstream lines(read("reading/" + language + ".tsv"));
  std::string prose;
  for (std::string line; std::getline(lines, line);) {
    if (line.empty() || line.front() == '#') continue;
    prose += line.substr(0, line.find('\t'));
    prose += std::string_view(".!?").find(prose.back()) == std::string_view::npos ? ". " : " ";
  }
  return prose;
}

void expect_same_words(const std::string& input, const std::string& language, int num_runs,
                       int most_pause_ms, const text::Habits& habits) {
  Known known;
  const auto expected = words_of_whole(input, language, habits);
  std::mt19937 random(20);  // NOLINT: the same parts in every run
  for (int run = 0; run < num_runs; ++run) {
    const auto words = words_of_parts(input, language, habits, most_pause_ms, random, known);
    const auto [at, other] =
        std::mismatch(words.begin(), words.end(), expected.begin(), expected.end());
    if (words == expected) continue;
    std::string near;
    for (auto i = at - std::min<int64_t>(5, at - words.begin()); i != words.end() && i < at + 8;
         ++i)
      near += *i + ' ';
    near += "| ";
    for (auto i = other - std::min<int64_t>(5, other - expected.begin());
         i != expected.end() && i < other + 8; ++i)
      near += *i + ' ';
    FAIL() << "run " << run << ", " << language << ": " << near;
  }
}

// Guards against: a number or an abbreviation is read in two halves because the network divided it.
TEST(LiveText, TheWordsOfATextInPartsAreThoseOfTheWholeText) {
  const std::string page = read("page.txt");
  expect_same_words(page, "en", 1000, 500, kSmall);
  expect_same_words(page, "en", 200, 500, {});
}

TEST(LiveText, WrittenFormsInPartsAreReadLikeWholeOnes) {
  for (const char* language : {"en", "de", "fr", "es", "it"})
    expect_same_words(written_forms(language), language, 20, 0, {});
}

TEST(LiveText, TellsItsSpeechOfEveryStretchAndOfTheEnd) {
  LiveText live;
  int num_told = 0;
  live.push({.text = "One.", .begin = 0});
  live.on_news([&] { ++num_told; });
  live.push({.text = " Two.", .begin = 4});
  live.end();
  EXPECT_EQ(num_told, 2);
  const LiveText::News news = live.take();
  EXPECT_EQ(news.stretches.size(), 2U);
  EXPECT_TRUE(news.has_ended);
  EXPECT_TRUE(live.take().stretches.empty());
  EXPECT_TRUE(live.take().has_ended);
  EXPECT_EQ(live.text(), "One. Two.");
}

// Guards against: the time from the end of the text to the first sound is not measured, or from a
// later call.
TEST(LiveText, HasEndedWhenThatWasSaidFirst) {
  LiveText live;
  live.push({.text = "One.", .begin = 0});
  EXPECT_FALSE(live.ended_at());
  const auto before = std::chrono::steady_clock::now();
  live.end();
  const auto ended_at = live.ended_at();
  ASSERT_TRUE(ended_at);
  EXPECT_GE(*ended_at, before);
  EXPECT_LE(*ended_at, std::chrono::steady_clock::now());
  std::this_thread::sleep_for(std::chrono::milliseconds(2));
  live.end();
  EXPECT_EQ(live.ended_at(), ended_at);
}

}  // namespace
}  // namespace orpheus::speech
