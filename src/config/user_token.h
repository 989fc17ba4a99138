#pragma once
// What proves to a server that a client acts for the user that started the server: a secret in a
// file that this user alone can read. Every connection from this machine looks the same, also one
// that a proxy makes for a stranger. Safe from every thread.

#include <filesystem>
#include <string>

#include "base/result.h"

namespace orpheus::config {

// FOLDER/user-token.
std::filesystem::path user_token_path(const std::filesystem::path& data_folder);

// The token in that file: 32 hexadecimal digits. Makes folder and file where there is none, and
// anew where the file is not this user's alone or holds something else; removed by hand, it is
// another one from the next reload on. Errors: kIo.
Result<std::string> user_token(const std::filesystem::path& data_folder);

}  // namespace orpheus::config
