#pragma once
// The same signs for the same things: digits of every script as 0-9, ½ as 1/2, ℃ as °C, ㎞ as km,
// full-width letters and signs as ASCII. Pure.

#include <string_view>

#include "text/reading/language.h"
#include "text/spanned.h"

namespace orpheus::text::reading {

Spanned fold(std::string_view text, const Language& language);

}  // namespace orpheus::text::reading
