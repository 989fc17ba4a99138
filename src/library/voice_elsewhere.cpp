#include "library/voice_elsewhere.h"

#include <algorithm>
#include <chrono>
#include <exception>
#include <system_error>
#include <utility>

#include "base/log.h"
#include "speech/script.h"

namespace orpheus::library {
namespace {

using std::chrono::milliseconds;

constexpr int kPatienceAtOpenSeconds = 5;
constexpr milliseconds kFirstPause{500};
constexpr milliseconds kLongestPause{15'000};

}  // namespace

VoiceMetadata metadata_of(const remote::ServerFacts& facts) {
  VoiceMetadata metadata = published_voice_metadata();
  if (!facts.voice) return metadata;
  const remote::ServedVoice& served = *facts.voice;
  metadata.model_name = facts.model;
  metadata.layout = served.layout;
  metadata.voices = served.voices;
  metadata.habits = {.characters = served.characters,
                     .most_words = static_cast<size_t>(served.max_words),
                     .most_sentences = static_cast<size_t>(served.max_sentences),
                     .speaks_tags = served.speaks_tags};
  metadata.is_synthetic = served.is_synthetic;
  if (served.characters_per_second > 0)
    metadata.characters_per_second = served.characters_per_second;
  return metadata;
}

Result<std::unique_ptr<speech::Synthesiser>> VoiceElsewhere::open(const remote::Options& options,
                                                                  Make make) {
  remote::Options hasty = options;
  hasty.timeout_s = std::min(hasty.timeout_s, kPatienceAtOpenSeconds);
  if (const auto facts = remote::identify_any(hasty, {})) return make(metadata_of(*facts));
  ORPHEUS_TRY(auto assumed, make(published_voice_metadata()));
  std::unique_ptr<VoiceElsewhere> elsewhere(
      new VoiceElsewhere(options, std::move(make), std::move(assumed)));
  try {
    elsewhere->learner_ = std::thread([raw = elsewhere.get()] { raw->learn(); });
  } catch (const std::system_error& error) {
    return fail({.kind = ErrorKind::kLimit,
                 .what = std::string("a thread cannot be started: ") + error.what()});
  }
  return elsewhere;
}

VoiceElsewhere::VoiceElsewhere(const remote::Options& options, Make make,
                               std::unique_ptr<speech::Synthesiser> assumed)
    : options_(options),
      make_(std::move(make)),
      assumed_(std::move(assumed)),
      now_(assumed_.get()) {}

VoiceElsewhere::~VoiceElsewhere() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
    stop_.cancel();
    changed_.notify_all();
  }
  if (learner_.joinable()) learner_.join();
}

Result<speech::Script> VoiceElsewhere::script(const speech::Request& request) const {
  return now().script(request);
}

// Asks until a server answers. What it says holds from then on.
void VoiceElsewhere::learn() {
  milliseconds pause = kFirstPause;
  std::unique_lock lock(mutex_);
  while (!stopping_) {
    changed_.wait_for(lock, pause, [&] { return stopping_; });
    if (stopping_) return;
    lock.unlock();
    try {
      const auto facts = remote::identify_any(options_, stop_);
      if (facts && !facts->voice) return;  // a released voice, as was assumed
      if (facts) {
        auto made = make_(metadata_of(*facts));
        if (!made) return log::warn("{}", made.error().message());
        learnt_ = std::move(*made);
        now_.store(learnt_.get());
        return log::info("the server of the language model uses the model '{}'", facts->model);
      }
    } catch (const std::exception& thrown) {  // out of memory; it is asked again later
      log::warn("the request to the server of the language model failed: {}", thrown.what());
    }
    lock.lock();
    pause = std::min(pause * 2, kLongestPause);
  }
}

}  // namespace orpheus::library
