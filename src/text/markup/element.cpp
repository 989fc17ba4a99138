#include "text/markup/element.h"

#include <algorithm>
#include <array>
#include <iterator>

namespace orpheus::text::markup {
namespace {

using enum Role;

constexpr Element kElements[] = {
    // in the order of names
    {"a", kInline},         {"abbr", kInline},      {"acronym", kInline},   {"address", kBlock},
    {"area", kEmpty},       {"article", kBlock},    {"aside", kBlock},      {"audio", kInline},
    {"b", kInline},         {"base", kEmpty},       {"bdi", kInline},       {"bdo", kInline},
    {"big", kInline},       {"blockquote", kBlock}, {"body", kBlock},       {"br", kBreak},
    {"break", kPause},      {"button", kInline},    {"canvas", kHidden},    {"caption", kBlock},
    {"center", kBlock},     {"cite", kInline},      {"code", kInline},      {"col", kEmpty},
    {"colgroup", kInline},  {"data", kInline},      {"datalist", kHidden},  {"dd", kItem},
    {"del", kInline},       {"details", kBlock},    {"dfn", kInline},       {"dialog", kBlock},
    {"dir", kBlock},        {"div", kBlock},        {"dl", kBlock},         {"dt", kItem},
    {"em", kInline},        {"embed", kEmpty},      {"emphasis", kInline},  {"fieldset", kBlock},
    {"figcaption", kBlock}, {"figure", kBlock},     {"font", kInline},      {"footer", kBlock},
    {"form", kBlock},       {"frame", kEmpty},      {"frameset", kHidden},  {"h1", kHeading},
    {"h2", kHeading},       {"h3", kHeading},       {"h4", kHeading},       {"h5", kHeading},
    {"h6", kHeading},       {"head", kInline},      {"header", kBlock},     {"hgroup", kBlock},
    {"hr", kBreak},         {"html", kBlock},       {"i", kInline},         {"iframe", kHidden},
    {"img", kImage},        {"input", kEmpty},      {"ins", kInline},       {"kbd", kInline},
    {"label", kInline},     {"lang", kLanguage},    {"legend", kBlock},     {"li", kItem},
    {"link", kEmpty},       {"main", kBlock},       {"map", kInline},       {"mark", kInline},
    {"math", kInline},      {"menu", kBlock},       {"meta", kEmpty},       {"metadata", kHidden},
    {"meter", kInline},     {"nav", kBlock},        {"noframes", kHidden},  {"noscript", kInline},
    {"object", kInline},    {"ol", kBlock},         {"optgroup", kInline},  {"option", kItem},
    {"output", kInline},    {"p", kBlock},          {"param", kEmpty},      {"phoneme", kInline},
    {"picture", kInline},   {"pre", kCode},         {"progress", kInline},  {"prosody", kRate},
    {"q", kInline},         {"rp", kHidden},        {"rt", kHidden},        {"ruby", kInline},
    {"s", kInline},         {"samp", kInline},      {"say-as", kSayAs},     {"script", kHidden},
    {"section", kBlock},    {"select", kInline},    {"small", kInline},     {"source", kEmpty},
    {"span", kInline},      {"speak", kBlock},      {"strike", kInline},    {"strong", kInline},
    {"style", kHidden},     {"sub", kSub},          {"summary", kBlock},    {"sup", kInline},
    {"svg", kHidden},       {"table", kBlock},      {"tbody", kInline},     {"td", kCell},
    {"template", kHidden},  {"textarea", kBlock},   {"tfoot", kInline},     {"th", kCell},
    {"thead", kInline},     {"think", kThought},    {"thinking", kThought}, {"time", kInline},
    {"title", kHeading},    {"tr", kRow},           {"track", kEmpty},      {"tt", kInline},
    {"u", kInline},         {"ul", kBlock},         {"var", kInline},       {"video", kInline},
    {"voice", kVoice},      {"w", kInline},         {"wbr", kEmpty},
};

constexpr std::array<std::string_view, 27> kBooleanAttributes = {
    "allowfullscreen", "async",    "autofocus",  "autoplay", "checked",  "compact",
    "controls",        "default",  "defer",      "disabled", "download", "hidden",
    "inert",           "ismap",    "itemscope",  "loop",     "multiple", "muted",
    "noshade",         "nowrap",   "novalidate", "open",     "readonly", "required",
    "reversed",        "selected", "translate"};

}  // namespace

const Element* find_element(std::string_view name) {
  const auto* const found =
      std::lower_bound(std::begin(kElements), std::end(kElements), name,
                       [](const Element& element, std::string_view n) { return element.name < n; });
  return found != std::end(kElements) && found->name == name ? found : nullptr;
}

bool is_void(Role role) {
  return role == kBreak || role == kEmpty || role == kImage || role == kPause;
}

bool is_boolean_attribute(std::string_view name) {
  return std::find(kBooleanAttributes.begin(), kBooleanAttributes.end(), name) !=
         kBooleanAttributes.end();
}

}  // namespace orpheus::text::markup
