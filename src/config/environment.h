#pragma once
// The process's environment: the only place that reads it. For the main thread, before others
// start.

#include <filesystem>
#include <functional>
#include <optional>
#include <string>

#include "base/result.h"
#include "config/env_file.h"
#include "config/settings.h"

namespace orpheus::config {

// The value of a variable, if it is set.
using Environment = std::function<std::optional<std::string>(const char* name)>;

Environment process_environment();

// What the first has, and of the rest what the second has.
Environment layered(Environment first, Environment second);
Environment environment_of(EnvFile file);

// ORPHEUS_ENV_FILE, or .env in the folder that the program was started in.
std::filesystem::path env_file_path(const Environment& environment);

// The process's own variables, and below them those of the .env file. Errors: those of
// EnvFile::read.
Result<Environment> complete_environment();

// Defaults, with what these variables say:
//   ORPHEUS_MODEL, ORPHEUS_CODEC          paths of the language model and the codec
//   ORPHEUS_API_URL                       servers that make the tokens, with commas: the language
//                                         model is elsewhere
//   ORPHEUS_API_KEY, ORPHEUS_API_TIMEOUT  what those servers want to see; seconds without a token
//   ORPHEUS_DEVICE, ORPHEUS_THREADS       where to compute
//   ORPHEUS_HOST, ORPHEUS_PORT            where to listen
//   ORPHEUS_SERVER_KEYS, ORPHEUS_ADMIN_KEYS   API keys, with commas between them; with _FILE behind
//                                         the name, a file of them, one a line
//   ORPHEUS_METRICS_KEY                   1: /metrics needs a key too
//   ORPHEUS_CORS_ORIGINS                  whose pages may call, with commas
//   ORPHEUS_MAX_SPEECHES, ORPHEUS_MAX_WAITING, ORPHEUS_MAX_CONNECTIONS, ORPHEUS_MAX_INPUT  limits
//   ORPHEUS_SAMPLE_RATE, ORPHEUS_MODEL_NAME   of what is sent; how the model is called
//   ORPHEUS_VOICES, ORPHEUS_UNKNOWN_VOICE     more names; refuse, accept or first
//   ORPHEUS_OUTPUTS                       the folder of POST /speak
//   ORPHEUS_LOG_TEXT                      1: the log holds what is spoken
//   ORPHEUS_MAX_TOKENS                    of one piece of text
//   ORPHEUS_TEMPERATURE, ORPHEUS_TOP_P    sampling
//   XDG_DATA_HOME, HOME, TMPDIR           where data is kept: …/orpheus, by the first that is set
// A variable that is set and empty counts as not set. Errors: kUsage, naming the variable.
Result<Settings> settings_from(const Environment& environment);

}  // namespace orpheus::config
