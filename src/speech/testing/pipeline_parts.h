#pragma once
// Parts of a pipeline for tests: a tokenizer of bytes, and a codec that puts its codes into the
// sound.

#include <memory>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "base/byte_alphabet.h"
#include "speech/pipeline.h"

namespace orpheus::speech {

inline prompt::Tokenizer byte_tokenizer() {
  const std::vector<std::string> letters = byte_spellings();
  prompt::Vocabulary vocabulary;
  vocabulary.tokens.assign(letters.begin(), letters.end());
  auto tokenizer = prompt::Tokenizer::create(vocabulary);
  EXPECT_TRUE(tokenizer.has_value()) << tokenizer.error().message();
  return std::move(*tokenizer);
}

// Every frame is a tone as loud as its code says, in full scale at 100.
class LoudnessDecoder : public snac::Decoder {
 public:
  const snac::Config& config() const override { return config_; }
  std::unique_ptr<snac::Stream> stream(snac::NoiseSource) override {
    return std::make_unique<Tones>();
  }

 private:
  class Tones : public snac::Stream {
   public:
    Result<void> push(std::span<const codes::Frame> frames, const snac::SampleSink& sink) override {
      for (const codes::Frame& frame : frames) {
        std::vector<float> samples(kSamplesPerFrame);
        for (size_t i = 0; i < samples.size(); ++i)
          samples[i] = static_cast<float>(frame.c0[0]) / 100 * (i % 2 == 0 ? 1.0F : -1.0F);
        if (!sink(samples)) return fail({.kind = ErrorKind::kCancelled, .what = "enough"});
      }
      return {};
    }
    Result<void> finish(const snac::SampleSink&) override { return {}; }
  };
  snac::Config config_;
};

// The parts with this language model; its sequences end by themselves.
inline Parts parts_with(
    std::unique_ptr<lm::LanguageModel> model,
    std::unique_ptr<snac::Decoder> decoder = std::make_unique<LoudnessDecoder>()) {
  return {.language_model = std::move(model),
          .tokenizer = byte_tokenizer(),
          .layout = {},
          .voices = {prompt::published_voices().begin(), prompt::published_voices().end()},
          .model_name = "scripted",
          .ending = Ending::kByItself,
          .decoder = std::move(decoder)};
}

}  // namespace orpheus::speech
