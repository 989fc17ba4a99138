#pragma once
// The program's commands and flags as plain values, from which shell completions and the manual
// page are made. They are read from the parser, so they always match its help. Main thread only.

#include <string>
#include <utility>
#include <vector>

#include <CLI/CLI.hpp>

namespace orpheus::cli {

struct Flag {
  std::vector<std::string> names;    // with their dashes: "-o", "--output"
  std::string value;                 // "FILE"; empty if the flag takes no value
  std::vector<std::string> choices;  // the allowed values, if they are few
  std::string description;           // one line
  std::string limits;                // "0 to 10; default 1"; may be empty
};

struct Command {
  std::vector<std::string> path;  // {"codec", "decode"}; empty for the program
  std::string description;
  std::string footer;  // examples, lines
  std::vector<Flag> positionals;
  std::vector<Flag> flags;  // the command also takes the flags of the commands above it
  std::vector<Command> commands;
};

Command command_tree(const CLI::App& program);

// "FILE" and "f16, q8_0" of "FILE:f16, q8_0", as CLI11 keeps both.
std::pair<std::string, std::string> value_and_limits(const CLI::Option& option);

}  // namespace orpheus::cli
