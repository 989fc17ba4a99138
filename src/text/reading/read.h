#pragma once
// Written forms as the words that are spoken for them: numbers, money, measures, dates, times,
// addresses, abbreviations, signs. Pure; may be called from any thread.

#include <string_view>

#include "text/spanned.h"

namespace orpheus::text::reading {

class Language;

struct ReadingOptions {
  // In a language without data, where nothing is read: false reads digits as English, for a voice
  // that was taught letters alone. In the others no digit is left in any case.
  bool leaves_unread_digits = true;
  // DNA as "D N A", for a voice that was taught words alone; the larger voices know acronyms.
  bool spells_acronyms = false;
};

// The normalised text with every written form as words of this language (ISO 639-1: en, fr, de, es,
// it, ko, hi, zh; a text of any other stays as it is). A token is read as a whole or left as it is.
// Outside of tags (<laugh>), which stay, no digit is left. Origins are those of the normalised
// text: in the input.
Spanned read(const Spanned& normalised, std::string_view language, const ReadingOptions& options);

// The same by the data of a language that this build does not hold (Language::parse).
Spanned read(const Spanned& normalised, const Language& language, const ReadingOptions& options);

}  // namespace orpheus::text::reading
