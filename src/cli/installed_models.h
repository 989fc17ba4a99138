#pragma once
// Installed models by their names: what --model and --codec mean, and what is spoken with where
// nobody says. For the main thread.

#include "base/result.h"
#include "config/settings.h"
#include "models/store.h"

namespace orpheus::cli {

models::Store store_of(const config::Settings& settings);

// A model or codec that is no file but the name of an installed one becomes its path. Where no
// model is given, the chosen voice is taken; beside any model, the installed codec where none is
// given. Errors: kNotFound (a name of the catalogue that is not installed, a chosen voice that is
// gone: the first of them; the others are found nevertheless).
Result<void> find_models(config::Settings& settings);

}  // namespace orpheus::cli
