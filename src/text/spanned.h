#pragma once
// A text in which each part knows its place in the input, so that a spoken word can be shown where
// it is written. Not thread-safe; const member functions may be called from any thread.

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace orpheus::text {

// Byte offsets, begin <= end.
struct Range {
  size_t begin = 0;
  size_t end = 0;
  size_t size() const { return end - begin; }
  bool operator==(const Range&) const = default;
};

// Runs cover the text in order. A verbatim run equals its part of the input byte for byte. A spoken
// run stands for its part as a whole ("five dollars" for "$5"). Neither the begins nor the ends of
// the origins decrease from one run to the next. Parts of the input that are not spoken (markup,
// blanks) have no run.
class Spanned {
 public:
  struct Run {
    Range text;
    Range origin;
    bool is_verbatim = true;
    bool operator==(const Run&) const = default;
  };

  Spanned() = default;
  // The whole of an input as it is.
  static Spanned verbatim(std::string_view input);

  // A part of the input as it is; origin: the offset of its first byte there.
  void append_verbatim(std::string_view part, size_t origin);
  // Words for a part of the input. An empty part is allowed, for added words.
  void append_spoken(std::string_view words, Range origin);
  void append(const Spanned& other);

  const std::string& text() const { return text_; }
  const std::vector<Run>& runs() const { return runs_; }
  bool empty() const { return text_.empty(); }

  // The range of the input for this range of the text: exact for verbatim bytes, the whole origin
  // of a spoken run that it touches. An empty range has an empty origin.
  Range origin(Range text) const;

  // The runs within this stretch of the text; origins stay offsets in the same input.
  Spanned slice(Range text) const;

  // Replaces origins in `earlier`'s text, from which this text was made, by origins in `earlier`'s
  // own input.
  Spanned after(const Spanned& earlier) const;

  bool operator==(const Spanned&) const = default;

 private:
  size_t first_run_ending_behind(size_t offset) const;
  void push(Run run);
  void append_slice(const Spanned& other, Range text);

  std::string text_;
  std::vector<Run> runs_;
};

}  // namespace orpheus::text
