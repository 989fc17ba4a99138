#include "text/markup/html.h"

#include <cstring>
#include <memory>
#include <string>

#include <libxml/HTMLparser.h>
#include <libxml/parserInternals.h>

#include "text/markup/element.h"
#include "text/markup/event_places.h"

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
  explicit Html(Writer& writer) : writer_(writer), places_(writer.input()) {}

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
  size_t read() const {
    const xmlParserInput* input = context_->input;
    if (input == nullptr) return places_.behind();
    return input->consumed + static_cast<size_t>(input->cur - input->base);
  }
  void pass() { places_.pass(read()); }

  void begin(const xmlChar* name, const xmlChar** attributes) {
    const auto written = places_.start_tag(view(name), read());  // else the parser put it in
    Tag tag{.name = std::string(view(name)),
            .attributes = {},
            .extent = written.value_or(Range{places_.behind(), places_.behind()})};
    for (const xmlChar** at = attributes; at != nullptr && *at != nullptr; at += 2) {
      tag.attributes.push_back({.name = std::string(view(at[0])),
                                .value = std::string(view(at[1])),
                                .has_value = at[1] != nullptr});
    }
    const bool is_custom =
        tag.name.find('-') != std::string::npos && find_element(tag.name) == nullptr;
    if (is_custom || (!written && find_element(tag.name) == nullptr)) return;
    writer_.tag(tag);
    if (writer_.has_failed()) xmlStopParser(context_);
  }

  void end(const xmlChar* name) {
    const auto written = places_.end_tag(view(name), read());
    Tag tag{.name = std::string(view(name)),
            .kind = Tag::Kind::kClosing,
            .attributes = {},
            .extent = written.value_or(Range{places_.behind(), places_.behind()})};
    if (find_element(tag.name) != nullptr) writer_.tag(tag);
  }

  void characters(std::string_view text) { places_.write(writer_, text, read(), {}); }

  Writer& writer_;
  htmlParserCtxt* context_ = nullptr;
  EventPlaces places_;
};

}  // namespace

void write_html(Writer& writer) { Html(writer).write(); }

}  // namespace orpheus::text::markup
