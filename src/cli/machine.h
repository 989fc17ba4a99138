#pragma once
// Fits the settings to the machine, and describes the result. For the main thread.

#include <string>
#include <vector>

#include "base/result.h"
#include "config/settings.h"
#include "hardware/facts.h"
#include "library/fitted.h"

namespace orpheus::cli {

// The values that the user set (environment, file or flag), without the machine's suggestions.
library::Choices choices_of(const config::Settings& settings);

// Fits the voice to the machine, and writes the tier's suggestions into settings that the user did
// not set. With a remote language model there are no suggestions. Errors: those of
// library::fit_to_machine.
Result<library::Fitted> fit_to_machine(config::Settings& settings, const hardware::Facts& facts,
                                       library::Spread spread);

// Lines of text: the memory plan, then the numbers of speeches in progress and waiting, and their
// threads. settings: after fit_to_machine.
std::vector<std::string> told(const library::Fitted& fitted, const config::Settings& settings,
                              const hardware::Facts& facts, library::Spread spread);

}  // namespace orpheus::cli
