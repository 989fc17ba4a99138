// orpheus models: lists models to pull and installed ones, checks their files, and chooses the
// default.

#include <algorithm>
#include <array>
#include <cstdio>
#include <memory>
#include <string>
#include <tuple>
#include <vector>

#include <spdlog/fmt/fmt.h>

#include "base/terminal.h"
#include "cli/command.h"
#include "cli/installed_models.h"
#include "cli/progress.h"
#include "library/built_in_voice.h"
#include "models/catalogue.h"
#include "models/store.h"

namespace orpheus::cli {
namespace {

using models::Entry;
using models::State;
using models::Store;

std::string_view name_of(State state) {
  switch (state) {
    case State::kMissing: return "-";
    case State::kIntact: return "intact";
    case State::kDamaged: return "damaged";
    case State::kUnchecked: return "installed";
    case State::kUnknown: return "no hash recorded";
  }
  return "";
}

Result<State> state_of(const Store& store, const Entry& entry, bool check) {
  if (!store.has(entry)) return State::kMissing;
  if (!check) return State::kUnchecked;
  Progress progress;
  return store.check(store.path_of(entry), [&](uint64_t done) {
    progress.show(fmt::format("{}: {} MB checked", entry.name, done / 1'000'000));
  });
}

std::string in_words(uint64_t bytes) {
  if (bytes < 10'000'000) return fmt::format("{:.1f} MB", static_cast<double>(bytes) / 1e6);
  if (bytes < 1'000'000'000) return fmt::format("{} MB", bytes / 1'000'000);
  return fmt::format("{:.1f} GB", static_cast<double>(bytes) / 1e9);
}

std::string size_of(const Store& store, const Entry& entry) {
  std::error_code missing;
  const uint64_t installed = std::filesystem::file_size(store.path_of(entry), missing);
  return in_words(missing ? entry.about_bytes : installed);
}

using Row = std::array<std::string, 5>;  // a mark at the chosen one, name, language, size, state

// Columns on a terminal; for programs, fields with tabs between them.
void print(const std::vector<Row>& rows) {
  const bool for_people = is_terminal(Standard::kOutput);
  std::array<size_t, std::tuple_size_v<Row>> widths{};
  for (const Row& row : rows) {
    for (size_t i = 0; i < row.size(); ++i) widths[i] = std::max(widths[i], row[i].size());
  }
  for (const Row& row : rows) {
    std::string line;
    for (size_t i = 0; i < row.size(); ++i) {
      if (i > 0) line += for_people ? "  " : "\t";
      line += row[i];
      if (for_people && i + 1 < row.size()) line.append(widths[i] - row[i].size(), ' ');
    }
    std::fputs((line + "\n").c_str(), stdout);
  }
}

Result<void> list(const config::Settings& settings, bool check) {
  const Store store = store_of(settings);
  const auto all = models::catalogue();
  std::vector<Entry> entries(all.begin(), all.end());
  for (Entry& other : store.others()) entries.push_back(std::move(other));
  const std::string chosen = store.chosen().value_or("");
  std::vector<Row> rows;
  if (const auto small = library::small_voice(library::places_of_installed_voices())) {
    std::error_code none;
    const uint64_t bytes = std::filesystem::file_size(small->model, none) +
                           std::filesystem::file_size(small->codec, none);
    rows.push_back({chosen.empty() ? "*" : "", kSmallVoice, "English", in_words(bytes),
                    "comes with the program"});
  }
  std::string damaged;
  for (const Entry& entry : entries) {
    ORPHEUS_TRY(const State state, state_of(store, entry, check));
    if (state == State::kDamaged) damaged = store.path_of(entry).string();
    rows.push_back({entry.name == chosen ? "*" : "", entry.name, entry.language,
                    size_of(store, entry), std::string(name_of(state))});
  }
  print(rows);
  if (damaged.empty()) return {};
  return fail(
      {.kind = ErrorKind::kBadFile,
       .what = damaged + ": the file is damaged (its hash differs from the downloaded file's)",
       .remedy = "Run 'orpheus pull' again: it replaces the damaged file."});
}

Result<void> use(const config::Settings& settings, const std::string& name) {
  const Store store = store_of(settings);
  const bool is_small = name == kSmallVoice &&
                        library::small_voice(library::places_of_installed_voices()).has_value();
  if (is_small && !store.find(name)) return store.choose_none();
  if (!store.find(name)) {
    return fail({.kind = ErrorKind::kNotFound,
                 .what = "'" + name + "' is not installed",
                 .remedy = models::find_entry(name)
                               ? "Run 'orpheus pull " + name + "' to download it."
                               : "'orpheus models' lists the installed voices and the ones that "
                                 "'orpheus pull' downloads."});
  }
  const auto entry = models::find_entry(name);
  if (entry && entry->kind == models::Kind::kCodec) {
    return fail({.kind = ErrorKind::kUsage,
                 .what = "'" + name + "' is a codec, not a voice",
                 .remedy = "Choose a voice; the codec is used with every voice."});
  }
  return store.choose(entry ? entry->name : name);
}

}  // namespace

void add_models(CLI::App& program, config::Settings& settings, Chosen& chosen) {
  auto check = std::make_shared<bool>(false);
  auto name = std::make_shared<std::string>();
  CLI::App* command = program.add_subcommand(
      "models", "List the installed and downloadable voices; * marks the default");
  command->footer(
      "Examples:\n  orpheus models --check\n  orpheus models use french-q8_0\n  "
      "orpheus models use small         the voice that comes with the program");
  command->add_flag("--check", *check, "Verify the hashes of the installed files");
  CLI::App* choose = command->add_subcommand("use", "Make an installed voice the default");
  choose->add_option("name", *name, "An installed voice")->type_name("NAME")->required();
  command->callback([&chosen, &settings, check, name, choose] {
    chosen.finds_models = false;
    chosen.action = [&settings, check, name, choose] {
      return choose->parsed() ? use(settings, *name) : list(settings, *check);
    };
  });
}

}  // namespace orpheus::cli
