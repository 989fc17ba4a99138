#include "config/env_file.h"

#include <algorithm>
#include <system_error>
#include <utility>

#include <sys/stat.h>
#include <unistd.h>

#include "base/atomic_file.h"
#include "base/regular_file.h"

namespace orpheus::config {
namespace {

constexpr size_t kMaxBytes = 1U << 20U;
constexpr std::string_view kBlanks = " \t\r";
// Writes a value in "quotes". Backticks are escaped, because a shell that reads the file would run
// their contents.
constexpr std::string_view kEscaped = "\"\\$`";

bool is_name_letter(char c) {
  return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_';
}

void skip_blanks(std::string_view& text) {
  text.remove_prefix(std::min(text.find_first_not_of(kBlanks), text.size()));
}

std::string_view without_blanks_behind(std::string_view text) {
  return text.substr(0, text.find_last_not_of(kBlanks) + 1);
}

// Takes a quoted value from the text's front. Nothing if the quote does not end.
std::optional<std::string> take_quoted(std::string_view& text) {
  const char quote = text.front();
  std::string value;
  for (size_t i = 1; i < text.size(); ++i) {
    if (text[i] == quote) {
      text.remove_prefix(i + 1);
      return value;
    }
    const bool escaped = quote == '"' && text[i] == '\\' && i + 1 < text.size();
    if (!escaped) {
      value += text[i];
      continue;
    }
    const char next = text[++i];
    if (next == 'n') {
      value += '\n';
    } else {
      if (kEscaped.find(next) == std::string_view::npos) value += '\\';
      value += next;
    }
  }
  return std::nullopt;
}

// Without quotes if that reads back the same.
std::string quoted(std::string_view value) {
  constexpr std::string_view kPlain = "-_./:,+@%*";
  if (std::all_of(value.begin(), value.end(), [&](char c) {
        return is_name_letter(c) || kPlain.find(c) != std::string_view::npos;
      })) {
    return std::string(value);
  }
  std::string text = "\"";
  for (const char c : value) {
    if (kEscaped.find(c) != std::string_view::npos) text += '\\';
    text += c;
  }
  return text + "\"";
}

bool is_trusted_owner(uid_t owner) { return owner == 0 || owner == ::geteuid(); }

std::string owner_in_words(uid_t owner) {
  return "it is owned by user id " + std::to_string(owner);
}

// The reason not to trust the file; empty if it can be trusted. A group with the owner's number
// counts as the owner, because many systems give each user such a group.
std::string objection_to(const struct stat& status) {
  if (!is_trusted_owner(status.st_uid)) return owner_in_words(status.st_uid);
  const bool is_shared_group = status.st_gid != static_cast<gid_t>(status.st_uid);
  if ((status.st_mode & S_IWOTH) != 0 || (is_shared_group && (status.st_mode & S_IWGRP) != 0))
    return "other users may write to it";
  return "";
}

}  // namespace

std::optional<EnvFile::Line> EnvFile::read_assignment(std::string_view whole) {
  std::string_view text = whole;
  skip_blanks(text);
  if (text.starts_with("export ") || text.starts_with("export\t")) {
    text.remove_prefix(7);
    skip_blanks(text);
  }
  const auto name_end = std::find_if_not(text.begin(), text.end(), is_name_letter);
  Line line{.text = std::string(whole), .name = std::string(text.begin(), name_end), .value = {}};
  text.remove_prefix(line.name.size());
  skip_blanks(text);
  if (line.name.empty() || !text.starts_with('=')) return std::nullopt;
  text.remove_prefix(1);
  skip_blanks(text);
  if (text.starts_with('"') || text.starts_with('\'')) {
    auto value = take_quoted(text);
    skip_blanks(text);
    if (!value || !(text.empty() || text.starts_with('#'))) return std::nullopt;
    line.value = std::move(*value);
    return line;
  }
  size_t end = text.size();
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '#' && (i == 0 || kBlanks.find(text[i - 1]) != std::string_view::npos)) {
      end = i;
      break;
    }
  }
  line.value = without_blanks_behind(text.substr(0, end));
  return line;
}

Result<EnvFile> EnvFile::parse(std::string_view text, std::string_view where) {
  if (text.size() > kMaxBytes) {
    return fail({.kind = ErrorKind::kLimit,
                 .what = std::string(where) + " is too large for a settings file",
                 .expected = "at most 1 MiB",
                 .found = std::to_string(text.size()) + " bytes"});
  }
  EnvFile file;
  while (!text.empty()) {
    const std::string_view line = text.substr(0, text.find('\n'));
    text.remove_prefix(std::min(line.size() + 1, text.size()));
    auto assignment = read_assignment(line);
    if (!assignment) {
      std::string_view start = line;
      skip_blanks(start);
      if (start.starts_with("ORPHEUS_") || start.starts_with("export ORPHEUS_")) {
        return fail({.kind = ErrorKind::kUsage,
                     .what = std::string(where) + ", line " +
                             std::to_string(file.lines_.size() + 1) + " has an error",
                     .expected = "NAME=value, or NAME=\"value\""});
      }
      assignment = Line{.text = std::string(line), .name = {}, .value = {}};
    }
    file.lines_.push_back(std::move(*assignment));
  }
  return file;
}

Result<EnvFile> EnvFile::read(const std::filesystem::path& path) {
  std::error_code error;
  if (!std::filesystem::exists(std::filesystem::status(path, error))) return EnvFile();
  ORPHEUS_TRY(const OpenFile in, open_regular_file(path));
  ORPHEUS_TRY(const std::string text, read_all(in.get(), kMaxBytes, path));
  return parse(text, path.string());
}

Result<EnvFile::Trusted> EnvFile::read_trusted(const std::filesystem::path& path) {
  struct stat link {};
  struct stat status {};
  if (::lstat(path.c_str(), &link) != 0) return Trusted();
  std::string objection = is_trusted_owner(link.st_uid) ? "" : owner_in_words(link.st_uid);
  // A file of another user is not opened.
  if (objection.empty() && ::stat(path.c_str(), &status) != 0) return Trusted();
  if (objection.empty()) objection = objection_to(status);
  if (objection.empty()) {
    ORPHEUS_TRY(const OpenFile in, open_regular_file(path));
    if (::fstat(::fileno(in.get()), &status) == 0) objection = objection_to(status);
    if (objection.empty()) {
      ORPHEUS_TRY(const std::string text, read_all(in.get(), kMaxBytes, path));
      ORPHEUS_TRY(EnvFile file, parse(text, path.string()));
      return Trusted{.file = std::move(file), .refusal = {}};
    }
  }
  std::error_code error;
  const std::string where = std::filesystem::absolute(path, error).string();
  return Trusted{
      .file = {},
      .refusal = Error{.kind = ErrorKind::kUsage,
                       .what = where + " is ignored: " + objection,
                       .expected = "a file owned by this user or root, writable by its owner only",
                       .remedy = "Change its owner and permissions, or set ORPHEUS_ENV_FILE to its "
                                 "path to trust it."}};
}

std::optional<std::string> EnvFile::value(std::string_view name) const {
  const auto found = std::find_if(lines_.rbegin(), lines_.rend(),
                                  [&](const Line& line) { return line.name == name; });
  if (found == lines_.rend()) return std::nullopt;
  return found->value;
}

std::vector<std::string> EnvFile::names() const {
  std::vector<std::string> names;
  for (const Line& line : lines_) {
    if (!line.name.empty()) names.push_back(line.name);
  }
  return names;
}

void EnvFile::set(std::string_view name, std::string_view value) {
  Line changed{.text = std::string(name) + "=" + quoted(value),
               .name = std::string(name),
               .value = std::string(value)};
  bool found = false;
  for (Line& line : lines_) {
    if (line.name != name) continue;
    line = changed;
    found = true;
  }
  if (!found) lines_.push_back(std::move(changed));
}

std::string EnvFile::text() const {
  std::string text;
  for (const Line& line : lines_) text += line.text + "\n";
  return text;
}

Result<void> EnvFile::write(const std::filesystem::path& path) const {
  using std::filesystem::perms;
  std::error_code error;
  const std::filesystem::path target =
      std::filesystem::is_symlink(path, error) ? std::filesystem::canonical(path, error) : path;
  const auto status = std::filesystem::status(target, error);
  const perms rights = std::filesystem::exists(status) ? status.permissions()
                                                       : perms::owner_read | perms::owner_write;
  ORPHEUS_TRY(AtomicFile file, AtomicFile::create(target));
  ORPHEUS_CHECK(file.limit_rights(rights));
  ORPHEUS_CHECK(file.write(text()));
  return file.commit();
}

}  // namespace orpheus::config
