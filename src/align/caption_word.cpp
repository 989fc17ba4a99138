#include "align/caption_word.h"

#include <algorithm>
#include <cmath>

#include <unicode/uchar.h>
#include <unicode/utf8.h>

#include "align/unspoken.h"
#include "text/markup/entity.h"

namespace orpheus::align {
namespace {

constexpr std::string_view kBlanks = " \n\t\r";

bool has_letters(std::string_view text) {
  for (size_t offset = 0; offset < text.size();) {
    UChar32 c = 0;
    U8_NEXT(reinterpret_cast<const uint8_t*>(text.data()), offset, text.size(), c);
    if (c >= 0 && u_isalnum(c)) return true;
  }
  return false;
}

// Whether a tag of HTML or SSML begins in it. Signs of less and greater stand alone or before a
// blank or a digit, or have no end: "a < b", "x <y".
bool has_markup(std::string_view written) {
  for (size_t begin = written.find('<'); begin != written.npos;
       begin = written.find('<', begin + 1)) {
    const char first = begin + 1 < written.size() ? written[begin + 1] : ' ';
    const bool is_name = (first >= 'a' && first <= 'z') || (first >= 'A' && first <= 'Z');
    const bool begins = is_name || first == '/' || first == '!' || first == '?';
    if (begins && written.find('>', begin) != written.npos) return true;
  }
  return false;
}

// "<laugh>" becomes "[laugh]".
std::string with_brackets(std::string_view words) {
  std::string shown(words);
  for (size_t begin = shown.find('<'); begin != shown.npos; begin = shown.find('<', begin + 1)) {
    const size_t end = shown.find_first_of("<> \n", begin + 1);
    if (end == shown.npos || shown[end] != '>' || end == begin + 1) continue;
    shown[begin] = '[';
    shown[end] = ']';
  }
  return shown;
}

// A spoken text with written forms in place of the words that stand for them. Punctuation that is
// not in the request, such as the full stop where a long sentence was divided, is left out.
class Shown {
 public:
  // behind_last: what is written before this offset was shown.
  Shown(const text::Spanned& spoken, std::string_view request_text, size_t behind_last) {
    size_t behind = behind_last;
    for (const text::Spanned::Run& run : spoken.runs()) {
      const std::string_view words =
          std::string_view(spoken.text()).substr(run.text.begin, run.text.size());
      size_t begin = text_.size();
      const bool is_written = !run.is_verbatim && is_shown_as_written(run.origin, request_text);
      if (is_written && run.origin == last_written_) {  // more words of the same written form
        parts_.push_back({.spoken = run.text, .shown = parts_.back().shown, .is_whole = true});
        continue;
      }
      last_written_ = is_written ? run.origin : text::Range{};
      if (is_written) {
        const size_t from = std::clamp(behind, run.origin.begin, run.origin.end);
        const std::string written =
            text::markup::without_entities(request_text.substr(from, run.origin.end - from));
        begin += std::min(written.find_first_not_of(kBlanks), written.size());
        text_ += written;
      }
      if (is_written || run.is_verbatim) behind = std::max(behind, run.origin.end);
      if (!is_written && (run.is_verbatim || run.origin.size() > 0 || has_letters(words)))
        text_ += with_brackets(words);
      parts_.push_back(
          {.spoken = run.text, .shown = {begin, text_.size()}, .is_whole = is_written});
    }
  }

  const std::string& text() const { return text_; }

  // Where a stretch of the spoken text is shown.
  text::Range place(text::Range spoken) const {
    text::Range found{text_.size(), text_.size()};
    bool is_first = true;
    for (auto part = std::partition_point(
             parts_.begin(), parts_.end(),
             [&](const Part& before) { return before.spoken.end <= spoken.begin; });
         part != parts_.end() && part->spoken.begin < spoken.end; ++part) {
      const text::Range cut =
          part->is_whole
              ? part->shown
              : text::Range{part->shown.begin + std::max(part->spoken.begin, spoken.begin) -
                                part->spoken.begin,
                            part->shown.begin + std::min(part->spoken.end, spoken.end) -
                                part->spoken.begin};
      if (is_first) found.begin = cut.begin;
      found.end = cut.end;
      is_first = false;
    }
    return found;
  }

 private:
  struct Part {
    text::Range spoken;
    text::Range shown;
    bool is_whole = false;  // the written form cannot be divided
  };

  // Not markup, and something that can be read.
  static bool is_shown_as_written(text::Range origin, std::string_view request_text) {
    if (origin.size() == 0 || origin.size() > kLongestWritten || origin.end > request_text.size())
      return false;
    const std::string_view written = request_text.substr(origin.begin, origin.size());
    return written.find_first_of("\n\r\t") == written.npos && !has_markup(written) &&
           written.find_first_not_of(kBlanks) != written.npos;
  }

  std::string text_;
  std::vector<Part> parts_;
  text::Range last_written_;  // the origin of the last part, if it is shown as it is written
};

Break break_of(std::string_view between) {
  Break strongest = Break::kNone;
  for (size_t offset = 0; offset < between.size();) {
    UChar32 c = 0;
    U8_NEXT(reinterpret_cast<const uint8_t*>(between.data()), offset, between.size(), c);
    switch (c) {
      case '.':
      case '!':
      case '?':
      case 0x2026:  // …
      case 0x3002:  // 。
      case 0xFF01:  // ！
      case 0xFF1F:  // ？
      case 0x0964:  // danda
        return Break::kSentence;
      case ',':
      case ';':
      case ':':
      case 0x2013:  // –
      case 0x2014:  // —
      case 0x3001:  // 、
      case 0xFF0C:  // ，
      case 0xFF1A:  // ：
      case 0xFF1B:  // ；
        strongest = Break::kClause;
        break;
      default: break;
    }
  }
  return strongest;
}

// Where the text between two words is divided: what stands before it belongs to the word before.
size_t cut_between(std::string_view between) {
  if (const size_t blank = between.find_last_of(kBlanks); blank != between.npos) return blank + 1;
  // Opening brackets and quotation marks belong to the word behind them.
  size_t cut = between.size();
  for (size_t offset = 0; offset < between.size();) {
    const size_t begin = offset;
    UChar32 c = 0;
    U8_NEXT(reinterpret_cast<const uint8_t*>(between.data()), offset, between.size(), c);
    const auto type = u_charType(c);
    const bool opens = type == U_START_PUNCTUATION || type == U_INITIAL_PUNCTUATION;
    cut = opens ? std::min(cut, begin) : between.size();
  }
  return cut;
}

bool is_opening(UChar32 c) {
  const auto type = u_charType(c);
  return type == U_INITIAL_PUNCTUATION || type == U_START_PUNCTUATION || c == '"' || c == '\'' ||
         c == 0xBF || c == 0xA1;
}

bool only_opens(std::string_view marks) {
  for (size_t offset = 0; offset < marks.size();) {
    UChar32 c = 0;
    U8_NEXT(reinterpret_cast<const uint8_t*>(marks.data()), offset, marks.size(), c);
    if (!is_opening(c)) return false;
  }
  return true;
}

// Whether the text behind a "[" is that of a link: "text](address)".
bool begins_link(std::string_view request_text, size_t place) {
  const size_t end = request_text.find_first_of("]\n", place);
  return end != request_text.npos && request_text.substr(end, 2) == "](";
}

// What stands before the first word of a piece and opens something: a piece does not have it.
std::string_view opening_before(std::string_view request_text, size_t place) {
  if (place >= request_text.size()) return {};
  size_t begin = place;
  while (begin > 0) {
    auto before = static_cast<int32_t>(begin);
    UChar32 c = 0;
    U8_PREV(reinterpret_cast<const uint8_t*>(request_text.data()), 0, before, c);
    if (!is_opening(c) || (c == '[' && begins_link(request_text, begin))) break;
    begin = static_cast<size_t>(before);
  }
  // Straight quotation marks behind a word close something.
  const bool is_straight = request_text[begin] == '"' || request_text[begin] == '\'';
  const bool opens =
      begin == 0 || !is_straight || kBlanks.find(request_text[begin - 1]) != kBlanks.npos;
  return opens ? request_text.substr(begin, place - begin) : std::string_view();
}

// The unspoken text of a piece before and behind its words.
struct Beside {
  std::string_view before;
  std::string_view behind;
};

Beside beside_of(const text::Spanned& spoken, std::string_view request_text,
                 const Neighbours& neighbours) {
  const auto between = [&](size_t begin, size_t end) {
    end = std::min(end, request_text.size());
    return request_text.substr(std::min(begin, end), end - std::min(begin, end));
  };
  if (spoken.runs().empty()) return {};
  Beside beside{
      .before = between(neighbours.behind_last.value_or(0), spoken.runs().front().origin.begin),
      .behind =
          between(spoken.runs().back().origin.end, neighbours.next.value_or(request_text.size()))};
  if (neighbours.behind_last) beside.before.remove_prefix(part_of_word_before(beside.before));
  if (neighbours.next) beside.behind = beside.behind.substr(0, part_of_word_before(beside.behind));
  return beside;
}

std::string trimmed(std::string_view text) {
  const size_t begin = text.find_first_not_of(kBlanks);
  if (begin == text.npos) return {};
  std::string found(text.substr(begin, text.find_last_not_of(kBlanks) + 1 - begin));
  std::replace_if(
      found.begin(), found.end(), [](char c) { return kBlanks.find(c) != kBlanks.npos; }, ' ');
  return found;
}

}  // namespace

std::vector<CaptionWord> caption_words(const text::Spanned& spoken, std::span<const WordTime> words,
                                       std::string_view request_text, const Neighbours& neighbours,
                                       double speed) {
  const Shown shown(spoken, request_text, neighbours.behind_last.value_or(0));
  const std::string_view text = shown.text();
  const auto ms = [&](int64_t samples) {
    return static_cast<int64_t>(std::llround(seconds_of(samples) * 1000 / speed));
  };
  struct Unit {
    text::Range place;
    int64_t begin_ms = 0;
    int64_t end_ms = 0;
  };
  std::vector<Unit> units;
  for (const WordTime& word : words) {
    const text::Range place = shown.place(word.text);
    const Unit unit{.place = place, .begin_ms = ms(word.begin), .end_ms = ms(word.end)};
    if (!units.empty() && place.begin < units.back().place.end) {
      units.back().place.end = std::max(units.back().place.end, place.end);
      units.back().end_ms = unit.end_ms;
    } else {
      units.push_back(unit);
    }
  }
  std::vector<CaptionWord> found;
  if (units.empty()) return found;
  found.reserve(units.size());
  const Beside beside = beside_of(spoken, request_text, neighbours);
  size_t begin = 0;
  for (size_t i = 0; i < units.size(); ++i) {
    const size_t end = units[i].place.end;
    const size_t next = i + 1 < units.size() ? units[i + 1].place.begin : text.size();
    const std::string_view between = text.substr(end, next - end);
    const size_t cut = i + 1 < units.size() ? end + cut_between(between) : text.size();
    CaptionWord word{.text = trimmed(text.substr(begin, cut - begin)),
                     .follows_blank = begin == 0 || kBlanks.find(text[begin - 1]) != kBlanks.npos,
                     .begin_ms = units[i].begin_ms,
                     .end_ms = units[i].end_ms,
                     .after = break_of(between)};
    if (i + 1 == units.size()) {
      // What opens the next piece is shown there.
      if (const size_t blank = text.substr(end).find_last_of(kBlanks);
          blank != text.npos && only_opens(text.substr(end + blank + 1)))
        word.text = trimmed(text.substr(begin, end + blank - begin));
      word.text += closing_marks_of(beside.behind);
      word.text = trimmed(word.text + pictures_in(beside.behind));
      // A piece ends at a clause at least, or else where a pause is heard.
      word.after = std::max(word.after, Break::kClause);
    }
    if (i == 0) {
      std::string before = pictures_in(beside.before);
      before += dash_before(beside.before);
      if (units[i].place.begin == 0)
        before += opening_before(request_text, words.front().origin.begin);
      word.text = trimmed(before + word.text);
    }
    found.push_back(std::move(word));
    begin = cut;
  }
  return found;
}

}  // namespace orpheus::align
