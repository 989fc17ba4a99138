#include "config/config_file.h"

#include <algorithm>
#include <system_error>
#include <utility>
#include <vector>

#define TOML_EXCEPTIONS 0
#define TOML_ENABLE_FORMATTERS 0
#include <spdlog/fmt/fmt.h>
#include <toml++/toml.h>

#include "base/in_ascii.h"
#include "base/nearest_name.h"
#include "base/regular_file.h"
#include "base/utf8.h"
#include "config/kinds.h"

namespace orpheus::config {
namespace {

constexpr size_t kMaxBytes = 1U << 20U;
constexpr size_t kMaxShownBytes = 64;

tl::unexpected<Error> refuse(std::string_view where, int line, Error error) {
  error.kind = ErrorKind::kUsage;
  error.what = std::string(where) + ", line " + std::to_string(line) + ": " + error.what;
  return fail(std::move(error));
}

Error unknown_key(std::string_view key) {
  std::vector<std::string_view> names;
  for (const Setting& setting : all_settings()) names.push_back(setting.name);
  std::string_view meant = nearest_name(key, names);
  if (const Setting* by_variable = find_setting_of_variable(key)) meant = by_variable->name;
  for (const Setting& setting : all_settings())
    if (setting.flag == flag_of(key)) meant = setting.name;  // max-tokens
  return {.what = "there is no setting '" + printable_excerpt(key, kMaxShownBytes) + "'",
          .expected = meant.empty() ? "" : "'" + std::string(meant) + "'",
          .remedy = meant.empty() ? "'orpheus doctor' lists all settings." : ""};
}

std::optional<std::string> text_of_scalar(const toml::node& node) {
  if (const auto* text = node.as_string()) return from_ascii(text->get());
  if (const auto* whole = node.as_integer()) return std::to_string(whole->get());
  if (const auto* real = node.as_floating_point()) return fmt::format("{}", real->get());
  if (const auto* yes = node.as_boolean()) return yes->get() ? "1" : "0";
  return std::nullopt;
}

// Joins the entries of an array with commas. An entry that contains a comma is refused, because it
// would become two.
std::optional<std::string> text_of_list(const toml::array& array) {
  std::vector<std::string> entries;
  for (const toml::node& node : array) {
    const auto entry = text_of_scalar(node);
    if (!entry || entry->find(',') != std::string::npos) return std::nullopt;
    entries.push_back(*entry);
  }
  // ["", ""] is no list, just as "," is none.
  const bool has_some = std::any_of(entries.begin(), entries.end(), [](const std::string& entry) {
    return !read_list(entry, ',').empty();
  });
  if (!entries.empty() && !has_some) return std::nullopt;
  return joined(entries);
}

std::optional<std::string> text_of(const toml::node& node, const Setting& setting) {
  const auto* array = node.as_array();
  if (array == nullptr) return text_of_scalar(node);
  return setting.is_list ? text_of_list(*array) : std::nullopt;
}

}  // namespace

Result<ConfigFile> ConfigFile::parse(std::string_view text, std::string_view where) {
  if (text.size() > kMaxBytes) {
    return fail({.kind = ErrorKind::kLimit,
                 .what = std::string(where) + " is too large for a settings file",
                 .expected = "at most 1 MiB",
                 .found = std::to_string(text.size()) + " bytes"});
  }
  constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";
  if (text.starts_with(kByteOrderMark)) text.remove_prefix(kByteOrderMark.size());
  if (const auto invalid = find_invalid_utf8(text)) {
    const std::string_view above = text.substr(0, *invalid);
    return refuse(where, 1 + static_cast<int>(std::count(above.begin(), above.end(), '\n')),
                  {.what = "not valid TOML: the text is not UTF-8"});
  }
  const toml::parse_result parsed = toml::parse(in_ascii(text));
  if (!parsed) {
    const toml::parse_error& problem = parsed.error();
    return refuse(where, static_cast<int>(problem.source().begin.line),
                  {.what = "not valid TOML: " + printable(from_ascii(problem.description())),
                   .remedy = "Put text values in quotes: model = \"FILE\"."});
  }
  ConfigFile file;
  file.where_ = where;
  for (const auto& [ascii_key, node] : parsed.table()) {
    const auto line = static_cast<int>(node.source().begin.line);
    const std::string key = from_ascii(ascii_key.str());
    const Setting* setting = find_setting(key);
    if (setting == nullptr && node.is_table()) {
      return refuse(where, line,
                    {.what = "sections are not allowed; found section '" +
                             printable_excerpt(key, kMaxShownBytes) + "'",
                     .expected = "settings at the top level, such as: port = 5005"});
    }
    if (setting == nullptr) return refuse(where, line, unknown_key(key));
    auto value = text_of(node, *setting);
    if (!value) {
      return refuse(
          where, line,
          {.what = "'" + setting->name + "' has an invalid value",
           .expected = setting->is_list ? "a list of strings without commas, such as [\"a\", \"b\"]"
                                        : setting->expected});
    }
    file.entries_[setting->name] = {.text = std::move(*value), .line = line};
  }
  return file;
}

Result<ConfigFile> ConfigFile::read(const std::filesystem::path& path) {
  std::error_code error;
  const auto status = std::filesystem::status(path, error);
  if (!std::filesystem::exists(status)) {
    return fail({.kind = ErrorKind::kNotFound,
                 .what = "the settings file '" + path.string() + "' does not exist",
                 .remedy = "Correct the path in --config or ORPHEUS_CONFIG, or unset it."});
  }
  ORPHEUS_TRY(const OpenFile in, open_regular_file(path));
  ORPHEUS_TRY(const std::string text, read_all(in.get(), kMaxBytes, path));
  return parse(text, path.string());
}

std::optional<ConfigFile::Entry> ConfigFile::value(const Setting& setting) const {
  const auto found = entries_.find(setting.name);
  if (found == entries_.end() || found->second.text.empty()) return std::nullopt;
  return found->second;
}

std::optional<ConfigFile::Entry> ConfigFile::empty_value(const Setting& setting) const {
  const auto found = entries_.find(setting.name);
  if (found == entries_.end() || !found->second.text.empty()) return std::nullopt;
  return found->second;
}

std::string ConfigFile::where(const Entry& entry) const {
  return where_ + ", line " + std::to_string(entry.line);
}

}  // namespace orpheus::config
