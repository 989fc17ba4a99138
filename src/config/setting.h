#pragma once
// The descriptions of all settings. The file of settings, the environment, .env, the flags, their
// help and 'orpheus doctor' all use them. One rule makes three spellings of a name: max_tokens in a
// file, ORPHEUS_MAX_TOKENS in the environment, --max-tokens as a flag. Immutable; safe from every
// thread.

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "config/settings.h"

namespace orpheus::config {

// Who may see and change a setting while the program runs.
enum class Exposure {
  kOwner,       // only the user who starts the program
  kChangeable,  // also clients of the admin routes
  kSecret,      // never shown
};

// The subject of a setting. Commands take the flags of whole groups.
enum class Group { kVoice, kSampling, kServer, kModels };

struct Setting {
  std::string name;
  std::string variable;
  std::string flag;        // in commands that have it
  std::string value_name;  // "N"; empty: a switch, whose flag takes no value
  std::string allowed;     // "0 to 65535", for the help; may be empty
  std::string expected;    // "a whole number from 0 to 65535", for an error
  std::string help;
  Exposure exposure = Exposure::kOwner;
  Group group = Group::kVoice;
  bool tells_empty = false;  // an empty value counts as not set, with a warning
  bool is_list = false;      // commas between the entries
  bool is_path = false;      // ~/ at the beginning (of each entry) is the home folder

  // Parses the text into the settings. False if it cannot; then nothing has changed.
  std::function<bool(Settings& settings, const std::string& text)> write = {};
  // The value in the form of write().
  std::function<std::string(const Settings& settings)> read = {};
};

// All settings, in the order of display.
const std::vector<Setting>& all_settings();

// Null if there is none.
const Setting* find_setting(std::string_view name);
const Setting* find_setting_of_variable(std::string_view variable);

// Sets a value and its source. Errors: kUsage, with the source.
Result<void> write(Settings& settings, const Setting& setting, const std::string& text,
                   const Source& source);

// Sets the machine's suggestion and its reason, if nothing else set the value. An unusable text is
// a fault of the program and changes nothing.
void suggest(Settings& settings, const Setting& setting, const std::string& text,
             const std::string& why);

// The value for display. Secrets are "***"; so are user names, passwords and queries in addresses.
std::string shown_value(const Settings& settings, const Setting& setting);

// "the environment variable ORPHEUS_PORT", "port (config.toml, line 3)".
std::string described(const Setting& setting, const Source& source);
// "default", "environment", …: one word for each origin.
std::string_view name_of(Origin origin);

}  // namespace orpheus::config
