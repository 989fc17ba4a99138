#pragma once
// How many cores this process may run on. Safe from every thread.

namespace orpheus::tensor {

// At least 1. Where the system tells which cores a process was given and how much of their time,
// that is counted (usable_cores_by_affinity.cpp), elsewhere all that there are
// (usable_cores_of_machine.cpp).
int num_usable_cores();

}  // namespace orpheus::tensor
