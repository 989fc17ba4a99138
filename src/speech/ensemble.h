#pragma once
// Combines several language models into one synthesiser: a request goes to the model that has its
// voice, or else speaks its language. Safe for concurrent use, as its members are.

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "speech/synthesiser.h"

namespace orpheus::speech {

class Ensemble : public Synthesiser {
 public:
  // members: at least one. If several members have a voice of one name, the first member wins.
  explicit Ensemble(std::vector<std::unique_ptr<Synthesiser>> members);

  Result<void> check(const Request& request) const override;
  Result<std::unique_ptr<Speech>> begin(Request request, std::function<void()> wake) override;
  Result<Script> script(const Request& request) const override;
  // All members share one file.
  std::shared_ptr<const text::Lexicon> lexicon() const override {
    return members_.front()->lexicon();
  }
  // The voices of all members, in their order.
  const std::vector<prompt::Voice>& voices() const override { return voices_; }
  bool speaks_tags(std::string_view voice) const override;
  // A named voice decides which member speaks; without one, or with one of OpenAI's names, the
  // language does. Otherwise all voices are searched like those of one model.
  Result<prompt::Voice> voice_for(const Request& request) const override;

  double characters_per_second(std::string_view voice) const override;

  // For callers with their own prompts: the first member's.
  const std::string& model_name() const override { return members_.front()->model_name(); }
  std::string_view device_name() const override { return members_.front()->device_name(); }
  lm::LanguageModel* language_model() override { return members_.front()->language_model(); }
  std::string metrics() const override { return members_.front()->metrics(); }
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
    Request request;  // with the name of its voice
  };
  Result<Cast> cast(const Request& request) const;
  // A text stays with one model: an error for a voice within it that another one has says so.
  Error explained(Error error, const Cast& chosen) const;
  const prompt::Voice* first_of(std::string_view language) const;

  std::vector<std::unique_ptr<Synthesiser>> members_;
  std::vector<prompt::Voice> voices_;
  std::vector<size_t> member_of_;  // of each voice
};

}  // namespace orpheus::speech
