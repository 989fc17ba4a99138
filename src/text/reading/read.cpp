#include "text/reading/read.h"

#include "text/reading/expand.h"

namespace orpheus::text::reading {

Spanned read(const Spanned& normalised, std::string_view language,
             const ReadingOptions& /*options*/) {
  return expand(normalised.text(), language).after(normalised);
}

}  // namespace orpheus::text::reading
