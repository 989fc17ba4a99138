#include "text/markup/tag.h"

#include <algorithm>

#include "text/markup/element.h"
#include "text/markup/entity.h"

namespace orpheus::text::markup {
namespace {

constexpr size_t kMostBytes = 4096;
constexpr size_t kMostAttributes = 64;

bool is_blank(char c) { return c == ' ' || c == '\n' || c == '\t' || c == '\r' || c == '\f'; }
bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }
bool is_of_name(char c) {
  return is_letter(c) || (c >= '0' && c <= '9') || c == '-' || c == ':' || c == '_' || c == '.';
}

std::string in_small_letters(std::string_view name) {
  std::string small(name);
  for (char& c : small)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  return small;
}

class Scanner {
 public:
  Scanner(std::string_view input, size_t offset)
      : input_(input.substr(0, std::min(input.size(), offset + kMostBytes))),
        begin_(offset),
        at_(offset) {}

  std::optional<Tag> scan() {
    Tag tag;
    if (!take('<')) return std::nullopt;
    if (take('/')) tag.kind = Tag::Kind::kClosing;
    if (!is_letter(peek())) return std::nullopt;
    tag.name = in_small_letters(name());
    while (true) {
      const bool is_apart = skip_blanks();
      if (take('>')) break;
      if (peek() == '/' && at_ + 1 < input_.size() && input_[at_ + 1] == '>') {
        at_ += 2;
        if (tag.kind == Tag::Kind::kOpening) tag.kind = Tag::Kind::kSelfClosing;
        break;
      }
      auto next = is_apart ? attribute() : std::nullopt;
      if (!next || tag.attributes.size() == kMostAttributes) return std::nullopt;
      tag.attributes.push_back(std::move(*next));
    }
    tag.extent = {begin_, at_};
    return tag;
  }

 private:
  char peek() const { return at_ < input_.size() ? input_[at_] : '\0'; }
  bool take(char c) {
    if (peek() != c || at_ >= input_.size()) return false;
    ++at_;
    return true;
  }
  bool skip_blanks() {
    const size_t before = at_;
    while (is_blank(peek())) ++at_;
    return at_ > before;
  }
  std::string_view name() {
    const size_t begin = at_;
    while (is_of_name(peek())) ++at_;
    return input_.substr(begin, at_ - begin);
  }

  std::optional<Attribute> attribute() {
    if (!is_letter(peek())) return std::nullopt;
    Attribute read{.name = in_small_letters(name())};
    const size_t behind_name = at_;
    skip_blanks();
    if (!take('=')) {
      at_ = behind_name;
      return read;
    }
    skip_blanks();
    const auto value = quoted_or_bare();
    if (!value) return std::nullopt;
    read.value = without_entities(*value);
    read.has_value = true;
    return read;
  }

  std::optional<std::string_view> quoted_or_bare() {
    const char quote = peek();
    const size_t begin = at_;
    if (quote == '"' || quote == '\'') {
      const size_t end = input_.find(quote, begin + 1);
      if (end == std::string_view::npos) return std::nullopt;
      at_ = end + 1;
      return input_.substr(begin + 1, end - begin - 1);
    }
    at_ = std::min(input_.find_first_of(" \n\t\r\f\"'=<>`", begin), input_.size());
    if (at_ == begin) return std::nullopt;
    if (peek() == '>' && input_[at_ - 1] == '/') --at_;  // <br clear=all/>
    return input_.substr(begin, at_ - begin);
  }

  std::string_view input_;
  size_t begin_;
  size_t at_;
};

}  // namespace

std::string_view Tag::attribute(std::string_view attribute_name) const {
  for (const Attribute& candidate : attributes)
    if (candidate.name == attribute_name) return candidate.value;
  return {};
}

bool Tag::has(std::string_view attribute_name) const {
  return std::any_of(attributes.begin(), attributes.end(),
                     [&](const Attribute& a) { return a.name == attribute_name; });
}

std::optional<Tag> scan_tag(std::string_view input, size_t offset) {
  return Scanner(input, offset).scan();
}

bool is_markup(const Tag& tag) {
  if (find_element(tag.name) == nullptr) return false;
  return std::all_of(tag.attributes.begin(), tag.attributes.end(), [](const Attribute& attribute) {
    return attribute.has_value || is_boolean_attribute(attribute.name);
  });
}

}  // namespace orpheus::text::markup
