#pragma once
// How fast this machine's memory is read: what bounds a language model that speaks alone.

namespace orpheus::tensor {

// Bytes a second that num_threads read together, of a block far larger than any cache, in GB/s
// (10^9). Takes about a second and 1 GiB of memory; 0 where there is none.
double measure_read_gb_s(int num_threads);

}  // namespace orpheus::tensor
