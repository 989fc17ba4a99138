#include "cli/doctor_checks.h"

#include <chrono>
#include <filesystem>
#include <system_error>
#include <utility>

#include <spdlog/fmt/fmt.h>

#include "audio/format.h"
#include "base/atomic_file.h"
#include "http/live.h"
#include "http/server/server.h"
#include "library/synthesiser.h"
#include "lm/llama/config.h"
#include "lm/remote/probe.h"
#include "models/store.h"
#include "prompt/tokenizer.h"
#include "snac/config.h"
#include "tensor/backends.h"
#include "tensor/gguf_file.h"

namespace orpheus::cli {
namespace {

constexpr double kTokensPerSecond = 82;  // of speech

constexpr const char* kNoModel =
    "Set --model to the GGUF file of a language model. Without --model and --codec the built-in "
    "voice speaks.";
constexpr const char* kNoCodec =
    "Convert the codec again (orpheus convert codec DIR -o snac.gguf) and set --codec to it.";

// Compares a file with its recorded hash. Empty if nothing was recorded.
Result<std::string> look_at_bytes(const std::filesystem::path& path) {
  const auto recorded = models::recorded_hash(path);
  if (!recorded) return std::string();
  ORPHEUS_TRY(const std::string found, models::hash_file(path));
  if (found == *recorded) return std::string("; its hash matches the recorded one");
  return fail(
      {.kind = ErrorKind::kBadFile,
       .what = path.filename().string() + ": the file's hash differs from the recorded one",
       .expected = "SHA-256 " + *recorded,
       .found = found,
       .remedy = "Download it again ('orpheus pull'). If you changed the file on purpose, remove " +
                 path.filename().string() + ".sha256."});
}

Result<Check> look_at_model_file(const std::filesystem::path& path) {
  ORPHEUS_TRY(const auto file, tensor::GgufFile::open(path));
  ORPHEUS_TRY(const auto config, llama::read_config(file));
  ORPHEUS_TRY(const auto layout, llama::read_token_layout(file, config.vocabulary_size));
  ORPHEUS_TRY(const auto vocabulary, llama::read_vocabulary(file));
  ORPHEUS_TRY([[maybe_unused]] const auto tokenizer, prompt::Tokenizer::create(vocabulary));
  ORPHEUS_TRY(const std::string bytes, look_at_bytes(path));
  return Check{
      .name = "model",
      .found = fmt::format("{}: {} layers of {}, {} tokens, audio tokens from {} in steps of {}{}",
                           path.string(), config.num_layers, config.width, config.vocabulary_size,
                           layout.audio_token_base, layout.codebook_size, bytes)};
}

Result<Check> look_at_model(const config::Settings& settings) {
  ORPHEUS_TRY(const auto files, library::voice_files(settings.voice));
  return look_at_model_file(files.model);
}

Result<Check> look_at_codec(const config::Settings& settings) {
  ORPHEUS_TRY(const auto files, library::voice_files(settings.voice));
  ORPHEUS_TRY(const auto file, tensor::GgufFile::open(files.codec));
  ORPHEUS_TRY(const auto config, snac::read_config(file));
  ORPHEUS_TRY(const std::string bytes, look_at_bytes(files.codec));
  Check check{.name = "codec",
              .found = fmt::format("{}: {} codes, {} Hz{}", files.codec.string(),
                                   config.codebook_size, config.sample_rate_hz, bytes)};
  const auto model = tensor::GgufFile::open(files.model);
  if (!model) return check;  // another check reports it
  const auto numbers = llama::read_config(*model);
  if (!numbers) return check;
  const auto layout = llama::read_token_layout(*model, numbers->vocabulary_size);
  if (layout) ORPHEUS_CHECK(library::check_codec_of(*layout, config));
  return check;
}

Result<void> write_into(const std::filesystem::path& folder) {
  std::error_code error;
  std::filesystem::create_directories(folder, error);
  if (error) {
    return fail({.kind = ErrorKind::kIo,
                 .what = folder.string() + ": the folder cannot be created: " + error.message()});
  }
  ORPHEUS_TRY(AtomicFile file, AtomicFile::create(folder / "doctor"));
  return file.write("x");  // removed with the object
}

Result<Check> speak(speech::Synthesiser& synthesiser, const lm::SamplingOptions& sampling) {
  using Clock = std::chrono::steady_clock;
  speech::Request request;
  request.text = "One, two, three.";
  request.language = "en";
  request.sampling = sampling;
  request.max_tokens = 84;  // 12 frames, a second
  const auto start = Clock::now();
  const auto since = [&] { return std::chrono::duration<double>(Clock::now() - start).count(); };
  double first = 0;
  int64_t num_samples = 0;
  ORPHEUS_TRY([[maybe_unused]] const auto summary,
              synthesiser.speak(request, [&](std::span<const float> samples) {
                if (num_samples == 0) first = since();
                num_samples += static_cast<int64_t>(samples.size());
                return true;
              }));
  const double seconds = static_cast<double>(num_samples) / speech::kSampleRateHz;
  const double rate = seconds / since();
  if (num_samples == 0)
    return fail({.kind = ErrorKind::kInternal, .what = "the voice produced no samples"});
  Check check{.name = "speech",
              .found = fmt::format("{:.2f} s of speech at {:.2f}× real time, the first sound "
                                   "after {:.0f} ms",
                                   seconds, rate, first * 1000)};
  if (rate < 1) {
    check.verdict = Verdict::kWarning;
    check.remedy =
        "Speech is generated slower than real time. A smaller weight type (Q4_K_M, Q4_0), a GPU or "
        "a "
        "remote server is faster. Writing to a file works at any speed.";
  }
  return check;
}

Check look_at_words(lm::LanguageModel& model) {
  const double quality = model.alignment_quality();
  const std::string heads = model.alignment_heads();
  Check check{.name = "word times"};
  if (quality >= lm::kGoodAlignment) {
    check.found = fmt::format("from the attention of heads {}, quality {:.2f}", heads, quality);
  } else if (!heads.empty()) {
    check.found =
        fmt::format("estimated: the attention of heads {} follows the text badly, quality {:.2f}",
                    heads, quality);
  } else {
    check.found = "estimated: no known attention of the language model follows the text";
  }
  return check;
}

bool is_own_address(const std::string& host) {
  return host == "localhost" || host == "::1" || host.starts_with("127.");
}

}  // namespace

Check bad(std::string name, const Error& error, const std::string& remedy) {
  Error told = error;
  told.remedy.clear();
  Check check{.name = std::move(name),
              .verdict = Verdict::kBad,
              .found = told.message(),
              .remedy = error.remedy.empty() ? remedy : error.remedy,
              .kind = error.kind};
  if (error.kind == ErrorKind::kNotFound && !remedy.empty() && check.remedy != remedy)
    check.remedy += " " + remedy;
  return check;
}

Check check_build(const hardware::Facts& facts) {
  std::string devices;
  for (const auto& device : facts.devices)
    devices += (devices.empty() ? "" : ", ") + device.name + " (" + device.description + ")";
  if (devices.empty()) {
    return bad("build", tensor::no_backend(), {});
  }
  for (const auto& module : facts.idle_modules)
    devices += fmt::format("; no device of {}: {}", module.name, module.reason);
  return {.name = "build",
          .found = "devices " + devices + "; " + audio::names_of_formats(),
          .remedy = facts.idle_modules.empty() ? "" : facts.idle_modules.front().remedy};
}

Check check_model(const config::Settings& settings) {
  auto check = look_at_model(settings);
  return check ? std::move(*check) : bad("model", check.error(), kNoModel);
}

Check check_further_model(const std::string& file) {
  auto check = look_at_model_file(file);
  return check ? std::move(*check)
               : bad("model", check.error(), "Set --more-models to GGUF files of language models.");
}

Check check_server(const config::Settings& settings, const std::string& url) {
  const remote::Probe found = remote::probe(url, settings.voice.remote);
  if (found.error)
    return bad("server", *found.error, "Start it, or set --lm-url to another server.");
  Check check{.name = "server",
              .found = fmt::format(
                  "{}: {}, model '{}', prompts as {}; {:.0f} tokens/s ({:.1f}× real time), the "
                  "first frame after {:.2f} s",
                  found.url, found.server, found.model, found.takes_ids ? "ids" : "text",
                  found.tokens_per_s, found.tokens_per_s / kTokensPerSecond, found.first_token_s)};
  if (found.num_tokens > prompt::kSlotsPerFrame && found.tokens_per_s < kTokensPerSecond) {
    check.verdict = Verdict::kWarning;
    check.remedy =
        "The server generates slower than real time. Use a GPU or a smaller model there.";
  }
  return check;
}

Check check_codec(const config::Settings& settings) {
  auto check = look_at_codec(settings);
  return check ? std::move(*check) : bad("codec", check.error(), kNoCodec);
}

Check check_memory(config::Settings& settings, const hardware::Facts& facts,
                   std::optional<library::Fitted>& fitted, std::vector<std::string>& plan) {
  const auto spread = library::Spread::kEveryDevice;
  auto found_fit = fit_to_machine(settings, facts, spread);
  if (!found_fit) return bad("memory", found_fit.error(), "");
  fitted = std::move(*found_fit);
  plan = told(*fitted, settings, facts, spread);
  std::string found;
  for (const std::string& line : plan) found += (found.empty() ? "" : "; ") + line;
  return {.name = "memory", .found = found};
}

Check check_address(const config::Settings& settings) {
  http::Live live(settings.server);
  const auto server = http::Server::start(live);
  if (!server) return bad("address", server.error(), "Choose another --host or --port.");
  return {.name = "address",
          .found = fmt::format("{}, port {} is free", settings.server.host, (*server)->port())};
}

Check check_folders(const config::Settings& settings) {
  for (const auto& folder : {settings.voice.data_folder, settings.server.outputs_folder}) {
    if (const auto written = write_into(folder); !written) {
      return bad("folders", written.error(),
                 "Make " + folder.string() +
                     " writable, or choose other folders with XDG_DATA_HOME and ORPHEUS_OUTPUTS.");
    }
  }
  return {.name = "folders",
          .found =
              settings.voice.data_folder.string() + ", " + settings.server.outputs_folder.string()};
}

Check check_keys(const config::Settings& settings) {
  if (!settings.server.keys.empty())
    return {.name = "keys",
            .found = fmt::format("{} keys for speech requests", settings.server.keys.size())};
  if (is_own_address(settings.server.host))
    return {.name = "keys", .found = "none needed: the server is reachable from this machine only"};
  return {.name = "keys",
          .verdict = Verdict::kWarning,
          .found = "no keys: anyone who can reach " + settings.server.host + " can use the server",
          .remedy = "Set ORPHEUS_SERVER_KEYS, unless this is intended."};
}

std::vector<Check> check_speech(const library::Fitted& fitted,
                                const lm::SamplingOptions& sampling) {
  constexpr const char* kRemedy = "Run 'orpheus say -v' for details.";
  const auto synthesiser = library::open_synthesiser(fitted);
  if (!synthesiser) return {bad("speech", synthesiser.error(), kRemedy)};
  auto spoken = speak(**synthesiser, sampling);
  if (!spoken) return {bad("speech", spoken.error(), kRemedy)};
  std::vector<Check> checks = {std::move(*spoken)};
  if (lm::LanguageModel* model = (*synthesiser)->language_model(); model != nullptr)
    checks.push_back(look_at_words(*model));
  return checks;
}

}  // namespace orpheus::cli
