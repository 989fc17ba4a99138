#include "plan/ledger.h"

#include <algorithm>

#include "hardware/tiers.h"

namespace orpheus::plan {

using hardware::Facts;
using hardware::is_cpu;
using hardware::is_unified;
using tensor::DeviceInfo;

size_t free_host_bytes(const Facts& facts) {
  return std::min(facts.memory.available_bytes, facts.memory.total_bytes);
}

size_t free_bytes_of(const Facts& facts, const DeviceInfo& device) {
  return Ledger(facts, 0).free_on(device);
}

Ledger::Ledger(const Facts& facts, size_t host_bytes)
    : host_(static_cast<int64_t>(free_host_bytes(facts)) - static_cast<int64_t>(host_bytes)) {}

void Ledger::take(const DeviceInfo& device, size_t bytes) {
  taken_[device.name] += static_cast<int64_t>(bytes);
  if (is_cpu(device) || is_unified(device)) host_ -= static_cast<int64_t>(bytes);
}

void Ledger::take_cache(const DeviceInfo& device, size_t bytes) {
  take(device, bytes);
  if (is_cpu(device)) unwritten_ += static_cast<int64_t>(bytes);
}

int64_t Ledger::balance(const DeviceInfo& device) const {
  if (is_cpu(device)) return host_;
  const auto taken = taken_.find(device.name);
  const int64_t left =
      static_cast<int64_t>(device.memory_free_bytes) - (taken == taken_.end() ? 0 : taken->second);
  return is_unified(device) ? std::min(left, host_) : left;
}

size_t Ledger::free_on(const DeviceInfo& device) const {
  return static_cast<size_t>(std::max<int64_t>(0, balance(device)));
}

size_t Ledger::measured_on(const DeviceInfo& device) const {
  const int64_t unwritten = is_cpu(device) ? unwritten_ : 0;
  return static_cast<size_t>(std::max<int64_t>(0, balance(device) + unwritten));
}

}  // namespace orpheus::plan
