#pragma once
// Runs one request from text to samples: script → prompt → tokens → frames → samples → joined
// samples. After the first sound, further pieces are generated in parallel and played in order. The
// language model runs on its own thread. A speech decodes on the thread that calls its step(). Safe
// for concurrent use.

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "align/verdict.h"
#include "base/result.h"
#include "lm/language_model.h"
#include "prompt/token.h"
#include "prompt/tokenizer.h"
#include "prompt/voices.h"
#include "snac/decoder.h"
#include "speech/options.h"
#include "speech/proof.h"
#include "speech/script.h"
#include "speech/speaking_time.h"
#include "speech/synthesiser.h"
#include "text/fold.h"

namespace orpheus::speech {

// Whether a voice generates end of speech. A voice of random weights does not; it is stopped
// after the time that reading the text would take.
enum class Ending { kByItself, kAfterSpeakingTime };

// The parts of a pipeline.
struct Parts {
  std::unique_ptr<lm::LanguageModel> language_model;
  // Nothing if the language model is remote and has no local vocabulary.
  std::optional<prompt::Tokenizer> tokenizer;
  prompt::TokenLayout layout;
  std::vector<prompt::Voice> voices;  // not empty
  std::string model_name;
  std::string device_name;  // for people to read; may be empty
  Ending ending = Ending::kByItself;
  double characters_per_second = kUsualCharactersPerSecond;
  text::Habits habits;                     // which text the voice was trained with
  std::shared_ptr<snac::Decoder> decoder;  // pipelines may share one
};

class Pipeline : public Synthesiser {
 public:
  Pipeline(Parts parts, const Options& options);

  Result<void> check(const Request& request) const override;
  Result<std::unique_ptr<Speech>> begin(Request request, std::function<void()> wake) override;
  Result<Script> script(const Request& request) const override;
  std::shared_ptr<const text::Lexicon> lexicon() const override { return options_.lexicon; }
  const std::vector<prompt::Voice>& voices() const override { return parts_.voices; }
  bool speaks_tags(std::string_view /*voice*/) const override { return parts_.habits.speaks_tags; }
  const std::string& model_name() const override { return parts_.model_name; }
  std::string_view device_name() const override { return parts_.device_name; }
  double characters_per_second(std::string_view /*voice*/) const override {
    return parts_.characters_per_second;
  }
  void prepare_words() override;
  // Call before speeches begin. If the options ask for a proof (kOn, kStrict), waits for a search
  // for the alignment heads. Errors: kUnsupported (no attention of the model follows the text).
  Result<void> prepare_proof();
  lm::LanguageModel* language_model() override { return parts_.language_model.get(); }
  std::string own_metrics() const override {
    return parts_.language_model->metrics() + proof_counts_->text();
  }
  std::string shared_metrics() const override { return parts_.decoder->metrics(); }
  std::optional<VoiceFacts> voice_facts() const override {
    return VoiceFacts{.layout = parts_.layout,
                      .habits = parts_.habits,
                      .characters_per_second = parts_.characters_per_second,
                      .is_synthetic = parts_.ending == Ending::kAfterSpeakingTime};
  }
  Result<std::vector<lm::Token>> prompt_ids(std::string_view text,
                                            prompt::SpecialTokens special) const override {
    if (!parts_.tokenizer) return Synthesiser::prompt_ids(text, special);
    return parts_.tokenizer->encode(text, special);
  }
  std::string token_text(lm::Token token) const override {
    return parts_.tokenizer ? parts_.tokenizer->text_of(token) : "";
  }

 private:
  class Spoken;

  Result<void> check_settings(const Request& request) const;
  // How the words of a request are followed.
  struct Following {
    ProofMode proof = ProofMode::kOff;  // not kAuto
    align::Surprise surprise = align::Surprise::kIsIgnored;
    bool follows = false;  // the language model is asked for the words
  };
  Following following_of(const Request& request) const;
  bool may_follow_words() const;

  Parts parts_;
  Options options_;
  std::shared_ptr<ProofCounts> proof_counts_ = std::make_shared<ProofCounts>();
};

}  // namespace orpheus::speech
