#pragma once
// Settings of the Wyoming server. Filled by config/ only.

#include <optional>

namespace orpheus::wyoming {

struct Options {
  std::optional<int> port;  // 0 takes a free one; nothing: there is no Wyoming server
};

}  // namespace orpheus::wyoming
