#include "text/markup/document.h"

#include <algorithm>
#include <array>
#include <utility>

#include "base/utf8.h"
#include "text/markup/element.h"
#include "text/markup/html.h"
#include "text/markup/inlines.h"
#include "text/markup/lines.h"
#include "text/markup/markdown.h"
#include "text/markup/plain.h"
#include "text/markup/ssml.h"
#include "text/markup/writer.h"

namespace orpheus::text::markup {
namespace {

constexpr size_t kMostBytes = size_t{64} << 20U;
constexpr size_t kRecognisedBytes = 64U << 10U;  // what is looked at to recognise a format

constexpr std::array<std::pair<std::string_view, Format>, 5> kNames = {
    {{"plain", Format::kPlain},
     {"markdown", Format::kMarkdown},
     {"html", Format::kHtml},
     {"ssml", Format::kSsml},
     {"auto", Format::kAuto}}};
constexpr std::array<std::pair<std::string_view, Format>, 9> kEndings = {
    {{"md", Format::kMarkdown},
     {"markdown", Format::kMarkdown},
     {"mkd", Format::kMarkdown},
     {"html", Format::kHtml},
     {"htm", Format::kHtml},
     {"xhtml", Format::kHtml},
     {"ssml", Format::kSsml},
     {"txt", Format::kPlain},
     {"text", Format::kPlain}}};

std::string in_small_letters(std::string_view text) {
  std::string small(text);
  for (char& c : small)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  return small;
}

template <typename Names>
std::optional<Format> find_name(const Names& names, std::string_view name) {
  for (const auto& [known, format] : names)
    if (known == name) return format;
  return std::nullopt;
}

bool has_much_html(std::string_view input) {
  size_t blocks = 0;
  for (size_t at = input.find('<'); at != std::string_view::npos; at = input.find('<', at + 1)) {
    const auto tag = scan_tag(input, at);
    if (!tag || !is_markup(*tag)) continue;
    const Role role = find_element(tag->name)->role;
    const bool is_block = role == Role::kBlock || role == Role::kHeading || role == Role::kItem;
    if (is_block && ++blocks >= 4) return true;
  }
  return false;
}

bool has_much_markdown(std::string_view input) {
  size_t headings = 0;
  size_t items = 0;
  size_t others = 0;
  for (const Line& line : read_lines(input, {})) {
    if (line.kind == Line::Kind::kHeading) ++headings;
    if (line.kind == Line::Kind::kItem) ++items;
    if (line.kind == Line::Kind::kCode || line.kind == Line::Kind::kRow) ++others;
  }
  const bool has_links = input.find("](http") != std::string_view::npos;
  const bool has_strong = input.find("**") != std::string_view::npos;
  return headings >= 2 || (headings + others >= 1 && items + others + has_links + has_strong >= 2);
}

}  // namespace

std::optional<Format> format_named(std::string_view name) { return find_name(kNames, name); }

Format format_of_file(std::string_view file_name) {
  const size_t point = file_name.rfind('.');
  if (point == std::string_view::npos) return Format::kAuto;
  return find_name(kEndings, in_small_letters(file_name.substr(point + 1))).value_or(Format::kAuto);
}

Format recognise(std::string_view input) {
  input = input.substr(0, kRecognisedBytes);
  const std::string start = in_small_letters(
      input.substr(std::min(input.find_first_not_of(" \t\r\n\xEF\xBB\xBF"), input.size()), 200));
  const bool is_xml = start.substr(0, 5) == "<?xml";
  if (start.substr(0, 6) == "<speak" || (is_xml && start.find("<speak") != start.npos))
    return Format::kSsml;
  if (start.substr(0, 9) == "<!doctype" || start.substr(0, 5) == "<html" || is_xml)
    return Format::kHtml;
  if (has_much_markdown(input)) return Format::kMarkdown;
  if (!start.empty() && start.front() == '<' && has_much_html(input)) return Format::kHtml;
  return Format::kPlain;
}

Result<Document> read_document(std::string_view input, Format format, const Options& options) {
  ORPHEUS_CHECK(check_text(input, kMostBytes));
  const bool is_guessed = format == Format::kAuto;
  if (is_guessed) format = recognise(input);
  Writer writer(input, options);
  Result<void> written;
  switch (format) {
    case Format::kMarkdown: write_markdown(writer); break;
    case Format::kHtml: write_html(writer); break;
    case Format::kSsml: written = write_ssml(writer); break;
    default: write_plain(writer);
  }
  if (!written && is_guessed) return read_document(input, Format::kPlain, options);
  ORPHEUS_CHECK(written);
  return writer.finish();
}

}  // namespace orpheus::text::markup
