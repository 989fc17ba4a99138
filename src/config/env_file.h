#pragma once
// A .env file: lines NAME=value, as shells, Docker and the predecessor write them. What is read can
// be changed and written again with everything else as it was. A plain value.

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace orpheus::config {

class EnvFile {
 public:
  // Of each line: blanks, "export", a name, '=', and a value, bare, in 'quotes' or in "quotes" with
  // \n, \", \\, \$ and \`; behind it blanks or a comment. Lines that are none of that are kept and
  // mean nothing, unless they are about ORPHEUS_…. Any bytes may be given. Errors: kUsage (a line
  // about ORPHEUS_… that cannot be read; where says which file), kLimit (more than 1 MiB).
  static Result<EnvFile> parse(std::string_view text, std::string_view where = ".env");

  // A file that is not there is empty. Errors: those of parse, kIo, kBadFile (a folder, a FIFO).
  static Result<EnvFile> read(const std::filesystem::path& path);

  struct Trusted;
  // The same of a file that nobody named and that lies where the program was started: it counts if
  // it belongs to this user or to root, no other user may write to it, and no other user's link
  // leads to it. One that does not count is empty, and the refusal says why.
  static Result<Trusted> read_trusted(const std::filesystem::path& path);

  // The last one of this name.
  std::optional<std::string> value(std::string_view name) const;

  // Every name that is set, in the order of the lines.
  std::vector<std::string> names() const;

  // Changes every line of this name, or adds one. The value holds no control characters.
  void set(std::string_view name, std::string_view value);

  // As parse() reads it.
  std::string text() const;

  // Replaces the file whole, with the rights it had; a new one is its owner's alone. Errors: kIo,
  // kNotFound (no such folder).
  Result<void> write(const std::filesystem::path& path) const;

 private:
  struct Line {
    std::string text;  // as it stands in the file, without its end
    std::string name;  // empty where the line sets nothing
    std::string value;
  };
  static std::optional<Line> read_assignment(std::string_view text);

  std::vector<Line> lines_;
};

struct EnvFile::Trusted {
  EnvFile file;
  std::optional<Error> refusal;
};

}  // namespace orpheus::config
