#include "text/sounds.h"

#include <algorithm>
#include <array>

namespace orpheus::text {
namespace {

// As published for the English, French, Spanish, Italian, Korean and Mandarin checkpoints.
constexpr std::array<std::string_view, 31> kSounds = {
    "laugh",  "chuckle", "sigh",      "cough",     "sniffle", "groan", "yawn",    "gasp",
    "giggle", "whimper", "resoplido", "gemito",    "한숨",    "헐",    "헛기침",  "훌쩍",
    "하품",   "낄낄",    "신음",      "작은 웃음", "웃음",    "기침",  "으르렁",  "嬉笑",
    "轻笑",   "呻吟",    "大笑",      "咳嗽",      "抽鼻子",  "咳",    "laughter"};

constexpr std::array<std::string_view, 8> kEnglish = {"laugh",   "chuckle", "sigh", "cough",
                                                      "sniffle", "groan",   "yawn", "gasp"};

}  // namespace

std::vector<std::string_view> sounds_of(std::string_view language) {
  if (language == "ko") {
    return {"한숨", "헐", "헛기침", "훌쩍", "하품", "낄낄", "신음", "작은 웃음", "기침", "으르렁"};
  }
  if (language == "zh") return {"嬉笑", "轻笑", "呻吟", "大笑", "咳嗽", "抽鼻子", "咳"};
  std::vector<std::string_view> sounds(kEnglish.begin(), kEnglish.end());
  if (language == "fr") sounds.emplace_back("whimper");
  if (language == "es") sounds.emplace_back("resoplido");
  if (language == "it") sounds.emplace_back("gemito");
  return sounds;
}

bool is_sound(std::string_view name) {
  return std::find(kSounds.begin(), kSounds.end(), name) != kSounds.end();
}

}  // namespace orpheus::text
