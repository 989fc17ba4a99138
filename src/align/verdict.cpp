#include "align/verdict.h"

#include <algorithm>

namespace orpheus::align {
namespace {

// Before a piece has said much, it is taken to be as usual: these many letters and half frames.
constexpr int64_t kUsualLetters = 20;
constexpr int64_t kUsualHalves = 32;
constexpr int64_t kUsualSurprise = int64_t{2} * kNat;  // of a half frame
constexpr int64_t kMostLearntSurprise = int64_t{16} * kNat;

// A word that took less than a fifth of its time was skipped; an odd one, less than half.
constexpr int kShortest = 5;
constexpr int kShortestIfOdd = 2;
constexpr int kLeastLettersAtEnd = 2;
// A half frame that is this much less likely than usual is a break: no voice goes on so.
constexpr int32_t kBreak = 22 * kNat;
// A whole word that is this much less likely than usual is another word.
constexpr int32_t kExchange = 9 * kNat;
constexpr int kLeastHalvesOfExchange = 4;
// Less than half of a word's time, this much less likely than usual or with less attention than
// this, is the rest of a word that was cut.
constexpr int32_t kUnlikelyRest = 5 * kNat;
constexpr int32_t kLittleShare = kWhole * 5 / 8;
// A word that was said twice in a row looks as one that takes this many half usual times, with a
// half frame within it that is less likely than usual.
constexpr int kHalfTimesTwice = 5;
constexpr int kLeastHalvesTwice = 8;
constexpr int32_t kUnlikelyRestart = 7 * kNat;
// The attention is on the first word during the silence before it: half a second at most.
constexpr int kMostSilenceBefore = 12;
constexpr int kLongestPause = 48;  // 2 s
// A word is stuck beyond this time and so many half usual times. In 160 sentences of the small
// voice's source, words of three letters take 12 half frames at most (usual are 5), and words of
// twelve letters 29 (19).
constexpr int kLongestBesideUsual = 18;  // 0.77 s
constexpr int kHalfTimesLongest = 5;
// Going back for one half frame may be noise.
constexpr int kLeastHalvesBack = 2;
// The mean share of the words from which on the path is sure.
constexpr int32_t kSure = kWhole / 2;
constexpr int kHalvesToBeSure = 24;  // 1 s

}  // namespace

std::string_view name_of(Fault fault) {
  switch (fault) {
    case Fault::kSkipped: return "skipped";
    case Fault::kRepeated: return "repeated";
    case Fault::kStuck: return "stuck";
    case Fault::kExchanged: return "exchanged";
    case Fault::kEndsEarly: return "ends_early";
    case Fault::kNone: break;
  }
  return "none";
}

Judge::Judge(const std::vector<TextRow>& rows, Surprise surprise) : surprise_(surprise) {
  for (const TextRow& row : rows) {
    if (row.word < 0) continue;
    letters_.resize(std::max(letters_.size(), static_cast<size_t>(row.word) + 1));
    letters_[static_cast<size_t>(row.word)] += row.num_letters;
  }
  const auto first =
      std::find_if(rows.begin(), rows.end(), [](const TextRow& row) { return row.word >= 0; });
  if (first == rows.end()) return;
  first_ = first->word;
  furthest_ = first->word - 1;
  verdict_.last_proven = furthest_;
}

void Judge::add(const SpokenWord& heard) {
  SpokenWord spoken = heard;
  if (surprise_ == Surprise::kIsIgnored) spoken.surprise = spoken.most_surprise = 0;
  share_sum_ += int64_t{spoken.share} * spoken.num_halves();
  num_shares_ += spoken.num_halves();
  const Fault skipped = skipped_before(spoken);
  if (skipped != Fault::kNone) find(skipped, furthest_ + 1, spoken.word - furthest_ - 1);
  const Fault fault = fault_of(spoken);
  went_back_ = spoken.word < 0 && (went_back_ || spoken.goes_back);
  if (fault != Fault::kNone) find(fault, spoken.word >= 0 ? spoken.word : furthest_);
  if (skipped == Fault::kNone && fault == Fault::kNone) learn(spoken);
  if (spoken.word < 0) return;
  furthest_ = std::max(furthest_, spoken.word);
  if (verdict_.fault != Fault::kNone) return;
  verdict_.last_proven = furthest_;
  verdict_.proven_halves = spoken.end;
}

void Judge::look_at(const SpokenWord& current) {
  if (verdict_.fault == Fault::kNone && is_stuck(current))
    find(Fault::kStuck, current.word >= 0 ? current.word : furthest_);
}

void Judge::finish() {
  const int num_words = static_cast<int>(letters_.size());
  const int num_missing = num_words - furthest_ - 1;
  if (num_letters(furthest_ + 1, num_words) >= kLeastLettersAtEnd) {
    verdict_.ends_early = true;
    find(Fault::kEndsEarly, furthest_ + 1, num_missing);
  }
}

int Judge::num_letters(int first, int end) const {
  int sum = 0;
  const int num_words = static_cast<int>(letters_.size());
  for (int word = first; word < std::min(end, num_words); ++word)
    sum += letters_[static_cast<size_t>(word)];
  return sum;
}

bool Judge::is_sure() const { return num_shares_ > 0 && share_sum_ / num_shares_ >= kSure; }

bool Judge::is_unsure() const {
  return num_shares_ >= kHalvesToBeSure && share_sum_ / num_shares_ < kSure;
}

// Words that the path left out before this one.
Fault Judge::skipped_before(const SpokenWord& spoken) const {
  const int letters = num_letters(furthest_ + 1, spoken.word);
  const bool breaks = spoken.most_surprise > usual_surprise() + kBreak;
  return letters >= kLeastLetters || (letters > 0 && breaks) ? Fault::kSkipped : Fault::kNone;
}

Fault Judge::fault_of(const SpokenWord& spoken) const {
  if (is_stuck(spoken)) return Fault::kStuck;
  const bool breaks = spoken.most_surprise > usual_surprise() + kBreak;
  if (spoken.word < 0) return breaks ? Fault::kExchanged : Fault::kNone;
  const bool goes_back = spoken.goes_back || (went_back_ && spoken.word <= furthest_);
  if (goes_back && spoken.num_halves() >= kLeastHalvesBack) return Fault::kRepeated;
  if (is_tag(spoken.word)) return Fault::kNone;
  if (letters_[static_cast<size_t>(spoken.word)] >= kLeastLetters) {
    const bool is_odd =
        breaks || spoken.surprise > usual_surprise() + kUnlikelyRest || spoken.share < kLittleShare;
    const int shortest = is_odd ? kShortestIfOdd : kShortest;
    if (spoken.num_halves() * shortest * 256 < usual_halves(spoken.word)) return Fault::kSkipped;
  }
  if (breaks) return Fault::kExchanged;
  if (is_said_twice(spoken)) return Fault::kRepeated;
  const bool is_unlikely = spoken.surprise > usual_surprise() + kExchange;
  if (is_unlikely && spoken.num_halves() >= kLeastHalvesOfExchange) return Fault::kExchanged;
  return Fault::kNone;
}

bool Judge::is_said_twice(const SpokenWord& spoken) const {
  if (letters_[static_cast<size_t>(spoken.word)] < kLeastLetters) return false;
  const int num_halves = spoken.num_halves() - (spoken.word == first_ ? kMostSilenceBefore : 0);
  return num_halves >= kLeastHalvesTwice &&
         num_halves * 2 * 256 > kHalfTimesTwice * usual_halves(spoken.word) &&
         spoken.most_surprise > usual_surprise() + kUnlikelyRestart;
}

bool Judge::is_stuck(const SpokenWord& spoken) const {
  if (spoken.word < 0) return spoken.num_halves() > kLongestPause;
  if (is_tag(spoken.word)) return false;
  const int silence = spoken.word == first_ ? kMostSilenceBefore : 0;
  return (spoken.num_halves() - silence - kLongestBesideUsual) * 2 * 256 >
         kHalfTimesLongest * usual_halves(spoken.word);
}

int32_t Judge::usual_halves(int word) const {
  return static_cast<int32_t>(int64_t{256} * letters_[static_cast<size_t>(word)] *
                              (kUsualHalves + num_halves_) / (kUsualLetters + num_letters_));
}

int32_t Judge::usual_surprise() const {
  return static_cast<int32_t>((kUsualSurprise * kUsualHalves + surprise_sum_) /
                              (kUsualHalves + num_halves_));
}

void Judge::learn(const SpokenWord& spoken) {
  if (spoken.word < 0 || is_tag(spoken.word)) return;
  num_halves_ += spoken.num_halves();
  num_letters_ += letters_[static_cast<size_t>(spoken.word)];
  surprise_sum_ += std::min<int64_t>(spoken.surprise, kMostLearntSurprise) * spoken.num_halves();
}

void Judge::find(Fault fault, int word, int num_words) {
  verdict_.num_faults += num_words;
  if (verdict_.fault != Fault::kNone) return;
  verdict_.fault = fault;
  verdict_.word = word;
}

}  // namespace orpheus::align
