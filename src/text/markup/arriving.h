#pragma once
// Cuts a text that arrives in parts into stretches that can be spoken before the rest is known: at
// sentences, at a clause if enough text precedes it, and where the input pauses. No cut divides a
// number, an abbreviation, a tag, a thought (<think>) or what stands between marks (**, `). Unless
// the input pauses or is flushed, the cuts do not depend on its division into parts. Pure: the time
// is an argument. Belongs to one thread.

#include <chrono>
#include <cstddef>
#include <deque>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"
#include "text/markup/cut_finder.h"
#include "text/markup/document.h"
#include "text/split.h"

namespace orpheus::text::markup {

// A part of the input that is read as a text of its own. The stretches of an input, one behind the
// other, are the input without the blanks at its end.
struct Stretch {
  std::string text;  // UTF-8, as it was written; not only blanks
  size_t begin = 0;  // byte offset in the input
  PieceEnd end = PieceEnd::kParagraph;
  bool operator==(const Stretch&) const = default;
};

struct ArrivalOptions {
  // Only kPlain and kMarkdown are cut before a flush or the end. Parts of other formats are not
  // valid on their own.
  Format format = Format::kPlain;
  CutOptions cuts;
  // After a pause of this length a whole sentence or line is cut, and after the longer one all.
  std::chrono::milliseconds pause{250};
  std::chrono::milliseconds patience{1500};
};

class Arriving {
 public:
  using Time = std::chrono::steady_clock::time_point;

  explicit Arriving(const ArrivalOptions& options) : options_(options), finder_(options.cuts) {}

  // Adds a part, which may end within a character. Errors: kUsage (not UTF-8; the offset is named).
  Result<void> append(std::string_view part, Time now);
  // Cuts behind all that has arrived, except a thought that is still open.
  void flush();
  // The input has ended. Errors: kUsage (it ends within a character).
  Result<void> end();

  // When tick() cuts if nothing more arrives. Nothing if there is nothing to cut.
  std::optional<Time> due() const;
  void tick(Time now);

  // The next stretch, in order; nothing if none is ready.
  std::optional<Stretch> next();

  // Bytes of whole characters that have arrived.
  size_t num_bytes() const { return begin_ + pending_.size(); }

 private:
  bool cuts_early() const {
    return options_.format == Format::kPlain || options_.format == Format::kMarkdown;
  }
  void find_cuts();
  void cut(Cut cut);
  bool has_words() const;

  const ArrivalOptions options_;
  CutFinder finder_;
  std::deque<Stretch> ready_;
  std::string pending_;       // what follows the last cut
  size_t begin_ = 0;          // its offset in the input
  std::string unfinished_;    // the first bytes of a character
  std::optional<Time> last_;  // when the last part came
  bool ends_here_ = false;    // pending_ ends with a sentence or a line
};

}  // namespace orpheus::text::markup
