#pragma once
// Whether the words of a piece were spoken, each once. Words come in as the track gives them; the
// first fault decides. Integers only, so equal tokens give equal verdicts. Belongs to one thread; a
// judge serves one piece.
//
// The thresholds are from forced tokens of the small voice: sentences as they are, and the same
// with a word cut out, doubled or exchanged (docs/proof.md has the measurements). They are relative
// to the piece's own rate of speech and to its usual surprise.

#include <cstdint>
#include <string_view>
#include <vector>

#include "align/text_rows.h"
#include "align/track.h"

namespace orpheus::align {

enum class Fault {
  kNone,
  kSkipped,    // a word was not spoken, or cut short
  kRepeated,   // the speech went back
  kStuck,      // a word or a pause does not end
  kExchanged,  // the sound of a word is far from what the model would say
  kEndsEarly,  // the last words were not spoken
};

// For logs and metrics: "skipped", …; "none".
std::string_view name_of(Fault fault);

struct Verdict {
  Fault fault = Fault::kNone;  // the first
  int word = -1;               // where
  int num_faults = 0;          // words with a fault; for the comparison of takes
  bool ends_early = false;     // the last words were not spoken, whatever the first fault is
  // The words up to this one were spoken, until this half frame; the one before the first word, and
  // 0: none.
  int last_proven = -1;
  int proven_halves = 0;
};

// Whether unlikely tokens are a sign of a fault. The thresholds of surprise are from one voice; a
// voice whose usual sounds surprise it more would have false faults.
enum class Surprise { kCounts, kIsIgnored };

// Words of fewer letters may fall between two half frames.
inline constexpr int kLeastLetters = 3;

class Judge {
 public:
  // The words of the rows must all be spoken; they need not begin with 0.
  explicit Judge(const std::vector<TextRow>& rows, Surprise surprise = Surprise::kCounts);

  // Takes the next word or pause that ended.
  void add(const SpokenWord& spoken);
  // Looks at the word or pause that goes on, which may be stuck.
  void look_at(const SpokenWord& current);
  // The piece has ended.
  void finish();

  // Letters of the words from first to the one before end.
  int num_letters(int first, int end) const;

  // So far.
  const Verdict& verdict() const { return verdict_; }
  // Whether the attention of all words so far tells where the speech is. If not, no fault counts.
  bool is_sure() const;
  // Whether enough was spoken to know that it does not.
  bool is_unsure() const;

 private:
  Fault fault_of(const SpokenWord& spoken) const;
  bool is_said_twice(const SpokenWord& spoken) const;
  Fault skipped_before(const SpokenWord& spoken) const;
  bool is_stuck(const SpokenWord& spoken) const;
  int32_t usual_halves(int word) const;  // × 256
  int32_t usual_surprise() const;
  void learn(const SpokenWord& spoken);
  void find(Fault fault, int word, int num_words = 1);

  bool is_tag(int word) const { return letters_[static_cast<size_t>(word)] == 0; }

  Surprise surprise_;
  std::vector<int> letters_;  // of each word; 0: a tag, whose sound has any length
  int first_ = 0;             // word
  int furthest_ = -1;         // word
  bool went_back_ = false;    // to a pause, and no word since
  Verdict verdict_;
  int64_t num_halves_ = 0;  // of words without a fault
  int64_t num_letters_ = 0;
  int64_t surprise_sum_ = 0;
  int64_t share_sum_ = 0;
  int64_t num_shares_ = 0;
};

}  // namespace orpheus::align
