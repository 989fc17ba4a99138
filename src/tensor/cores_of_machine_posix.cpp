#include <unistd.h>

#include "tensor/usable_cores.h"

namespace orpheus::tensor {

int num_cores_of_machine() { return static_cast<int>(::sysconf(_SC_NPROCESSORS_ONLN)); }

}  // namespace orpheus::tensor
