// orpheus serve: the HTTP server, until it is told to stop.

#include <csignal>
#include <cstdio>

#include <pthread.h>

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

// Blocks the signals that stop the server in every thread made from here on, so that one can wait
// for them.
sigset_t block_stop_signals() {
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGINT);
  sigaddset(&signals, SIGTERM);
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);
  return signals;
}

Result<void> serve(config::Settings& settings) {
  const sigset_t stop_signals = block_stop_signals();
  settings.voice.speech.max_text_code_points = settings.server.max_input_code_points;
  settings.server.sampling = settings.sampling;
  settings.server.max_tokens = settings.max_tokens;
  ORPHEUS_TRY(const auto synthesiser, library::open_synthesiser(settings.voice));
  ORPHEUS_TRY(const auto server, http::Server::start(settings.server, *synthesiser));
  std::fprintf(stderr, "orpheus: serving %s at http://%s:%d\n", synthesiser->model_name().c_str(),
               settings.server.host.c_str(), static_cast<int>(server->port()));
  int received = 0;
  sigwait(&stop_signals, &received);
  std::fprintf(stderr, "orpheus: stopping; speeches in progress may end (again to stop at once)\n");
  pthread_sigmask(SIG_UNBLOCK, &stop_signals, nullptr);
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
  add_sampling_flags(*command, settings);
  add_max_tokens_flag(*command, settings);
  command->callback([&] { chosen.action = [&settings] { return serve(settings); }; });
}

}  // namespace orpheus::cli
