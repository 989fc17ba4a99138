#pragma once
// Turns plain text, Markdown, HTML or SSML into passages that can be read aloud: without marks and
// tags, with every word, and with the requested pauses, voices, languages and rates. Pure; may be
// called from any thread.

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "text/spanned.h"

namespace orpheus::text::markup {

enum class Format { kPlain, kMarkdown, kHtml, kSsml, kAuto };

// plain, markdown, html, ssml, auto.
std::optional<Format> format_named(std::string_view name);
// By a file name's ending: .md, .html, .ssml …; kAuto for any other.
Format format_of_file(std::string_view file_name);
// The format of a kAuto text: plain unless there is strong evidence for another.
Format recognise(std::string_view input);

struct Options {
  std::string language;               // of the text, ISO 639-1; may be empty
  bool says_code = true;              // blocks of code, line by line
  bool drops_thoughts = true;         // <think>…</think>
  bool refuses_unknown_tags = false;  // <Enter> is an error, not the word Enter
  // Speakers: a line "Leo: …" is spoken by the voice for "Leo". Empty: such lines are
  // text.
  std::map<std::string, std::string> cast;
};

// What follows a passage.
enum class PassageEnd {
  kWithin,     // the sentence may continue after a pause or with another voice
  kUtterance,  // a heading, a list item, a row, a short line
  kParagraph,
};

// A part with one voice, language and rate. Not empty; without a pause inside.
struct Passage {
  Spanned text;
  PassageEnd end = PassageEnd::kParagraph;
  std::string voice;     // empty: the request's
  std::string language;  // ISO 639-1; empty: the request's
  double rate = 1.0;     // of speed
  int64_t pause_ms = 0;  // silence after it; 0: a reader's usual pause
};

struct Document {
  std::vector<Passage> passages;
  int64_t lead_ms = 0;  // of silence before the first
};

// input: well-formed UTF-8. Errors: kUsage (an invalid control tag, which the message names;
// unknown tags, if the options refuse them), kLimit (deeper than 200 elements, pauses of more than
// ten minutes together, more than 64 MiB).
Result<Document> read_document(std::string_view input, Format format, const Options& options);

}  // namespace orpheus::text::markup
