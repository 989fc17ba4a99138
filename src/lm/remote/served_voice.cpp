#include "lm/remote/served_voice.h"

#include <nlohmann/json.hpp>

#include "base/utf8.h"

namespace orpheus::remote {
namespace {

using nlohmann::json;

constexpr size_t kMostVoices = 1000;
constexpr int kMostIds = 1 << 24;
constexpr int kMostCodes = 1 << 16;
constexpr int kMostAtOnce = 1 << 20;

// Reads what the object holds of the right kind; anything else makes it senseless.
class Reader {
 public:
  explicit Reader(const json& object) : object_(object) {}

  void whole(const char* key, int least, int most, int& value) {
    const json* found = find(key);
    if (found == nullptr) return;
    ok_ = ok_ && found->is_number_integer() && *found >= least && *found <= most;
    if (ok_) value = found->get<int>();
  }
  void number(const char* key, double least, double most, double& value) {
    const json* found = find(key);
    if (found == nullptr) return;
    ok_ = ok_ && found->is_number() && *found >= least && *found <= most;
    if (ok_) value = found->get<double>();
  }
  void flag(const char* key, bool& value) {
    const json* found = find(key);
    if (found == nullptr) return;
    ok_ = ok_ && found->is_boolean();
    if (ok_) value = found->get<bool>();
  }
  void text(const char* key, std::string& value) {
    const json* found = find(key);
    if (found == nullptr) return;
    ok_ = ok_ && found->is_string() && !find_invalid_utf8(found->get_ref<const std::string&>());
    if (ok_) value = found->get<std::string>();
  }
  bool ok() const { return ok_; }

 private:
  const json* find(const char* key) const {
    const auto found = object_.find(key);
    return found == object_.end() ? nullptr : &*found;
  }

  const json& object_;
  bool ok_ = true;
};

bool read_voices(const json& object, std::vector<prompt::Voice>& voices) {
  const auto listed = object.find("voices");
  if (listed == object.end() || !listed->is_array() || listed->empty() ||
      listed->size() > kMostVoices)
    return false;
  for (const json& each : *listed) {
    if (!each.is_object()) return false;
    prompt::Voice voice;
    Reader reader(each);
    reader.text("name", voice.name);
    reader.text("language", voice.language);
    reader.text("gender", voice.gender);
    reader.text("description", voice.description);
    // A name is written into prompts and listings, so it must be printable.
    if (!reader.ok() || voice.name.empty() || printable(voice.name) != voice.name) return false;
    voices.push_back(std::move(voice));
  }
  return true;
}

}  // namespace

std::optional<ServedVoice> read_served_voice(std::string_view text) {
  const json object = json::parse(text, nullptr, false);
  ServedVoice voice;
  if (!object.is_object() || !read_voices(object, voice.voices)) return std::nullopt;
  Reader reader(object);
  prompt::TokenLayout& ids = voice.layout;
  reader.whole("audio_token_base", 0, kMostIds, ids.audio_token_base);
  reader.whole("codebook_size", 1, kMostCodes, ids.codebook_size);
  reader.whole("begin_of_text", 0, kMostIds, ids.begin_of_text);
  reader.whole("end_of_text", 0, kMostIds, ids.end_of_text);
  reader.whole("start_of_speech", 0, kMostIds, ids.start_of_speech);
  reader.whole("end_of_speech", 0, kMostIds, ids.end_of_speech);
  reader.whole("start_of_human", 0, kMostIds, ids.start_of_human);
  reader.whole("end_of_human", 0, kMostIds, ids.end_of_human);
  reader.whole("start_of_ai", 0, kMostIds, ids.start_of_ai);
  reader.whole("max_words", 0, kMostAtOnce, voice.max_words);
  reader.whole("max_sentences", 0, kMostAtOnce, voice.max_sentences);
  reader.text("characters", voice.characters);
  reader.flag("speaks_tags", voice.speaks_tags);
  reader.number("characters_per_second", 1, 100, voice.characters_per_second);
  reader.flag("synthetic", voice.is_synthetic);
  if (!reader.ok()) return std::nullopt;
  return voice;
}

}  // namespace orpheus::remote
