#pragma once
// The levels of processors that our kernels are compiled for (cmake/Processor.cmake), and the level
// that this processor takes. All other code is compiled for the lowest processor of the
// architecture. A program built for one machine only (ORPHEUS_NATIVE) has one level, and takes it.
// All functions may be called from any thread.

#include <cstddef>
#include <span>
#include <string>
#include <string_view>

namespace orpheus {

// The names of this program's levels, the best one first: "avx512_vnni", …, "x86_64_v2".
std::span<const std::string_view> processor_levels();

// The index of the best level that this processor has; the last one if it has none. The first call
// decides.
size_t processor_level();

// "AVX-512 VNNI", for people.
std::string_view processor_level_in_words();

// Why this processor cannot run the program, as a sentence; empty if it can.
std::string unsuited_processor();

}  // namespace orpheus
