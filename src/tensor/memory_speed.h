#pragma once
// Measures how fast this machine reads memory. That bounds a language model with a single sequence.

namespace orpheus::tensor {

// GB/s (10^9 bytes) that num_threads read together from a block far larger than any cache. Takes
// about a second and 1 GiB of memory; 0 if that memory is not there.
double measure_read_gb_s(int num_threads);

}  // namespace orpheus::tensor
