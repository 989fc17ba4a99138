#pragma once
// Measures how fast this machine reads memory, the limit for the speed of a single sequence.

namespace orpheus::tensor {

// GB/s (10^9 bytes) that num_threads read together from a block far larger than any cache. Takes
// about a second and 1 GiB of memory; 0 if there is not enough memory.
double measure_read_gb_s(int num_threads);

}  // namespace orpheus::tensor
