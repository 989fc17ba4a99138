#pragma once
// What is free on each device while a plan is made. A plain value.

#include <cstddef>
#include <cstdint>
#include <map>
#include <string>

#include "hardware/facts.h"

namespace orpheus::plan {

class Ledger {
 public:
  // host_bytes of main memory are spoken for beside what stands on devices. A device that shares
  // the machine's memory has no more than that leaves.
  Ledger(const hardware::Facts& facts, size_t host_bytes);

  void take(const tensor::DeviceInfo& device, size_t bytes);
  // A CPU's cache, whose pages are there once they are written: until then they are measured as
  // free.
  void take_cache(const tensor::DeviceInfo& device, size_t bytes);

  int64_t balance(const tensor::DeviceInfo& device) const;  // below zero where too much was taken
  size_t free_on(const tensor::DeviceInfo& device) const;   // zero there
  size_t measured_on(const tensor::DeviceInfo& device) const;  // as an engine that starts sees it

 private:
  int64_t host_ = 0;       // left of main memory
  int64_t unwritten_ = 0;  // caches in it
  std::map<std::string, int64_t> taken_;
};

// Of the machine's memory, to this process.
size_t free_host_bytes(const hardware::Facts& facts);
// Of a device's, before anything is loaded: a CPU's, and at most a GPU's that shares it, is the
// machine's.
size_t free_bytes_of(const hardware::Facts& facts, const tensor::DeviceInfo& device);

}  // namespace orpheus::plan
