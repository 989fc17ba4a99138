#pragma once
// ggml's back ends: those that are linked into the program, and modules (libggml-NAME.so), which
// are loaded when the program starts to use devices.

#include <filesystem>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace orpheus::tensor {

// A module that gives no device.
struct IdleModule {
  std::string name;    // of its file: "cuda", "vulkan"
  std::string reason;  // "libcuda.so.1 is missing", "it finds no device", "FILE is cut off: …"
  std::string remedy;  // what to do about it; empty if nothing is known
};

// Registers all back ends with ggml; its messages go to the log from then on. Does nothing after
// the first call. May be called from any thread. A damaged module (tensor/module_file.h) is left
// out with a warning.
//
// Modules are loaded from one folder only: the program's own (folders_of_modules), or with an
// installed ggml the folder of that ggml. A library of the current folder is never loaded.
void load_backends();

// Modules of the folder that give no device: damaged ones, also those of other processors, and
// those without a driver or a device. Loads the back ends first.
std::vector<IdleModule> idle_modules();

// The folders in which modules of a program or library may lie: ggml-modules/ beside it in a build
// folder, lib/orpheus of the same prefix once it is installed.
std::vector<std::filesystem::path> folders_of_modules(
    std::span<const std::filesystem::path> files_with_code);

// Whether a module ("cpu-haswell") of ggml's CPU back end may run on a processor of this level
// (base/processor.h), which counts AVX only if the system saves its registers. ggml's own score
// asks for the instructions alone.
bool is_variant_for(std::string_view module, std::string_view level);

// The error of a program that has no back end at all, not even the CPU's: a module is missing or
// damaged, or an installed ggml came without it.
Error no_backend();

// Why a module does not load and what to do, from what the dynamic linker said about it.
IdleModule explain(std::string name, const std::string& linker_message);

}  // namespace orpheus::tensor
