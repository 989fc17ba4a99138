#include "cli/usage.h"

#include <algorithm>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/nearest_name.h"
#include "base/utf8.h"
#include "cli/command_tree.h"

namespace orpheus::cli {
namespace {

// A terminal's usual width.
constexpr size_t kLineColumns = 80;

// Lines of at most kLineColumns; the first one begins at first_column, the others behind `column`
// blanks. A longer word has a line of its own.
std::string wrapped(std::string_view text, size_t first_column, size_t column) {
  std::string lines;
  size_t width = first_column;
  bool is_first = true;
  while (!text.empty()) {
    const std::string_view word = text.substr(0, text.find(' '));
    text.remove_prefix(std::min(text.size(), word.size() + 1));
    const size_t word_width = count_code_points(word);
    if (!is_first && width + 1 + word_width > kLineColumns) {
      lines += "\n" + std::string(column, ' ');
      width = column;
    } else if (!is_first) {
      lines += ' ';
      ++width;
    }
    lines += word;
    width += word_width;
    is_first = false;
  }
  return lines;
}

class HelpLayout : public CLI::Formatter {
 public:
  std::string make_option(const CLI::Option* option, bool is_positional) const override {
    return row(make_option_name(option, is_positional) + make_option_opts(option),
               make_option_desc(option));
  }

  std::string make_subcommand(const CLI::App* command) const override {
    return row(command->get_name(), command->get_description());
  }

  // CLI11 puts two blank lines between groups.
  std::string make_help(const CLI::App* command, std::string name,
                        CLI::AppFormatMode mode) const override {
    std::string help = CLI::Formatter::make_help(command, std::move(name), mode);
    for (size_t at = 0; (at = help.find("\n\n\n", at)) != std::string::npos;) help.erase(at, 1);
    return help;
  }

  // "-o, --output"; a flag that turns something off is kept as "--no-code{false}".
  std::string make_option_name(const CLI::Option* option, bool is_positional) const override {
    if (is_positional) return option->get_name(true, false);
    std::string names;
    const auto add = [&](const char* dashes, const std::string& name) {
      names += (names.empty() ? "" : ", ") + (dashes + name);
    };
    for (const std::string& name : option->get_snames()) add("-", name);
    for (const std::string& name : option->get_lnames()) add("--", name);
    return names;
  }

  std::string make_option_opts(const CLI::Option* option) const override {
    if (option->get_type_size() == 0) return "";
    return " " + value_and_limits(*option).first;
  }

  std::string make_option_desc(const CLI::Option* option) const override {
    std::string limits = value_and_limits(*option).second;
    const auto add = [&](const std::string& limit) {
      limits += (limits.empty() ? "" : "; ") + limit;
    };
    if (option->get_required()) add("required");
    if (!option->get_default_str().empty()) add("default " + option->get_default_str());
    return option->get_description() + (limits.empty() ? "" : " (" + limits + ")");
  }

 private:
  // Columns are of letters; CLI11 counts bytes.
  std::string row(const std::string& name, const std::string& description) const {
    const std::string indented = "  " + name;
    const size_t width = count_code_points(indented);
    const size_t column = get_column_width();
    const size_t begin = width < column ? column : width + 2;
    return indented + std::string(begin - width, ' ') + wrapped(description, begin, column) + "\n";
  }
};

struct Place {
  const CLI::App* command = nullptr;
  std::string name;  // "orpheus codec decode"
};

// The innermost recognised command.
Place place_of(const CLI::App& program) {
  Place place{&program, program.get_name()};
  for (auto parsed = program.get_subcommands(); !parsed.empty();
       parsed = place.command->get_subcommands()) {
    place.command = parsed.front();
    place.name += " " + place.command->get_name();
  }
  return place;
}

std::string names_of_commands(const CLI::App& command) {
  std::string names;
  const auto all = command.get_subcommands([](const CLI::App*) { return true; });
  for (const CLI::App* each : all) names += (names.empty() ? "" : ", ") + each->get_name();
  return (all.size() > 1 ? "one of " : "") + names;
}

// "Did you mean 'say'? ", or nothing.
std::string guess(std::string_view name, const std::vector<std::string_view>& names,
                  const std::string& dashes = "") {
  const std::string_view nearest = nearest_name(name, names);
  return nearest.empty() ? "" : "Did you mean '" + dashes + std::string(nearest) + "'? ";
}

std::string guess_command(const CLI::App& command, const std::string& name) {
  std::vector<std::string_view> names;
  const auto all = command.get_subcommands([](const CLI::App*) { return true; });
  for (const CLI::App* each : all) names.push_back(each->get_name());
  return guess(name, names);
}

// An unknown flag such as "--voise=leo"; a command also accepts its parents' flags.
std::string guess_flag(const CLI::App* command, std::string_view flag) {
  constexpr std::string_view kDashes = "--";
  if (!flag.starts_with(kDashes)) return "";
  const std::string_view name = flag.substr(0, flag.find('=')).substr(kDashes.size());
  std::vector<std::string_view> names;
  for (; command != nullptr; command = command->get_parent()) {
    for (const CLI::Option* option : command->get_options())
      names.insert(names.end(), option->get_lnames().begin(), option->get_lnames().end());
  }
  return guess(name, names, std::string(kDashes));
}

}  // namespace

std::shared_ptr<CLI::Formatter> help_layout() { return std::make_shared<HelpLayout>(); }

bool lacks_known_command(const CLI::App& program) {
  return place_of(program).command->get_require_subcommand_min() > 0 &&
         !program.remaining(true).empty();
}

Error unknown_flag(const CLI::App& program, const std::string& flag) {
  const Place place = place_of(program);
  std::string remedy = guess_flag(place.command, flag);
  if (remedy.empty() && place.command->get_option_no_throw("text") != nullptr) {
    remedy = "To speak a text that begins with a dash, put -- before it: " + place.name + " -- '" +
             flag + "'. ";
  }
  return {.kind = ErrorKind::kUsage,
          .what = "'" + place.name + "' has no flag '" + flag + "'",
          .remedy = remedy + "See '" + place.name + " --help'."};
}

Error usage_error(const CLI::App& program, const CLI::ParseError& problem) {
  const Place place = place_of(program);
  const std::string help = "See '" + place.name + " --help'.";
  const std::vector<std::string> unknown = program.remaining(true);
  const bool is_flag = !unknown.empty() && unknown.front().rfind('-', 0) == 0;
  if (place.command->get_require_subcommand_min() > 0 && !is_flag) {
    return {
        .kind = ErrorKind::kUsage,
        .what = unknown.empty() ? "'" + place.name + "' needs a command"
                                : "there is no command '" + unknown.front() + "'",
        .expected = names_of_commands(*place.command),
        .remedy = (unknown.empty() ? "" : guess_command(*place.command, unknown.front())) + help};
  }
  if (unknown.empty())
    return {.kind = ErrorKind::kUsage, .what = problem.what(), .expected = {}, .remedy = help};
  if (is_flag) return unknown_flag(program, unknown.front());
  const bool takes_text = place.command->get_option_no_throw("text") != nullptr;
  return {.kind = ErrorKind::kUsage,
          .what = "'" + place.name + "' got an unexpected argument '" + unknown.front() + "'",
          .remedy = takes_text ? "Put a text of several words in quotes. " + help : help};
}

}  // namespace orpheus::cli
