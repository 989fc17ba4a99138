#pragma once
// The elements of HTML and SSML and their effect on reading aloud. A table; read from any
// thread.

#include <string_view>

namespace orpheus::text::markup {

enum class Role {
  kInline,   // its text belongs to the sentence around it: b, em, span, a
  kBlock,    // a paragraph of its own: p, div
  kHeading,  // h1 … h6, title
  kItem,     // an utterance of its own: li, dt, a sentence of SSML
  kRow,      // an utterance: tr
  kCell,     // a stretch between commas: td
  kBreak,    // the end of a line, without contents: br, hr
  kEmpty,    // nothing, without contents: wbr, input
  kImage,    // its alt is said: img
  kCode,     // lines of code: pre
  kHidden,   // its contents are never said: script, style
  kThought,  // a model's thoughts: think
  kPause,    // break of SSML
  kVoice,    // voice of SSML
  kRate,     // prosody of SSML
  kSub,      // sub of SSML, and of HTML without an alias
  kSayAs,
  kLanguage,  // lang of SSML
};

struct Element {
  std::string_view name;  // in small letters
  Role role;
};

// Null for an unknown name. Small letters only.
const Element* find_element(std::string_view name);

// Elements without contents and end tag: br, img, input, break.
bool is_void(Role role);

// An attribute that may stand without a value: disabled, checked.
bool is_boolean_attribute(std::string_view name);

}  // namespace orpheus::text::markup
