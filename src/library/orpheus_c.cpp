// Implements include/orpheus/orpheus.h.
#include <algorithm>
#include <exception>
#include <filesystem>
#include <memory>
#include <mutex>
#include <new>
#include <string>
#include <system_error>
#include <thread>
#include <utility>
#include <vector>

#include <orpheus/orpheus.h>

#include "base/log.h"
#include "library/bounded_queue.h"
#include "library/synthesiser.h"

namespace {

using orpheus::Error;
using orpheus::ErrorKind;
using orpheus::Result;
namespace library = orpheus::library;

// The number of sounds that wait for a slow caller, about a frame each.
constexpr size_t kMostWaiting = 64;

thread_local std::string last_error;

orpheus_status failed(const Error& error) {
  last_error = error.message();
  return static_cast<orpheus_status>(orpheus::exit_code(error.kind));
}

orpheus_status misused(const char* what) {
  return failed({.kind = ErrorKind::kUsage, .what = what});
}

// Turns exceptions, also of a thread that cannot be started, into errors.
template <typename Action>
orpheus_status guarded(const Action& action) {
  try {
    return action();
  } catch (const std::bad_alloc&) {
    return failed({.kind = ErrorKind::kLimit, .what = "there is not enough memory"});
  } catch (const std::system_error& problem) {
    return failed({.kind = ErrorKind::kLimit,
                   .what = std::string("no further thread can be started: ") + problem.what()});
  } catch (const std::exception& problem) {
    return failed({.kind = ErrorKind::kInternal, .what = problem.what()});
  }
}

std::string text_of(const char* text) { return text == nullptr ? std::string() : text; }

orpheus::library::Options options_of(const orpheus_settings& settings) {
  orpheus::library::Options options;
  options.model = text_of(settings.model);
  options.codec = text_of(settings.codec);
  std::error_code none;
  if (settings.data_folder != nullptr) {
    options.data_folder = settings.data_folder;
  } else {
    options.data_folder = std::filesystem::temp_directory_path(none) / "orpheus";
    options.data_folder_is_temporary = true;
  }
  if (settings.device != nullptr) options.device.name = settings.device;
  options.device.num_threads = settings.threads;
  return options;
}

// Uses the engine's default sizes on every machine, because the host program may need the GPU's
// memory.
library::Choices usual_choices(const library::Options& options) {
  return {.max_sequences = options.engine.max_sequences,
          .max_tokens = options.engine.context_tokens - orpheus::plan::kPromptTokens,
          .matrix_precision = options.device.matrix_precision};
}

orpheus::speech::Request request_of(const orpheus_request& request) {
  orpheus::speech::Request speech;
  speech.text = text_of(request.text);
  speech.voice = text_of(request.voice);
  speech.language = text_of(request.language);
  speech.normalize = request.numbers_as_written == 0;
  const auto set = [](auto& setting, auto value) {
    if (value != 0) setting = value;
  };
  set(speech.sampling.temperature, request.temperature);
  if (request.greedy != 0) speech.sampling.temperature = 0;
  set(speech.sampling.top_p, request.top_p);
  set(speech.sampling.top_k, request.top_k);
  set(speech.sampling.min_p, request.min_p);
  set(speech.sampling.repetition_penalty, request.repetition_penalty);
  speech.sampling.seed = request.seed;
  set(speech.max_tokens, request.max_tokens);
  return speech;
}

}  // namespace

struct orpheus_speaker {
  std::shared_ptr<orpheus::speech::Synthesiser> synthesiser;
};

struct orpheus_speech {
  explicit orpheus_speech(std::shared_ptr<orpheus::speech::Synthesiser> voice)
      : synthesiser(std::move(voice)) {}

  // Keeps the voice loaded while a speech uses it.
  const std::shared_ptr<orpheus::speech::Synthesiser> synthesiser;
  orpheus::CancelToken cancel;
  orpheus::library::BoundedQueue<std::vector<float>> sounds{kMostWaiting};
  Result<orpheus::speech::Summary> outcome;  // valid when the queue is closed and empty
  std::thread thread;

  std::vector<float> sound;  // the sound that was handed out last
  size_t num_handed_out = 0;
};

namespace {

// The body of the speech's thread. No exception leaves it, because that would end the host program.
Result<orpheus::speech::Summary> speak(orpheus_speech& speech,
                                       const orpheus::speech::Request& request) {
  try {
    return speech.synthesiser->speak(request, [&](std::span<const float> samples) {
      return speech.sounds.push({samples.begin(), samples.end()});
    });
  } catch (const std::bad_alloc&) {
    // So short that std::string takes no memory for it.
    return orpheus::fail({.kind = ErrorKind::kLimit, .what = "out of memory"});
  } catch (const std::exception& problem) {
    return orpheus::fail({.kind = ErrorKind::kInternal, .what = problem.what()});
  } catch (...) {
    return orpheus::fail({.kind = ErrorKind::kInternal, .what = "a fault"});
  }
}

}  // namespace

orpheus_status orpheus_create(const orpheus_settings* settings, orpheus_speaker** speaker) {
  if (speaker == nullptr) return misused("orpheus_create was given no place for the speaker");
  *speaker = nullptr;
  // Warnings go to standard error; standard output is the caller's.
  static std::once_flag log_started;
  std::call_once(log_started,
                 [] { orpheus::log::start({.level = orpheus::log::Level::kWarning}); });
  return guarded([&] {
    const auto options = options_of(settings != nullptr ? *settings : orpheus_settings{});
    const auto fitted =
        library::fit_to_machine(options, usual_choices(options), orpheus::hardware::find_facts(),
                                library::Spread::kFirstDevice);
    if (!fitted) return failed(fitted.error());
    auto synthesiser = library::open_synthesiser(*fitted);
    if (!synthesiser) return failed(synthesiser.error());
    *speaker = new orpheus_speaker{std::move(*synthesiser)};
    return ORPHEUS_OK;
  });
}

void orpheus_free(orpheus_speaker* speaker) { delete speaker; }

const char* orpheus_voice(const orpheus_speaker* speaker, size_t index) {
  if (speaker == nullptr || index >= speaker->synthesiser->voices().size()) return nullptr;
  return speaker->synthesiser->voices()[index].name.c_str();
}

orpheus_status orpheus_start(orpheus_speaker* speaker, const orpheus_request* request,
                             orpheus_speech** speech) {
  if (speech == nullptr) return misused("orpheus_start was given no place for the speech");
  *speech = nullptr;
  if (speaker == nullptr || request == nullptr)
    return misused("orpheus_start was given no speaker or no request");
  return guarded([&] {
    orpheus::speech::Request wanted = request_of(*request);
    if (const auto checked = speaker->synthesiser->check(wanted); !checked)
      return failed(checked.error());
    auto begun = std::make_unique<orpheus_speech>(speaker->synthesiser);
    wanted.cancel = begun->cancel;
    begun->thread = std::thread([raw = begun.get(), wanted = std::move(wanted)] {
      raw->outcome = speak(*raw, wanted);
      raw->sounds.close();
    });
    *speech = begun.release();
    return ORPHEUS_OK;
  });
}

orpheus_status orpheus_next(orpheus_speech* speech, float* samples, size_t capacity,
                            size_t* count) {
  if (speech == nullptr || count == nullptr || samples == nullptr || capacity == 0)
    return misused("orpheus_next was given no speech or no place for its samples");
  *count = 0;
  if (speech->num_handed_out == speech->sound.size()) {
    auto next = speech->sounds.pop();
    if (speech->cancel.cancelled())
      return failed({.kind = ErrorKind::kCancelled, .what = "the speech was cancelled"});
    if (!next) return speech->outcome ? ORPHEUS_OK : failed(speech->outcome.error());
    speech->sound = std::move(*next);
    speech->num_handed_out = 0;
  }
  *count = std::min(capacity, speech->sound.size() - speech->num_handed_out);
  std::copy_n(speech->sound.data() + speech->num_handed_out, *count, samples);
  speech->num_handed_out += *count;
  return ORPHEUS_OK;
}

void orpheus_cancel(orpheus_speech* speech) {
  if (speech == nullptr) return;
  speech->cancel.cancel();
  speech->sounds.close();
}

void orpheus_finish(orpheus_speech* speech) {
  if (speech == nullptr) return;
  orpheus_cancel(speech);
  speech->thread.join();
  delete speech;
}

const char* orpheus_last_error(void) { return last_error.c_str(); }
