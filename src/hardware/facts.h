#pragma once
// The machine's processor, memory and devices. Plain values, so tests use recorded machines.

#include <cstddef>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "tensor/backends.h"
#include "tensor/device.h"

namespace orpheus::hardware {

struct Cpu {
  std::string name;                  // "AMD EPYC 7B13"; empty if the system does not tell
  int num_machine_cores = 1;         // hardware threads of the machine
  int num_usable_cores = 1;          // that affinity and control groups leave this process
  std::vector<std::string> vectors;  // "avx2", "avx512f", "asimd": what the kernels can use
  size_t l1_bytes = 0;               // data cache of a core; 0 if the system does not tell
  size_t l2_bytes = 0;
  size_t l3_bytes = 0;  // of the cores that share it
};

struct HostMemory {
  size_t total_bytes = 0;
  size_t available_bytes = 0;         // to this process, now
  std::optional<size_t> limit_bytes;  // of a control group
};

struct Facts {
  std::vector<tensor::DeviceInfo> devices;  // of every ggml back end, in its order
  std::vector<tensor::IdleModule>
      idle_modules;  // of ggml, that this build has and that give no device
  Cpu cpu;
  HostMemory memory;
};

// Reads the facts of this machine, now. May be called from any thread.
Facts find_facts();

// Reads name, vectors and caches from the files below root/proc and root/sys. root is "/" on Linux.
Cpu read_cpu(const std::filesystem::path& root);

}  // namespace orpheus::hardware
