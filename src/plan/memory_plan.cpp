#include "plan/memory_plan.h"

#include <algorithm>
#include <utility>

#include "hardware/tiers.h"
#include "plan/device_choice.h"
#include "plan/ledger.h"
#include "plan/refusals.h"

namespace orpheus::plan {

using hardware::Facts;
using hardware::is_cpu;

int MemoryPlan::num_sequences() const {
  int sum = 0;
  for (const Replica& replica : replicas)
    if (replica.model == 0) sum += replica.num_sequences;
  return sum;
}

Result<MemoryPlan> plan_memory(const Facts& facts, const ModelNeeds& needs, const Wishes& wishes) {
  ORPHEUS_TRY(auto chains, chosen_devices(facts, needs, wishes));
  const Placing placing = placing_of(needs, wishes, std::move(chains));
  ORPHEUS_TRY(const tensor::DeviceInfo codec_device, device_named(facts, placing.codec_device));
  MemoryPlan plan{.codec_device = placing.codec_device,
                  .codec_bytes = needs.codec_bytes_on(is_cpu(codec_device)),
                  .host_bytes = placing.host_bytes(),
                  .host_free_bytes = free_host_bytes(facts),
                  .max_tokens = wishes.max_tokens};
  if (plan.host_bytes > plan.host_free_bytes) return too_little_host_memory(facts, placing);
  if (!is_cpu(codec_device) && !placing.uses(codec_device.name)) {
    plan.codec_free_bytes = Ledger(facts, plan.host_bytes).free_on(codec_device);
    if (plan.codec_bytes > plan.codec_free_bytes)
      return no_room_for_codec(codec_device, plan.codec_bytes, plan.codec_free_bytes);
  }
  ORPHEUS_TRY(plan.replicas, place(facts, placing));
  for (const Replica& replica : plan.replicas) {
    if (!fits(*placing.models[replica.model], replica, wishes.engine.cache_type))
      return too_large(facts, placing, replica);
    const int asked =
        std::min(wishes.asked_context, placing.models[replica.model]->config.context_length);
    if (replica.context_tokens < asked) return context_too_long(facts, placing, replica, asked);
  }
  return plan;
}

}  // namespace orpheus::plan
