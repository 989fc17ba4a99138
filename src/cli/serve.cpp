// orpheus serve: the HTTP server, until it is told to stop.

#include <array>
#include <cerrno>
#include <csignal>
#include <cstdio>
#include <string>
#include <utility>

#include <unistd.h>

#include "base/log.h"
#include "cli/checks.h"
#include "cli/command.h"
#include "http/server/server.h"
#include "library/local_synthesiser.h"

namespace orpheus::cli {
namespace {

constexpr const char* kExamples = R"(Examples:
  orpheus serve --model orpheus.gguf --codec snac.gguf
  curl http://127.0.0.1:5005/v1/audio/speech -d '{"input": "Hello there."}' -o hello.wav)";

// A signal's handler reaches nothing but what is global.
int stop_asked = -1;
extern "C" void ask_to_stop(int) {
  const int kept = errno;
  if (::write(stop_asked, "!", 1) < 0) errno = kept;
}

// The signals that end a program are caught from here on; wait_for_one() gives them back.
struct StopSignals {
  int read_end = -1;
  std::array<std::pair<int, void (*)(int)>, 3> before = {
      {{SIGINT, SIG_DFL}, {SIGTERM, SIG_DFL}, {SIGHUP, SIG_DFL}}};
};

Result<StopSignals> catch_stop_signals() {
  std::array<int, 2> ends{};
  if (::pipe(ends.data()) != 0)
    return fail({.kind = ErrorKind::kLimit, .what = "no more files can be opened"});
  stop_asked = ends[1];
  StopSignals signals{.read_end = ends[0]};
  for (auto& [number, handler] : signals.before) {
    handler = std::signal(number, ask_to_stop);
    if (handler == SIG_IGN) std::signal(number, SIG_IGN);
  }
  return signals;
}

// The next signal ends the program again. The pipe stays: a handler may be writing to it yet.
void wait_for_one(const StopSignals& signals) {
  char byte = 0;
  while (::read(signals.read_end, &byte, 1) < 0 && errno == EINTR) continue;
  for (const auto& [number, handler] : signals.before) std::signal(number, handler);
}

// As a URL has it.
std::string host_of_url(const std::string& host) {
  return host.find(':') == std::string::npos ? host : "[" + host + "]";
}

Result<void> serve(config::Settings& settings) {
  settings.voice.speech.max_text_code_points = settings.server.max_input_code_points;
  settings.server.sampling = settings.sampling;
  settings.server.max_tokens = settings.max_tokens;
  ORPHEUS_TRY(const auto synthesiser, library::open_synthesiser(settings.voice));
  ORPHEUS_TRY(const auto server, http::Server::start(settings.server, *synthesiser));
  ORPHEUS_TRY(const StopSignals stop_signals, catch_stop_signals());
  std::fprintf(stderr, "orpheus: serving %s at http://%s:%d\n", synthesiser->model_name().c_str(),
               host_of_url(settings.server.host).c_str(), static_cast<int>(server->port()));
  wait_for_one(stop_signals);
  std::fprintf(stderr, "orpheus: stopping; speeches in progress may end (again to stop at once)\n");
  server->stop();
  return {};
}

}  // namespace

void add_serve(CLI::App& program, config::Settings& settings, Chosen& chosen) {
  CLI::App* command = program.add_subcommand("serve", "Serve OpenAI's speech API");
  command->footer(kExamples);
  command->add_option("--host", settings.server.host, "Address to listen at [ORPHEUS_HOST]")
      ->type_name("ADDRESS")
      ->capture_default_str();
  command
      ->add_option("--port", settings.server.port,
                   "Port to listen at; 0 takes a free one [ORPHEUS_PORT]")
      ->transform(whole_number(0, 65535))
      ->type_name("N")
      ->capture_default_str();
  add_model_flag(*command, settings);
  add_codec_flag(*command, settings);
  add_device_flags(*command, settings);
  add_engine_flags(*command, settings);
  add_sampling_flags(*command, settings);
  add_max_tokens_flag(*command, settings);
  command->callback([&] { chosen.action = [&settings] { return serve(settings); }; });
}

}  // namespace orpheus::cli
