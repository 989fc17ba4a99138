#pragma once
// What emoji are called in each language, by CLDR's annotations as the build found them. From any
// thread.

#include <span>
#include <string>
#include <string_view>

namespace orpheus::text {

// Names of one language, which may have several of these: lines of a sequence, a tab and its name.
// Generated (cmake/EmbedEmojiNames.cmake).
struct EmojiNames {
  std::string_view language;
  std::string_view lines;
};
std::span<const EmojiNames> emoji_names();

// The name of the sequence in words alone ("Flagge Frankreich"); "" where this build knows none. In
// English a single character has Unicode's own name in any case. sequence: UTF-8 without variation
// selectors and tones of skin.
std::string emoji_name(std::string_view sequence, std::string_view language);

}  // namespace orpheus::text
