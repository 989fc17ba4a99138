#include "align/subtitles.h"

#include <algorithm>
#include <limits>
#include <optional>

#include <spdlog/fmt/fmt.h>
#include <unicode/uchar.h>
#include <unicode/utf8.h>

namespace orpheus::align {
namespace {

constexpr double kNever = std::numeric_limits<double>::infinity();
// A silence of this length separates sentences, also where the text has no punctuation (a heading).
constexpr int64_t kPauseMs = 500;
// A silence of this length ends a cue.
constexpr int64_t kLongPauseMs = 1500;
// A cue stays a little after its last word, and up to the next cue if that is near.
constexpr int64_t kLingerMs = 500;

struct Extent {
  int columns = 0;
  int characters = 0;
};

Extent extent_of(std::string_view text) {
  Extent extent;
  for (size_t offset = 0; offset < text.size();) {
    UChar32 c = 0;
    U8_NEXT(reinterpret_cast<const uint8_t*>(text.data()), offset, text.size(), c);
    const auto type = u_charType(c);
    if (type == U_NON_SPACING_MARK || type == U_ENCLOSING_MARK || type == U_FORMAT_CHAR) continue;
    const int width = u_getIntPropertyValue(c, UCHAR_EAST_ASIAN_WIDTH);
    extent.columns += width == U_EA_WIDE || width == U_EA_FULLWIDTH ? 2 : 1;
    ++extent.characters;
  }
  return extent;
}

// A word that is longer than a line becomes several; each gets its share of the time.
std::vector<CaptionWord> fitting(std::span<const CaptionWord> words, int columns) {
  std::vector<CaptionWord> parts;
  parts.reserve(words.size());
  for (const CaptionWord& word : words) {
    const int all = extent_of(word.text).columns;
    if (all <= std::max(columns, 1)) {
      if (!word.text.empty()) parts.push_back(word);
      continue;
    }
    const auto time_at = [&](int column) {
      return word.begin_ms + (word.end_ms - word.begin_ms) * column / all;
    };
    size_t begin = 0;
    int column = 0;
    while (begin < word.text.size()) {
      size_t end = begin;
      int width = 0;
      while (end < word.text.size()) {
        size_t next = end;
        U8_FWD_1(reinterpret_cast<const uint8_t*>(word.text.data()), next, word.text.size());
        const int added = extent_of(std::string_view(word.text).substr(end, next - end)).columns;
        if (width + added > columns && end > begin) break;
        width += added;
        end = next;
      }
      CaptionWord part = word;
      part.text = word.text.substr(begin, end - begin);
      part.begin_ms = time_at(column);
      part.end_ms = time_at(column + width);
      part.follows_blank = begin == 0 && word.follows_blank;
      if (end < word.text.size()) part.after = Break::kNone;
      parts.push_back(std::move(part));
      column += width;
      begin = end;
    }
  }
  return parts;
}

double price_of_break(Break after) {
  switch (after) {
    case Break::kSentence: return 0;
    case Break::kClause: return 2;
    case Break::kNone: break;
  }
  return 6;
}

// Chooses the cues: the cheapest division of all words.
class Division {
 public:
  Division(std::vector<CaptionWord> words, const SubtitleLimits& limits)
      : words_(std::move(words)), limits_(limits) {
    for (const CaptionWord& word : words_) extents_.push_back(extent_of(word.text));
  }

  std::vector<Cue> cues() const {
    const size_t count = words_.size();
    std::vector<double> price(count + 1, kNever);  // of the words before each
    std::vector<size_t> from(count + 1, 0);
    price[0] = 0;
    for (size_t begin = 0; begin < count; ++begin) {
      if (price[begin] == kNever) continue;
      for (size_t end = begin + 1; end <= count; ++end) {
        const double added = price_of(begin, end);
        if (added == kNever) break;  // a longer cue does not fit either
        if (price[begin] + added < price[end]) {
          price[end] = price[begin] + added;
          from[end] = begin;
        }
      }
    }
    std::vector<Cue> cues;
    for (size_t end = count; end > 0; end = from[end]) {
      const size_t begin = from[end];
      Cue cue{.begin_ms = words_[begin].begin_ms, .end_ms = words_[end - 1].end_ms, .lines = {}};
      const size_t cut = *line_break(begin, end);
      cue.lines.push_back(joined(begin, cut));
      if (cut < end) cue.lines.push_back(joined(cut, end));
      cues.push_back(std::move(cue));
    }
    std::reverse(cues.begin(), cues.end());
    return cues;
  }

 private:
  std::string joined(size_t begin, size_t end) const {
    std::string line;
    for (size_t i = begin; i < end; ++i) {
      if (i > begin && words_[i].follows_blank) line += ' ';
      line += words_[i].text;
    }
    return line;
  }

  Extent extent(size_t begin, size_t end) const {
    Extent sum;
    for (size_t i = begin; i < end; ++i) {
      const int blank = i > begin && words_[i].follows_blank ? 1 : 0;
      sum.columns += extents_[i].columns + blank;
      sum.characters += extents_[i].characters + blank;
    }
    return sum;
  }

  int64_t pause_behind(size_t word) const {
    return word + 1 < words_.size() ? words_[word + 1].begin_ms - words_[word].end_ms : 0;
  }

  Break break_behind(size_t word) const {
    return pause_behind(word) >= kPauseMs ? Break::kSentence : words_[word].after;
  }

  // Where the second line begins; `end` for one line; nothing if two lines are too few.
  std::optional<size_t> line_break(size_t begin, size_t end) const {
    if (extent(begin, end).columns <= limits_.columns) return end;
    std::optional<size_t> best;
    double least = kNever;
    int first = 0;
    const int all = extent(begin, end).columns;
    for (size_t cut = begin + 1; cut < end; ++cut) {
      first +=
          extents_[cut - 1].columns + (cut - 1 > begin && words_[cut - 1].follows_blank ? 1 : 0);
      const int second = all - first - (words_[cut].follows_blank ? 1 : 0);
      if (first > limits_.columns) break;
      if (second > limits_.columns) continue;
      const double uneven = static_cast<double>(std::abs(first - second)) / limits_.columns;
      // An article or a preposition stays with what follows it.
      const bool is_short = extents_[cut - 1].characters <= 3 && words_[cut].follows_blank;
      const Break behind = break_behind(cut - 1);
      const double price =
          price_of_break(behind) / 2 + 3 * uneven + (behind == Break::kNone && is_short ? 1.5 : 0);
      if (price < least) {
        least = price;
        best = cut;
      }
    }
    return best;
  }

  double price_of(size_t begin, size_t end) const {
    const int64_t spoken_ms = words_[end - 1].end_ms - words_[begin].begin_ms;
    const bool is_one = end == begin + 1;
    if (!is_one && (spoken_ms > limits_.most_ms || !line_break(begin, end))) return kNever;
    double price = 1 + price_of_break(break_behind(end - 1));
    for (size_t i = begin; i + 1 < end; ++i) {
      if (pause_behind(i) > kLongPauseMs) price += 8;
      if (break_behind(i) == Break::kSentence) price += 0.6;
    }
    // Of the time until the next cue, a cue has what it needs.
    const int64_t until =
        end < words_.size() ? words_[end].begin_ms - limits_.gap_ms : words_[end - 1].end_ms + 3000;
    const int64_t has_ms = std::max(spoken_ms, until - words_[begin].begin_ms);
    const double needs_ms = extent(begin, end).characters / limits_.characters_per_second * 1000;
    if (has_ms < limits_.least_ms)
      price += 8 * static_cast<double>(limits_.least_ms - has_ms) /
               static_cast<double>(limits_.least_ms);
    if (static_cast<double>(has_ms) < needs_ms)
      price += 6 * (needs_ms - static_cast<double>(has_ms)) / needs_ms;
    return price;
  }

  const std::vector<CaptionWord> words_;
  const SubtitleLimits limits_;
  std::vector<Extent> extents_;
};

// Sets the ends of cues: long enough to be read, and with a gap before the next one.
void set_ends(std::vector<Cue>& cues, const SubtitleLimits& limits) {
  for (size_t i = 0; i < cues.size(); ++i) {
    Cue& cue = cues[i];
    int characters = 0;
    for (const std::string& line : cue.lines) characters += extent_of(line).characters;
    const auto reading_ms =
        static_cast<int64_t>(1000 * characters / limits.characters_per_second) + 1;
    int64_t end_ms = std::max({cue.end_ms, cue.begin_ms + limits.least_ms,
                               cue.begin_ms + std::min(reading_ms, limits.most_ms)});
    end_ms = std::max(end_ms, std::min(cue.end_ms + kLingerMs, cue.begin_ms + limits.most_ms));
    if (i + 1 < cues.size()) {
      const int64_t next_ms = cues[i + 1].begin_ms;
      const int64_t last_ms = next_ms - limits.gap_ms;
      const bool leaves_time = last_ms - cue.begin_ms >= std::max(limits.least_ms, reading_ms);
      end_ms = std::min(end_ms, leaves_time ? last_ms : next_ms);
    }
    cue.end_ms = std::max(end_ms, cue.begin_ms + 1);
  }
}

std::string time_of(int64_t ms, char point) {
  return fmt::format("{:02}:{:02}:{:02}{}{:03}", ms / 3'600'000, ms / 60'000 % 60, ms / 1000 % 60,
                     point, ms % 1000);
}

std::string escaped(std::string_view line) {
  std::string text;
  for (const char c : line) {
    switch (c) {
      case '&': text += "&amp;"; break;
      case '<': text += "&lt;"; break;
      case '>': text += "&gt;"; break;
      default: text += c;
    }
  }
  return text;
}

}  // namespace

SubtitleLimits limits_for(std::string_view language) {
  SubtitleLimits limits;
  const std::string_view code = language.substr(0, 2);
  if (code == "zh") {
    limits.columns = 32;
    limits.characters_per_second = 9;
  } else if (code == "ja") {
    limits.columns = 26;
    limits.characters_per_second = 4;
  } else if (code == "ko") {
    limits.columns = 32;
    limits.characters_per_second = 12;
  }
  return limits;
}

std::vector<Cue> cues_of(std::span<const CaptionWord> words, const SubtitleLimits& limits) {
  std::vector<Cue> cues = Division(fitting(words, limits.columns), limits).cues();
  // A word without time begins a millisecond after the one before it.
  for (size_t i = 1; i < cues.size(); ++i)
    cues[i].begin_ms = std::max(cues[i].begin_ms, cues[i - 1].begin_ms + 1);
  set_ends(cues, limits);
  return cues;
}

std::string srt_of(std::span<const Cue> cues) {
  std::string text;
  for (size_t i = 0; i < cues.size(); ++i) {
    text += fmt::format("{}\n{} --> {}\n", i + 1, time_of(cues[i].begin_ms, ','),
                        time_of(cues[i].end_ms, ','));
    for (const std::string& line : cues[i].lines) text += line + "\n";
    text += "\n";
  }
  return text;
}

std::string vtt_of(std::span<const Cue> cues) {
  std::string text = "WEBVTT\n\n";
  for (const Cue& cue : cues) {
    text += time_of(cue.begin_ms, '.') + " --> " + time_of(cue.end_ms, '.') + "\n";
    for (const std::string& line : cue.lines) text += escaped(line) + "\n";
    text += "\n";
  }
  return text;
}

}  // namespace orpheus::align
