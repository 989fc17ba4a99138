// For other architectures than x86-64: kernels are compiled for the lowest processor only.

#include "base/processor_features.h"

namespace orpheus {

CpuRegisters read_cpu_registers() { return {}; }

std::vector<std::string_view> lacking_instructions(std::string_view /*level*/,
                                                   const CpuRegisters& /*registers*/) {
  return {};
}

}  // namespace orpheus
