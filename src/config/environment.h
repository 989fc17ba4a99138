#pragma once
// The process's environment: the only place that reads it. For the main thread, before others
// start.

#include <functional>
#include <optional>
#include <string>

#include "base/result.h"
#include "config/settings.h"

namespace orpheus::config {

// The value of a variable, if it is set.
using Environment = std::function<std::optional<std::string>(const char* name)>;

Environment process_environment();

// Defaults, with what these variables say:
//   ORPHEUS_MODEL, ORPHEUS_CODEC          paths of the language model and the codec
//   ORPHEUS_DEVICE, ORPHEUS_THREADS       where to compute
//   ORPHEUS_HOST, ORPHEUS_PORT            where to listen
//   ORPHEUS_MAX_TOKENS                    of one piece of text
//   ORPHEUS_TEMPERATURE, ORPHEUS_TOP_P    sampling
//   XDG_DATA_HOME, HOME, TMPDIR           where data is kept: …/orpheus, by the first that is set
// A variable that is set and empty counts as not set. Errors: kUsage, naming the variable.
Result<Settings> settings_from(const Environment& environment);

}  // namespace orpheus::config
