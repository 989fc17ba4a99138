#include "align/estimate.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>
#include <string>

#include <unicode/normalizer2.h>
#include <unicode/uchar.h>
#include <unicode/unistr.h>
#include <unicode/uscript.h>
#include <unicode/utf8.h>

namespace orpheus::align {
namespace {

constexpr double kSamplesPerMs = kSampleRateHz / 1000.0;

// A level below this is silence: above the codec's noise, and far below the voice's loud parts.
constexpr float kLeastSound = 0.004F;
constexpr float kShareOfLoud = 0.04F;
// Shorter silences are consonants.
constexpr size_t kLeastPause = 8;  // levels

UChar32 next_character(std::string_view text, size_t& offset) {
  UChar32 c = 0;
  U8_NEXT(reinterpret_cast<const uint8_t*>(text.data()), offset, text.size(), c);
  return c;
}

// A letter without its accents, small.
UChar32 base_letter(UChar32 c) {
  if (c >= 0x80) {
    UErrorCode status = U_ZERO_ERROR;
    const icu::Normalizer2* nfd = icu::Normalizer2::getNFDInstance(status);
    icu::UnicodeString parts;
    if (U_SUCCESS(status) != 0 && nfd->getDecomposition(c, parts) != 0) c = parts.char32At(0);
  }
  return u_tolower(c);
}

bool is_vowel(UChar32 letter) {
  static constexpr std::u32string_view kVowels = U"aeiouyæœøıаеиоуыэюяєіїαεηιουω";
  return kVowels.find(static_cast<char32_t>(letter)) != kVowels.npos;
}

// The time of one character in milliseconds; previous: the one before it in the word.
double ms_of(UChar32 c, UChar32 previous) {
  if (u_charType(c) == U_DECIMAL_DIGIT_NUMBER) return 320;
  UErrorCode status = U_ZERO_ERROR;
  switch (uscript_getScript(c, &status)) {
    case USCRIPT_HAN: return 210;
    case USCRIPT_HANGUL: return 160;
    case USCRIPT_HIRAGANA:
    case USCRIPT_KATAKANA: return 120;
    default: break;
  }
  if (u_charType(c) == U_NON_SPACING_MARK || u_charType(c) == U_COMBINING_SPACING_MARK) return 30;
  if (u_isalpha(c) == 0) return 0;
  const UChar32 letter = base_letter(c);
  if (letter == base_letter(previous)) return 15;  // "ll", "ee"
  return is_vowel(letter) ? 80 : 60;
}

// The pause that a stretch of text between two words asks for, in milliseconds.
double pause_ms(std::string_view between) {
  double most = 0;
  for (size_t offset = 0; offset < between.size();) {
    switch (next_character(between, offset)) {
      case '.':
      case '!':
      case '?':
      case 0x3002:  // 。
      case 0xFF01:  // ！
      case 0xFF1F:  // ？
      case 0x0964:  // danda
      case 0x2026:  // …
      case '\n': most = std::max(most, 400.0); break;
      case ';':
      case ':':
      case 0x2013:  // –
      case 0x2014:  // —
      case '(':
      case ')':
      case 0xFF1A:                                       // ：
      case 0xFF1B: most = std::max(most, 250.0); break;  // ；
      case ',':
      case 0x3001:                                       // 、
      case 0xFF0C: most = std::max(most, 180.0); break;  // ，
      default: break;
    }
  }
  return most;
}

// Samples from begin up to end.
struct Stretch {
  int64_t begin = 0;
  int64_t end = 0;
  int64_t size() const { return end - begin; }
};

struct Heard {
  Stretch speech;               // from the first to the last audible sample
  std::vector<Stretch> pauses;  // within it, in order
};

Heard hear(const PieceSound& sound) {
  Heard heard{.speech = {0, sound.num_samples}, .pauses = {}};
  if (sound.levels.empty()) return heard;
  std::vector<float> sorted(sound.levels.begin(), sound.levels.end());
  const auto loud = sorted.begin() + static_cast<int64_t>(sorted.size() * 9 / 10);
  std::nth_element(sorted.begin(), loud, sorted.end());
  const float threshold = std::max(kLeastSound, kShareOfLoud * *loud);
  const auto is_sound = [&](float level) { return level >= threshold; };
  const auto first = std::find_if(sound.levels.begin(), sound.levels.end(), is_sound);
  if (first == sound.levels.end()) return heard;
  const auto behind = std::find_if(sound.levels.rbegin(), sound.levels.rend(), is_sound).base();
  const auto at = [&](std::span<const float>::iterator level) {
    return std::min((level - sound.levels.begin()) * kSamplesPerLevel, sound.num_samples);
  };
  heard.speech = {at(first), at(behind)};
  for (auto level = first; level != behind;) {
    const auto begin = std::find_if_not(level, behind, is_sound);
    level = std::find_if(begin, behind, is_sound);
    if (level - begin >= static_cast<int64_t>(kLeastPause))
      heard.pauses.push_back({at(begin), at(level)});
  }
  return heard;
}

// What the text says of a word and of the place behind it.
struct Expected {
  double ms = 0;        // of the word
  double pause_ms = 0;  // behind it, by punctuation; of the last word 0
};

std::vector<Expected> expected_of(const text::Spanned& spoken, std::span<const text::Word> words) {
  const std::string_view text = spoken.text();
  std::vector<Expected> expected(words.size());
  for (size_t i = 0; i < words.size(); ++i) {
    expected[i].ms = usual_ms(text.substr(words[i].text.begin, words[i].text.size()));
    if (i + 1 == words.size()) break;
    const size_t begin = words[i].text.end;
    expected[i].pause_ms = pause_ms(text.substr(begin, words[i + 1].text.begin - begin));
  }
  return expected;
}

// A place between words (behind word `last`) that a pause of the sound was matched with.
struct Anchor {
  size_t last = 0;
  Stretch pause;
};

// Finds the cheapest matching of pauses with places between words, both in order. A pause may stay
// within a word, and a place may have no pause, at a price.
class Matching {
 public:
  Matching(std::span<const Expected> expected, const Heard& heard)
      : expected_(expected), heard_(heard) {
    double all_ms = 0;
    for (const Expected& word : expected) {
      all_ms += word.ms;
      spoken_ms_.push_back(all_ms);
      unheard_.push_back((unheard_.empty() ? 0 : unheard_.back()) +
                         std::min(word.pause_ms / 200.0, 2.0));
    }
    int64_t silent = 0;
    for (const Stretch& pause : heard.pauses) {
      silent_before_.push_back(silent);
      silent += pause.size();
      within_.push_back((within_.empty() ? 0 : within_.back()) + price_within_word(pause));
    }
    silent_before_.push_back(silent);
    sounding_ms_ = static_cast<double>(heard.speech.size() - silent) / kSamplesPerMs;
    tempo_ = all_ms > 0 ? sounding_ms_ / all_ms : 1.0;
  }

  std::vector<Anchor> cheapest() const {
    const size_t num_pauses = heard_.pauses.size();
    const size_t num_places = expected_.size() - 1;
    // For each pause and place: the least price up to there, and the pair before it.
    std::vector<double> price(num_pauses * num_places, kNever);
    std::vector<size_t> from(num_pauses * num_places, kStart);
    double least = price_between(kStart, num_pauses * num_places);
    size_t last = kStart;
    for (size_t pair = 0; pair < price.size(); ++pair) {
      price[pair] = price_between(kStart, pair);
      for (size_t pause = 0; pause < pair / num_places; ++pause) {
        for (size_t place = 0; place < pair % num_places; ++place) {
          const size_t before = pause * num_places + place;
          if (price[before] >= price[pair]) continue;
          const double sum = price[before] + price_between(before, pair);
          if (sum < price[pair]) {
            price[pair] = sum;
            from[pair] = before;
          }
        }
      }
      price[pair] += price_of_match(pair / num_places, pair % num_places);
      const double sum = price[pair] + price_between(pair, price.size());
      if (sum < least) {
        least = sum;
        last = pair;
      }
    }
    std::vector<Anchor> anchors;
    for (size_t pair = last; pair != kStart; pair = from[pair])
      anchors.push_back({.last = pair % num_places, .pause = heard_.pauses[pair / num_places]});
    std::reverse(anchors.begin(), anchors.end());
    return anchors;
  }

 private:
  static constexpr double kNever = std::numeric_limits<double>::infinity();
  static constexpr size_t kStart = static_cast<size_t>(-1);

  static double price_within_word(const Stretch& pause) {
    const double ms = static_cast<double>(pause.size()) / kSamplesPerMs;
    return ms < 120 ? ms / 240 : 0.5 + (ms - 120) / 25;
  }

  double price_of_match(size_t pause, size_t place) const {
    if (expected_[place].pause_ms > 0) return 0;
    return 1.2 + static_cast<double>(heard_.pauses[pause].size()) / kSamplesPerMs / 150;
  }

  // Of the words and pauses between two matched pairs. The end is the pair behind the last.
  double price_between(size_t from, size_t to) const {
    const size_t num_places = expected_.size() - 1;
    const bool is_start = from == kStart;
    const bool is_end = to == heard_.pauses.size() * num_places;
    const size_t first_word = is_start ? 0 : from % num_places + 1;
    const size_t last_word = is_end ? expected_.size() - 1 : to % num_places;
    const size_t first_pause = is_start ? 0 : from / num_places + 1;
    const size_t behind_pauses = is_end ? heard_.pauses.size() : to / num_places;
    const int64_t begin = is_start ? heard_.speech.begin : heard_.pauses[first_pause - 1].end;
    const int64_t end = is_end ? heard_.speech.end : heard_.pauses[behind_pauses].begin;
    const int64_t silent = silent_before_[behind_pauses] - silent_before_[first_pause];
    const double heard_ms = static_cast<double>(end - begin - silent) / kSamplesPerMs;
    const double words_ms =
        tempo_ * (spoken_ms_[last_word] - (first_word > 0 ? spoken_ms_[first_word - 1] : 0));
    const double off = heard_ms - words_ms;
    const double variance = 3600 + 60 * words_ms;  // 60 ms, and about half of each word
    double price = off * off / (2 * variance);
    if (last_word > first_word)
      price += unheard_[last_word - 1] - (first_word > 0 ? unheard_[first_word - 1] : 0);
    if (behind_pauses > first_pause)
      price += within_[behind_pauses - 1] - (first_pause > 0 ? within_[first_pause - 1] : 0);
    return price;
  }

  std::span<const Expected> expected_;
  const Heard& heard_;
  std::vector<double> spoken_ms_;       // of the words up to each, with it
  std::vector<double> unheard_;         // prices of punctuation without a pause, summed
  std::vector<double> within_;          // prices of pauses within words, summed
  std::vector<int64_t> silent_before_;  // samples of the pauses before each
  double sounding_ms_ = 0;
  double tempo_ = 1;  // the heard milliseconds of a usual one
};

// Turns samples of sound, counted without the pauses, back to samples.
int64_t past_pauses(int64_t sounding, std::span<const Stretch> pauses) {
  for (const Stretch& pause : pauses) {
    if (pause.begin > sounding) break;
    sounding += pause.size();
  }
  return sounding;
}

// The chance that a border is right within 150 ms, from the usual error of the words between it and
// the nearest known places before and behind it.
float confidence_of(double before_ms, double behind_ms) {
  constexpr double kBest = 0.9;
  if (before_ms <= 0 || behind_ms <= 0) return static_cast<float>(kBest);
  const double variance = 900 + 40 * before_ms * behind_ms / (before_ms + behind_ms);
  return static_cast<float>(kBest * std::erf(150 / std::sqrt(2 * variance)));
}

// Divides a stretch among words. Without anchors' pauses, punctuation gets the time that the text
// expects.
void divide(Stretch stretch, std::span<const Stretch> pauses, bool has_levels,
            std::span<const Expected> expected, std::span<WordTime> words) {
  std::vector<Stretch> inner;
  int64_t silent = 0;
  for (const Stretch& pause : pauses) {
    if (pause.begin < stretch.begin || pause.end > stretch.end) continue;
    inner.push_back(pause);
    silent += pause.size();
  }
  double all = 0;
  for (size_t i = 0; i < words.size(); ++i)
    all += expected[i].ms + (!has_levels && i + 1 < words.size() ? expected[i].pause_ms : 0);
  const auto sounding = static_cast<double>(stretch.size() - silent);
  const auto at = [&](double usual) {
    const auto offset = static_cast<int64_t>(std::llround(sounding * usual / all));
    return std::clamp(past_pauses(stretch.begin + offset, inner), stretch.begin, stretch.end);
  };
  double so_far = 0;
  for (size_t i = 0; i < words.size(); ++i) {
    const double scale = sounding / all / kSamplesPerMs;
    words[i].confidence = confidence_of(so_far * scale, (all - so_far) * scale);
    words[i].begin = i == 0 ? stretch.begin : at(so_far);
    so_far += expected[i].ms;
    words[i].end = i + 1 == words.size() ? stretch.end : at(so_far);
    if (!has_levels && i + 1 < words.size()) so_far += expected[i].pause_ms;
  }
}

// Each word gets a sample, if there are enough.
void keep_apart(std::span<WordTime> words, int64_t num_samples) {
  int64_t least = 0;
  for (WordTime& word : words) {
    word.begin = std::max(word.begin, least);
    word.end = std::max(word.end, word.begin + 1);
    least = word.end;
  }
  int64_t most = num_samples;
  for (auto word = words.rbegin(); word != words.rend(); ++word) {
    word->end = std::clamp<int64_t>(word->end, 0, most);
    word->begin = std::clamp<int64_t>(word->begin, 0, std::max<int64_t>(word->end - 1, 0));
    most = word->begin;
  }
}

}  // namespace

double usual_ms(std::string_view word) {
  constexpr double kTag = 900;
  constexpr double kWord = 40;
  if (word.starts_with('<')) return kTag;
  double ms = kWord;
  UChar32 previous = 0;
  size_t num_letters = 0;
  for (size_t offset = 0; offset < word.size();) {
    const UChar32 c = next_character(word, offset);
    ms += ms_of(c, previous);
    previous = c;
    ++num_letters;
  }
  // A mute e: "these".
  if (num_letters > 3 && previous == 'e') ms -= 60;
  return ms;
}

std::vector<WordTime> estimate(const text::Spanned& spoken, std::span<const text::Word> words,
                               const PieceSound& sound) {
  std::vector<WordTime> times;
  times.reserve(words.size());
  for (const text::Word& word : words) {
    times.push_back({.word = spoken.text().substr(word.text.begin, word.text.size()),
                     .text = word.text,
                     .origin = word.origin});
  }
  if (words.empty()) return times;
  const std::vector<Expected> expected = expected_of(spoken, words);
  const Heard heard = hear(sound);
  std::vector<Anchor> anchors;
  if (words.size() > 1 && !heard.pauses.empty()) anchors = Matching(expected, heard).cheapest();
  size_t first = 0;
  int64_t begin = heard.speech.begin;
  const auto divide_up_to = [&](size_t behind, int64_t end) {
    divide({begin, end}, heard.pauses, !sound.levels.empty(),
           std::span(expected).subspan(first, behind - first),
           std::span(times).subspan(first, behind - first));
  };
  for (const Anchor& anchor : anchors) {
    divide_up_to(anchor.last + 1, anchor.pause.begin);
    first = anchor.last + 1;
    begin = anchor.pause.end;
  }
  divide_up_to(words.size(), heard.speech.end);
  keep_apart(times, sound.num_samples);
  return times;
}

}  // namespace orpheus::align
