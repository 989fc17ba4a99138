#pragma once
// The settings made to fit the machine, and the result in words. For the main thread.

#include <string>
#include <vector>

#include "base/result.h"
#include "config/settings.h"
#include "hardware/facts.h"
#include "library/fitted.h"

namespace orpheus::cli {

// What somebody set: in the environment, in a file or by a flag. What a machine suggested is not.
library::Choices choices_of(const config::Settings& settings);

// Fits the voice to the machine, and writes what the machine's class suggested into those settings
// that nobody has set. A language model elsewhere suggests nothing. Errors: those of
// library::fit_to_machine.
Result<library::Fitted> fit_to_machine(config::Settings& settings, const hardware::Facts& facts,
                                       library::Spread spread);

// One line each: the memory plan, then how many speeches run and wait, and their threads.
// settings: after fit_to_machine.
std::vector<std::string> told(const library::Fitted& fitted, const config::Settings& settings,
                              const hardware::Facts& facts, library::Spread spread);

}  // namespace orpheus::cli
