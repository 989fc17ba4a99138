#include "text/markup/html.h"

#include <algorithm>
#include <cstring>
#include <memory>
#include <string>

#include <libxml/HTMLparser.h>
#include <libxml/parserInternals.h>

#include "text/markup/element.h"

namespace orpheus::text::markup {
namespace {

struct FreeContext {
  void operator()(htmlParserCtxt* context) const { htmlFreeParserCtxt(context); }
};

std::string_view view(const xmlChar* text, size_t size) {
  return {reinterpret_cast<const char*>(text), size};
}
std::string_view view(const xmlChar* text) {
  return view(text, text == nullptr ? 0 : std::strlen(reinterpret_cast<const char*>(text)));
}

// The parser's events, with the place where it is in the input at each.
class Html {
 public:
  explicit Html(Writer& writer) : writer_(writer) {}

  void write() {
    const std::string_view input = writer_.input();
    [[maybe_unused]] static const bool is_ready = (xmlInitParser(), true);  // for all threads
    if (input.empty()) return;
    const std::unique_ptr<htmlParserCtxt, FreeContext> context(htmlNewParserCtxt());
    if (!context) return;
    context_ = context.get();
    htmlSAXHandler events{};
    events.startElement = [](void* self, const xmlChar* name, const xmlChar** attributes) {
      static_cast<Html*>(self)->begin(name, attributes);
    };
    events.endElement = [](void* self, const xmlChar* name) {
      static_cast<Html*>(self)->end(name);
    };
    events.characters = [](void* self, const xmlChar* text, int size) {
      static_cast<Html*>(self)->characters(view(text, static_cast<size_t>(size)));
    };
    events.ignorableWhitespace = events.characters;
    events.comment = [](void* self, const xmlChar*) { static_cast<Html*>(self)->pass(); };
    events.processingInstruction = [](void* self, const xmlChar*, const xmlChar*) {
      static_cast<Html*>(self)->pass();
    };
    events.cdataBlock = [](void* self, const xmlChar*, int) { static_cast<Html*>(self)->pass(); };
    events.internalSubset = [](void* self, const xmlChar*, const xmlChar*, const xmlChar*) {
      static_cast<Html*>(self)->pass();
    };
    *context->sax = events;
    context->userData = this;
    htmlDocPtr made = htmlCtxtReadMemory(
        context.get(), input.data(), static_cast<int>(input.size()), nullptr, "UTF-8",
        HTML_PARSE_RECOVER | HTML_PARSE_NOERROR | HTML_PARSE_NOWARNING | HTML_PARSE_NONET |
            HTML_PARSE_NODEFDTD);
    if (made != nullptr) xmlFreeDoc(made);
  }

 private:
  // Bytes of the input that the parser has read.
  size_t offset() const {
    const xmlParserInput* input = context_->input;
    if (input == nullptr) return at_;
    const size_t read = input->consumed + static_cast<size_t>(input->cur - input->base);
    return std::clamp(read, at_, writer_.input().size());
  }
  void pass() { at_ = offset(); }

  void begin(const xmlChar* name, const xmlChar** attributes) {
    Tag tag{.name = std::string(view(name)), .attributes = {}, .extent = {at_, offset()}};
    for (const xmlChar** at = attributes; at != nullptr && *at != nullptr; at += 2) {
      tag.attributes.push_back({.name = std::string(view(at[0])),
                                .value = std::string(view(at[1])),
                                .has_value = at[1] != nullptr});
    }
    const std::string_view input = writer_.input();
    const size_t sign = input.find('<', at_);
    const bool is_written = sign < tag.extent.end;  // else the parser put it in
    if (is_written) {
      tag.extent.begin = sign;
      tag.extent.end = std::min(input.find('>', tag.extent.end), input.size() - 1) + 1;
      at_ = tag.extent.end;
    }
    const bool is_custom =
        tag.name.find('-') != std::string::npos && find_element(tag.name) == nullptr;
    if (is_custom || (!is_written && find_element(tag.name) == nullptr)) return;
    writer_.tag(tag);
    if (writer_.has_failed()) xmlStopParser(context_);
  }

  void end(const xmlChar* name) {
    const size_t begin = at_;
    pass();
    Tag tag{.name = std::string(view(name)),
            .kind = Tag::Kind::kClosing,
            .attributes = {},
            .extent = {begin, at_}};
    if (find_element(tag.name) != nullptr) writer_.tag(tag);
  }

  void characters(std::string_view text) {
    const size_t begin = at_;
    pass();
    const size_t verbatim = at_ - std::min(at_, text.size());
    if (verbatim >= begin && writer_.input().substr(verbatim, text.size()) == text)
      writer_.text({verbatim, at_});
    else
      writer_.spoken(text, {begin, at_});
  }

  Writer& writer_;
  htmlParserCtxt* context_ = nullptr;
  size_t at_ = 0;  // behind the last event
};

}  // namespace

void write_html(Writer& writer) { Html(writer).write(); }

}  // namespace orpheus::text::markup
