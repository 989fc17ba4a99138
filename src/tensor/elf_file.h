#pragma once
// Whether an ELF file is complete, from its headers alone. The dynamic linker trusts them: it maps
// a file that is cut or partly written, and the process ends with SIGBUS or SIGSEGV. All functions
// may be called from any thread.

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>

namespace orpheus::tensor {

// Fills `bytes` with those of the file from `offset` on; false if it cannot. It is called with
// ranges within the file only, of some KiB at most.
using ReadAt = std::function<bool(uint64_t offset, std::span<std::byte> bytes)>;

// The bytes at the begin of an ELF file that tell its processor, and whether it is an ELF file.
constexpr size_t kElfIdentityBytes = 20;
using ElfIdentity = std::span<const std::byte, kElfIdentityBytes>;

bool is_elf(ElfIdentity identity);

// Why the dynamic linker must not map the file as a library of a program with this identity: "a
// file for another processor", "cut off: its headers describe 812344 bytes". Nothing if the header
// is one of a library for the program's processor, all segments and the table of sections lie
// within the file, and the dynamic segment names the tables that every library has. Damage inside
// of a segment is not seen.
std::optional<std::string> damage_of_library(uint64_t size_bytes, const ReadAt& read,
                                             ElfIdentity program);

}  // namespace orpheus::tensor
