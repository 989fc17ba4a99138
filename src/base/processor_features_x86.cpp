// For x86-64: Intel's and AMD's manuals on CPUID. A level has all instructions of the lower ones.

#include <array>

#include <cpuid.h>

#include "base/processor_features.h"

namespace orpheus {
namespace {

enum class Level { kV2, kAvx2, kAvxVnni, kAvx512Vnni };

struct Instructions {
  Level level;  // the lowest one that has them
  std::string_view name;
  uint32_t CpuRegisters::*word;
  unsigned bit;
};

// x86-64-v2, x86-64-v3 and x86-64-v4 as the System V ABI defines them, and the dot products of
// bytes.
constexpr std::array kInstructions = {
    Instructions{Level::kV2, "SSE3", &CpuRegisters::leaf1_ecx, 0},
    Instructions{Level::kV2, "SSSE3", &CpuRegisters::leaf1_ecx, 9},
    Instructions{Level::kV2, "CMPXCHG16B", &CpuRegisters::leaf1_ecx, 13},
    Instructions{Level::kV2, "SSE4.1", &CpuRegisters::leaf1_ecx, 19},
    Instructions{Level::kV2, "SSE4.2", &CpuRegisters::leaf1_ecx, 20},
    Instructions{Level::kV2, "POPCNT", &CpuRegisters::leaf1_ecx, 23},
    Instructions{Level::kV2, "LAHF", &CpuRegisters::extended_ecx, 0},
    Instructions{Level::kAvx2, "FMA", &CpuRegisters::leaf1_ecx, 12},
    Instructions{Level::kAvx2, "MOVBE", &CpuRegisters::leaf1_ecx, 22},
    Instructions{Level::kAvx2, "AVX", &CpuRegisters::leaf1_ecx, 28},
    Instructions{Level::kAvx2, "F16C", &CpuRegisters::leaf1_ecx, 29},
    Instructions{Level::kAvx2, "LZCNT", &CpuRegisters::extended_ecx, 5},
    Instructions{Level::kAvx2, "BMI1", &CpuRegisters::leaf7_ebx, 3},
    Instructions{Level::kAvx2, "AVX2", &CpuRegisters::leaf7_ebx, 5},
    Instructions{Level::kAvx2, "BMI2", &CpuRegisters::leaf7_ebx, 8},
    Instructions{Level::kAvxVnni, "AVX-VNNI", &CpuRegisters::leaf7_1_eax, 4},
    Instructions{Level::kAvx512Vnni, "AVX512F", &CpuRegisters::leaf7_ebx, 16},
    Instructions{Level::kAvx512Vnni, "AVX512DQ", &CpuRegisters::leaf7_ebx, 17},
    Instructions{Level::kAvx512Vnni, "AVX512CD", &CpuRegisters::leaf7_ebx, 28},
    Instructions{Level::kAvx512Vnni, "AVX512BW", &CpuRegisters::leaf7_ebx, 30},
    Instructions{Level::kAvx512Vnni, "AVX512VL", &CpuRegisters::leaf7_ebx, 31},
    Instructions{Level::kAvx512Vnni, "AVX512-VNNI", &CpuRegisters::leaf7_ecx, 11},
};

constexpr uint64_t kAvxState = 0x06;     // the registers of SSE and of AVX
constexpr uint64_t kAvx512State = 0xE6;  // also those of AVX-512

Level level_of(std::string_view name) {
  if (name == "avx512_vnni") return Level::kAvx512Vnni;
  if (name == "avx_vnni") return Level::kAvxVnni;
  return name == "avx2" ? Level::kAvx2 : Level::kV2;
}

// AVX-512 with VNNI does not include AVX-VNNI.
bool includes(Level level, Level other) {
  return other <= level && (other != Level::kAvxVnni || level == Level::kAvxVnni);
}

}  // namespace

CpuRegisters read_cpu_registers() {
  CpuRegisters registers;
  uint32_t eax = 0, ebx = 0, ecx = 0, edx = 0;
  if (__get_cpuid(1, &eax, &ebx, &ecx, &edx) != 0) registers.leaf1_ecx = ecx;
  if (__get_cpuid_count(7, 0, &eax, &ebx, &ecx, &edx) != 0) {
    registers.leaf7_ebx = ebx;
    registers.leaf7_ecx = ecx;
    const bool has_subleaf = eax >= 1;
    if (has_subleaf && __get_cpuid_count(7, 1, &eax, &ebx, &ecx, &edx) != 0)
      registers.leaf7_1_eax = eax;
  }
  if (__get_cpuid(0x80000001, &eax, &ebx, &ecx, &edx) != 0) registers.extended_ecx = ecx;
  constexpr uint32_t kOsXsave = 1U << 27U;  // the system uses XSAVE, so XGETBV exists
  if ((registers.leaf1_ecx & kOsXsave) != 0) {
    uint32_t low = 0, high = 0;
    __asm__ volatile("xgetbv" : "=a"(low), "=d"(high) : "c"(0));
    registers.saved_by_os = uint64_t{high} << 32U | low;
  }
  return registers;
}

std::vector<std::string_view> lacking_instructions(std::string_view level,
                                                   const CpuRegisters& registers) {
  const Level wanted = level_of(level);
  std::vector<std::string_view> lacking;
  for (const Instructions& instructions : kInstructions) {
    const bool here = (registers.*instructions.word >> instructions.bit & 1U) != 0;
    if (includes(wanted, instructions.level) && !here) lacking.push_back(instructions.name);
  }
  const uint64_t state = wanted == Level::kV2           ? 0
                         : wanted == Level::kAvx512Vnni ? kAvx512State
                                                        : kAvxState;
  if ((registers.saved_by_os & state) != state) lacking.emplace_back("a system that saves AVX");
  return lacking;
}

}  // namespace orpheus
