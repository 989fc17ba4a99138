#pragma once
// How many cores this process may run on. Safe from every thread.

namespace orpheus::tensor {

// At least 1. Where the system tells which cores a process was given and how much of their time,
// that is counted (usable_cores_by_affinity.cpp), elsewhere all that there are
// (usable_cores_of_machine.cpp).
int num_usable_cores();

// Keeps this thread, and those that it starts from now on, to so many of the cores that it may run
// on. False where the system has no such thing; then nothing has changed.
bool keep_to_cores(int count);

}  // namespace orpheus::tensor
