#include "text/markup/ssml.h"

#include <algorithm>
#include <cstring>
#include <memory>
#include <string>

#include <libxml/parser.h>
#include <libxml/parserInternals.h>

#include "base/utf8.h"
#include "text/markup/element.h"
#include "text/markup/event_places.h"
#include "text/sounds.h"

namespace orpheus::text::markup {
namespace {

constexpr size_t kMostShown = 200;  // bytes of the parser's message

struct FreeContext {
  void operator()(xmlParserCtxt* context) const {
    if (context->myDoc != nullptr) xmlFreeDoc(context->myDoc);
    xmlFreeParserCtxt(context);
  }
};

std::string_view view(const xmlChar* text) {
  return text == nullptr ? std::string_view() : reinterpret_cast<const char*>(text);
}

class Ssml {
 public:
  explicit Ssml(Writer& writer) : writer_(writer), places_(writer.input()) {}

  Result<void> write() {
    const std::string_view input = writer_.input();
    [[maybe_unused]] static const bool is_ready = (xmlInitParser(), true);  // for all threads
    const std::unique_ptr<xmlParserCtxt, FreeContext> context(
        xmlCreateMemoryParserCtxt(input.data(), static_cast<int>(input.size())));
    if (!context) return not_well_formed();
    context_ = context.get();
    xmlSAXHandler events{};  // no handler for entities: none but XML's own five stand for anything
    events.startElement = [](void* self, const xmlChar* name, const xmlChar** attributes) {
      static_cast<Ssml*>(self)->begin(name, attributes);
    };
    events.endElement = [](void* self, const xmlChar* name) {
      static_cast<Ssml*>(self)->end(name);
    };
    events.characters = [](void* self, const xmlChar* text, int size) {
      static_cast<Ssml*>(self)->characters(
          {reinterpret_cast<const char*>(text), static_cast<size_t>(size)}, true);
    };
    events.ignorableWhitespace = events.characters;
    events.cdataBlock = [](void* self, const xmlChar* text, int size) {
      static_cast<Ssml*>(self)->characters(
          {reinterpret_cast<const char*>(text), static_cast<size_t>(size)}, false);
    };
    events.comment = [](void* self, const xmlChar*) { static_cast<Ssml*>(self)->pass(); };
    events.processingInstruction = [](void* self, const xmlChar*, const xmlChar*) {
      static_cast<Ssml*>(self)->pass();
    };
    events.getEntity = [](void*, const xmlChar* name) { return xmlGetPredefinedEntity(name); };
    // A text that is not well-formed is refused, so what comes behind its first fault is not read.
    events.error = on_error;
    events.fatalError = events.error;
    *context->sax = events;
    context->userData = this;
    xmlCtxtUseOptions(context.get(), XML_PARSE_NONET | XML_PARSE_NOWARNING | XML_PARSE_IGNORE_ENC);
    xmlParseDocument(context.get());
    if (has_fault_ && !writer_.has_failed()) return not_well_formed();
    return {};
  }

 private:
  static void on_error(void* self, const char* /*message*/, ...) {
    static_cast<Ssml*>(self)->fault();
  }

  void fault() {
    const xmlError* error = &context_->lastError;
    if (has_fault_ || error->level < XML_ERR_ERROR) return;
    has_fault_ = true;
    const std::string_view message = error->message == nullptr ? "" : error->message;
    found_ = "line " + std::to_string(error->line) + ": " + printable_excerpt(message, kMostShown);
    xmlStopParser(context_);
  }

  Result<void> not_well_formed() const {
    return fail({.kind = ErrorKind::kUsage,
                 .what = "the SSML is not well-formed",
                 .expected = "XML: <speak>…</speak>, each element closed, & as &amp;",
                 .found = found_});
  }

  // Bytes of the input that the parser has read.
  size_t read() const {
    const xmlParserInput* input = context_->input;
    if (input == nullptr) return places_.behind();
    return input->consumed + static_cast<size_t>(input->cur - input->base);
  }
  void pass() { places_.pass(read()); }

  void begin(const xmlChar* name, const xmlChar** attributes) {
    const auto written = places_.start_tag(view(name), read());
    Tag tag{.name = std::string(view(name)),
            .attributes = {},
            .extent = written.value_or(Range{places_.behind(), places_.behind()})};
    for (const xmlChar** at = attributes; at != nullptr && *at != nullptr; at += 2) {
      tag.attributes.push_back(
          {.name = std::string(view(at[0])), .value = std::string(view(at[1])), .has_value = true});
    }
    if (tag.name == "s") return writer_.end(PassageEnd::kUtterance);
    const bool is_known = find_element(tag.name) != nullptr || is_sound(tag.name);
    if (is_known) {
      writer_.tag(tag);
    } else if (writer_.options().refuses_unknown_tags) {
      writer_.unknown(tag.extent);
    }
    if (writer_.has_failed()) xmlStopParser(context_);
  }

  void end(const xmlChar* name) {
    const auto written = places_.end_tag(view(name), read());
    if (view(name) == "s") return writer_.end(PassageEnd::kUtterance);
    if (find_element(view(name)) == nullptr) return;
    writer_.tag({.name = std::string(view(name)),
                 .kind = Tag::Kind::kClosing,
                 .attributes = {},
                 .extent = written.value_or(Range{places_.behind(), places_.behind()})});
  }

  void characters(std::string_view text, bool has_entities) {
    places_.write(writer_, text, read(), {.has_entities = has_entities});
  }

  Writer& writer_;
  xmlParserCtxt* context_ = nullptr;
  EventPlaces places_;
  bool has_fault_ = false;
  std::string found_;
};

}  // namespace

Result<void> write_ssml(Writer& writer) { return Ssml(writer).write(); }

}  // namespace orpheus::text::markup
