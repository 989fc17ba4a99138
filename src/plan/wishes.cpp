#include "plan/wishes.h"

#include <algorithm>
#include <utility>

#include "tensor/backends.h"

namespace orpheus::plan {

Placing placing_of(const ModelNeeds& needs, const Wishes& wishes, std::vector<Chain> chains) {
  Placing placing{.models = {&needs},
                  .chains = std::move(chains),
                  .codec_device = wishes.codec_device,
                  .engine = wishes.engine};
  for (const ModelNeeds& model : wishes.more_models) placing.models.push_back(&model);
  if (placing.codec_device.empty()) placing.codec_device = placing.chains.front().front().name;
  return placing;
}

Result<tensor::DeviceInfo> device_named(const hardware::Facts& facts, const std::string& name) {
  const auto found =
      std::find_if(facts.devices.begin(), facts.devices.end(),
                   [&](const tensor::DeviceInfo& device) { return device.name == name; });
  if (found != facts.devices.end()) return *found;
  if (facts.devices.empty()) return fail(tensor::no_backend());
  std::string names = "auto";
  for (const tensor::DeviceInfo& device : facts.devices) names += ", " + device.name;
  return fail(
      {.kind = ErrorKind::kNotFound,
       .what = "there is no device '" + name + "'",
       .expected = names,
       .remedy = "'orpheus devices' lists the devices; a GPU needs a build with its back end."});
}

}  // namespace orpheus::plan
