#include "speech/ensemble.h"

#include <algorithm>
#include <utility>

#include "base/metrics.h"
#include "speech/script.h"

namespace orpheus::speech {
namespace {

const prompt::Voice* named(const std::vector<prompt::Voice>& voices, std::string_view name) {
  const auto found = std::find_if(voices.begin(), voices.end(),
                                  [&](const auto& voice) { return voice.name == name; });
  return found == voices.end() ? nullptr : &*found;
}

}  // namespace

Ensemble::Ensemble(std::vector<std::unique_ptr<Synthesiser>> members)
    : members_(std::move(members)) {
  for (size_t member = 0; member < members_.size(); ++member) {
    for (const prompt::Voice& voice : members_[member]->voices()) {
      if (named(voices_, voice.name) != nullptr) continue;
      voices_.push_back(voice);
      member_of_.push_back(member);
    }
  }
}

const prompt::Voice* Ensemble::first_of(std::string_view language) const {
  const auto found = std::find_if(voices_.begin(), voices_.end(), [&](const auto& voice) {
    return !language.empty() && voice.language == language;
  });
  return found == voices_.end() ? nullptr : &*found;
}

Result<prompt::Voice> Ensemble::voice_for(const Request& request) const {
  if (const prompt::Voice* voice = named(voices_, request.voice)) return *voice;
  const prompt::Voice* native = first_of(request.language);
  const bool nobody_chose = request.voice.empty() ||
                            prompt::voice_for_openai_name(request.voice).has_value() ||
                            request.unknown_voice == prompt::UnknownVoice::kFirst;
  if (nobody_chose && native != nullptr) return *native;
  return prompt::find_voice(voices_, request.voice, request.unknown_voice);
}

double Ensemble::characters_per_second(std::string_view voice) const {
  const prompt::Voice* known = named(voices_, voice);
  const size_t member =
      known == nullptr ? 0 : member_of_[static_cast<size_t>(known - voices_.data())];
  return members_[member]->characters_per_second(voice);
}

bool Ensemble::speaks_tags(std::string_view voice) const {
  const prompt::Voice* known = named(voices_, voice);
  const size_t member =
      known == nullptr ? 0 : member_of_[static_cast<size_t>(known - voices_.data())];
  return members_[member]->speaks_tags(voice);
}

std::string Ensemble::own_metrics() const {
  std::vector<metrics::Labelled> texts;
  for (size_t i = 0; i < members_.size(); ++i) {
    const std::string& name = members_[i]->model_name();
    // Two files may call their models the same.
    const bool is_taken = std::any_of(texts.begin(), texts.end(),
                                      [&](const auto& other) { return other.value == name; });
    texts.push_back({.value = is_taken ? name + " (" + std::to_string(i + 1) + ")" : name,
                     .text = members_[i]->own_metrics()});
  }
  return metrics::merged("model", texts);
}

Result<Ensemble::Cast> Ensemble::cast(const Request& request) const {
  ORPHEUS_TRY(const prompt::Voice voice, voice_for(request));
  const prompt::Voice* known = named(voices_, voice.name);
  // A name that is accepted without being listed could be any model's. The language decides, else
  // the first model is taken.
  if (known == nullptr) known = first_of(request.language);
  const size_t member =
      known == nullptr ? 0 : member_of_[static_cast<size_t>(known - voices_.data())];
  Cast chosen{members_[member].get(), request};
  chosen.request.voice = voice.name;
  return chosen;
}

Error Ensemble::explained(Error error, const Cast& chosen) const {
  if (error.kind != ErrorKind::kNotFound) return error;
  const auto other = std::find_if(voices_.begin(), voices_.end(), [&](const auto& voice) {
    return error.what == prompt::no_such_voice(voice.name);
  });
  if (other == voices_.end()) return error;
  const size_t member = member_of_[static_cast<size_t>(other - voices_.begin())];
  error.what = "the voice '" + other->name + "' belongs to " + members_[member]->model_name() +
               ", and this text is spoken by " + chosen.member->model_name();
  error.remedy = "Send the part for '" + other->name + "' as a separate request.";
  return error;
}

Result<void> Ensemble::check(const Request& request) const {
  ORPHEUS_TRY(const Cast chosen, cast(request));
  auto checked = chosen.member->check(chosen.request);
  if (!checked) return fail(explained(std::move(checked).error(), chosen));
  return checked;
}

Result<std::unique_ptr<Speech>> Ensemble::begin(Request request, std::function<void()> wake) {
  ORPHEUS_TRY(const Cast chosen, cast(request));
  auto begun = chosen.member->begin(chosen.request, std::move(wake));
  if (!begun) return fail(explained(std::move(begun).error(), chosen));
  return begun;
}

Result<Script> Ensemble::script(const Request& request) const {
  ORPHEUS_TRY(const Cast chosen, cast(request));
  auto script = chosen.member->script(chosen.request);
  if (!script) return fail(explained(std::move(script).error(), chosen));
  return script;
}

}  // namespace orpheus::speech
