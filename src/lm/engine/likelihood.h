#pragma once
// The likelihood of a candidate relative to the likeliest one. Pure functions, for any thread. The
// results are the same bits on every processor and with every C library: only sums and products of
// doubles are used, and none is fused (CMakeLists.txt tells the compiler).

namespace orpheus::engine {

// e^relative, for 0 ≥ relative ≥ −∞: within 2^-51 of it, and 0 below −700. Never smaller for a
// larger argument.
double likelihood(float relative);

// The smallest argument whose likelihood is at least min_p, 0 … 1; −∞ for 0.
float least_relative(float min_p);

}  // namespace orpheus::engine
