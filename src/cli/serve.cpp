// orpheus serve: the servers of HTTP and Wyoming, until they are told to stop.

#include <atomic>
#include <chrono>
#include <cstdlib>
#include <exception>
#include <filesystem>
#include <functional>
#include <future>
#include <limits>
#include <memory>
#include <mutex>
#include <string>
#include <system_error>
#include <utility>
#include <vector>

#include <spdlog/fmt/fmt.h>

#include "base/atomic_file.h"
#include "base/file_version.h"
#include "base/left_behind.h"
#include "base/log.h"
#include "base/terminal.h"
#include "cli/command.h"
#include "cli/machine.h"
#include "cli/progress.h"
#include "cli/stop_signals.h"
#include "config/kept_settings.h"
#include "config/open_server.h"
#include "config/user_token.h"
#include "http/live.h"
#include "http/server/server.h"
#include "library/synthesiser.h"
#include "wyoming/server.h"

namespace orpheus::cli {
namespace {

using namespace std::chrono_literals;

constexpr const char* kExamples = R"(Examples:
  orpheus serve --model orpheus.gguf --codec snac.gguf
  curl localhost:5005/v1/audio/speech -d '{"input": "Hello."}' -o hello.mp3)";

// The host in a URL's form.
std::string host_of_url(const std::string& host) {
  return host.find(':') == std::string::npos ? host : "[" + host + "]";
}

// The server's options, with values that commands share.
http::Options server_options(const config::Settings& settings) {
  http::Options options = settings.server;
  options.sampling = settings.sampling;
  options.max_tokens = settings.max_tokens;
  return options;
}

// The server's options with the user's token; creates the token's file if there is none.
http::Options options_for_the_user(const config::Settings& settings) {
  http::Options options = server_options(settings);
  options.user_token = config::user_token(settings.voice.data_folder).value_or("");
  return options;
}

// How this machine's user gets at the settings. The token is shown where that user sits, and not in
// the log of a service.
void tell_of_user_token(const config::Settings& settings, const std::string& address) {
  if (!settings.server.admin_keys.empty()) return;
  const auto token = config::user_token(settings.voice.data_folder);
  if (!token) {
    log::warn(
        "settings cannot be changed over HTTP: no admin key is set (ORPHEUS_ADMIN_KEYS) and there "
        "is no user token: {}",
        token.error().message());
  } else if (is_terminal(Standard::kError)) {
    log::info("web page with access to the settings: {}/#token={}", address, *token);
  }
}

bool is_f32(const tensor::DeviceOptions& options) {
  return options.matrix_precision == tensor::MatrixPrecision::kF32;
}

// The settings' voice, fitted to the machine. The server alone says how many speeches wait, and a
// reload may change it.
Result<library::Fitted> fit(config::Settings& settings, const hardware::Facts& facts) {
  settings.voice.speech.max_text_code_points = settings.server.max_input_code_points;
  ORPHEUS_TRY(auto fitted, fit_to_machine(settings, facts, library::Spread::kEveryDevice));
  fitted.options.engine.max_waiting = std::numeric_limits<int>::max();
  return fitted;
}

using Voice = std::shared_ptr<speech::Synthesiser>;

Result<Voice> open_voice(const library::Fitted& fitted) {
  ORPHEUS_TRY(auto synthesiser, library::open_synthesiser(fitted, LoadingLine()));
  return Voice(std::move(synthesiser));
}

// For loading beside the current voice: planned from the memory that is free now, with fewer or
// shorter sequences. If that is not enough, as fitted.
Result<Voice> open_beside_the_current(const library::Fitted& fitted,
                                      const config::Settings& settings) {
  auto beside = library::fit_to_machine(fitted.options, choices_of(settings),
                                        hardware::find_facts(), library::Spread::kEveryDevice);
  if (beside) beside->options.engine.max_waiting = fitted.options.engine.max_waiting;
  return open_voice(beside ? *beside : fitted);
}

// Settings that the server reads only at its start.
constexpr std::array kOfTheStart = {"host",    "port",       "wyoming_port", "max_connections",
                                    "outputs", "log_format", "graph_replay"};

// The names of these settings that have changed since the start: "port, outputs".
std::string waiting_for_restart(const config::Settings& before, const config::Settings& now) {
  std::string names;
  for (const char* name : kOfTheStart) {
    const config::Setting& setting = *config::find_setting(name);
    if (setting.read(before) != setting.read(now))
      names += std::string(names.empty() ? "" : ", ") + name;
  }
  if (is_f32(before.voice.device) != is_f32(now.voice.device))
    names += std::string(names.empty() ? "" : ", ") + "matrix_precision";
  return names;
}

// The files that the settings come from.
void tell_of_files(const config::Layers& layers) {
  std::error_code error;
  if (!layers.env_file.names().empty())
    log::info("reading settings from {}",
              std::filesystem::absolute(layers.env_file_name, error).string());
  if (!layers.config_file.name().empty())
    log::info("reading settings from {}", layers.config_file.name());
}

void tell_if_open(const config::Settings& settings) {
  if (const auto warning = config::warning_of_open_server(settings.server))
    log::warn("{}", *warning);
  if (const auto warning = config::warning_of_open_wyoming(settings.server.host, settings.wyoming))
    log::warn("{}", *warning);
}

// Identifies the voice's files (not only their names): another file under the same name is another
// voice.
std::string state_of_files(const library::Fitted& fitted) {
  std::vector<std::filesystem::path> paths = {fitted.files.model, fitted.files.codec};
  for (const std::string& more : fitted.options.more_models) paths.emplace_back(more);
  std::string state;
  for (const auto& path : paths) {
    if (const auto version = version_of_file(path))
      state += fmt::format("{}:{} ", path.string(), *version);
  }
  return state;
}

// Applies changed settings while the server runs. One reload at a time.
class Reloader {
 public:
  Reloader(http::Live& live, const config::Settings& settings, const library::Fitted& voice,
           const hardware::Facts& facts, std::function<Result<config::Settings>()> settings_again)
      : live_(live),
        at_start_(settings),
        settings_(settings),
        voice_(voice.options),
        files_(state_of_files(voice)),
        facts_(facts),
        settings_again_(std::move(settings_again)) {}

  // Also reloads this server's certificate. Call before the voice loads; the server must outlive
  // every reload.
  void renews_certificate_of(http::Server& server) { server_ = &server; }

  // Exceptions (no memory, no thread) fail the reload, not the server.
  Result<std::string> reload() {
    try {
      return reload_or_throw();
    } catch (const std::exception& thrown) {
      return fail({.kind = ErrorKind::kLimit,
                   .what = std::string("the voice could not be loaded: ") + thrown.what()});
    }
  }

  // Whether a thread still loads a voice that is no longer needed.
  bool left_something_behind() const { return left_behind_; }

  config::Settings in_use() const {
    const std::lock_guard lock(settings_mutex_);
    return settings_;
  }

 private:
  Result<std::string> reload_or_throw() {
    const std::unique_lock lock(mutex_, std::try_to_lock);
    Voice voice = live_.now().synthesiser;
    if (live_.draining()) return fail(stopping());
    if (!lock || !voice) {
      return fail(
          {.kind = ErrorKind::kUnavailable, .what = "a reload of the settings is already running"});
    }
    ORPHEUS_TRY(config::Settings next, settings_again_());
    // Compares with the facts from the start, in which the current voice's memory counts as free.
    ORPHEUS_TRY(library::Fitted fitted, fit(next, facts_));
    ORPHEUS_CHECK(http::check_options(server_options(next)));
    std::string said = "The settings were reloaded.";
    // A reload cannot change this.
    fitted.options.device.replays_graphs = voice_.device.replays_graphs;
    const std::string files = state_of_files(fitted);
    if (fitted.options != voice_ || files != files_) {
      auto opened = result_unless<Result<Voice>>(
          [this] { return live_.draining(); },
          [fitted, next] { return open_beside_the_current(fitted, next); });
      left_behind_ = !opened;
      if (!opened) return fail(stopping());
      ORPHEUS_TRY(voice, std::move(*opened));
      said += " The voice was reloaded.";
    }
    if (server_ != nullptr) ORPHEUS_CHECK(server_->renew_certificate(next.server));
    if (!next.server.tls_certificate.empty())
      said += " New connections use the reloaded certificate.";
    if (const std::string names = waiting_for_restart(at_start_, next); !names.empty())
      said += " These settings need a restart of the program: " + names + ".";
    log::set_level(next.log.level);
    live_.replace(options_for_the_user(next), std::move(voice));
    voice_ = fitted.options;
    files_ = files;
    tell_if_open(next);
    const std::lock_guard changing(settings_mutex_);
    settings_ = next;
    return said;
  }

  static Error stopping() {
    return {.kind = ErrorKind::kUnavailable, .what = "the server is stopping"};
  }

  http::Live& live_;
  std::atomic<bool> left_behind_{false};
  std::mutex mutex_;  // of one reload
  mutable std::mutex settings_mutex_;
  const config::Settings at_start_;
  config::Settings settings_;  // in use; only the reload changes them
  library::Options voice_;     // likewise; fitted to the machine
  std::string files_;          // likewise
  http::Server* server_ = nullptr;
  const hardware::Facts facts_;
  const std::function<Result<config::Settings>()> settings_again_;
};

Result<void> serve(config::Settings& settings, const Chosen& chosen) {
  // The file may have the keys; without it the server would be open to everybody.
  if (chosen.layers.refused_env_file) return fail(*chosen.layers.refused_env_file);
  tell_of_files(chosen.layers);
  const hardware::Facts facts = hardware::find_facts();
  ORPHEUS_TRY(const library::Fitted fitted, fit(settings, facts));
  http::Live live(server_options(settings));
  Reloader reloader(live, settings, fitted, facts, chosen.settings_again);
  config::KeptSettings kept(chosen.layers.process, chosen.layers.env_file_name,
                            chosen.layers.config_file, [&reloader] { return reloader.in_use(); });
  ORPHEUS_TRY(const auto server,
              http::Server::start(
                  live, {.settings = &kept, .reload = [&reloader] { return reloader.reload(); }}));
  std::unique_ptr<wyoming::Server> wyoming;
  if (const auto port = settings.wyoming.port) {
    ORPHEUS_TRY(wyoming, wyoming::Server::start(settings.server.host, *port, server->context(),
                                                server->speech_workers()));
  }
  reloader.renews_certificate_of(*server);
  live.replace(options_for_the_user(settings),
               nullptr);  // if the server cannot listen, no token file is made
  for (const std::string& line : told(fitted, settings, facts, library::Spread::kEveryDevice))
    log::info("{}", line);
  // While the voice is loading, the server answers 503, and Ctrl-C ends the program at once.
  ORPHEUS_TRY(auto voice, open_voice(fitted));
  ORPHEUS_TRY(const StopSignals stop_signals, StopSignals::take());
  const std::string name = voice->model_name();
  live.replace(options_for_the_user(settings),
               std::move(voice));  // moved, so that a reload can free the old voice
  tell_if_open(settings);
  const char* scheme = settings.server.tls_certificate.empty() ? "http" : "https";
  const std::string address =
      fmt::format("{}://{}:{}", scheme, host_of_url(settings.server.host), server->port());
  log::info("serving {} at {}", name, address);
  if (wyoming) {
    log::info("serving Wyoming clients at tcp://{}:{}", host_of_url(settings.server.host),
              wyoming->port());
  }
  tell_of_user_token(settings, address);
  const auto reload = [&reloader] {
    const auto done = reloader.reload();
    if (done) {
      log::info("{}", *done);
    } else {
      log::error("the settings could not be reloaded: {}", done.error().message());
    }
  };
  std::future<void>
      reloading;  // on its own thread, so that a long reload does not delay the server's end
  stop_signals.wait([&] {
    if (reloading.valid() && reloading.wait_for(0s) != std::future_status::ready) {
      log::warn("a reload of the settings is already running");
    } else {
      try {
        reloading = std::async(std::launch::async, reload);
      } catch (const std::system_error& error) {
        log::error("the settings cannot be reloaded: no thread can be started: {}", error.what());
      }
    }
  });
  live.drain();  // before the line below, so that later requests are refused
  log::info("stopping after the requests in progress; repeat the signal to stop at once");
  if (wyoming) wyoming->drain();  // while the other server waits for its requests
  server->stop();
  if (wyoming) wyoming->stop();
  if (reloader.left_something_behind()) {  // its thread uses what the normal end would free
    remove_unfinished_files();
    std::_Exit(0);
  }
  return {};
}

}  // namespace

void add_serve(CLI::App& program, config::Settings& settings, Chosen& chosen) {
  CLI::App* command =
      program.add_subcommand("serve", "Run a server with OpenAI's speech API and a web page");
  command->footer(kExamples);
  add_group_flags(*command, settings, config::Group::kServer);
  add_group_flags(*command, settings, config::Group::kVoice);
  add_group_flags(*command, settings, config::Group::kSampling);
  command->callback([&] {
    chosen.logs_as_set = true;
    chosen.action = [&] { return serve(settings, chosen); };
  });
}

}  // namespace orpheus::cli
