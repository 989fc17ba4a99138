#pragma once
// Builds a document from the findings of a format's reader, in the input's order: the spoken text,
// its voices, the ends of utterances. All formats use it, so a tag has the same meaning in each.
// Belongs to one thread; a writer makes one document.

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "text/markup/document.h"
#include "text/markup/element.h"
#include "text/markup/spell.h"
#include "text/markup/tag.h"

namespace orpheus::text::markup {

class Writer {
 public:
  Writer(std::string_view input, const Options& options) : input_(input), options_(options) {}

  // Adds a part of the input. Controls in brackets are obeyed; tags are not parsed.
  void text(Range origin);
  // Adds characters that stand for a part of the input.
  void spoken(std::string_view words, Range origin);
  void end(PassageEnd end);
  void pause(int64_t ms);
  // Ends a cell: adds a comma if more follows in its row.
  void end_cell() { wants_comma_ = true; }

  // Adds a tag of HTML or SSML. An unknown tag that is not a voice's sound is spoken as its words.
  void tag(const Tag& tag);
  // Adds the words of something that looks like a tag but is not, without the brackets.
  void unknown(Range tag);
  // Handles "Leo" of a line "Leo: …": that voice speaks up to the end of the paragraph.
  void cast(std::string_view voice) { cast_voice_ = voice; }

  // Whether finish() will report an error, so that reading on is useless.
  bool has_failed() const { return error_.has_value(); }
  bool is_hidden() const { return num_hidden_ > 0; }
  const Options& options() const { return options_; }
  std::string_view input() const { return input_; }

  // Errors: those of read_document. Call once, last.
  Result<Document> finish();

 private:
  // An open element, and its settings.
  struct Open {
    std::string name;
    Role role;
    std::string value;  // a voice, a language, an alias
    double rate = 1.0;
    Reading reading = Reading::kUsual;
    size_t tag_begin = 0;   // in the input
    size_t begin = 0;       // of its contents in the input,
    size_t text_begin = 0;  // and in the passage in progress
    bool hides = false;
  };

  void open(const Tag& tag, const Element& element);
  void close(const Tag& tag, const Element& element);
  void pop();
  void begin_of(Role role);
  void end_of(const Open& open);
  bool set_up(const Tag& tag, Open& open);
  void obey_break(const Tag& tag);
  void obey(std::string_view name, std::string_view value, Range origin);
  void append(std::string_view words, Range origin, bool is_verbatim);
  Passage settings() const;
  void flush(PassageEnd end);
  void spell(const Open& open);
  void refuse(ErrorKind kind, std::string what, Range origin, std::string expected);

  std::string_view input_;
  const Options& options_;
  Document document_;
  Passage current_;
  std::vector<Open> open_;
  std::string bracket_voice_;  // [voice:leo], up to the next
  double bracket_rate_ = 1.0;
  std::string cast_voice_;
  Range last_;                // origin of the last spoken text
  bool wants_comma_ = false;  // after a cell, if another follows
  size_t num_hidden_ = 0;     // open elements with unspoken contents
  int64_t total_pause_ms_ = 0;
  std::optional<Error> error_;  // the first
};

}  // namespace orpheus::text::markup
