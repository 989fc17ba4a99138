#include "text/markup/lines.h"

#include <algorithm>

#include <unicode/uchar.h>
#include <unicode/utf8.h>

#include "base/utf8.h"

namespace orpheus::text::markup {
namespace {

constexpr size_t kShortLine = 48;  // code points
constexpr size_t kWrapSlack = 4;   // a ragged edge

const uint8_t* raw(std::string_view text) { return reinterpret_cast<const uint8_t*>(text.data()); }

bool is_digit(char c) { return c >= '0' && c <= '9'; }

std::string_view trimmed(std::string_view line) {
  constexpr std::string_view kBlanks = " \t\r\f\v";
  const size_t first = line.find_first_not_of(kBlanks);
  if (first == std::string_view::npos) return line.substr(0, 0);
  return line.substr(first, line.find_last_not_of(kBlanks) + 1 - first);
}

bool is_rule(std::string_view line) {
  if (line.size() < 3) return false;
  const char sign = line.front();
  if (sign != '-' && sign != '=' && sign != '*' && sign != '_' && sign != '~') return false;
  return line.find_first_not_of(std::string({sign, ' '})) == std::string_view::npos;
}

bool is_row(std::string_view line) {
  return line.size() > 2 && line.front() == '|' && line.back() == '|';
}

bool is_rule_of_table(std::string_view line) {
  return is_row(line) && line.find_first_not_of("|-: \t") == std::string_view::npos &&
         line.find('-') != std::string_view::npos;
}

// "```" or "~~~" that begins the line; nought where none does.
size_t fence_length(std::string_view line) {
  if (line.substr(0, 3) != "```" && line.substr(0, 3) != "~~~") return 0;
  const size_t length = std::min(line.find_first_not_of(line.front()), line.size());
  return line.find('`', length) == std::string_view::npos ? length : 0;
}

class Reader {
 public:
  Reader(std::string_view input, const std::vector<Range>& unsaid)
      : input_(input), unsaid_(unsaid), hidden_(unsaid.begin()) {}

  std::vector<Line> read() {
    size_t begin = 0;
    while (begin <= input_.size()) {
      const size_t end = std::min(input_.find_first_of("\n\r", begin), input_.size());
      lines_.push_back(is_unsaid(begin, end)
                           ? Line{.kind = Line::Kind::kQuiet, .contents = {begin, begin}}
                           : line({begin, end}));
      begin = end + 1;
      if (end + 1 < input_.size() && input_[end] == '\r' && input_[end + 1] == '\n') ++begin;
    }
    mark_code();
    return std::move(lines_);
  }

 private:
  bool is_unsaid(size_t begin, size_t end) {
    while (hidden_ != unsaid_.end() && hidden_->end < begin) ++hidden_;
    return hidden_ != unsaid_.end() && hidden_->begin <= begin && hidden_->end >= end &&
           end > begin;
  }

  Line line(Range extent) const {
    std::string_view rest = trimmed(input_.substr(extent.begin, extent.size()));
    while (!rest.empty() && rest.front() == '>' &&
           (rest.size() == 1 || rest[1] == ' ' || rest[1] == '>'))
      rest = trimmed(rest.substr(1));
    Line line;
    if (rest.empty()) {
      const bool has_signs = !trimmed(input_.substr(extent.begin, extent.size())).empty();
      line.kind = has_signs ? Line::Kind::kQuiet : Line::Kind::kBlank;
    } else if (is_rule(rest) || is_rule_of_table(rest) || fence_length(rest) > 0) {
      line.kind = Line::Kind::kQuiet;
    } else if (const size_t heading = heading_mark(rest); heading > 0) {
      line.kind = Line::Kind::kHeading;
      rest = trimmed(rest.substr(heading));
      const size_t last = rest.find_last_not_of("# ");
      if (last != std::string_view::npos && last + 2 < rest.size() && rest[last + 1] == ' ')
        rest = rest.substr(0, last + 1);
    } else if (is_row(rest)) {
      line.kind = Line::Kind::kRow;
    } else if (const size_t item = item_mark(rest); item > 0) {
      line.kind = Line::Kind::kItem;
      rest = trimmed(rest.substr(item));
      for (const std::string_view box : {"[ ] ", "[x] ", "[X] "})
        if (rest.substr(0, 4) == box) rest = trimmed(rest.substr(4));
    } else if (is_numbered(rest)) {
      line.kind = Line::Kind::kItem;  // its number is said
    }
    const size_t begin =
        rest.empty() ? extent.end : static_cast<size_t>(rest.data() - input_.data());
    line.contents = {begin, begin + rest.size()};
    return line;
  }

  static size_t heading_mark(std::string_view line) {
    const size_t length = std::min(line.find_first_not_of('#'), line.size());
    const bool is_one = length >= 1 && length <= 6 && length < line.size() && line[length] == ' ';
    return is_one ? length + 1 : 0;
  }

  static size_t item_mark(std::string_view line) {
    for (const std::string_view mark : {"- ", "* ", "+ ", "• ", "– ", "◦ ", "▪ ", "‣ ", "· "})
      if (line.substr(0, mark.size()) == mark && line.size() > mark.size()) return mark.size();
    return 0;
  }

  static bool is_numbered(std::string_view line) {
    size_t digits = 0;
    while (digits < line.size() && is_digit(line[digits])) ++digits;
    return digits >= 1 && digits <= 3 && digits + 2 < line.size() &&
           (line[digits] == '.' || line[digits] == ')') && line[digits + 1] == ' ';
  }

  // Lines between a fence and the next one as long.
  void mark_code() {
    std::vector<size_t> fences;
    for (size_t i = 0; i < lines_.size(); ++i) {
      const Range& contents = lines_[i].contents;
      const std::string_view text = input_.substr(contents.begin, contents.size());
      if (lines_[i].kind == Line::Kind::kQuiet && fence_length(text) > 0) fences.push_back(i);
    }
    for (size_t open = 0; open + 1 < fences.size(); open += 2) {
      for (size_t i = fences[open] + 1; i < fences[open + 1]; ++i) {
        Line& line = lines_[i];
        line.kind = line.kind == Line::Kind::kBlank ? Line::Kind::kBlank : Line::Kind::kCode;
        line.contents = whole_line(line.contents);
      }
    }
  }

  // With the marks that code does not have.
  Range whole_line(Range contents) const {
    const size_t before = contents.begin == 0 ? std::string_view::npos
                                              : input_.find_last_of("\n\r", contents.begin - 1);
    const size_t begin = before == std::string_view::npos ? 0 : before + 1;
    const size_t end = std::min(input_.find_first_of("\n\r", begin), input_.size());
    return {begin, std::max(end, begin)};
  }

  std::string_view input_;
  const std::vector<Range>& unsaid_;
  std::vector<Range>::const_iterator hidden_;
  std::vector<Line> lines_;
};

UChar32 last_code_point(std::string_view text) {
  auto at = static_cast<int32_t>(text.size());
  UChar32 c = 0;
  if (at > 0) U8_PREV(raw(text), 0, at, c);
  return c;
}

}  // namespace

std::vector<Line> read_lines(std::string_view input, const std::vector<Range>& unsaid) {
  return Reader(input, unsaid).read();
}

bool ends_on_purpose(std::string_view line, std::string_view next, size_t widest) {
  const UChar32 last = last_code_point(line);
  const bool goes_on = last == ',' || last == ';' || last == '-' || last == u'–' || last == u'—' ||
                       last == '(' || last == '&' || last == u'，' || last == u'、';
  if (goes_on) return false;
  size_t at = 0;
  UChar32 first = 0;
  if (!next.empty()) U8_NEXT(raw(next), at, next.size(), first);
  if (u_islower(first) != 0) return false;
  const size_t word = std::min(next.find(' '), next.size());
  const bool had_room = line.size() + 1 + word + kWrapSlack < widest;
  return had_room || count_code_points(line) <= kShortLine;
}

}  // namespace orpheus::text::markup
