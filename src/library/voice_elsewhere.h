#pragma once
// The voice of a remote language model without a local file. An orpheus server describes its voice:
// ids, names, text limits. Until a server responds, a released voice is assumed. Safe for
// concurrent use.

#include <atomic>
#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "base/cancel.h"
#include "base/result.h"
#include "library/voice_metadata.h"
#include "lm/remote/options.h"
#include "lm/remote/server_facts.h"
#include "speech/synthesiser.h"

namespace orpheus::library {

// The metadata that a server gives of its voice; missing values are those of a released voice.
VoiceMetadata metadata_of(const remote::ServerFacts& facts);

class VoiceElsewhere : public speech::Synthesiser {
 public:
  using Make = std::function<Result<std::unique_ptr<speech::Synthesiser>>(VoiceMetadata)>;

  // A synthesiser for the voice of the servers. First asks the servers, for a few seconds at most.
  // If none responds, a thread asks again later. `make` is called on this call's thread or on that
  // thread, and must stay callable as long as the result lives. Errors: those of make; kLimit (no
  // thread).
  static Result<std::unique_ptr<speech::Synthesiser>> open(const remote::Options& options,
                                                           Make make);
  ~VoiceElsewhere() override;

  Result<void> check(const speech::Request& request) const override { return now().check(request); }
  Result<std::unique_ptr<speech::Speech>> begin(speech::Request request,
                                                std::function<void()> wake) override {
    return now().begin(std::move(request), std::move(wake));
  }
  Result<speech::Script> script(const speech::Request& request) const override;
  const std::vector<prompt::Voice>& voices() const override { return now().voices(); }
  Result<prompt::Voice> voice_for(const speech::Request& request) const override {
    return now().voice_for(request);
  }
  bool speaks_tags(std::string_view voice) const override { return now().speaks_tags(voice); }
  std::shared_ptr<const text::Lexicon> lexicon() const override { return now().lexicon(); }
  const std::string& model_name() const override { return now().model_name(); }
  std::string_view device_name() const override { return now().device_name(); }
  double characters_per_second(std::string_view voice) const override {
    return now().characters_per_second(voice);
  }
  lm::LanguageModel* language_model() override { return now().language_model(); }
  std::string metrics() const override { return now().metrics(); }
  std::optional<speech::VoiceFacts> voice_facts() const override { return now().voice_facts(); }
  Result<std::vector<lm::Token>> prompt_ids(std::string_view text,
                                            prompt::SpecialTokens special) const override {
    return now().prompt_ids(text, special);
  }
  std::string token_text(lm::Token token) const override { return now().token_text(token); }

 private:
  VoiceElsewhere(const remote::Options& options, Make make,
                 std::unique_ptr<speech::Synthesiser> assumed);
  speech::Synthesiser& now() const { return *now_.load(); }
  void learn();

  const remote::Options options_;
  const Make make_;
  // Keeps the assumed voice alive for speeches that began with it.
  const std::unique_ptr<speech::Synthesiser> assumed_;
  std::unique_ptr<speech::Synthesiser> learnt_;
  std::atomic<speech::Synthesiser*> now_;

  std::mutex mutex_;
  std::condition_variable changed_;
  bool stopping_ = false;
  CancelToken stop_;
  std::thread learner_;
};

}  // namespace orpheus::library
