#pragma once
// Replaces written forms by spoken words: numbers, money, measures, dates, times, addresses,
// abbreviations, signs. Pure; may be called from any thread.

#include <string_view>

#include "text/spanned.h"

namespace orpheus::text::reading {

class Language;

struct ReadingOptions {
  // For a language without data, in which nothing is read. false: reads digits in English, for a
  // voice with letters only. In other languages no digit is left in any case.
  bool leaves_unread_digits = true;
  // Reads DNA as "D N A", for a voice that was trained with words only; larger voices know
  // acronyms.
  bool spells_acronyms = false;
};

// Returns the normalised text with every written form as words of this language (ISO 639-1: en, fr,
// de, es, it, ko, hi, zh; other languages stay as they are). A token is read as a whole or left as
// it is. Tags (<laugh>) stay; outside of them no digit is left. Origins are offsets in the
// normalised text's input.
Spanned read(const Spanned& normalised, std::string_view language, const ReadingOptions& options);

// The same by the data of a language that this build does not hold (Language::parse).
Spanned read(const Spanned& normalised, const Language& language, const ReadingOptions& options);

}  // namespace orpheus::text::reading
