#include "config/kinds.h"

namespace orpheus::config {
namespace {

std::string_view without_blanks(std::string_view text) {
  constexpr std::string_view kBlanks = " \t\r";
  const size_t start = std::min(text.find_first_not_of(kBlanks), text.size());
  text.remove_prefix(start);
  return text.substr(0, text.find_last_not_of(kBlanks) + 1);
}

}  // namespace

std::string variable_of(std::string_view name) {
  std::string variable = "ORPHEUS_";
  for (const char c : name) variable += c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
  return variable;
}

std::string flag_of(std::string_view name) {
  std::string flag = "--";
  for (const char c : name) flag += c == '_' ? '-' : c;
  return flag;
}

std::vector<std::string> read_list(std::string_view text, char separator) {
  std::vector<std::string> entries;
  while (!text.empty()) {
    const std::string_view whole = text.substr(0, text.find(separator));
    text.remove_prefix(std::min(whole.size() + 1, text.size()));
    if (const auto entry = without_blanks(whole); !entry.empty()) entries.emplace_back(entry);
  }
  return entries;
}

std::string joined(const std::vector<std::string>& entries) {
  std::string text;
  for (const std::string& entry : entries) text += (text.empty() ? "" : ",") + entry;
  return text;
}

bool holds_only_separators(std::string_view text) {
  return !text.empty() && read_list(text, ',').empty();
}

std::optional<bool> read_switch(std::string_view text) {
  for (const char* yes : {"1", "true", "yes", "on"})
    if (text == yes) return true;
  for (const char* no : {"0", "false", "no", "off"})
    if (text == no) return false;
  return std::nullopt;
}

Setting described_by(Description description, std::string value_name) {
  if (!description.value_name.empty()) value_name = std::move(description.value_name);
  const std::string name = description.name;
  return {.name = name,
          .variable = description.variable.empty() ? variable_of(name) : description.variable,
          .flag = description.flag.empty() ? flag_of(name) : description.flag,
          .value_name = std::move(value_name),
          .allowed = {},
          .expected = {},
          .help = std::move(description.help),
          .exposure = description.exposure,
          .tells_empty = description.tells_empty};
}

}  // namespace orpheus::config
