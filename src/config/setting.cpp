#include "config/setting.h"

#include <algorithm>

namespace orpheus::config {
namespace {

const Setting* find_by(std::string Setting::*member, std::string_view text) {
  const auto& all = all_settings();
  const auto found = std::find_if(all.begin(), all.end(),
                                  [&](const Setting& each) { return each.*member == text; });
  return found == all.end() ? nullptr : &*found;
}

// http://user:password@host/?key=k becomes http://***@host/?***, also in a list of addresses.
std::string without_passwords(std::string text) {
  constexpr std::string_view kBehindScheme = "://";
  for (size_t at = text.find(kBehindScheme); at != std::string::npos;
       at = text.find(kBehindScheme, at)) {
    at += kBehindScheme.size();
    const size_t host_end = std::min(text.find_first_of("/?,", at), text.size());
    const size_t sign = text.rfind('@', host_end);
    if (sign != std::string::npos && sign >= at) text.replace(at, sign - at, "***");
    const size_t end = std::min(text.find(',', at), text.size());
    const size_t query = text.find('?', at);
    if (query < end) text.replace(query + 1, end - query - 1, "***");
  }
  return text;
}

// Kubernetes sets NAME_PORT=tcp://… in each pod for every service of its namespace. A service
// called orpheus gives ORPHEUS_PORT, which is not ours.
std::string remedy_for(const std::string& text, const Source& source) {
  const bool is_of_kubernetes = source.origin == Origin::kEnvironment && text.starts_with("tcp://");
  return is_of_kubernetes ? "Kubernetes sets this variable for a service named orpheus. Add "
                            "'enableServiceLinks: false' to the pod's spec."
                          : "";
}

}  // namespace

const Setting* find_setting(std::string_view name) { return find_by(&Setting::name, name); }

const Setting* find_setting_of_variable(std::string_view variable) {
  return find_by(&Setting::variable, variable);
}

Result<void> write(Settings& settings, const Setting& setting, const std::string& text,
                   const Source& source) {
  if (!setting.write(settings, text)) {
    return fail({.kind = ErrorKind::kUsage,
                 .what = described(setting, source) + " has an invalid value",
                 .expected = setting.expected,
                 .found = setting.exposure == Exposure::kSecret ? "" : "'" + text + "'",
                 .remedy = remedy_for(text, source)});
  }
  settings.sources[setting.name] = source;
  return {};
}

void suggest(Settings& settings, const Setting& setting, const std::string& text,
             const std::string& why) {
  if (settings.sources.contains(setting.name) || !setting.write(settings, text)) return;
  settings.sources[setting.name] = {Origin::kProfile, why};
}

std::string shown_value(const Settings& settings, const Setting& setting) {
  std::string value = setting.read(settings);
  if (setting.exposure == Exposure::kSecret && !value.empty()) return "***";
  return without_passwords(std::move(value));
}

std::string described(const Setting& setting, const Source& source) {
  switch (source.origin) {
    case Origin::kEnvironment: return "the environment variable " + source.where;
    case Origin::kEnvFile: return setting.variable + " in " + source.where;
    case Origin::kConfigFile: return "'" + setting.name + "' in " + source.where;
    case Origin::kFlag: return setting.flag;
    case Origin::kProfile:
    case Origin::kDefault: return "'" + setting.name + "'";
  }
  return setting.name;
}

std::string_view name_of(Origin origin) {
  switch (origin) {
    case Origin::kDefault: return "default";
    case Origin::kProfile: return "profile";
    case Origin::kConfigFile: return "file";
    case Origin::kEnvFile: return ".env";
    case Origin::kEnvironment: return "environment";
    case Origin::kFlag: return "flag";
  }
  return "";
}

}  // namespace orpheus::config
