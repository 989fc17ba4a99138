// Implements include/orpheus/orpheus.h.
#include <algorithm>
#include <cmath>
#include <deque>
#include <exception>
#include <memory>
#include <new>
#include <optional>
#include <string>
#include <string_view>
#include <system_error>
#include <thread>
#include <utility>
#include <vector>

#include <orpheus/orpheus.h>

#include "audio/filter.h"
#include "base/log_sink.h"
#include "library/bounded_queue.h"
#include "library/c_structs.h"
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
    return failed({.kind = ErrorKind::kLimit, .what = "out of memory"});
  } catch (const std::system_error& problem) {
    return failed({.kind = ErrorKind::kLimit,
                   .what = std::string("a thread cannot be started: ") + problem.what()});
  } catch (const std::exception& problem) {
    return failed({.kind = ErrorKind::kInternal, .what = problem.what()});
  }
}

// A host program has other uses for a GPU's memory: the engine's own sizes, on every machine.
library::Choices usual_choices(const library::Options& options) {
  return {.max_sequences = options.engine.max_sequences,
          .max_tokens = options.engine.context_tokens - orpheus::plan::kPromptTokens,
          .matrix_precision = options.device.matrix_precision};
}

// Words of a piece, as they were found.
struct Words {
  size_t piece;
  std::vector<orpheus::align::WordTime> times;
};

// What is known of a piece of the text when its turn comes.
struct PieceStart {
  size_t index;
  size_t count;
  std::string text;
  std::string voice;
  orpheus::text::Range origin;
  int64_t first_sample;
  std::vector<Words> words = {};  // that were found before the piece was told
};

// What the speech's thread hands to the caller's: samples, the beginning of a piece, or words.
struct Sound {
  std::vector<float> samples = {};
  std::optional<PieceStart> piece = {};
  std::optional<Words> words = {};
};

}  // namespace

struct orpheus_speaker {
  std::shared_ptr<orpheus::speech::Synthesiser> synthesiser;
};

struct orpheus_speech {
  orpheus_speech(std::shared_ptr<orpheus::speech::Synthesiser> voice, library::CRequest asked)
      : synthesiser(std::move(voice)), request(std::move(asked)) {}

  // Keeps the voice loaded while a speech uses it.
  const std::shared_ptr<orpheus::speech::Synthesiser> synthesiser;
  library::CRequest request;
  std::unique_ptr<orpheus::audio::Filter> tempo;  // null at the voice's own
  orpheus::CancelToken cancel;
  orpheus::library::BoundedQueue<Sound> sounds{kMostWaiting};
  Result<void> outcome;  // valid when the queue is closed and empty
  std::thread thread;

  std::vector<float> sound;       // the one that is handed out
  size_t num_handed_out = 0;      // of it
  int64_t position = 0;           // of the speech
  std::deque<PieceStart> pieces;  // not told yet
};

namespace {

// What the speech's thread does. Nothing that is thrown leaves it: that would end the caller.
Result<void> speak(orpheus_speech& speech) {
  std::vector<float> changed;
  Result<void> filtered;
  const auto hand_over = [&] {
    const bool more = changed.empty() || speech.sounds.push({.samples = std::move(changed)});
    changed = {};
    return more;
  };
  try {
    ORPHEUS_CHECK(
        speech.synthesiser->speak(speech.request.speech, [&](std::span<const float> samples) {
          if (!speech.tempo)
            return speech.sounds.push({.samples = {samples.begin(), samples.end()}});
          filtered = speech.tempo->push(samples, changed);
          return filtered && hand_over();
        }));
    ORPHEUS_CHECK(filtered);
    if (speech.tempo) ORPHEUS_CHECK(speech.tempo->finish(changed));
    hand_over();
    return {};
  } catch (const std::bad_alloc&) {
    // So short that std::string takes no memory for it.
    return orpheus::fail({.kind = ErrorKind::kLimit, .what = "out of memory"});
  } catch (const std::exception& problem) {
    return orpheus::fail({.kind = ErrorKind::kInternal, .what = problem.what()});
  } catch (...) {
    return orpheus::fail({.kind = ErrorKind::kInternal, .what = "internal error"});
  }
}

// A piece begins where the faster or slower speech has come to it.
void tell_of_pieces(orpheus_speech& speech) {
  library::CRequest& request = speech.request;
  request.speech.on_piece = [&speech](const orpheus::speech::PieceProgress& piece) {
    const double at = static_cast<double>(piece.first_sample) / speech.request.speed;
    orpheus::text::Range origin;
    if (piece.spanned != nullptr) origin = piece.spanned->origin({0, piece.text.size()});
    speech.sounds.push({.piece = PieceStart{.index = piece.index,
                                            .count = piece.count,
                                            .text = std::string(piece.text),
                                            .voice = std::string(piece.voice),
                                            .origin = origin,
                                            .first_sample = std::llround(at)}});
  };
}

void tell_of_words(orpheus_speech& speech) {
  speech.request.speech.on_words = [&speech](const orpheus::speech::WordProgress& progress) {
    speech.sounds.push({.words = Words{.piece = progress.piece,
                                       .times = {progress.words.begin(), progress.words.end()}}});
  };
}

void call_on_words(const orpheus_speech& speech, const Words& words) {
  const auto at = [&](int64_t sample) {
    return static_cast<int64_t>(std::llround(static_cast<double>(sample) / speech.request.speed));
  };
  for (const orpheus::align::WordTime& time : words.times) {
    const orpheus_word word{.word = time.word.c_str(),
                            .piece = words.piece,
                            .text_begin = time.origin.begin,
                            .text_end = time.origin.end,
                            .first_sample = at(time.begin),
                            .end_sample = at(time.end),
                            .confidence = time.confidence,
                            .source = time.source == orpheus::align::Source::kAttention
                                          ? ORPHEUS_WORD_ATTENTION
                                          : ORPHEUS_WORD_ESTIMATE};
    speech.request.on_word(speech.request.context, &word);
  }
}

// A piece whose turn has not come keeps its words.
void take_words(orpheus_speech& speech, Words words) {
  if (speech.pieces.empty())
    call_on_words(speech, words);
  else
    speech.pieces.back().words.push_back(std::move(words));
}

// Calls on_piece for each piece that has begun at the current sample; at the end, for all.
void call_on_pieces(orpheus_speech& speech, bool at_end) {
  while (!speech.pieces.empty() &&
         (at_end || speech.pieces.front().first_sample <= speech.position)) {
    const PieceStart& start = speech.pieces.front();
    const orpheus_piece piece{.index = start.index,
                              .count = start.count,
                              .text = start.text.c_str(),
                              .voice = start.voice.c_str(),
                              .text_begin = start.origin.begin,
                              .text_end = start.origin.end,
                              .first_sample = std::min(start.first_sample, speech.position)};
    speech.request.on_piece(speech.request.context, &piece);
    for (const Words& words : start.words) call_on_words(speech, words);
    speech.pieces.pop_front();
  }
}

}  // namespace

orpheus_status orpheus_create(const orpheus_settings* settings, orpheus_speaker** speaker) {
  if (speaker == nullptr) return misused("orpheus_create: the pointer for the speaker is null");
  *speaker = nullptr;
  return guarded([&] {
    const auto options = library::options_of(settings);
    if (!options) return failed(options.error());
    const auto fitted =
        library::fit_to_machine(*options, usual_choices(*options), orpheus::hardware::find_facts(),
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
  if (speech == nullptr) return misused("orpheus_start: the pointer for the speech is null");
  *speech = nullptr;
  if (speaker == nullptr || request == nullptr)
    return misused("orpheus_start: the speaker or the request is null");
  return guarded([&] {
    auto wanted = library::request_of(*request);
    if (!wanted) return failed(wanted.error());
    if (const auto checked = speaker->synthesiser->check(wanted->speech); !checked)
      return failed(checked.error());
    auto begun = std::make_unique<orpheus_speech>(speaker->synthesiser, std::move(*wanted));
    if (begun->request.speed != 1) {
      auto tempo = orpheus::audio::open_filter({.speed = begun->request.speed});
      if (!tempo) return failed(tempo.error());
      begun->tempo = std::move(*tempo);
    }
    begun->request.speech.cancel = begun->cancel;
    if (begun->request.on_piece != nullptr) tell_of_pieces(*begun);
    if (begun->request.on_word != nullptr) tell_of_words(*begun);
    begun->thread = std::thread([raw = begun.get()] {
      raw->outcome = speak(*raw);
      raw->sounds.close();
    });
    *speech = begun.release();
    return ORPHEUS_OK;
  });
}

orpheus_status orpheus_next(orpheus_speech* speech, float* samples, size_t capacity,
                            size_t* count) {
  if (speech == nullptr || count == nullptr || samples == nullptr || capacity == 0)
    return misused("orpheus_next: the speech or the pointer for its samples is null");
  *count = 0;
  while (speech->num_handed_out == speech->sound.size()) {
    auto next = speech->sounds.pop();
    if (speech->cancel.cancelled())
      return failed({.kind = ErrorKind::kCancelled, .what = "the speech was cancelled"});
    if (!next) {
      if (!speech->outcome) return failed(speech->outcome.error());
      call_on_pieces(*speech, true);
      return ORPHEUS_OK;
    }
    if (next->piece) speech->pieces.push_back(std::move(*next->piece));
    if (next->words) take_words(*speech, std::move(*next->words));
    speech->sound = std::move(next->samples);
    speech->num_handed_out = 0;
  }
  call_on_pieces(*speech, false);
  *count = std::min(capacity, speech->sound.size() - speech->num_handed_out);
  if (!speech->pieces.empty()) {  // up to the next piece
    const int64_t left = speech->pieces.front().first_sample - speech->position;
    *count = std::min(*count, static_cast<size_t>(left));
  }
  std::copy_n(speech->sound.data() + speech->num_handed_out, *count, samples);
  speech->num_handed_out += *count;
  speech->position += static_cast<int64_t>(*count);
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

const char* orpheus_version(void) { return ORPHEUS_LIBRARY_VERSION; }

void orpheus_set_log(orpheus_log_function function, void* context, orpheus_log_level least) {
  namespace log = orpheus::log;
  if (function == nullptr) return log::send_to(log::Level::kError, {});
  const auto level = least == ORPHEUS_LOG_DEBUG  ? log::Level::kDebug
                     : least == ORPHEUS_LOG_INFO ? log::Level::kInfo
                                                 : log::Level::kWarning;
  log::send_to(level, [function, context](log::Level of_line, std::string_view line) {
    const auto told = of_line <= log::Level::kDebug  ? ORPHEUS_LOG_DEBUG
                      : of_line <= log::Level::kInfo ? ORPHEUS_LOG_INFO
                                                     : ORPHEUS_LOG_WARNING;
    function(context, told, std::string(line).c_str());
  });
}

const char* orpheus_last_error(void) { return last_error.c_str(); }
