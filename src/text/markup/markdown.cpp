#include "text/markup/markdown.h"

#include <algorithm>
#include <memory>
#include <mutex>
#include <string>

#include <cmark-gfm-core-extensions.h>
#include <cmark-gfm.h>

#include "text/markup/inlines.h"
#include "text/markup/locator.h"
#include "text/markup/plain.h"

namespace orpheus::text::markup {
namespace {

struct FreeParser {
  void operator()(cmark_parser* parser) const { cmark_parser_free(parser); }
};
struct FreeNode {
  void operator()(cmark_node* node) const { cmark_node_free(node); }
};
struct FreeIterator {
  void operator()(cmark_iter* iterator) const { cmark_iter_free(iterator); }
};
using Root = std::unique_ptr<cmark_node, FreeNode>;

// The extensions are registered once, for all threads. While a parser with extensions works it
// changes a table of the library's that all parsers read, so one works at a time.
Root parse(const std::string& markdown) {
  static std::mutex one_at_a_time;
  const std::lock_guard lock(one_at_a_time);
  static const bool is_registered = [] {
    cmark_gfm_core_extensions_ensure_registered();
    return true;
  }();
  const std::unique_ptr<cmark_parser, FreeParser> parser(
      is_registered ? cmark_parser_new(CMARK_OPT_DEFAULT) : nullptr);
  for (const char* name : {"table", "strikethrough", "tasklist"}) {
    if (cmark_syntax_extension* extension = cmark_find_syntax_extension(name))
      cmark_parser_attach_syntax_extension(parser.get(), extension);
  }
  cmark_parser_feed(parser.get(), markdown.data(), markdown.size());
  return Root(cmark_parser_finish(parser.get()));
}

// The next line of a text that begins here, with its line break.
std::string_view line_of(std::string_view text) {
  return text.substr(0, std::min(text.find('\n'), text.size() - 1) + 1);
}

std::string_view without_blanks(std::string_view line) {
  const size_t end = line.find_last_not_of(" \t\r\n");
  return end == line.npos ? std::string_view() : line.substr(0, end + 1);
}

// The size of the metadata in front of a text: YAML between two lines "---", the last of which may
// be "...". 0 if there is none: the first line of YAML has a key, so a rule and a heading below it
// stay what they are.
size_t size_of_front_matter(std::string_view input) {
  constexpr std::string_view kKeyEnds = ": ";
  if (input.empty() || without_blanks(line_of(input)) != "---") return 0;
  size_t at = line_of(input).size();
  for (bool is_first = true; at < input.size(); is_first = false) {
    const std::string_view line = line_of(input.substr(at));
    const std::string_view words = without_blanks(line);
    if (!is_first && (words == "---" || words == "...")) return at + line.size();
    const bool has_key = words.find(kKeyEnds) != words.npos || words.ends_with(':');
    if (is_first && (!has_key || words.front() == ' ')) return 0;
    at += line.size();
  }
  return 0;
}

// What is never said leaves blanks, so that offsets stay.
std::string without_unsaid(std::string_view input, const TagsOfText& tags) {
  std::string visible(input);
  const auto blank = [&](const Range& range) {
    for (size_t at = range.begin; at < range.end; ++at)
      if (visible[at] != '\n' && visible[at] != '\r') visible[at] = ' ';
  };
  for (const Range& range : tags.unsaid) blank(range);
  blank({0, size_of_front_matter(input)});
  return visible;
}

std::string_view literal(cmark_node* node) {
  const char* text = cmark_node_get_literal(node);
  return text == nullptr ? std::string_view() : std::string_view(text);
}

bool is_in_item(cmark_node* node) {
  cmark_node* parent = cmark_node_parent(node);
  return parent != nullptr && cmark_node_get_type(parent) == CMARK_NODE_ITEM;
}

// The parser's time grows with the square of the brackets of one paragraph. No reader's text has so
// many.
bool has_too_many_brackets(std::string_view input) {
  constexpr size_t kMostBrackets = 2000;
  size_t count = 0;
  for (size_t at = 0; at < input.size(); ++at) {
    if (input[at] == '[' && ++count > kMostBrackets) return true;
    if (input[at] == '\n' && at + 1 < input.size() && input[at + 1] == '\n') count = 0;
  }
  return false;
}

class Markdown {
 public:
  explicit Markdown(Writer& writer)
      : writer_(writer),
        tags_(TagsOfText::of(writer.input(), writer.options())),
        visible_(without_unsaid(writer.input(), tags_)),
        locator_(visible_) {}

  void write() {
    const Root root = parse(visible_);
    const std::unique_ptr<cmark_iter, FreeIterator> iterator(cmark_iter_new(root.get()));
    for (cmark_event_type event = cmark_iter_next(iterator.get());
         event != CMARK_EVENT_DONE && !writer_.has_failed();
         event = cmark_iter_next(iterator.get())) {
      cmark_node* node = cmark_iter_get_node(iterator.get());
      if (event == CMARK_EVENT_ENTER)
        enter(node);
      else
        leave(node);
    }
  }

 private:
  size_t hint(cmark_node* node) const {
    return locator_.offset_of(cmark_node_get_start_line(node), cmark_node_get_start_column(node));
  }

  void enter(cmark_node* node) {
    const cmark_node_type type = cmark_node_get_type(node);
    if (type == CMARK_NODE_TEXT || type == CMARK_NODE_CODE) {
      locator_.write(writer_, literal(node), hint(node), type == CMARK_NODE_CODE);
    } else if (type == CMARK_NODE_SOFTBREAK) {
      blank();
    } else if (type == CMARK_NODE_LINEBREAK) {
      writer_.end(PassageEnd::kUtterance);
    } else if (type == CMARK_NODE_HTML_INLINE) {
      html(literal(node), hint(node));
    } else if (type == CMARK_NODE_HTML_BLOCK) {
      lines(node, [&](std::string_view line) {
        html(line, hint(node));
        blank();
      });
    } else if (type == CMARK_NODE_CODE_BLOCK) {
      code(node);
    } else if (type == CMARK_NODE_ITEM) {
      writer_.end(PassageEnd::kUtterance);
      number_of_item(node);
    } else if (type == CMARK_NODE_HEADING || type == CMARK_NODE_THEMATIC_BREAK) {
      writer_.end(PassageEnd::kParagraph);
    }
  }

  void leave(cmark_node* node) {
    const cmark_node_type type = cmark_node_get_type(node);
    const std::string_view name = cmark_node_get_type_string(node);  // tables have no constants
    if (type == CMARK_NODE_PARAGRAPH) {
      writer_.end(is_in_item(node) ? PassageEnd::kUtterance : PassageEnd::kParagraph);
    } else if (type == CMARK_NODE_HEADING || type == CMARK_NODE_LIST || name == "table") {
      writer_.end(PassageEnd::kParagraph);
    } else if (type == CMARK_NODE_ITEM || name == "table_row" || name == "table_header") {
      writer_.end(PassageEnd::kUtterance);
    } else if (name == "table_cell") {
      writer_.end_cell();
    }
  }

  void blank() { writer_.spoken(" ", {locator_.behind(), locator_.behind()}); }

  void html(std::string_view tags, size_t hint) {
    const auto begin = locator_.find(tags, hint);
    if (!begin) return writer_.spoken(tags, locator_.about(tags, hint));
    locator_.pass(*begin + tags.size());
    write_html_inlines(writer_, {*begin, *begin + tags.size()}, tags_);
  }

  template <typename Take>
  void lines(cmark_node* node, const Take& take) {
    std::string_view rest = literal(node);
    while (!rest.empty()) {
      const size_t end = std::min(rest.find('\n'), rest.size());
      if (end > 0) take(rest.substr(0, end));
      rest.remove_prefix(std::min(end + 1, rest.size()));
    }
  }

  void code(cmark_node* node) {
    if (!writer_.options().says_code) return;
    const char* info = cmark_node_get_fence_info(node);
    const bool has_info = info != nullptr && *info != '\0';
    // The parser resolves entities and replaces NUL in it, so its length tells nothing.
    locator_.pass(has_info ? locator_.end_of_line(hint(node)) : hint(node));
    lines(node, [&](std::string_view line) {
      writer_.end(PassageEnd::kUtterance);
      locator_.write(writer_, line, 0, true);
    });
    writer_.end(PassageEnd::kParagraph);
  }

  // "2." of a numbered list is said.
  void number_of_item(cmark_node* node) {
    if (cmark_node_get_list_type(cmark_node_parent(node)) != CMARK_ORDERED_LIST) return;
    const size_t begin = hint(node);
    const std::string_view input = writer_.input();
    const size_t end = input.find_first_not_of("0123456789", begin);
    if (end == std::string_view::npos || end == begin || end > begin + 9) return;
    writer_.text({begin, end + 1});
    writer_.spoken(" ", {end + 1, end + 1});
    locator_.pass(end + 1);
  }

  Writer& writer_;
  TagsOfText tags_;
  const std::string visible_;
  Locator locator_;
};

}  // namespace

void write_markdown(Writer& writer) {
  if (has_too_many_brackets(writer.input())) return write_plain(writer);
  Markdown(writer).write();
}

}  // namespace orpheus::text::markup
