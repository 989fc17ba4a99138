#pragma once
// Plain words for the person at the terminal, on stderr; they are no log. For the main thread.

#include <filesystem>
#include <string>
#include <string_view>

namespace orpheus::cli {

// "orpheus: " and the line, made printable.
void tell(std::string_view line);

// The same, at most once a day. When it was last said is kept in data_folder/notices/NAME; where
// that cannot be written it is said each time.
void tell_once_a_day(const std::filesystem::path& data_folder, const std::string& name,
                     std::string_view line);

}  // namespace orpheus::cli
