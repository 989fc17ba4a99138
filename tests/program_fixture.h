#pragma once
// Shared by tests of the whole program: a temporary folder, voices, and checks of a call that must
// be refused.

#include <algorithm>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>
#include <string_view>
#include <vector>

#include <gtest/gtest.h>

#include "base/testing/test_folder.h"
#include "run_program.h"

namespace orpheus::program {

inline std::string read_file(const std::filesystem::path& path) {
  std::ifstream in(path, std::ios::binary);
  EXPECT_TRUE(in) << path;
  return {std::istreambuf_iterator<char>(in), {}};
}

template <typename T>
std::vector<T> numbers_in(std::string_view bytes) {
  std::vector<T> numbers(bytes.size() / sizeof(T));
  if (!numbers.empty()) std::memcpy(numbers.data(), bytes.data(), numbers.size() * sizeof(T));
  return numbers;
}

inline std::vector<std::string> lines_of(const std::string& text) {
  std::vector<std::string> lines;
  std::istringstream in(text);
  for (std::string line; std::getline(in, line);) lines.push_back(line);
  return lines;
}

// Each test has a temporary folder, which is also the program's data folder.
class ProgramTest : public testing::Test {
 protected:
  std::string path(std::string_view name) const { return (folder_ / name).string(); }

  std::string write(std::string_view name, std::string_view content) const {
    std::ofstream(path(name), std::ios::binary) << content;
    return path(name);
  }

  Call call(std::vector<std::string> arguments, std::string input = {}) const {
    return {.arguments = std::move(arguments),
            .input = std::move(input),
            .variables = {{"XDG_DATA_HOME", path("data")}}};
  }

  // The same with a copy of the program that has no small voice next to it.
  Call call_without_voice(std::vector<std::string> arguments) const {
    Call alone = call(std::move(arguments));
    alone.program = path("bin/orpheus");
    std::filesystem::create_directories(path("bin"));
    std::filesystem::copy_file(ORPHEUS_PROGRAM, alone.program,
                               std::filesystem::copy_options::overwrite_existing);
    return alone;
  }

  Finished orpheus(std::vector<std::string> arguments, std::string input = {}) const {
    return run(call(std::move(arguments), std::move(input)));
  }

  // The same; it must succeed. Returns its output.
  std::string must(std::vector<std::string> arguments, std::string input = {}) const {
    const Finished finished = orpheus(std::move(arguments), std::move(input));
    EXPECT_EQ(finished.exit_code, 0) << finished.messages;
    return finished.output;
  }

  // Writes folder/voice/{lm,codec}.gguf.
  void make_voice(const std::string& size = "tiny") const {
    must({"synth-voice", path("voice"), "--size", size});
  }

  // Arguments of a command that speaks with this voice, followed by more arguments.
  std::vector<std::string> with_voice(std::vector<std::string> arguments,
                                      const std::vector<std::string>& more = {}) const {
    arguments.insert(arguments.end(), {"--model", path("voice/lm.gguf"), "--codec",
                                       path("voice/codec.gguf"), "--threads", "1"});
    arguments.insert(arguments.end(), more.begin(), more.end());
    return arguments;
  }

  // Every file in the folder and its subfolders.
  std::vector<std::string> files() const {
    std::vector<std::string> names;
    for (const auto& entry : std::filesystem::recursive_directory_iterator(folder_)) {
      if (!entry.is_directory())
        names.push_back(std::filesystem::relative(entry.path(), folder_).string());
    }
    std::sort(names.begin(), names.end());
    return names;
  }

  // Checks a refused call: one line names the problem (with these parts in it), the exit code is
  // the kind of the error, no sound is output and no file appears.
  void expect_refused(const Call& refused, int exit_code,
                      const std::vector<std::string>& parts) const {
    const auto before = files();
    const Finished finished = run(refused);
    std::string shown = "orpheus";
    for (const std::string& argument : refused.arguments)
      shown += " '" + argument.substr(0, 80) + "'";
    SCOPED_TRACE(shown + "\n" + finished.messages);
    EXPECT_EQ(finished.exit_code, exit_code);
    EXPECT_EQ(finished.output, "");
    EXPECT_EQ(files(), before);
    // The note about the small voice may precede it.
    auto lines = lines_of(finished.messages);
    if (lines.size() > 1) {
      std::erase_if(lines, [](const auto& line) { return line.find("pull english") != line.npos; });
    }
    ASSERT_EQ(lines.size(), 1U);
    EXPECT_EQ(lines.front().rfind("orpheus: ", 0), 0U);
    for (const std::string& part : parts)
      EXPECT_NE(lines.front().find(part), std::string::npos) << part;
  }

  const TestFolder own_;
  const std::filesystem::path folder_ = own_.path();
};

}  // namespace orpheus::program
