#include "cli/command_tree.h"

#include <algorithm>
#include <utility>

namespace orpheus::cli {
namespace {

// "f16, q8_0": words with commas between them. "0 to 10" is a range.
std::vector<std::string> choices_in(const std::string& limits) {
  std::vector<std::string> choices;
  for (size_t begin = 0; begin <= limits.size();) {
    const size_t end = std::min(limits.find(", ", begin), limits.size());
    const std::string choice = limits.substr(begin, end - begin);
    if (choice.empty() || choice.find(' ') != choice.npos) return {};
    choices.push_back(choice);
    begin = end + 2;
  }
  if (choices.size() < 2) return {};
  return choices;
}

Flag flag_of(const CLI::Option& option) {
  Flag flag;
  for (const std::string& name : option.get_snames()) flag.names.push_back("-" + name);
  for (const std::string& name : option.get_lnames()) flag.names.push_back("--" + name);
  const auto [value, limits] = value_and_limits(option);
  if (option.get_type_size() != 0) {
    flag.value = value;
    flag.choices = choices_in(limits);
  }
  flag.description = option.get_description();
  flag.limits = limits;
  if (!option.get_default_str().empty())
    flag.limits += (limits.empty() ? "default " : "; default ") + option.get_default_str();
  return flag;
}

Command command_of(const CLI::App& app, std::vector<std::string> path) {
  Command command{
      .path = std::move(path), .description = app.get_description(), .footer = app.get_footer()};
  for (const CLI::Option* option : app.get_options()) {
    if (option->get_positional()) {
      Flag flag = flag_of(*option);
      flag.names = {option->get_name(true, false)};
      command.positionals.push_back(std::move(flag));
    }
    if (option->nonpositional()) command.flags.push_back(flag_of(*option));
  }
  for (const CLI::App* inner : app.get_subcommands([](const CLI::App*) { return true; })) {
    std::vector<std::string> below = command.path;
    below.push_back(inner->get_name());
    command.commands.push_back(command_of(*inner, std::move(below)));
  }
  return command;
}

}  // namespace

std::pair<std::string, std::string> value_and_limits(const CLI::Option& option) {
  const std::string both = option.get_type_name();
  const size_t colon = both.find(':');
  if (colon == std::string::npos) return {both, ""};
  return {both.substr(0, colon), both.substr(colon + 1)};
}

Command command_tree(const CLI::App& program) { return command_of(program, {}); }

}  // namespace orpheus::cli
