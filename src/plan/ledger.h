#pragma once
// Counts the free memory of each device while a plan is made. A plain value.

#include <cstddef>
#include <cstdint>
#include <map>
#include <string>

#include "hardware/facts.h"

namespace orpheus::plan {

class Ledger {
 public:
  // Reserves host_bytes of main memory for other uses. A device that shares the machine's memory
  // gets at most the rest.
  Ledger(const hardware::Facts& facts, size_t host_bytes);

  void take(const tensor::DeviceInfo& device, size_t bytes);
  // Takes memory for a CPU's cache. Until a page of the cache is written, the system reports it as
  // free.
  void take_cache(const tensor::DeviceInfo& device, size_t bytes);

  int64_t balance(const tensor::DeviceInfo& device) const;     // below zero if too much was taken
  size_t free_on(const tensor::DeviceInfo& device) const;      // zero if too much was taken
  size_t measured_on(const tensor::DeviceInfo& device) const;  // as measured at an engine's start

 private:
  int64_t host_ = 0;       // free main memory
  int64_t unwritten_ = 0;  // caches in main memory
  std::map<std::string, int64_t> taken_;
};

// Bytes of the machine's memory that are free for this process.
size_t free_host_bytes(const hardware::Facts& facts);
// Free bytes of a device before anything is loaded. A CPU has the machine's memory; a GPU that
// shares this memory has at most as much.
size_t free_bytes_of(const hardware::Facts& facts, const tensor::DeviceInfo& device);

}  // namespace orpheus::plan
