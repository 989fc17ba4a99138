#pragma once
// How many cores this process may run on. Safe from every thread.

namespace orpheus::tensor {

// At least 1. Uses the process's CPU affinity and quota if the system reports them
// (usable_cores_by_affinity.cpp), otherwise the number of the machine's cores
// (usable_cores_of_machine.cpp).
int num_usable_cores();

// Those of the machine that are switched on, whether this process may use them or not.
int num_cores_of_machine();

// Restricts this thread, and threads that it starts later, to `count` of its cores. False if the
// system cannot do this; then nothing has changed.
bool keep_to_cores(int count);

}  // namespace orpheus::tensor
