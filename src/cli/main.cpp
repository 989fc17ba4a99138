// The program orpheus: reads the settings and the flags, runs one command, and turns its result
// into one line on stderr and an exit code.

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <exception>
#include <new>
#include <string>
#include <string_view>
#include <system_error>
#include <vector>

#include "base/atomic_file.h"
#include "base/log.h"
#include "base/mapped_file.h"
#include "base/processor.h"
#include "base/utf8.h"
#include "cli/command.h"
#include "cli/installed_models.h"
#include "cli/interrupt.h"
#include "cli/last_words.h"
#include "cli/steady_heap.h"
#include "cli/stop_signals.h"
#include "cli/usage.h"
#include "config/environment.h"
#include "config/layers.h"
#include "tensor/device.h"

namespace orpheus::cli {
namespace {

// Handles Ctrl-C, SIGTERM and a closed terminal: removes half-written files. Calls only functions
// that a signal handler may call.
extern "C" void clean_up_and_leave(int signal_number) {
  remove_unfinished_files();
  write_words_of_interrupt();
  std::_Exit(128 + signal_number);
}

int report(const Error& error) {
  if (log::format() == log::Format::kJson) {
    log::error("{}", error.message());
  } else {
    std::fprintf(stderr, "orpheus: %s\n", printable(error.message()).c_str());
  }
  return exit_code(error.kind);
}

constexpr const char* kFooter = R"(Examples:
  orpheus say "Hello there." -o hello.wav
  orpheus say -f chapter.txt --voice leo -o chapter.wav
  orpheus serve --port 5005

Exit codes: 0 done, 1 internal fault, 2 usage, 3 not found, 4 bad file,
5 unsupported, 6 input or output, 7 a limit, 8 unavailable, 9 timed out,
10 bad reply, 130 interrupted.)";

// Flushes output, which may fail on a full disk or a closed pipe.
Result<void> flush_output() {
  if (std::fflush(stdout) == 0 && std::ferror(stdout) == 0) return {};
  return fail({.kind = ErrorKind::kIo,
               .what = std::string("cannot write to standard output: ") + std::strerror(errno)});
}

void add_commands(CLI::App& program, config::Settings& settings, Chosen& chosen,
                  std::string& config_file) {
  program.formatter(help_layout());
  program.require_subcommand(1);
  program.option_defaults()->take_last();  // an alias may have set the flag before
  program.set_version_flag("--version", ORPHEUS_VERSION);
  program.fallthrough();
  program.add_flag_callback(
      "-v,--verbose",
      [&] {
        chosen.is_verbose = true;
        settings.log.level = log::Level::kDebug;
      },
      "Log details to stderr");
  program.add_option("--config", config_file, "Read settings from this TOML file [ORPHEUS_CONFIG]")
      ->type_name("FILE");
  add_say(program, settings, chosen);
  add_serve(program, settings, chosen);
  add_voices(program, settings, chosen);
  add_devices(program, chosen);
  add_doctor(program, settings, chosen);
  add_convert(program, chosen);
  add_quantize(program, chosen);
  add_pull(program, settings, chosen);
  add_models(program, settings, chosen);
  add_codec(program, settings, chosen);
  add_align(program, settings, chosen);
  add_tokenize(program, settings, chosen);
  add_normalize(program, settings, chosen);
  add_generate(program, settings, chosen);
  add_synth_voice(program, chosen);
  add_bench(program, settings, chosen);
  add_completions(program, chosen);
  add_manual(program, chosen);
  program.footer(kFooter);  // after the commands, which would take it over
}

// Settings from outside of the command line, with their sources.
struct Outside {
  config::Layers layers;
  config::Settings settings;
  std::vector<Error> wrong = {};  // errors of values that were left out
};

Outside read_outside(const std::string& config_file) {
  Outside outside;
  outside.layers = config::read_layers(config::process_environment(), config_file, outside.wrong);
  outside.settings = config::settings_from(outside.layers, outside.wrong);
  return outside;
}

// The file of settings is read before the flags, so a first parse only finds the file's name. The
// second parse reports errors of the flags.
std::string config_file_of(int argc, char** argv) {
  CLI::App program("", "orpheus");
  config::Settings settings;
  Chosen chosen;
  std::string config_file;
  add_commands(program, settings, chosen, config_file);
  try {
    program.parse(argc, argv);
  } catch (const CLI::ParseError&) {
    return config_file;
  }
  return config_file;
}

// Evaluates the same command line again, after files may have changed.
Result<config::Settings> settings_again(int argc, char** argv) {
  std::string config_file = config_file_of(argc, argv);
  Outside outside = read_outside(config_file);
  if (!outside.wrong.empty()) return fail(outside.wrong.front());
  if (outside.layers.refused_env_file) return fail(*outside.layers.refused_env_file);
  CLI::App program("", "orpheus");
  Chosen chosen;
  add_commands(program, outside.settings, chosen, config_file);
  try {
    program.parse(argc, argv);
  } catch (const CLI::ParseError& problem) {
    return fail(usage_error(program, problem));
  }
  ORPHEUS_CHECK(config::complete(outside.settings));
  ORPHEUS_CHECK(find_models(outside.settings));
  return outside.settings;
}

// Logs warnings and errors only, unless the command follows log_level or --verbose is given.
void start_log(const config::Settings& settings, const Chosen& chosen) {
  log::Options options{.level = log::Level::kWarning};
  if (chosen.logs_as_set || chosen.is_verbose) options = settings.log;
  log::start(options);
}

// Warns of unknown ORPHEUS_ variables (another program may use them) and of empty values, which are
// ignored.
void warn_of_variables(const config::Layers& layers) {
  for (const std::string& warning : config::told_of(layers, config::empty_names_of_process()))
    log::warn("{}", warning);
  if (!layers.env_file.names().empty())
    log::debug("reading settings from {}", layers.env_file_name);
  if (layers.refused_env_file) log::warn("{}", layers.refused_env_file->message());
  for (const std::string& name : config::own_names_of_process()) {
    if (config::is_known_variable(name)) continue;
    if (const auto meant = config::meant_variable(name); !meant.empty())
      log::warn("the environment variable {} is unknown and ignored; did you mean {}?", name,
                meant);
  }
}

// "-hello", which CLI11 reads as -h and more flags behind it; empty where there is none.
std::string word_read_as_help(int argc, char** argv) {
  for (int i = 1; i < argc && std::strcmp(argv[i], "--") != 0; ++i) {
    const std::string_view word = argv[i];
    if (word.starts_with("-h") && word.size() > 2) return std::string(word);
  }
  return {};
}

int run(int argc, char** argv) {
  log::start({.level = log::Level::kWarning});
  std::string config_file = config_file_of(argc, argv);
  Outside outside = read_outside(config_file);
  config::Settings& settings = outside.settings;

  CLI::App program("Text to speech with the Orpheus voices: text in, 24 kHz speech out.",
                   "orpheus");
  Chosen chosen;
  chosen.settings_again = [=] { return settings_again(argc, argv); };
  chosen.layers = outside.layers;
  add_commands(program, settings, chosen, config_file);

  try {
    program.parse(argc, argv);
  } catch (const CLI::ParseError& problem) {
    if (problem.get_exit_code() != 0 || lacks_known_command(program))
      return report(usage_error(program, problem));
    if (const std::string word = word_read_as_help(argc, argv); !word.empty())
      return report(unknown_flag(program, word));
    program.exit(problem);  // prints the help or the version
    const auto printed = flush_output();
    return printed ? 0 : report(printed.error());
  }
  start_log(settings, chosen);
  // Checked only now, so that a bad variable does not prevent the help.
  std::vector<Error>& wrong = outside.wrong;
  auto done = config::complete(settings);
  const auto is_told = [&](const Error& told) { return told.message() == done.error().message(); };
  if (!done && std::none_of(wrong.begin(), wrong.end(), is_told)) wrong.push_back(done.error());
  if (chosen.uses_data_folder) {
    if (auto claimed = config::claim_data_folder(settings); !claimed)
      wrong.push_back(std::move(claimed).error());
  }
  if (!wrong.empty() && !chosen.tells_wrong_settings) return report(wrong.front());
  chosen.wrong_settings = wrong;
  warn_of_variables(outside.layers);
  tensor::tell_cuda(settings.voice.device);
  done = chosen.finds_models ? find_models(settings) : Result<void>();
  if (done) done = chosen.action();
  if (done) done = flush_output();
  return done ? 0 : report(done.error());
}

// Our code throws nothing, but memory may run out anywhere. The exception is caught here, so the
// stack unwinds and unfinished files are removed.
int run_and_catch(int argc, char** argv) {
  try {
    return run(argc, argv);
  } catch (const std::bad_alloc&) {
    return report({.kind = ErrorKind::kLimit,
                   .what = "out of memory",
                   .remedy = "Use a smaller model, or close other programs."});
  } catch (const std::system_error& thrown) {
    return report(
        {.kind = ErrorKind::kLimit,
         .what = std::string("the system refused to start a thread or to open a file: ") +
                 thrown.what(),
         .remedy = "Raise its limits (ulimit -u, ulimit -n, the container's pids limit)."});
  } catch (const std::exception& thrown) {
    return report(
        {.what = std::string("internal error: ") + thrown.what(), .remedy = "Please report this."});
  }
}

}  // namespace
}  // namespace orpheus::cli

int main(int argc, char** argv) {
  if (const std::string why = orpheus::unsuited_processor(); !why.empty())
    return orpheus::cli::report({.kind = orpheus::ErrorKind::kUnsupported, .what = why});
  orpheus::cli::keep_heap_steady();
  orpheus::cli::have_last_words();
  orpheus::survive_lost_bytes();
  orpheus::cli::call_before_an_end(orpheus::cli::clean_up_and_leave);
  return orpheus::cli::run_and_catch(argc, argv);
}
