#pragma once
// A module's file as the dynamic linker sees it. All functions may be called from any thread.

#include <filesystem>
#include <optional>
#include <string>

namespace orpheus::tensor {

// Why the file must not be loaded: "FILE is cut off: …" (tensor/elf_file.h), or no regular file.
// Nothing if the dynamic linker may try it. If the program itself is no ELF file, only the kind of
// file is checked.
std::optional<std::string> damage_of_module(const std::filesystem::path& file);

// The damage, or what the linker says if it cannot load the file; nothing if it can. The file is
// not kept loaded.
std::optional<std::string> complaint_of_linker(const std::filesystem::path& file);

// How well ggml says that a variant of its CPU back end fits this processor: 0 if it cannot run
// here, nothing if the file is damaged or no variant. ggml does not ask whether the system saves
// the registers of AVX.
std::optional<int> score_of_module(const std::filesystem::path& file);

}  // namespace orpheus::tensor
