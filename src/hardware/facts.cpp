#include "hardware/facts.h"

#include <algorithm>
#include <array>
#include <fstream>
#include <sstream>
#include <string_view>
#include <thread>

#include "tensor/host_memory.h"
#include "tensor/usable_cores.h"

namespace orpheus::hardware {
namespace {

// Instruction sets that ggml's kernels or ours use, with the names of /proc/cpuinfo.
constexpr std::array<std::string_view, 14> kVectors = {
    "avx",         "fma",      "f16c",  "avx2",    "avx512f", "avx512_vnni", "avx_vnni",
    "avx512_bf16", "amx_int8", "asimd", "asimdhp", "asimddp", "i8mm",        "sve"};

// "48K", "2M".
size_t bytes_of(const std::string& size) {
  std::istringstream in(size);
  size_t number = 0;
  char unit = ' ';
  if (!(in >> number)) return 0;
  in >> unit;
  return number << (unit == 'K' ? 10U : unit == 'M' ? 20U : unit == 'G' ? 30U : 0U);
}

std::string first_line(const std::filesystem::path& path) {
  std::ifstream in(path);
  std::string line;
  std::getline(in, line);
  return line;
}

void read_cpuinfo(const std::filesystem::path& path, Cpu& cpu) {
  std::ifstream in(path);
  for (std::string line; std::getline(in, line);) {
    const size_t colon = line.find(':');
    if (colon == std::string::npos) continue;
    const std::string name = line.substr(0, line.find_last_not_of(" \t", colon - 1) + 1);
    const std::string value = line.substr(std::min(colon + 2, line.size()));
    if (name == "model name" && cpu.name.empty()) cpu.name = value;
    if ((name == "flags" || name == "Features") && cpu.vectors.empty()) {
      std::istringstream words(value);
      for (std::string word; words >> word;) {
        if (std::find(kVectors.begin(), kVectors.end(), word) != kVectors.end())
          cpu.vectors.push_back(word);
      }
    }
  }
}

void read_caches(const std::filesystem::path& folder, Cpu& cpu) {
  for (int index = 0; index < 8; ++index) {
    const auto cache = folder / ("index" + std::to_string(index));
    if (first_line(cache / "type") == "Instruction") continue;
    const std::string level = first_line(cache / "level");
    const size_t size = bytes_of(first_line(cache / "size"));
    if (level == "1") cpu.l1_bytes = size;
    if (level == "2") cpu.l2_bytes = size;
    if (level == "3") cpu.l3_bytes = size;
  }
}

}  // namespace

Cpu read_cpu(const std::filesystem::path& root) {
  Cpu cpu;
  read_cpuinfo(root / "proc/cpuinfo", cpu);
  read_caches(root / "sys/devices/system/cpu/cpu0/cache", cpu);
  return cpu;
}

Facts find_facts() {
  Facts facts{.devices = tensor::list_devices(),
              .idle_modules = tensor::idle_modules(),
              .cpu = read_cpu("/"),
              .memory = {}};
  facts.cpu.num_machine_cores = static_cast<int>(std::max(1U, std::thread::hardware_concurrency()));
  facts.cpu.num_usable_cores = tensor::num_usable_cores();
  facts.memory.available_bytes = tensor::available_host_bytes();
  facts.memory.limit_bytes = tensor::host_limit_bytes();
  for (const tensor::DeviceInfo& device : facts.devices) {
    if (device.kind != tensor::DeviceKind::kCpu) continue;
    facts.memory.total_bytes = device.memory_total_bytes;  // ggml reads it on every system
    if (facts.cpu.name.empty()) facts.cpu.name = device.description;
  }
  return facts;
}

}  // namespace orpheus::hardware
