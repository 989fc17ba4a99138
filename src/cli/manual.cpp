// orpheus manual: the manual page, as roff, made of the commands' own help.

#include <cstdint>
#include <cstdio>
#include <string>
#include <string_view>

#include <spdlog/fmt/fmt.h>

#include "cli/command.h"
#include "cli/command_tree.h"

namespace orpheus::cli {
namespace {

// The code point of a character of well-formed UTF-8 that is not ASCII.
uint32_t code_point(std::string_view character) {
  uint32_t value = static_cast<unsigned char>(character.front()) & (0x7FU >> character.size());
  for (const char c : character.substr(1))
    value = value << 6U | (static_cast<unsigned char>(c) & 0x3FU);
  return value;
}

// Text of a line: a backslash and a dash mean something else in roff, and so does a dot at the
// beginning; other letters than ASCII's are spelt, since not every roff reads UTF-8.
std::string in_roff(std::string_view text) {
  std::string escaped;
  bool at_line_begin = true;
  for (size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (at_line_begin && (c == '.' || c == '\'')) escaped += "\\&";
    at_line_begin = c == '\n';
    if ((c & 0x80) != 0) {
      size_t end = i + 1;
      while (end < text.size() && (text[end] & 0xC0) == 0x80) ++end;
      escaped += fmt::format("\\[u{:04X}]", code_point(text.substr(i, end - i)));
      i = end - 1;
    } else if (c == '\\') {
      escaped += "\\e";
    } else if (c == '-') {
      escaped += "\\-";
    } else {
      escaped += c;
    }
  }
  return escaped;
}

std::string lines_as_they_are(std::string_view text) { return ".nf\n" + in_roff(text) + "\n.fi\n"; }

std::string item(const Flag& flag) {
  std::string names;
  for (const std::string& name : flag.names)
    names += (names.empty() ? "\\fB" : ", \\fB") + in_roff(name) + "\\fR";
  if (!flag.value.empty()) names += " \\fI" + in_roff(flag.value) + "\\fR";
  std::string text = in_roff(flag.description);
  if (!flag.limits.empty()) text += " (" + in_roff(flag.limits) + ")";
  return ".TP\n" + names + "\n" + text + "\n";
}

std::string name_of(const Command& command) {
  std::string name = "orpheus";
  for (const std::string& part : command.path) name += " " + part;
  return name;
}

void add(const Command& command, std::string& page) {
  page += ".SS " + in_roff(name_of(command)) + "\n" + in_roff(command.description) + ".\n";
  for (const Flag& positional : command.positionals) page += item(positional);
  for (const Flag& flag : command.flags) {
    if (flag.names.back() != "--help") page += item(flag);
  }
  if (!command.footer.empty()) page += ".PP\n" + lines_as_they_are(command.footer);
  for (const Command& inner : command.commands) add(inner, page);
}

std::string manual(const Command& program) {
  // Examples and exit codes stand in the program's own footer.
  const size_t codes = program.footer.find("\n\nExit codes: ");
  std::string page =
      ".\\\" Made by 'orpheus manual'.\n"
      ".TH ORPHEUS 1 \"\" \"orpheus " ORPHEUS_VERSION
      "\" \"User Commands\"\n"
      ".SH NAME\norpheus \\- speak with the Orpheus voices, from a shell and as a server\n"
      ".SH SYNOPSIS\n.B orpheus\n\\fICOMMAND\\fR [\\fIFLAG\\fR ...]\n"
      ".SH DESCRIPTION\n" +
      in_roff(program.description) +
      "\nIt uses the small voice that comes with it until \\fBorpheus pull\\fR downloads a "
      "large one.\n.SH OPTIONS\nEvery command accepts these options.\n";
  for (const Flag& flag : program.flags) page += item(flag);
  page += ".SH COMMANDS\n";
  for (const Command& command : program.commands) add(command, page);
  page +=
      ".SH ENVIRONMENT\nA flag whose help ends in [ORPHEUS_...] may be set by this variable, by a "
      "line of .env in the working folder, or by a file of settings (\\fB\\-\\-config\\fR). The "
      "flag wins.\n"
      ".SH FILES\n.TP\n\\fI$XDG_DATA_HOME/orpheus\\fR, else \\fI~/.local/share/orpheus\\fR\n"
      "Downloaded voices, stored speeches and settings.\n";
  page += ".SH EXAMPLES\n" + lines_as_they_are(program.footer.substr(0, codes));
  if (codes != std::string::npos)
    page += ".SH EXIT STATUS\n" + in_roff(program.footer.substr(codes + 2)) + "\n";
  return page;
}

}  // namespace

void add_manual(CLI::App& program, Chosen& chosen) {
  CLI::App* command = program.add_subcommand("manual", "Print the manual page in roff format");
  command->footer("Example:\n  orpheus manual | man -l -");
  command->callback([&program, &chosen] {
    chosen.finds_models = false;
    chosen.uses_data_folder = false;
    chosen.action = [&program]() -> Result<void> {
      std::fputs(manual(command_tree(program)).c_str(), stdout);
      return {};
    };
  });
}

}  // namespace orpheus::cli
