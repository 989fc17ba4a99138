#pragma once
// Makes a folder of this user alone below a folder that everybody may write to, such as /tmp. Safe
// from every thread.

#include <filesystem>

#include "base/result.h"

namespace orpheus {

// Makes the folder with the rights 0700. An existing folder is accepted if it belongs to this user,
// is not a link and is not writable by others; its rights then become 0700. Errors: kIo, with the
// reason.
Result<void> make_private_folder(const std::filesystem::path& path);

}  // namespace orpheus
