#include "library/lexicon_file.h"

#include <string_view>
#include <utility>

#include "base/mapped_file.h"

namespace orpheus::library {

Result<speech::Options> with_lexicon(speech::Options options) {
  if (options.lexicon_file.empty()) return options;
  ORPHEUS_TRY(const MappedFile file, MappedFile::open(options.lexicon_file));
  const std::string_view bytes(reinterpret_cast<const char*>(file.bytes().data()),
                               file.bytes().size());
  ORPHEUS_TRY(auto lexicon, text::Lexicon::parse(bytes, options.lexicon_file.string()));
  options.lexicon = std::make_shared<const text::Lexicon>(std::move(lexicon));
  return options;
}

}  // namespace orpheus::library
