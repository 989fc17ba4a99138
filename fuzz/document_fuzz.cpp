// Input: any text in any format. The document's words are at the positions in its runs, in order.
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include <fuzzer/FuzzedDataProvider.h>
#include <unicode/unistr.h>

#include "base/utf8.h"
#include "text/markup/document.h"

namespace {

void require(bool holds) {
  if (!holds) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  namespace markup = orpheus::text::markup;
  FuzzedDataProvider bytes(data, size);
  const auto format = static_cast<markup::Format>(bytes.ConsumeIntegralInRange<int>(0, 4));
  markup::Options options{.says_code = bytes.ConsumeBool(),
                          .drops_thoughts = bytes.ConsumeBool(),
                          .refuses_unknown_tags = bytes.ConsumeBool()};
  if (bytes.ConsumeBool()) options.cast["Leo"] = "leo";
  std::string input;
  icu::UnicodeString::fromUTF8(bytes.ConsumeRemainingBytesAsString()).toUTF8String(input);
  const auto document = markup::read_document(input, format, options);
  if (!document) return 0;
  size_t behind = 0;
  for (const markup::Passage& passage : document->passages) {
    require(!orpheus::find_invalid_utf8(passage.text.text()));
    for (const auto& run : passage.text.runs()) {
      require(run.origin.begin >= behind || format == markup::Format::kMarkdown ||
              format == markup::Format::kAuto);
      behind = run.origin.begin;
      require(run.origin.end <= input.size());
      if (!run.is_verbatim) continue;
      require(std::string_view(input).substr(run.origin.begin, run.origin.size()) ==
              std::string_view(passage.text.text()).substr(run.text.begin, run.text.size()));
    }
  }
  return 0;
}
