#include "tensor/backends.h"

#include <algorithm>
#include <array>
#include <mutex>
#include <string_view>
#include <system_error>
#include <utility>

#include <ggml-backend.h>
#include <ggml.h>

#include "base/log.h"
#include "base/own_files.h"
#include "base/processor.h"
#include "tensor/module_file.h"

namespace orpheus::tensor {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kPrefix = "libggml-";
constexpr std::string_view kSuffix = ".so";
constexpr std::string_view kRemedyForDamage = "Install the program again, or build it again.";
constexpr std::string_view kCpu = "cpu";       // the only module for CPUs
constexpr std::string_view kVariant = "cpu-";  // one of several modules for CPUs

void forward_log(ggml_log_level level, const char* text, void* /*unused*/) {
  std::string_view line(text);
  while (!line.empty() && line.back() == '\n') line.remove_suffix(1);
  if (line.empty() || line == ".") return;
  if (level == GGML_LOG_LEVEL_ERROR) {
    log::warn("ggml: {}", line);
  } else {
    log::debug("ggml: {}", line);
  }
}

// ggml ends the program behind this. Its message may tell of a lack of memory, or of a fault.
void tell_of_end(const char* text) { log::error("ggml aborted: {}", text); }

struct Module {
  std::string name;
  fs::path file;
};

bool is_of_cpu(const Module& module) {
  return module.name == kCpu || module.name.starts_with(kVariant);
}

std::vector<Module> modules_in(const fs::path& folder) {
  std::vector<Module> modules;
  std::error_code failed;
  for (fs::directory_iterator entry(folder, failed), end; !failed && entry != end;
       entry.increment(failed)) {
    const std::string file = entry->path().filename().string();
    if (!file.starts_with(kPrefix) || !file.ends_with(kSuffix)) continue;
    std::string name = file.substr(kPrefix.size(), file.size() - kPrefix.size() - kSuffix.size());
    if (name != "base") modules.push_back({std::move(name), entry->path()});
  }
  std::sort(modules.begin(), modules.end(),
            [](const Module& a, const Module& b) { return a.name < b.name; });
  return modules;
}

// Loads a module that the dynamic linker can load. The reason of another one is told by
// idle_modules(); a damaged one is also logged, because another module may serve in its place.
void load(const Module& module) {
  if (const auto damage = damage_of_module(module.file)) {
    log::warn("{}; it is not loaded. {}", *damage, kRemedyForDamage);
  } else if (!complaint_of_linker(module.file)) {
    ggml_backend_load(module.file.c_str());
  }
}

// The best variant for this processor, if there is one.
const Module* best_variant(const std::vector<Module>& modules) {
  const std::string_view level = processor_levels()[processor_level()];
  const Module* best = nullptr;
  int best_score = 0;
  for (const Module& module : modules) {
    if (!module.name.starts_with(kVariant) || !is_variant_for(module.name, level)) continue;
    if (const auto damage = damage_of_module(module.file))
      log::warn("{}; it is not loaded. {}", *damage, kRemedyForDamage);
    const int score = score_of_module(module.file).value_or(0);
    if (score <= best_score) continue;
    best = &module;
    best_score = score;
  }
  return best;
}

// As ggml loads the modules of a folder, but for three things: a damaged module is left out, the
// level of this processor limits the variants of the CPU, and ggml's variable for the file of one
// more module is not read. The CPU comes last, as in ggml.
void load_all(const std::vector<Module>& modules) {
  for (const Module& module : modules)
    if (!is_of_cpu(module)) load(module);
  for (const Module& module : modules)
    if (module.name == kCpu) load(module);
  if (const Module* variant = best_variant(modules)) ggml_backend_load(variant->file.c_str());
}

// Empty if this build has no modules.
fs::path folder_of_modules() {
#ifdef ORPHEUS_GGML_MODULES  // of an installed ggml
  return ORPHEUS_GGML_MODULES;
#else
  for (const fs::path& folder : folders_of_modules(files_with_this_code()))
    if (!modules_in(folder).empty()) return folder;
  return {};
#endif
}

// As ggml calls the back end of a module, but for capitals.
std::string registry_of(const std::string& module) {
  if (module == "hip") return "ROCm";
  if (module == "metal") return "MTL";
  return module;
}

struct Library {
  std::string_view name;
  std::string_view remedy;
};

// The libraries of drivers and toolkits that modules are linked with.
constexpr std::array kLibraries{
    Library{"libcuda.so", "Install NVIDIA's driver (nvidia-smi then lists the card)."},
    Library{"libcudart.so", "Install the runtime of the CUDA toolkit that built the module."},
    Library{"libcublas.so", "Install cuBLAS of the CUDA toolkit that built the module."},
    Library{"libcublasLt.so", "Install cuBLAS of the CUDA toolkit that built the module."},
    Library{"libvulkan.so",
            "Install the Vulkan loader (Debian: libvulkan1) and the card's driver."},
    Library{"libamdhip64.so", "Install AMD's ROCm."},
    Library{"libhipblas.so", "Install AMD's ROCm."},
    Library{"librocblas.so", "Install AMD's ROCm."},
    Library{"libsycl.so", "Install Intel's oneAPI runtime."},
};

}  // namespace

std::vector<fs::path> folders_of_modules(std::span<const fs::path> files_with_code) {
  std::vector<fs::path> folders;
  for (const fs::path& file : files_with_code) {
    const fs::path folder = file.parent_path();
    for (const auto& place :
         {folder / "ggml-modules", folder.parent_path() / "lib/orpheus", folder / "orpheus"}) {
      if (std::find(folders.begin(), folders.end(), place) == folders.end())
        folders.push_back(place);
    }
  }
  return folders;
}

bool is_variant_for(std::string_view module, std::string_view level) {
  constexpr std::array<std::string_view, 2> kWithoutAvx{"cpu-x64", "cpu-sse42"};
  constexpr std::array<std::string_view, 5> kWithoutAvx512{
      "cpu-sandybridge", "cpu-ivybridge", "cpu-piledriver", "cpu-haswell", "cpu-alderlake"};
  const auto has = [&](const auto& names) {
    return std::find(names.begin(), names.end(), module) != names.end();
  };
  if (level == "x86_64_v2") return has(kWithoutAvx);
  if (level == "avx2" || level == "avx_vnni") return has(kWithoutAvx) || has(kWithoutAvx512);
  return true;
}

Error no_backend() {
  return {.kind = ErrorKind::kUnsupported,
          .what = "the program has no kernels for this processor",
          .expected = "a back end of ggml for the CPU (in packages: lib/orpheus/libggml-cpu-….so)",
          .remedy =
              "If the program was installed, a file is missing or damaged: install it again. "
              "If it was built with GGML_DIR, install ggml's CPU back end there."};
}

IdleModule explain(std::string name, const std::string& linker_message) {
  IdleModule module{.name = std::move(name), .reason = linker_message, .remedy = {}};
  // "libcuda.so.1: cannot open shared object file: No such file or directory"
  const size_t end = linker_message.find(": cannot open shared object file");
  if (end == std::string::npos) return module;
  const std::string missing = linker_message.substr(0, end);
  module.reason = missing + " is missing";
  for (const Library& library : kLibraries)
    if (missing.starts_with(library.name)) module.remedy = library.remedy;
  return module;
}

void load_backends() {
  static std::once_flag once;
  std::call_once(once, [] {
    ggml_log_set(forward_log, nullptr);
    ggml_set_abort_callback(tell_of_end);
    // Without a folder ggml would look into the current one.
    const fs::path folder = folder_of_modules();
    if (folder.empty()) return;
    load_all(modules_in(folder));
  });
}

std::vector<IdleModule> idle_modules() {
  load_backends();
  std::vector<IdleModule> idle;
  for (const Module& module : modules_in(folder_of_modules())) {
    if (const auto damage = damage_of_module(module.file)) {
      idle.push_back(
          {.name = module.name, .reason = *damage, .remedy = std::string(kRemedyForDamage)});
      continue;
    }
    if (is_of_cpu(module)) continue;  // of its variants one is loaded
    const std::string name = registry_of(module.name);
    if (ggml_backend_reg_t registry = ggml_backend_reg_by_name(name.c_str())) {
      if (ggml_backend_reg_dev_count(registry) == 0)
        idle.push_back({.name = module.name, .reason = "it finds no device", .remedy = {}});
    } else if (const auto complaint = complaint_of_linker(module.file)) {
      idle.push_back(explain(module.name, *complaint));
    } else {
      idle.push_back({.name = module.name,
                      .reason = "it does not start",
                      .remedy = "Check the driver of its devices."});
    }
  }
  return idle;
}

}  // namespace orpheus::tensor
