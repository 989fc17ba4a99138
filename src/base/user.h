#pragma once
// The user that runs the program, as the system knows it. May be called from any thread.

#include <filesystem>
#include <optional>
#include <string>

namespace orpheus {

// The home that the system's list of users (/etc/passwd, LDAP, …) has for this user. Nothing if the
// list has no absolute path, or if no such folder exists.
std::optional<std::filesystem::path> listed_home();

// "orpheus-1000", with the number of the user: a name in a folder that all users share.
std::string name_with_user(const std::string& name);

}  // namespace orpheus
