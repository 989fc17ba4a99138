#include "text/markup/plain.h"

#include <algorithm>
#include <string>

#include "text/markup/inlines.h"
#include "text/markup/lines.h"

namespace orpheus::text::markup {
namespace {

class Plain {
 public:
  explicit Plain(Writer& writer)
      : writer_(writer),
        tags_(TagsOfText::of(writer.input(), writer.options())),
        lines_(read_lines(writer.input(), tags_.unsaid)) {}

  void write() {
    for (size_t i = 0; i < lines_.size();) {
      switch (lines_[i].kind) {
        case Line::Kind::kText: i = paragraph(i); break;
        case Line::Kind::kBlank:
          writer_.end(PassageEnd::kParagraph);
          ++i;
          break;
        case Line::Kind::kItem: i = item(i); break;
        case Line::Kind::kRow: row(lines_[i++].contents); break;
        case Line::Kind::kHeading:
          writer_.end(PassageEnd::kParagraph);
          write_inlines(writer_, lines_[i++].contents, tags_);
          writer_.end(PassageEnd::kParagraph);
          break;
        case Line::Kind::kQuiet:
          writer_.end(PassageEnd::kParagraph);
          ++i;
          break;
        case Line::Kind::kCode: code(lines_[i++].contents); break;
      }
    }
  }

 private:
  std::string_view text_of(const Line& line) const {
    return writer_.input().substr(line.contents.begin, line.contents.size());
  }

  // Lines up to one of another kind. Those between which an utterance goes on are one stretch, so
  // that marks may reach over a line's end.
  size_t paragraph(size_t first) {
    size_t last = first;
    size_t widest = 0;
    for (; last < lines_.size() && lines_[last].kind == Line::Kind::kText; ++last)
      widest = std::max(widest, lines_[last].contents.size());
    size_t begin = first;
    for (size_t i = first; i < last; ++i) {
      const bool is_last = i + 1 == last;
      const bool ends = is_last || starts_with_speaker(i + 1) ||
                        ends_on_purpose(text_of(lines_[i]), text_of(lines_[i + 1]), widest);
      if (!ends && !is_quoted(i + 1)) continue;
      write_stretch(begin, i);
      if (ends && !is_last) writer_.end(PassageEnd::kUtterance);
      if (!ends) writer_.spoken(" ", {lines_[i].contents.end, lines_[i].contents.end});
      begin = i + 1;
    }
    return last;
  }

  // An item and the lines that go on with it.
  size_t item(size_t first) {
    writer_.end(PassageEnd::kUtterance);
    size_t last = first + 1;
    while (last < lines_.size() && lines_[last].kind == Line::Kind::kText &&
           is_indented(lines_[last]))
      ++last;
    for (size_t i = first; i < last; ++i) {
      if (i > first) writer_.spoken(" ", {lines_[i].contents.begin, lines_[i].contents.begin});
      write_inlines(writer_, lines_[i].contents, tags_);
    }
    writer_.end(PassageEnd::kUtterance);
    return last;
  }

  void row(Range contents) {
    writer_.end(PassageEnd::kUtterance);
    const std::string_view input = writer_.input();
    bool is_first = true;
    for (size_t begin = contents.begin + 1; begin < contents.end;) {
      const size_t end = std::min(input.find('|', begin), contents.end);
      const bool has_text =
          input.substr(begin, end - begin).find_first_not_of(" \t") != std::string_view::npos;
      if (has_text) {
        if (!is_first) writer_.spoken(", ", {begin, begin});
        write_inlines(writer_, trimmed({begin, end}), tags_);
        is_first = false;
      }
      begin = end + 1;
    }
    writer_.end(PassageEnd::kUtterance);
  }

  void code(Range contents) {
    if (!writer_.options().says_code) return;
    writer_.end(PassageEnd::kUtterance);
    writer_.text(contents);
    writer_.end(PassageEnd::kUtterance);
  }

  void write_stretch(size_t first, size_t last) {
    Range stretch{lines_[first].contents.begin, lines_[last].contents.end};
    if (const auto speaker = speaker_of(first); speaker != writer_.options().cast.end()) {
      writer_.end(PassageEnd::kUtterance);
      writer_.cast(speaker->second);
      stretch.begin += speaker->first.size() + 1;
    }
    write_inlines(writer_, stretch, tags_);
  }

  std::map<std::string, std::string>::const_iterator speaker_of(size_t line) const {
    const auto& cast = writer_.options().cast;
    const std::string_view text = text_of(lines_[line]);
    const size_t colon = cast.empty() ? text.npos : text.substr(0, 100).find(':');
    return colon == text.npos ? cast.end() : cast.find(std::string(text.substr(0, colon)));
  }
  bool starts_with_speaker(size_t line) const {
    return speaker_of(line) != writer_.options().cast.end();
  }

  // Whether marks of a quotation stand before the line's contents.
  bool is_quoted(size_t line) const {
    const size_t begin = lines_[line].contents.begin;
    const size_t before = lines_[line - 1].contents.end;
    return writer_.input().substr(before, begin - before).find('>') != std::string_view::npos;
  }

  bool is_indented(const Line& line) const {
    const size_t begin = line.contents.begin;
    return begin > 0 && (writer_.input()[begin - 1] == ' ' || writer_.input()[begin - 1] == '\t');
  }

  Range trimmed(Range cell) const {
    const std::string_view input = writer_.input();
    while (cell.begin < cell.end && input[cell.begin] == ' ') ++cell.begin;
    while (cell.end > cell.begin && input[cell.end - 1] == ' ') --cell.end;
    return cell;
  }

  Writer& writer_;
  TagsOfText tags_;
  std::vector<Line> lines_;
};

}  // namespace

void write_plain(Writer& writer) { Plain(writer).write(); }

}  // namespace orpheus::text::markup
