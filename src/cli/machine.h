#pragma once
// The settings made to fit the machine: what the user left open gets what the hardware's class
// suggests, and the memory is planned before anything is loaded. For the main thread.

#include <string>
#include <vector>

#include "base/result.h"
#include "config/settings.h"
#include "hardware/facts.h"
#include "library/options.h"
#include "plan/memory_plan.h"
#include "plan/profile.h"

namespace orpheus::cli {

// A server gives every GPU a replica; for one text the first is enough.
enum class Spread { kFirstDevice, kEveryDevice };

struct Fitted {
  plan::Profile profile;
  plan::MemoryPlan plan;
};

// Of a language model elsewhere: nothing, and an empty plan.
// Reads the headers of the voice's files (the built-in voice is made where none is named). Errors:
// those of library::voice_files, of GgufFile::open and plan::needs_of, of plan_memory.
Result<Fitted> fit_to_machine(config::Settings& settings, const hardware::Facts& facts,
                              Spread spread);

// What will be, a line each: the memory plan, then what speaks at once, what waits, and on which
// threads. settings: as they were fitted.
std::vector<std::string> told(const Fitted& fitted, const config::Settings& settings,
                              const hardware::Facts& facts, Spread spread);

}  // namespace orpheus::cli
