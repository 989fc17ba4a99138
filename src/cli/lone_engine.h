#pragma once
// The local language model with one sequence, for commands that speak no text of a user: they
// generate or align tokens. For the main thread.

#include <filesystem>
#include <memory>

#include "base/result.h"
#include "config/settings.h"
#include "lm/language_model.h"

namespace orpheus::cli {

// Loads the file on the settings' devices. Errors: those of DeviceChain::open, Model::load and
// Engine::start.
Result<std::unique_ptr<lm::LanguageModel>> open_lone_engine(const std::filesystem::path& model,
                                                            const config::Settings& settings);

}  // namespace orpheus::cli
