#pragma once
// Names of emoji in each language, from the CLDR annotations at build time. From any
// thread.

#include <span>
#include <string>
#include <string_view>

namespace orpheus::text {

// One language's names, or a part of them: lines with a sequence, a tab and its name. Generated
// (cmake/EmbedEmojiNames.cmake).
struct EmojiNames {
  std::string_view language;
  std::string_view lines;
};
std::span<const EmojiNames> emoji_names();

// The name of the sequence, only words ("Flagge Frankreich"); "" if this build has none. In English
// a single character always has Unicode's own name. sequence: UTF-8 without variation selectors and
// tones of skin.
std::string emoji_name(std::string_view sequence, std::string_view language);

}  // namespace orpheus::text
