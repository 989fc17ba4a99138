#include <algorithm>

#include <sys/resource.h>

#include "base/log.h"
#include "http/server/descriptors.h"

namespace orpheus::http {

// Shells often allow 1024 descriptors where the system allows far more. Some more are needed for
// models, files and devices.
void allow_many_descriptors(int max_connections) {
  constexpr rlim_t kOthers = 256;
  const rlim_t needed = static_cast<rlim_t>(max_connections) + kOthers;
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur >= needed) return;
  limit.rlim_cur = std::min(limit.rlim_max, needed);
  if (::setrlimit(RLIMIT_NOFILE, &limit) != 0) ::getrlimit(RLIMIT_NOFILE, &limit);
  if (limit.rlim_cur < needed) {
    log::warn(
        "the limit of {} open files is too low: {} connections may need {}. Raise "
        "the limit (ulimit -n, LimitNOFILE=)",
        limit.rlim_cur, max_connections, needed);
  }
}

}  // namespace orpheus::http
