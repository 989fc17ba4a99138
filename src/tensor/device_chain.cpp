#include "tensor/device_chain.h"

#include <algorithm>
#include <utility>

namespace orpheus::tensor {
namespace {

std::vector<std::string> split(const std::string& list, char separator) {
  std::vector<std::string> names;
  for (size_t begin = 0; begin <= list.size();) {
    const size_t end = std::min(list.find(separator, begin), list.size());
    names.push_back(list.substr(begin, end - begin));
    begin = end + 1;
  }
  return names;
}

}  // namespace

std::vector<std::string> replica_names(const std::string& list) { return split(list, ','); }
std::vector<std::string> device_names(const std::string& replica) { return split(replica, '+'); }
std::string first_device_name(const std::string& list) {
  return list.substr(0, list.find_first_of(",+"));
}

Error gpu_behind_a_cpu(const std::string& replica, const std::string& gpu) {
  return {.kind = ErrorKind::kUsage,
          .what = "'" + replica + "' lists " + gpu + " after a CPU",
          .expected = "the CPU last: it gets the layers that do not fit on the other devices"};
}

DeviceChain::DeviceChain(std::unique_ptr<Device> device) { devices_.push_back(std::move(device)); }

Result<DeviceChain> DeviceChain::open(const DeviceOptions& options) {
  DeviceChain chain;
  for (const std::string& name : device_names(options.name)) {
    DeviceOptions part = options;
    part.name = name;
    ORPHEUS_TRY(auto device, Device::open(part));
    if (!device->is_cpu() && chain.includes_a_cpu())
      return fail(gpu_behind_a_cpu(options.name, name));
    chain.devices_.push_back(std::move(device));
  }
  return chain;
}

std::string DeviceChain::name() const {
  std::string names;
  for (const auto& device : devices_) names += (names.empty() ? "" : "+") + device->info().name;
  return names;
}

std::string DeviceChain::description() const {
  const std::string& first = front().info().description;
  const bool all_the_same = std::all_of(devices_.begin(), devices_.end(), [&](const auto& device) {
    return device->info().description == first;
  });
  if (all_the_same) return first;
  std::string all;
  for (const auto& device : devices_)
    all += (all.empty() ? "" : " + ") + device->info().description;
  return all;
}

bool DeviceChain::includes_a_cpu() const {
  return std::any_of(devices_.begin(), devices_.end(),
                     [](const auto& device) { return device->is_cpu(); });
}

size_t DeviceChain::count(const std::string& name) const {
  return static_cast<size_t>(
      std::count_if(devices_.begin(), devices_.end(),
                    [&](const auto& device) { return device->info().name == name; }));
}

void DeviceChain::set_num_threads(int num_threads) {
  for (const auto& device : devices_) device->set_num_threads(num_threads);
}

}  // namespace orpheus::tensor
