#pragma once
// A folder below one that everybody may write to, such as /tmp, that is nevertheless this user's
// alone. Safe from every thread.

#include <filesystem>

#include "base/result.h"

namespace orpheus {

// Makes the folder with the rights 0700, or takes one that is there: it must belong to this user
// and must not be a link or writable by others; others lose the right to read it. Errors: kIo, with
// the reason.
Result<void> make_private_folder(const std::filesystem::path& path);

}  // namespace orpheus
