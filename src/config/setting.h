#pragma once
// What there is to set: one description for each setting, from which the file of settings, the
// environment, .env, the flags, their help and 'orpheus doctor' all take it. One rule makes three
// spellings of a name: max_tokens in a file, ORPHEUS_MAX_TOKENS in the environment, --max-tokens as
// a flag. Immutable; safe from every thread.

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "config/settings.h"

namespace orpheus::config {

// Who may change it while the program runs, and see it.
enum class Exposure {
  kOwner,       // whoever starts the program
  kChangeable,  // the admin routes too
  kSecret,      // never shown
};

// What it is about: commands take the flags of whole groups.
enum class Group { kVoice, kSampling, kServer, kModels };

struct Setting {
  std::string name;
  std::string variable;
  std::string flag;        // of those commands that have it
  std::string value_name;  // "N"; empty: a switch, whose flag takes no value
  std::string allowed;     // "0 to 65535", for the help; may be empty
  std::string expected;    // "a whole number from 0 to 65535", for an error
  std::string help;
  Exposure exposure = Exposure::kOwner;
  Group group = Group::kVoice;
  bool tells_empty = false;  // set and empty, it counts as not set, and a warning says so
  bool is_list = false;      // commas between the entries
  bool is_path = false;      // ~/ at the beginning (of each entry) is the home folder

  // Whether the text could be used; leaves the settings as they are where not.
  std::function<bool(Settings& settings, const std::string& text)> write = {};
  // As write() takes it.
  std::function<std::string(const Settings& settings)> read = {};
};

// In the order in which they are shown.
const std::vector<Setting>& all_settings();

// Null where there is none.
const Setting* find_setting(std::string_view name);
const Setting* find_setting_of_variable(std::string_view variable);

// Writes it and remembers where it came from. Errors: kUsage, naming the source.
Result<void> write(Settings& settings, const Setting& setting, const std::string& text,
                   const Source& source);

// The same where nobody has set it: what the machine suggests, and why. An unusable text is a fault
// of ours and changes nothing.
void suggest(Settings& settings, const Setting& setting, const std::string& text,
             const std::string& why);

// As a person may see it: a secret is "***", and so are names, passwords and queries in addresses.
std::string shown_value(const Settings& settings, const Setting& setting);

// "the environment variable ORPHEUS_PORT", "port (config.toml, line 3)".
std::string described(const Setting& setting, const Source& source);
// "default", "environment", …: one word for each origin.
std::string_view name_of(Origin origin);

}  // namespace orpheus::config
