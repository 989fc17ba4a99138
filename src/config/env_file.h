#pragma once
// A .env file: lines NAME=value, as shells, Docker and Orpheus-FastAPI write them. Values can be
// changed and written back; all other text stays as it was. A plain value.

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace orpheus::config {

class EnvFile {
 public:
  // Parses any bytes. A line has blanks, "export" (optional), a name, '=', and a value: bare, in
  // 'quotes', or in "quotes" with \n, \", \\, \$ and \`. Blanks or a comment may follow. Other
  // lines are kept and ignored, unless they are about ORPHEUS_…. Errors: kUsage (an unreadable line
  // about ORPHEUS_…; `where` names the file), kLimit (more than 1 MiB).
  static Result<EnvFile> parse(std::string_view text, std::string_view where = ".env");

  // A missing file counts as empty. Errors: those of parse, kIo, kBadFile (a folder, a FIFO).
  static Result<EnvFile> read(const std::filesystem::path& path);

  struct Trusted;
  // Reads the .env of the current folder, which the user did not name. It counts if it belongs to
  // this user or to root, no other user may write to it, and no other user's link leads to it.
  // Otherwise it counts as empty, and the refusal has the reason.
  static Result<Trusted> read_trusted(const std::filesystem::path& path);

  // The value of the last line with this name.
  std::optional<std::string> value(std::string_view name) const;

  // Every name that is set, in the order of the lines.
  std::vector<std::string> names() const;

  // Changes every line with this name, or adds one. The value must not contain control characters.
  void set(std::string_view name, std::string_view value);

  // The file's text, which parse() can read.
  std::string text() const;

  // Replaces the whole file and keeps its rights. A new file is readable only by its owner. Errors:
  // kIo, kNotFound (no such folder).
  Result<void> write(const std::filesystem::path& path) const;

 private:
  struct Line {
    std::string text;  // as in the file, without the line end
    std::string name;  // empty if the line sets nothing
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
