#pragma once
// Combines several language models into one synthesiser. A request goes to the model that has its
// voice, or else to the model that speaks its language. Safe for concurrent use if its members are.

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "speech/synthesiser.h"

namespace orpheus::speech {

class Ensemble : public Synthesiser {
 public:
  // members: at least one. If several members have a voice of the same name, the first is used.
  explicit Ensemble(std::vector<std::unique_ptr<Synthesiser>> members);

  Result<void> check(const Request& request) const override;
  Result<std::unique_ptr<Speech>> begin(Request request, std::function<void()> wake) override;
  Result<Script> script(const Request& request) const override;
  // All members use the same lexicon file.
  std::shared_ptr<const text::Lexicon> lexicon() const override {
    return members_.front()->lexicon();
  }
  // The voices of all members, in the order of the members.
  const std::vector<prompt::Voice>& voices() const override { return voices_; }
  bool speaks_tags(std::string_view voice) const override;
  // If the request names a voice, its member speaks. If it names none, or one of OpenAI's names,
  // the language selects the member. An unknown name is treated as by prompt::find_voice.
  Result<prompt::Voice> voice_for(const Request& request) const override;

  double characters_per_second(std::string_view voice) const override;

  void prepare_words() override {
    for (const auto& member : members_) member->prepare_words();
  }

  // Those of each member have the label "model".
  std::string own_metrics() const override;
  // All members use the same codec.
  std::string shared_metrics() const override { return members_.front()->shared_metrics(); }

  // The remaining functions use the first member.
  const std::string& model_name() const override { return members_.front()->model_name(); }
  std::string_view device_name() const override { return members_.front()->device_name(); }
  lm::LanguageModel* language_model() override { return members_.front()->language_model(); }
  std::optional<VoiceFacts> voice_facts() const override { return members_.front()->voice_facts(); }
  Result<std::vector<lm::Token>> prompt_ids(std::string_view text,
                                            prompt::SpecialTokens special) const override {
    return members_.front()->prompt_ids(text, special);
  }
  std::string token_text(lm::Token token) const override {
    return members_.front()->token_text(token);
  }

 private:
  struct Cast {
    Synthesiser* member;
    Request request;  // names the voice
  };
  Result<Cast> cast(const Request& request) const;
  // If the text uses a voice of another member, which is not possible, the error says so.
  Error explained(Error error, const Cast& chosen) const;
  const prompt::Voice* first_of(std::string_view language) const;

  std::vector<std::unique_ptr<Synthesiser>> members_;
  std::vector<prompt::Voice> voices_;
  std::vector<size_t> member_of_;  // for each voice: the index of its member
};

}  // namespace orpheus::speech
