#include "text/markup/inlines.h"

#include <algorithm>
#include <array>
#include <optional>

#include <unicode/uchar.h>
#include <unicode/utf8.h>

#include "text/markup/entity.h"
#include "text/sounds.h"

namespace orpheus::text::markup {
namespace {

constexpr size_t kMostDestinationBytes = 2048;
constexpr size_t kMostParentheses = 16;  // within each other, of an address

bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }

const uint8_t* raw(std::string_view text) { return reinterpret_cast<const uint8_t*>(text.data()); }

UChar32 code_point_before(std::string_view text, size_t offset, size_t begin) {
  if (offset <= begin) return ' ';
  auto at = static_cast<int32_t>(offset);  // a text is at most 64 MiB
  UChar32 c = 0;
  U8_PREV(raw(text), static_cast<int32_t>(begin), at, c);
  return c;
}
UChar32 code_point_at(std::string_view text, size_t offset, size_t end) {
  if (offset >= end) return ' ';
  UChar32 c = 0;
  U8_NEXT(raw(text), offset, end, c);
  return c;
}
bool is_space(UChar32 c) { return c < 0 || u_isUWhiteSpace(c) != 0; }
bool is_word(UChar32 c) { return c >= 0 && u_isalnum(c) != 0; }

// A stretch that is not said as it stands.
struct Mark {
  enum class Kind { kRemoved, kVerbatim, kEntity, kTag, kWords, kUnknownTag };
  Range extent;
  Kind kind = Kind::kRemoved;
};

class Inlines {
 public:
  Inlines(Writer& writer, Range stretch, const TagsOfText& tags)
      : writer_(writer),
        text_(writer.input().substr(0, stretch.end)),
        begin_(stretch.begin),
        end_(stretch.end),
        tags_(tags) {}

  void write(bool has_markdown) {
    find_tags_and_code(has_markdown);
    if (has_markdown) {
      find_links();
      find_emphasis();
    }
    std::sort(marks_.begin(), marks_.end(),
              [](const Mark& a, const Mark& b) { return a.extent.begin < b.extent.begin; });
    size_t behind = begin_;
    for (const Mark& mark : marks_) {
      if (mark.extent.begin < behind) continue;  // within another
      if (mark.extent.begin > behind) writer_.text({behind, mark.extent.begin});
      write_mark(mark);
      behind = mark.extent.end;
    }
    if (end_ > behind) writer_.text({behind, end_});
  }

 private:
  void write_mark(const Mark& mark) {
    switch (mark.kind) {
      case Mark::Kind::kRemoved: break;
      case Mark::Kind::kVerbatim: writer_.text(mark.extent); break;
      case Mark::Kind::kWords: writer_.spoken(" ", mark.extent); break;
      case Mark::Kind::kEntity:
        writer_.spoken(scan_entity(text_, mark.extent.begin)->characters, mark.extent);
        break;
      case Mark::Kind::kTag: writer_.tag(*scan_tag(text_, mark.extent.begin)); break;
      case Mark::Kind::kUnknownTag: writer_.unknown(mark.extent); break;
    }
  }

  // Left to right; what is found here hides the marks inside it.
  void find_tags_and_code(bool has_markdown) {
    auto unsaid = std::partition_point(tags_.unsaid.begin(), tags_.unsaid.end(),
                                       [&](const Range& r) { return r.end <= begin_; });
    for (size_t at = begin_; at < end_;) {
      while (unsaid != tags_.unsaid.end() && unsaid->end <= at) ++unsaid;
      if (unsaid != tags_.unsaid.end() && unsaid->begin <= at) {
        at = hide({at, std::min(unsaid->end, end_)}, Mark::Kind::kRemoved);
        continue;
      }
      switch (text_[at]) {
        case '&': at = entity(at); break;
        case '<': at = angle(at); break;
        case '`': at = has_markdown ? code(at) : at + 1; break;
        case '\\': at = has_markdown ? escape(at) : at + 1; break;
        default: ++at;
      }
    }
  }

  size_t hide(Range extent, Mark::Kind kind) {
    marks_.push_back({extent, kind});
    hidden_.push_back(extent);
    return extent.end;
  }

  size_t entity(size_t at) {
    const auto found = scan_entity(text_, at);
    return found ? hide({at, at + found->size}, Mark::Kind::kEntity) : at + 1;
  }

  size_t escape(size_t at) {
    constexpr std::string_view kEscaped = "*_`[]#~<>";
    if (at + 1 >= end_ || kEscaped.find(text_[at + 1]) == std::string_view::npos) return at + 1;
    hide({at, at + 1}, Mark::Kind::kRemoved);
    return hide({at + 1, at + 2}, Mark::Kind::kVerbatim);
  }

  size_t angle(size_t at) {
    if (const auto link = autolink(at)) {
      hide({at, at + 1}, Mark::Kind::kWords);
      hide({at + 1, *link}, Mark::Kind::kVerbatim);
      return hide({*link, *link + 1}, Mark::Kind::kWords);
    }
    const auto tag = scan_tag(text_, at);
    if (!tag) return in_brackets(at).value_or(at + 1);
    const Element* element = is_markup(*tag) ? find_element(tag->name) : nullptr;
    if (element != nullptr && is_obeyed(*tag, *element)) return hide(tag->extent, Mark::Kind::kTag);
    if (tag->kind != Tag::Kind::kClosing && tag->attributes.empty() && is_sound(tag->name))
      return hide(tag->extent, Mark::Kind::kTag);
    return unknown(tag->extent);
  }

  // <http://…> and <a@b.c>: the offset of the ">".
  std::optional<size_t> autolink(size_t at) const {
    const size_t close = text_.find_first_of("<> \n\t", at + 1);
    if (close == std::string_view::npos || text_[close] != '>') return std::nullopt;
    const std::string_view inside = text_.substr(at + 1, close - at - 1);
    const bool is_link = inside.find("://") != std::string_view::npos ||
                         (inside.find('@') != std::string_view::npos && is_letter(inside[0]));
    return is_link ? std::optional(close) : std::nullopt;
  }

  // What has not the form of a tag: sounds in other letters than Latin (<작은 웃음>), and words in
  // brackets (<Ctrl+C>, <être>). "x <y" compares.
  std::optional<size_t> in_brackets(size_t at) {
    const size_t close = text_.find_first_of("<>\n", at + 1);
    if (close == std::string_view::npos || text_[close] != '>') return std::nullopt;
    const std::string_view inside = text_.substr(at + 1, close - at - 1);
    const Range extent{at, close + 1};
    if (is_sound(inside)) return hide(extent, Mark::Kind::kVerbatim);
    const bool has_words = is_word(code_point_at(text_, at + 1, end_)) && inside.back() != ' ';
    if (!has_words) return std::nullopt;
    const size_t behind = unknown(extent);
    return behind == at + 1 ? std::nullopt : std::optional(behind);
  }

  bool is_obeyed(const Tag& tag, const Element& element) const {
    if (tag.kind != Tag::Kind::kOpening) return true;
    switch (element.role) {
      case Role::kBreak:
      case Role::kImage: return true;
      case Role::kPause:
      case Role::kVoice:
      case Role::kRate:
      case Role::kLanguage: return !tag.attributes.empty();
      case Role::kEmpty:
      case Role::kItem:
      case Role::kRow:
      case Role::kCell: return !tag.attributes.empty() || text_[tag.extent.begin + 1] >= 'a';
      default:
        return tag.name == "p" ? text_[tag.extent.begin + 1] == 'p' || closes(tag) : closes(tag);
    }
  }
  bool closes(const Tag& tag) const { return tags_.closes(tag.name, tag.extent.begin); }

  // "<Enter>" and "vector<int>" are words in brackets; "a<b and c>d" compares.
  size_t unknown(Range extent) {
    const std::string_view inside = text_.substr(extent.begin + 1, extent.size() - 2);
    const bool is_glued = is_word(code_point_before(text_, extent.begin, begin_));
    if (is_glued && inside.find_first_of(" \n\t") != std::string_view::npos)
      return extent.begin + 1;
    if (extent.size() > 200) return extent.begin + 1;
    return hide(extent, Mark::Kind::kUnknownTag);
  }

  // `code`: its marks are removed, what is inside is no mark.
  size_t code(size_t at) {
    const size_t open_end = end_of_run(at);
    const size_t length = open_end - at;
    if (length >= no_closing_.size()) return open_end;
    size_t& none_from = no_closing_[length];
    if (at >= none_from) return open_end;
    for (size_t close = text_.find('`', open_end); close != std::string_view::npos;) {
      const size_t close_end = end_of_run(close);
      if (close_end - close == length) {
        hide({at, open_end}, Mark::Kind::kRemoved);
        hide({open_end, close}, Mark::Kind::kVerbatim);
        return hide({close, close_end}, Mark::Kind::kRemoved);
      }
      close = text_.find('`', close_end);
    }
    none_from = at;
    marks_.push_back({{at, open_end}, Mark::Kind::kRemoved});
    return open_end;
  }

  size_t end_of_run(size_t at) const {
    return std::min(text_.find_first_not_of(text_[at], at), end_);
  }

  // Calls visit(offset) for every offset that no tag, entity or code hides; visit returns the next.
  template <typename Visit>
  void for_each_open(const Visit& visit) {
    auto hidden = hidden_.begin();
    for (size_t at = begin_; at < end_;) {
      while (hidden != hidden_.end() && hidden->end <= at) ++hidden;
      if (hidden != hidden_.end() && hidden->begin <= at)
        at = hidden->end;
      else
        at = visit(at);
    }
  }

  // [text](destination) and ![alt](destination): all but the text is removed.
  void find_links() {
    std::vector<size_t> brackets;
    for_each_open([&](size_t at) {
      if (text_[at] == '[') brackets.push_back(at);
      if (text_[at] != ']' || brackets.empty()) return at + 1;
      const size_t open = brackets.back();
      brackets.pop_back();
      const auto end = end_of_destination(at + 1);
      if (!end || at == open + 1) return at + 1;
      const bool is_image = open > begin_ && text_[open - 1] == '!';
      marks_.push_back({{open - (is_image ? 1 : 0), open + 1}, Mark::Kind::kRemoved});
      marks_.push_back({{at, *end}, Mark::Kind::kRemoved});
      return *end;
    });
  }

  std::optional<size_t> end_of_destination(size_t at) const {
    if (at >= end_ || text_[at] != '(') return std::nullopt;
    const size_t last = std::min(end_, at + kMostDestinationBytes);
    size_t depth = 0;
    size_t end = at;
    for (; end < last; ++end) {
      if (text_[end] == '\n' || text_[end] == '<') return std::nullopt;
      if (text_[end] == '(' && ++depth > kMostParentheses) return std::nullopt;
      if (text_[end] == ')' && --depth == 0) break;
    }
    if (end == last) return std::nullopt;
    std::string_view inside = text_.substr(at + 1, end - at - 1);
    if (const size_t title = inside.find(" \""); title != std::string_view::npos)
      inside = inside.substr(0, title);
    const bool is_address = inside.find(' ') == std::string_view::npos &&
                            (inside.empty() || inside.find_first_of("/.#:") != inside.npos);
    return is_address ? std::optional(end + 1) : std::nullopt;
  }

  // Runs of *, _ and ~~ that stand before a word or behind one, in pairs; and runs of two or more
  // that are left over.
  void find_emphasis() {
    constexpr std::string_view kSigns = "*_~";
    std::array<std::vector<Range>, 3> open;
    for_each_open([&](size_t at) {
      const size_t sign = kSigns.find(text_[at]);
      if (sign == std::string_view::npos) return at + 1;
      const Range run{at, end_of_run(at)};
      if (text_[at] == '~' && run.size() != 2) return run.end;
      const UChar32 before = code_point_before(text_, run.begin, begin_);
      const UChar32 after = code_point_at(text_, run.end, end_);
      const bool is_double = run.size() >= 2;
      const bool is_intraword = is_word(before) && is_word(after);
      const bool may_be_inside = is_double && text_[at] != '_';
      const bool opens = !is_space(after) && (!is_word(before) || (is_intraword && may_be_inside));
      const bool closes = !is_space(before) && (!is_word(after) || (is_intraword && may_be_inside));
      if (closes && !open[sign].empty()) {
        marks_.push_back({open[sign].back(), Mark::Kind::kRemoved});
        marks_.push_back({run, Mark::Kind::kRemoved});
        open[sign].pop_back();
      } else if (opens) {
        open[sign].push_back(run);
      } else if (closes && is_double && text_[at] == '*') {
        marks_.push_back({run, Mark::Kind::kRemoved});
      }
      return run.end;
    });
    for (const Range& run : open[0])
      if (run.size() >= 2) marks_.push_back({run, Mark::Kind::kRemoved});
  }

  Writer& writer_;
  std::string_view text_;  // the input up to the stretch's end
  size_t begin_;
  size_t end_;
  const TagsOfText& tags_;
  std::vector<Mark> marks_;
  std::vector<Range> hidden_;  // in order
  std::array<size_t, 16> no_closing_ = [] {
    std::array<size_t, 16> all{};
    all.fill(std::string_view::npos);
    return all;
  }();  // of each length of a run of `: from where none comes any more
};

bool begins_line(std::string_view input, size_t at) {
  while (at > 0 && (input[at - 1] == ' ' || input[at - 1] == '\t')) --at;
  return at == 0 || input[at - 1] == '\n' || input[at - 1] == '\r';
}

}  // namespace

TagsOfText TagsOfText::of(std::string_view input, const Options& options) {
  TagsOfText tags;
  for (size_t at = input.find("</"); at != std::string_view::npos; at = input.find("</", at + 2)) {
    if (const auto tag = scan_tag(input, at)) tags.last_closing[tag->name] = at;
  }
  const size_t last_comment_end = input.rfind("-->");
  for (size_t at = input.find('<'); at != std::string_view::npos;) {
    size_t end = at + 1;
    const bool is_comment = input.substr(at, 4) == "<!--" && at + 4 <= last_comment_end &&
                            last_comment_end != std::string_view::npos;
    if (is_comment) {
      end = input.find("-->", at + 4) + 3;
      tags.unsaid.push_back({at, end});
    } else if (const auto tag = scan_tag(input, at); tag && is_markup(*tag)) {
      end = tag->extent.end;
      const Role role = find_element(tag->name)->role;
      const bool is_unsaid =
          (role == Role::kHidden && tag->name != "rp" && tag->name != "rt") ||
          (role == Role::kThought && options.drops_thoughts && begins_line(input, at));
      if (is_unsaid && tag->kind == Tag::Kind::kOpening && tags.closes(tag->name, at)) {
        for (size_t close = input.find("</", end); close != std::string_view::npos;
             close = input.find("</", close + 2)) {
          const auto closing = scan_tag(input, close);
          if (!closing || closing->name != tag->name) continue;
          end = closing->extent.end;
          tags.unsaid.push_back({at, end});
          break;
        }
      }
    }
    at = input.find('<', end);
  }
  return tags;
}

bool TagsOfText::closes(std::string_view name, size_t offset) const {
  const auto last = last_closing.find(name);
  return last != last_closing.end() && last->second > offset;
}

void write_inlines(Writer& writer, Range stretch, const TagsOfText& tags) {
  Inlines(writer, stretch, tags).write(true);
}

void write_html_inlines(Writer& writer, Range stretch, const TagsOfText& tags) {
  Inlines(writer, stretch, tags).write(false);
}

}  // namespace orpheus::text::markup
