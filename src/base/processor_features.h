#pragma once
// What a processor says about its instructions. Internal to base/processor.cpp and tests.

#include <cstdint>
#include <string_view>
#include <vector>

namespace orpheus {

// Registers of the CPUID instruction of x86, by leaf. A leaf that the processor does not have is
// zero.
struct CpuRegisters {
  uint32_t leaf1_ecx = 0;
  uint32_t leaf7_ebx = 0;
  uint32_t leaf7_ecx = 0;
  uint32_t leaf7_1_eax = 0;
  uint32_t extended_ecx = 0;  // leaf 0x80000001
  uint64_t saved_by_os = 0;   // XCR0: the registers that the system saves for each thread
};

CpuRegisters read_cpu_registers();

// The instructions that `level` needs and the processor or its system lacks, as people write them.
std::vector<std::string_view> lacking_instructions(std::string_view level,
                                                   const CpuRegisters& registers);

}  // namespace orpheus
