#include "cli/installed_models.h"

#include <string>
#include <utility>

#include "library/built_in_voice.h"

namespace orpheus::cli {
namespace {

Result<void> find(const models::Store& store, std::filesystem::path& model) {
  std::error_code none;
  if (model.empty() || std::filesystem::exists(model, none)) return {};
  const std::string name = model.string();
  if (const auto installed = store.find(name)) {
    model = *installed;
    return {};
  }
  const bool is_path = name.find('/') != name.npos || !models::find_entry(name);
  if (is_path) return {};  // opening it will report that it does not exist
  return fail({.kind = ErrorKind::kNotFound,
               .what = "'" + name + "' is not installed",
               .remedy = "Run 'orpheus pull " + name + "' to download it."});
}

// A file and an installed model of the name come first.
bool names_small_voice(const models::Store& store, const std::filesystem::path& model) {
  std::error_code none;
  return model == kSmallVoice && !std::filesystem::exists(model, none) && !store.find(kSmallVoice);
}

// Replaces the name of the small voice by its model, and a codec that is not chosen by its codec.
void take_small_voice(std::filesystem::path& model, std::filesystem::path& codec) {
  const auto small = library::small_voice(library::places_of_installed_voices());
  if (!small) return;  // opening it will report that it does not exist
  model = small->model;
  if (codec.empty()) codec = small->codec;
}

Result<void> take_chosen(const models::Store& store, std::filesystem::path& model) {
  const auto name = store.chosen();
  if (!name) return {};
  if (const auto installed = store.find(*name)) {
    model = *installed;
    return {};
  }
  model = store.folder() / (*name + ".gguf");  // it does not exist
  return fail(
      {.kind = ErrorKind::kNotFound,
       .what = "the chosen voice '" + *name + "' is no longer in " + store.folder().string(),
       .remedy =
           "Run 'orpheus pull' to download it or 'orpheus models use NAME' to choose another, "
           "or set --model to a file."});
}

}  // namespace

models::Store store_of(const config::Settings& settings) {
  return models::Store(settings.voice.data_folder / "models");
}

Result<void> find_models(config::Settings& settings) {
  const models::Store store = store_of(settings);
  std::filesystem::path& model = settings.voice.model;
  std::filesystem::path& codec = settings.voice.codec;
  Result<void> first;
  const auto keep = [&](Result<void> found) {
    if (first) first = std::move(found);
  };
  if (names_small_voice(store, model)) take_small_voice(model, codec);
  keep(find(store, model));
  keep(find(store, codec));
  for (std::string& other : settings.voice.more_models) {
    std::filesystem::path found = other;
    keep(find(store, found));
    other = found.string();
  }
  const bool elsewhere = !settings.voice.remote.urls.empty();
  if (model.empty() && !elsewhere) keep(take_chosen(store, model));
  if ((!model.empty() || elsewhere) && codec.empty()) {
    if (const auto installed = store.find(models::kCodecName)) codec = *installed;
  }
  return first;
}

}  // namespace orpheus::cli
