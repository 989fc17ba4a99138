#include <cstdint>

#include <unicode/bytestream.h>
#include <unicode/edits.h>
#include <unicode/normalizer2.h>
#include <unicode/uchar.h>
#include <unicode/utf8.h>

#include "base/utf8.h"
#include "text/split.h"

namespace orpheus::text {
namespace {

// ICU counts bytes in 32 bits, and NFC makes a text up to three times as long.
constexpr size_t kMaxTextBytes = size_t{256} << 20U;

// Unicode's stream-safe format (UAX 15) has no more: putting n marks in order takes n² steps.
constexpr int kMaxMarksInARow = 30;

constexpr UChar32 kSoftHyphen = 0xAD;
constexpr UChar32 kNextLine = 0x85;
constexpr UChar32 kLineSeparator = 0x2028;
constexpr UChar32 kParagraphSeparator = 0x2029;
constexpr UChar32 kByteOrderMark = 0xFEFF;
constexpr UChar32 kReplacement = 0xFFFD;  // of what others could not read

bool is_silent(UChar32 c) {
  return u_charType(c) == U_CONTROL_CHAR || c == kByteOrderMark || c == kSoftHyphen ||
         c == kReplacement;
}

bool is_mark(UChar32 c) {
  return u_getIntPropertyValue(c, UCHAR_LEAD_CANONICAL_COMBINING_CLASS) != 0;
}

// Line ends that a white space character stands for; two make a paragraph.
int num_line_ends(UChar32 c, UChar32 previous) {
  switch (c) {
    case '\n': return previous == '\r' ? 0 : 1;
    case '\r':
    case '\v':
    case '\f':
    case kNextLine:
    case kLineSeparator: return 1;
    case kParagraphSeparator: return 2;
    default: return 0;
  }
}

// Everything but NFC, which comes last because what goes out here may have kept marks apart from
// their letters. Origins are offsets in the text.
Spanned fold(std::string_view text) {
  Spanned folded;
  const auto* bytes = reinterpret_cast<const uint8_t*>(text.data());
  const auto size = static_cast<int64_t>(text.size());
  UChar32 previous = 0;
  bool blank = false;  // white space came since the last character that stays
  int line_ends = 0;   // among it
  int marks = 0;       // that end what stays
  size_t behind = 0;   // the last character that stays
  size_t kept = 0;     // where the stretch that stays as it is began
  const auto keep = [&] { folded.append_verbatim(text.substr(kept, behind - kept), kept); };
  for (int64_t offset = 0; offset < size;) {
    const auto start = static_cast<size_t>(offset);
    UChar32 c = 0;
    U8_NEXT(bytes, offset, size, c);
    if (u_isUWhiteSpace(c)) {
      blank = true;
      line_ends += num_line_ends(c, previous);
      previous = c;
      continue;
    }
    previous = c;
    if (is_silent(c)) continue;
    marks = is_mark(c) && !blank ? marks + 1 : 0;
    if (marks > kMaxMarksInARow) continue;
    if (start != behind) {
      keep();
      const Range between{behind, start};
      if (blank && !folded.empty()) {
        const std::string_view sign = line_ends >= 2 ? "\n\n" : " ";
        if (text.substr(between.begin, between.size()) == sign)
          folded.append_verbatim(sign, between.begin);
        else
          folded.append_spoken(sign, between);
      }
      kept = start;
    }
    blank = false;
    line_ends = 0;
    behind = static_cast<size_t>(offset);
  }
  keep();
  return folded;
}

// Origins are offsets in the text.
Result<Spanned> composed(const std::string& text) {
  UErrorCode status = U_ZERO_ERROR;
  const icu::Normalizer2* nfc = icu::Normalizer2::getNFCInstance(status);
  if (U_SUCCESS(status) && nfc->isNormalizedUTF8(text, status)) return Spanned::verbatim(text);
  std::string normal;
  icu::StringByteSink<std::string> sink(&normal);
  icu::Edits edits;
  if (U_SUCCESS(status)) nfc->normalizeUTF8(0, text, sink, &edits, status);
  Spanned result;
  size_t from = 0;
  size_t to = 0;
  auto edit = edits.getFineIterator();
  while (edit.next(status)) {
    const auto old_size = static_cast<size_t>(edit.oldLength());
    const auto new_size = static_cast<size_t>(edit.newLength());
    const std::string_view part = std::string_view(normal).substr(to, new_size);
    if (edit.hasChange())
      result.append_spoken(part, {from, from + old_size});
    else
      result.append_verbatim(part, from);
    from += old_size;
    to += new_size;
  }
  if (U_FAILURE(status)) {
    return fail(
        {.kind = ErrorKind::kInternal,
         .what = std::string("normalising the text failed: ICU reports ") + u_errorName(status)});
  }
  return result;
}

}  // namespace

Result<Spanned> normalise(const Spanned& text) {
  ORPHEUS_CHECK(check_text(text.text(), kMaxTextBytes));
  const Spanned folded = fold(text.text());
  ORPHEUS_TRY(const Spanned normal, composed(folded.text()));
  return normal.after(folded).after(text);
}

Result<std::string> normalise(std::string_view text) {
  ORPHEUS_TRY(const Spanned normal, normalise(Spanned::verbatim(text)));
  return normal.text();
}

}  // namespace orpheus::text
