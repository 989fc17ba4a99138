// Input: any text in any language. Every letter and digit is spoken or kept, positions never
// decrease, no digit is left outside of tags, and reading the result again changes nothing.
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>
#include <vector>

#include <fuzzer/FuzzedDataProvider.h>
#include <unicode/uchar.h>
#include <unicode/unistr.h>
#include <unicode/utf8.h>

#include "base/utf8.h"
#include "text/reading/read.h"
#include "text/split.h"

namespace {

using orpheus::text::Range;
using orpheus::text::Spanned;

void require(bool holds) {
  if (!holds) std::abort();
}

void require_nothing_lost(const Spanned& said, std::string_view written) {
  size_t text = 0;
  Range before;
  std::vector<bool> covered(written.size());
  for (const Spanned::Run& run : said.runs()) {
    require(run.text.begin == text && run.text.size() > 0);
    require(run.origin.begin >= before.begin && run.origin.end >= before.end);
    require(run.origin.begin <= run.origin.end && run.origin.end <= written.size());
    text = run.text.end;
    before = run.origin;
    for (size_t i = run.origin.begin; i < run.origin.end; ++i) covered[i] = true;
  }
  require(text == said.text().size());
  for (size_t at = 0; at < written.size();) {
    const size_t begin = at;
    UChar32 c = 0;
    U8_NEXT(reinterpret_cast<const uint8_t*>(written.data()), at, written.size(), c);
    const bool counts = (U_GET_GC_MASK(c) & (U_GC_L_MASK | U_GC_N_MASK)) != 0;
    require(!counts || covered[begin]);
  }
}

bool has_digit(std::string_view text) {
  for (const char c : text)
    if (c >= '0' && c <= '9') return true;
  return false;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  FuzzedDataProvider bytes(data, size);
  const std::string language =
      bytes.PickValueInArray({"en", "fr", "de", "es", "it", "ko", "hi", "zh"});
  std::string valid;
  icu::UnicodeString::fromUTF8(bytes.ConsumeRemainingBytesAsString()).toUTF8String(valid);
  const auto text = orpheus::text::normalise(valid);
  require(text.has_value());
  const auto read = [&](const std::string& written) {
    return orpheus::text::reading::read(Spanned::verbatim(written), language, {});
  };
  const Spanned said = read(*text);
  require(!orpheus::find_invalid_utf8(said.text()));
  require_nothing_lost(said, *text);
  require(read(said.text()).text() == said.text());
  require(text->find('<') != std::string::npos || !has_digit(said.text()));
  return 0;
}
