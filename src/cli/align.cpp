// orpheus align: when each word of a sound is spoken that was made from codes, and whether all
// words were.

#include <algorithm>
#include <filesystem>
#include <iostream>
#include <memory>
#include <optional>
#include <string>
#include <system_error>
#include <utility>
#include <vector>

#include <nlohmann/json.hpp>
#include <spdlog/fmt/fmt.h>

#include "align/verdict.h"
#include "align/words.h"
#include "cli/codes_file.h"
#include "cli/command.h"
#include "cli/lone_engine.h"
#include "cli/progress.h"
#include "cli/read_input.h"
#include "cli/read_sound.h"
#include "cli/text_flags.h"
#include "http/word_json.h"
#include "library/lexicon_file.h"
#include "library/voice_files.h"
#include "library/voice_metadata.h"
#include "prompt/prompt.h"
#include "snac/decoder.h"
#include "snac/encoder.h"
#include "snac/noise.h"
#include "speech/piece_words.h"
#include "speech/prompt_rows.h"
#include "speech/proven_piece.h"
#include "speech/script.h"
#include "speech/synthesiser.h"
#include "tensor/device.h"
#include "tensor/gguf_file.h"
#include "tensor/usable_cores.h"

namespace orpheus::cli {
namespace {

using Json = nlohmann::ordered_json;

struct AlignOptions {
  std::string sound_file;
  std::string text;
  std::string voice;
  std::string language;
  bool tells_verdict = false;
  TextOptions of_text;
};

// What was spoken: codes, and their samples, if the codec is known. Of codes the file has no
// samples, and of a sound no codes, until the codec adds them.
struct Sound {
  std::vector<codes::Frame> frames;
  std::vector<float> samples;
};

bool holds_codes(const std::string& path) { return path.ends_with(".json"); }

// The files of the voice, as say finds them. Codes can be aligned without a codec: its file is
// empty then.
Result<library::VoiceFiles> files_of(const AlignOptions& options,
                                     const config::Settings& settings) {
  const library::Options& voice = settings.voice;
  std::error_code none;
  if (holds_codes(options.sound_file) && voice.codec.empty() &&
      std::filesystem::exists(voice.model, none))
    return library::VoiceFiles{.model = voice.model, .codec = {}};
  ORPHEUS_TRY(library::VoiceFiles files, library::voice_files(voice));
  if (!files.model.empty()) return files;
  return fail({.kind = ErrorKind::kUnsupported,
               .what = "the attention of a remote language model is not known",
               .expected = "--model with a file on this machine"});
}

// The content of the file that the user named. Needs no voice, so that a wrong file is reported
// before everything else.
Result<Sound> read(const std::string& path) {
  Sound sound;
  if (!holds_codes(path)) {
    ORPHEUS_TRY(sound.samples, read_sound(path, speech::kSampleRateHz));
    return sound;
  }
  ORPHEUS_TRY(const std::string content, read_input(path));
  ORPHEUS_TRY(sound.frames, parse_codes(content, path));
  return sound;
}

Result<void> add_samples(Sound& sound, const std::filesystem::path& codec,
                         const config::Settings& settings) {
  ORPHEUS_TRY(std::shared_ptr<const tensor::Device> device,
              tensor::Device::open(settings.voice.device));
  snac::Options options = settings.voice.decoder;
  const int num_threads = settings.voice.device.num_threads;
  options.num_threads = num_threads > 0 ? num_threads : tensor::num_usable_cores();
  ORPHEUS_TRY(const auto decoder, snac::Decoder::open(codec, std::move(device), options));
  ORPHEUS_TRY(sound.samples, decoder->decode(sound.frames, snac::seeded_noise(0)));
  return {};
}

Result<void> add_codes(Sound& sound, const std::filesystem::path& codec) {
  ORPHEUS_TRY(const auto encoder, snac::Encoder::open(codec));
  Progress progress;
  ORPHEUS_TRY(sound.frames, encoder->encode(sound.samples, [&](size_t done) {
    progress.show("frame " + std::to_string(done));
    return true;
  }));
  return {};
}

// The text as the voice would speak it, in one piece.
Result<speech::ScriptPiece> piece_of(const AlignOptions& options, const config::Settings& settings,
                                     const library::VoiceMetadata& voice) {
  speech::Request request;
  request.text = options.text;
  request.voice = options.voice;
  request.language = options.language;
  ORPHEUS_CHECK(obey(options.of_text, "", request));
  speech::Options speech_options;
  speech_options.lexicon_file = settings.voice.speech.lexicon_file;
  ORPHEUS_TRY(speech_options, library::with_lexicon(std::move(speech_options)));
  ORPHEUS_TRY(speech::Script script,
              speech::write_script(request, voice.voices, voice.habits, speech_options));
  if (script.pieces.size() == 1) return std::move(script.pieces.front());
  return fail({.kind = ErrorKind::kLimit,
               .what = "the text is too long to be spoken at once",
               .expected = "one piece",
               .found = std::to_string(script.pieces.size()) + " pieces",
               .remedy = "Align the sound of each piece; orpheus normalize prints them."});
}

Result<void> check_quality(lm::LanguageModel& model) {
  const double quality = model.alignment_quality();
  if (quality >= lm::kGoodAlignment) return {};
  return fail({.kind = ErrorKind::kUnsupported,
               .what = "the attention of this model does not tell which word is spoken",
               .expected = fmt::format("a quality of {:.2f} or more", lm::kGoodAlignment),
               .found = fmt::format("{:.2f}", quality)});
}

void print(const std::vector<align::WordTime>& words, const speech::ProvenPiece& piece,
           bool tells_verdict) {
  Json list = Json::array();
  for (const align::WordTime& word : words) list.push_back(http::word_json(word, 1.0));
  if (!tells_verdict) {
    std::cout << list.dump(1) << "\n";
    return;
  }
  const align::Verdict& verdict = piece.verdict();
  Json told = {{"fault", align::name_of(verdict.fault)},
               {"is_sure", piece.is_sure()},
               {"num_faults", verdict.num_faults}};
  if (verdict.fault != align::Fault::kNone) told["word"] = verdict.word;
  told["words"] = std::move(list);
  std::cout << told.dump(1) << "\n";
}

Result<void> align_sound(const AlignOptions& options, const config::Settings& settings) {
  ORPHEUS_TRY(Sound sound, read(options.sound_file));
  ORPHEUS_TRY(const library::VoiceFiles files, files_of(options, settings));
  ORPHEUS_TRY(const auto file, tensor::GgufFile::open(files.model));
  ORPHEUS_TRY(const auto voice, library::read_voice_metadata(file, library::Company::kAlone));
  ORPHEUS_TRY(const speech::ScriptPiece piece, piece_of(options, settings, voice));
  if (!holds_codes(options.sound_file)) {
    ORPHEUS_CHECK(add_codes(sound, files.codec));
  } else if (!files.codec.empty()) {
    ORPHEUS_CHECK(add_samples(sound, files.codec, settings));
  }
  ORPHEUS_TRY(const auto model, open_lone_engine(files.model, settings));
  ORPHEUS_CHECK(check_quality(*model));

  const std::string language = options.language.empty() ? piece.voice.language : options.language;
  const std::vector<text::Word> words = align::words_in(piece.text, language);
  speech::ProvenPiece::Plan plan;
  plan.num_words = static_cast<int>(words.size());
  const bool is_named = model->known_alignment().is_named;
  plan.surprise = is_named ? align::Surprise::kCounts : align::Surprise::kIsIgnored;
  plan.part = [&](int /*first_word*/, int /*take*/,
                  int /*num_tokens*/) -> Result<speech::ProvenPiece::Part> {
    speech::ProvenPiece::Part part;
    lm::GenerateRequest& request = part.takes.first;
    ORPHEUS_TRY(request.prompt, prompt::build_prompt(*voice.tokenizer, voice.layout,
                                                     piece.voice.name, piece.text.text()));
    part.rows = speech::ask_for_attention(request, *voice.tokenizer, piece.voice.name + ": ",
                                          piece.text.text(), words);
    for (const codes::Frame& frame : sound.frames)
      for (const lm::Token token : codes::tokens_of(frame, voice.layout))
        request.forced.push_back(token);
    request.max_tokens = static_cast<int>(request.forced.size());
    part.takes.may_run_away = false;
    return part;
  };
  ORPHEUS_TRY(auto followed, speech::ProvenPiece::start(*model, std::move(plan), voice.layout));
  while (true) {
    ORPHEUS_TRY(const auto frame, followed.next_frame());
    if (!frame) break;
  }
  speech::PieceWords times(piece.text, language, 1.0);
  const size_t num_samples = sound.frames.size() * align::kSamplesPerHalf * align::kHalvesPerFrame;
  std::vector<float> samples = sound.samples;
  // Without the sound, all of it counts as audible.
  samples.resize(num_samples, samples.empty() ? 1.0F : 0.0F);
  times.push(samples);
  times.place(speech::times_of(followed.take_words(), times.words(), piece.text));
  print(times.finish(0, 0), followed, options.tells_verdict);
  return {};
}

}  // namespace

void add_align(CLI::App& program, config::Settings& settings, Chosen& chosen) {
  auto options = std::make_shared<AlignOptions>();
  CLI::App* command = program.add_subcommand(
      "align", "Print when each word of a sound is spoken, for a sound that was made from codes");
  command->footer(R"(Examples:
  orpheus align codes.json --text "Hello there."
  orpheus align hi.wav --text "Hi." --model orpheus.gguf --codec snac.gguf)");
  command
      ->add_option("sound", options->sound_file,
                   "Codes of orpheus codec encode (.json), or a sound file that a codec encodes")
      ->type_name("FILE")
      ->required();
  command->add_option("--text", options->text, "What is spoken, in one piece")
      ->type_name("TEXT")
      ->required();
  command->add_option("--voice", options->voice, "Voice")->type_name("NAME");
  command->add_option("--language", options->language, "Language of the text, ISO 639-1")
      ->type_name("CODE");
  command->add_flag("--verdict", options->tells_verdict,
                    "Print an object: the words, and the first that is skipped, repeated, …");
  add_text_flags(*command, options->of_text);
  add_model_flag(*command, settings);
  add_codec_flag(*command, settings);
  add_device_flags(*command, settings);
  command->callback([&chosen, &settings, options] {
    chosen.action = [&settings, options] { return align_sound(*options, settings); };
  });
}

}  // namespace orpheus::cli
