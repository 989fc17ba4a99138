// The help of every command, and what is made from it: the manual page and the completions of the
// shells.

#include <algorithm>
#include <cstdlib>
#include <regex>
#include <string>
#include <vector>

#include "program_fixture.h"

namespace orpheus::program {
namespace {

class Help : public ProgramTest {
 protected:
  // Names below "Subcommands:", each followed by a description.
  std::vector<std::string> commands_in(const std::string& help) const {
    std::vector<std::string> names;
    bool inside = false;
    for (const std::string& line : lines_of(help)) {
      if (inside && line.rfind("   ", 0) == 0) continue;  // the rest of a description
      if (inside && line.rfind("  ", 0) == 0) {
        const size_t end = line.find(' ', 2);
        const size_t description = line.find_first_not_of(' ', end);
        EXPECT_NE(description, std::string::npos) << line;
        names.push_back(line.substr(2, end - 2));
      } else {
        inside = line == "Subcommands:";
      }
    }
    return names;
  }

  void expect_to_teach(const std::vector<std::string>& command) const {
    auto arguments = command;
    arguments.emplace_back("--help");
    const std::string help = must(arguments);
    SCOPED_TRACE(help);
    EXPECT_NE(help.find("Usage: orpheus"), std::string::npos);
    // A flag, and its description on the same line, starting at the same column.
    const auto letters_in = [](std::string_view text) {
      return std::count_if(text.begin(), text.end(), [](char c) { return (c & 0xC0) != 0x80; });
    };
    for (const std::string& line : lines_of(help)) {
      EXPECT_LE(letters_in(line), 80) << line;  // of a terminal
      if (line.rfind("  -", 0) != 0) continue;
      const size_t blanks = line.find("  ", 4);
      ASSERT_NE(blanks, std::string::npos) << "no description: " << line;
      const std::string before = line.substr(0, line.find_first_not_of(' ', blanks));
      EXPECT_TRUE(letters_in(before) == 30 || before.ends_with("  ")) << line;
      EXPECT_GE(letters_in(before), 30) << line;
      EXPECT_EQ(line.find("{false}"), std::string::npos) << line;
    }
    for (const std::string& inner : commands_in(help)) {
      auto deeper = command;
      deeper.push_back(inner);
      expect_to_teach(deeper);
    }
  }
};

TEST_F(Help, EveryCommandAndEveryFlagIsDescribed) { expect_to_teach({}); }

TEST_F(Help, TheFirstPageListsTheCommandsExamplesAndExitCodes) {
  const std::string help = must({"--help"});
  const auto commands = commands_in(help);
  for (const char* name : {"say", "serve", "voices", "devices", "convert", "codec", "tokenize",
                           "generate", "synth-voice", "align"})
    EXPECT_EQ(std::count(commands.begin(), commands.end(), name), 1) << name;
  EXPECT_NE(help.find("orpheus say \"Hello"), std::string::npos);
  EXPECT_NE(help.find("130 interrupted"), std::string::npos);
}

// Without the breaks within descriptions.
std::string unwrapped(const std::string& help) {
  return std::regex_replace(help, std::regex("\n {30}"), " ");
}

TEST_F(Help, SayTellsItsDefaultsLimitsAndVariables) {
  const std::string help = unwrapped(must({"say", "--help"}));
  EXPECT_NE(help.find("else 0.6 [ORPHEUS_TEMPERATURE] (0 to 10)"), std::string::npos) << help;
  Call warm = call({"say", "--help"});
  warm.variables["ORPHEUS_TEMPERATURE"] = "0.9";
  EXPECT_NE(unwrapped(run(warm).output).find("default 0.9)"), std::string::npos);
}

TEST_F(Help, IsThereEvenWhereTheEnvironmentIsWrong) {
  Call wrong = call({"--help"});
  wrong.variables["ORPHEUS_PORT"] = "first";
  EXPECT_EQ(run(wrong).exit_code, 0);
}

// Guards against: the manual page or the completions lack a command or a flag that the help lists;
// every one of them must be there.
class Manual : public Help {
 protected:
  struct Named {
    std::vector<std::string> command;
    std::vector<std::string> flags;
  };

  // "-o, --output FILE" of a line of help.
  static std::vector<std::string> flags_of_line(const std::string& line) {
    std::vector<std::string> flags;
    std::istringstream words(line);
    for (std::string word; words >> word && word.front() == '-';) {
      if (word.back() == ',') word.pop_back();
      flags.push_back(word);
    }
    return flags;
  }

  std::vector<Named> everything(const std::vector<std::string>& command = {}) const {
    auto arguments = command;
    arguments.emplace_back("--help");
    const std::string help = must(arguments);
    Named own{command, {}};
    for (const std::string& line : lines_of(help)) {
      if (line.rfind("  -", 0) != 0) continue;
      for (const std::string& flag : flags_of_line(line)) own.flags.push_back(flag);
    }
    std::vector<Named> all = {own};
    for (const std::string& inner : commands_in(help)) {
      auto deeper = command;
      deeper.push_back(inner);
      for (Named& named : everything(deeper)) all.push_back(std::move(named));
    }
    return all;
  }
};

TEST_F(Manual, HasEveryCommandAndFlagOfTheHelp) {
  const std::string page = must({"manual"});
  EXPECT_EQ(page.find("{false}"), std::string::npos);
  std::string plain;  // without roff's escape for a dash
  for (size_t i = 0; i < page.size(); ++i)
    if (page[i] != '\\' || i + 1 == page.size() || page[i + 1] != '-') plain += page[i];
  for (const Named& named : everything()) {
    std::string title = "orpheus";
    for (const std::string& word : named.command) title += " " + word;
    const std::string heading = named.command.empty() ? ".SH OPTIONS\n" : ".SS " + title + "\n";
    const size_t begin = plain.find(heading);
    ASSERT_NE(begin, std::string::npos) << heading;
    const std::string section = plain.substr(begin, plain.find("\n.S", begin + 4) - begin);
    for (const std::string& flag : named.flags) {
      if (flag == "-h" || flag == "--help") continue;
      EXPECT_NE(section.find("\\fB" + flag + "\\fR"), std::string::npos) << title << " " << flag;
    }
  }
  if (std::system("command -v groff >/dev/null") != 0) return;
  const std::string file = write("orpheus.1", page);
  EXPECT_EQ(std::system(("groff -man -Tutf8 -ww -z " + file + " 2> " + path("said")).c_str()), 0);
  EXPECT_EQ(read_file(path("said")), "");
}

TEST_F(Manual, BashCompletesEveryCommandAndFlag) {
  write("completions", must({"completions", "bash"}));
  // The completions that bash offers for these words; the last one is incomplete.
  std::string script = "source " + path("completions") + "\noffer() { COMP_WORDS=(\"$@\"); ";
  script += "COMP_CWORD=$(($# - 1)); _orpheus; printf '%s\\n' \"${COMPREPLY[@]}\"; echo .; }\n";
  const auto all = everything();
  for (const Named& named : all) {
    script += "offer orpheus";
    for (const std::string& word : named.command) script += " " + word;
    script += " ''\n";
  }
  script += "offer orpheus say --kv-cache ''\noffer orpheus sa\noffer orpheus say --sp\n";
  Call bash = call({write("script", script)});
  bash.program = "/bin/bash";
  const Finished offered = run(bash);
  ASSERT_EQ(offered.exit_code, 0) << offered.messages;
  EXPECT_EQ(offered.messages, "");
  std::vector<std::vector<std::string>> answers(1);
  for (const std::string& line : lines_of(offered.output)) {
    if (line == ".") {
      answers.emplace_back();
    } else {
      answers.back().push_back(line);
    }
  }
  ASSERT_EQ(answers.size(), all.size() + 4);
  for (size_t i = 0; i < all.size(); ++i) {
    for (const std::string& flag : all[i].flags)
      EXPECT_EQ(std::count(answers[i].begin(), answers[i].end(), flag), 1)
          << (all[i].command.empty() ? "" : all[i].command.back()) << " " << flag;
  }
  EXPECT_EQ(answers[all.size()], (std::vector<std::string>{"f16", "q8_0"}));
  EXPECT_EQ(answers[all.size() + 1], std::vector<std::string>{"say"});
  EXPECT_EQ(answers[all.size() + 2], std::vector<std::string>{"--speed"});
}

TEST_F(Manual, EveryShellReadsItsCompletions) {
  for (const std::string shell : {"bash", "zsh", "fish"}) {
    const std::string file = write(shell, must({"completions", shell}));
    EXPECT_FALSE(read_file(file).empty());
    if (std::system(("command -v " + shell + " >/dev/null").c_str()) != 0) continue;
    EXPECT_EQ(std::system((shell + " -n " + file).c_str()), 0) << shell;
  }
  expect_refused(call({"completions", "tcsh"}), 2, {"bash, zsh or fish"});
}

TEST_F(Help, TheVersionIsANumber) {
  const std::string version = must({"--version"});
  EXPECT_TRUE(!version.empty() && std::isdigit(version.front()) != 0) << version;
  EXPECT_EQ(lines_of(version).size(), 1U);
}

}  // namespace
}  // namespace orpheus::program
