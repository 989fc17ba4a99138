// orpheus completions: what a shell offers behind "orpheus", as a script for bash, zsh or fish.

#include <algorithm>
#include <cstdio>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "cli/command.h"
#include "cli/command_tree.h"

namespace orpheus::cli {
namespace {

std::string joined(const std::vector<std::string>& words, std::string_view between) {
  std::string all;
  for (const std::string& word : words) {
    if (!all.empty()) all += between;
    all += word;
  }
  return all;
}

std::string replaced(std::string text, std::string_view what, std::string_view by) {
  for (size_t at = 0; (at = text.find(what, at)) != text.npos; at += by.size())
    text.replace(at, what.size(), by);
  return text;
}

// As one word of a shell.
std::string in_quotes(const std::string& text) {
  return "'" + replaced(text, "'", R"('\'')") + "'";
}

bool takes_path(const Flag& flag) {
  return flag.value.starts_with("FILE") || flag.value.starts_with("FOLDER") || flag.value == "DIR";
}

void for_each(const Command& command, const std::function<void(const Command&)>& action) {
  action(command);
  for (const Command& inner : command.commands) for_each(inner, action);
}

std::vector<std::string> names_of(const Command& command) {
  std::vector<std::string> names;
  for (const Command& inner : command.commands) names.push_back(inner.path.back());
  return names;
}

// The command's flags and the program's flags, which every command takes.
std::vector<Flag> flags_of(const Command& command, const Command& program) {
  std::vector<Flag> flags = command.flags;
  for (const Flag& flag : program.flags) {
    const bool known = std::any_of(flags.begin(), flags.end(),
                                   [&](const Flag& own) { return own.names == flag.names; });
    if (!known && !command.path.empty()) flags.push_back(flag);
  }
  return flags;
}

constexpr std::string_view kVoices = "orpheus voices 2>/dev/null | cut -f1";

std::string for_bash(const Command& program) {
  std::string paths;
  std::string values;
  std::string words;
  for_each(program, [&](const Command& command) {
    const std::string path = joined(command.path, " ");
    for (const Command& inner : command.commands) {
      const std::string name = inner.path.back();
      paths += "      " + in_quotes(path + "/" + name) +
               ") command=" + in_quotes(joined(inner.path, " ")) + " ;;\n";
    }
    std::vector<std::string> offered = names_of(command);
    for (const Flag& flag : flags_of(command, program)) {
      offered.insert(offered.end(), flag.names.begin(), flag.names.end());
      if (flag.value.empty()) continue;
      for (const std::string& name : flag.names) {
        values += "    " + in_quotes(path + "/" + name) + ") ";
        if (!flag.choices.empty()) {
          values += "words=" + in_quotes(joined(flag.choices, " "));
        } else if (name == "--voice") {
          values += "words=$(" + std::string(kVoices) + ")";
        } else if (takes_path(flag)) {
          values += "return";
        } else {
          values += "compopt +o default; return";
        }
        values += " ;;\n";
      }
    }
    words += "    " + in_quotes(path) + ") words=" + in_quotes(joined(offered, " ")) + " ;;\n";
  });
  return "# Completions of orpheus for bash, made by 'orpheus completions bash'.\n"
         "_orpheus() {\n"
         "  local current=\"${COMP_WORDS[COMP_CWORD]}\" command='' words='' i\n"
         "  COMPREPLY=()\n"
         "  for ((i = 1; i < COMP_CWORD; i++)); do\n"
         "    case \"$command/${COMP_WORDS[i]}\" in\n" +
         paths +
         "    esac\n"
         "  done\n"
         "  case \"$command/${COMP_WORDS[COMP_CWORD - 1]}\" in\n" +
         values +
         "  esac\n"
         "  [ -n \"$words\" ] || case \"$command\" in\n" +
         words +
         "  esac\n"
         "  mapfile -t COMPREPLY < <(compgen -W \"$words\" -- \"$current\")\n"
         "}\n"
         "complete -o default -F _orpheus orpheus\n";
}

// A description within [brackets] of zsh's _arguments.
std::string in_brackets(const std::string& text) {
  return replaced(replaced(replaced(text, "\\", "\\\\"), "[", "\\["), "]", "\\]");
}

std::string action_of_zsh(const Flag& flag) {
  if (!flag.choices.empty()) return "(" + joined(flag.choices, " ") + ")";
  if (flag.names.back() == "--voice") return "(${(f)\"$(" + std::string(kVoices) + ")\"})";
  return takes_path(flag) ? "_files" : " ";
}

std::string for_zsh(const Command& program) {
  std::string all = "#compdef orpheus\n# Made by 'orpheus completions zsh'.\n";
  for_each(program, [&](const Command& command) {
    all += "\n" +
           joined(
               [&] {
                 std::vector<std::string> name = {"_orpheus"};
                 name.insert(name.end(), command.path.begin(), command.path.end());
                 return name;
               }(),
               "_") +
           "() {\n";
    if (!command.commands.empty()) {
      all += "  local -a commands=(\n";
      for (const Command& inner : command.commands)
        all += "    " +
               in_quotes(inner.path.back() + ":" + replaced(inner.description, ":", "\\:")) + "\n";
      all += "  )\n  local state\n";
    }
    all += "  _arguments -s";
    if (!command.commands.empty()) all += " -C";
    for (const Flag& flag : flags_of(command, program)) {
      for (const std::string& name : flag.names) {
        std::string spec =
            "(" + joined(flag.names, " ") + ")" + name + "[" + in_brackets(flag.description) + "]";
        if (!flag.value.empty()) {
          spec += ":" + replaced(flag.value, ":", "\\:") + ":" + action_of_zsh(flag);
        }
        all += " \\\n    " + in_quotes(spec);
      }
    }
    if (command.commands.empty()) {
      all += " \\\n    '*: :_files'\n}\n";
      return;
    }
    all +=
        " \\\n    '1:command:->command' '*::argument:->argument'\n"
        "  case $state in\n"
        "    command) _describe command commands ;;\n"
        "    argument)\n      case $words[1] in\n";
    for (const Command& inner : command.commands) {
      all += "        " + inner.path.back() + ") _orpheus_" + joined(inner.path, "_") + " ;;\n";
    }
    all += "      esac ;;\n  esac\n}\n";
  });
  return all + "\n_orpheus \"$@\"\n";
}

// The condition under which fish offers this command's flags and values.
std::string condition_of_fish(const Command& command) {
  std::string condition;
  for (const std::string& name : command.path)
    condition += (condition.empty() ? "" : "; and ") + ("__fish_seen_subcommand_from " + name);
  const std::vector<std::string> inner = names_of(command);
  if (command.path.empty()) return "__fish_use_subcommand";
  if (!inner.empty()) condition += "; and not __fish_seen_subcommand_from " + joined(inner, " ");
  return condition;
}

std::string for_fish(const Command& program) {
  std::string all = "# Completions of orpheus for fish, made by 'orpheus completions fish'.\n";
  const auto in_fish = [](const std::string& text) {
    return "'" + replaced(replaced(text, "\\", "\\\\"), "'", "\\'") + "'";
  };
  for_each(program, [&](const Command& command) {
    const std::string condition = "complete -c orpheus -n " + in_fish(condition_of_fish(command));
    for (const Command& inner : command.commands)
      all += condition + " -f -a " + inner.path.back() + " -d " + in_fish(inner.description) + "\n";
    for (const Flag& flag : command.flags) {
      // The program's own stand behind each command too.
      all += command.path.empty() ? "complete -c orpheus" : condition;
      for (const std::string& name : flag.names)
        all += name.starts_with("--") ? " -l " + name.substr(2) : " -s " + name.substr(1);
      if (!flag.choices.empty()) {
        all += " -x -a " + in_fish(joined(flag.choices, " "));
      } else if (!flag.value.empty() && flag.names.back() == "--voice") {
        all += " -x -a " + in_fish("(" + std::string(kVoices) + ")");
      } else if (!flag.value.empty()) {
        all += takes_path(flag) ? " -r" : " -x";
      }
      all += " -d " + in_fish(flag.description) + "\n";
    }
  });
  return all;
}

Result<void> print(const CLI::App& program, const std::string& shell) {
  const Command tree = command_tree(program);
  std::string script;
  if (shell == "bash") script = for_bash(tree);
  if (shell == "zsh") script = for_zsh(tree);
  if (shell == "fish") script = for_fish(tree);
  if (script.empty()) {
    return fail({.kind = ErrorKind::kUsage,
                 .what = "the shell '" + shell + "' is not supported",
                 .expected = "bash, zsh or fish"});
  }
  std::fputs(script.c_str(), stdout);
  return {};
}

}  // namespace

void add_completions(CLI::App& program, Chosen& chosen) {
  auto shell = std::make_shared<std::string>();
  CLI::App* command =
      program.add_subcommand("completions", "Print the completions of bash, zsh or fish");
  command->footer(R"(Examples:
  source <(orpheus completions bash)
  orpheus completions zsh > "${fpath[1]}/_orpheus"
  orpheus completions fish > ~/.config/fish/completions/orpheus.fish)");
  command->add_option("shell", *shell, "bash, zsh or fish")->type_name("SHELL")->required();
  command->callback([&program, &chosen, shell] {
    chosen.finds_models = false;
    chosen.uses_data_folder = false;
    chosen.action = [&program, shell] { return print(program, *shell); };
  });
}

}  // namespace orpheus::cli
