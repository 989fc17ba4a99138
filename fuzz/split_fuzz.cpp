// Input: any text, language and limit, with and without number words. The pieces are within the
// limit, in order, and contain everything that can be spoken.
#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include <fuzzer/FuzzedDataProvider.h>
#include <unicode/uchar.h>
#include <unicode/unistr.h>
#include <unicode/utf8.h>

#include "base/utf8.h"
#include "text/reading/read.h"
#include "text/split.h"

namespace {

void require(bool holds) {
  if (!holds) std::abort();
}

bool has_letter_or_digit(std::string_view text) {
  for (size_t i = 0; i < text.size();) {
    UChar32 c = 0;
    U8_NEXT(reinterpret_cast<const uint8_t*>(text.data()), i, text.size(), c);
    if ((U_GET_GC_MASK(c) & (U_GC_L_MASK | U_GC_N_MASK)) != 0) return true;
  }
  return false;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  FuzzedDataProvider bytes(data, size);
  const size_t max_code_points = bytes.ConsumeIntegralInRange<size_t>(0, 300);
  const size_t least_first = bytes.ConsumeIntegralInRange<size_t>(0, 300);
  const std::string language =
      bytes.ConsumeBool() ? bytes.PickValueInArray({"en", "fr", "de", "ko", "zh", "ja", "th", "hi"})
                          : bytes.ConsumeRandomLengthString(8);
  const bool make_valid = bytes.ConsumeBool();
  const bool expands = bytes.ConsumeBool();
  std::string input = bytes.ConsumeRemainingBytesAsString();
  if (make_valid) {
    std::string valid;
    icu::UnicodeString::fromUTF8(input).toUTF8String(valid);
    input = valid;
  }
  auto text = orpheus::text::normalise(input);
  require(!make_valid || text);
  if (!text) return 0;
  if (expands) {
    using orpheus::text::Spanned;
    *text = orpheus::text::reading::read(Spanned::verbatim(*text), language, {}).text();
  }
  require(!orpheus::find_invalid_utf8(*text));

  size_t from = 0;
  const std::string_view view = *text;
  const orpheus::text::PieceLengths lengths{.most = max_code_points, .least_first = least_first};
  for (const auto& [piece, end] : orpheus::text::split(*text, language, lengths)) {
    require(!orpheus::find_invalid_utf8(piece));
    require(orpheus::count_code_points(piece) <= std::max<size_t>(max_code_points, 1));
    require(has_letter_or_digit(piece));
    const size_t at = view.find(piece, from);
    require(at != std::string_view::npos);
    require(!has_letter_or_digit(view.substr(from, at - from)));
    from = at + piece.size();
  }
  require(!has_letter_or_digit(view.substr(from)));
  return 0;
}
