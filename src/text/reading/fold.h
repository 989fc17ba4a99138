#pragma once
// Unifies signs: digits of every script become 0-9, ½ becomes 1/2, ℃ °C, ㎞ km, full-width letters
// and signs ASCII. Pure.

#include <string_view>

#include "text/reading/language.h"
#include "text/spanned.h"

namespace orpheus::text::reading {

Spanned fold(std::string_view text, const Language& language);

}  // namespace orpheus::text::reading
