#pragma once
// A secret that proves that a client acts for the user that started the server. It is in a file
// that only this user can read. A connection from this machine proves nothing, because a
// proxy here forwards other clients' requests too. Safe from every thread.

#include <filesystem>
#include <string>

#include "base/result.h"

namespace orpheus::config {

// FOLDER/user-token.
std::filesystem::path user_token_path(const std::filesystem::path& data_folder);

// The token in that file: 32 hexadecimal digits. Makes folder and file if needed, and again if
// other users can access the file or it has other contents. After the file was removed, the next
// reload makes another token. Errors: kIo.
Result<std::string> user_token(const std::filesystem::path& data_folder);

}  // namespace orpheus::config
