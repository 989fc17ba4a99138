#pragma once
// How likely a candidate is beside the likeliest one. Pure functions, for any thread. The same bits
// on every processor and with every C library: sums and products of doubles alone, none of them
// fused (CMakeLists.txt asks the compiler for that).

namespace orpheus::engine {

// e^relative, for 0 ≥ relative ≥ −∞: within 2^-51 of it, and 0 below −700. Never smaller for a
// larger argument.
double likelihood(float relative);

// The smallest argument whose likelihood is at least min_p, 0 … 1; −∞ for 0.
float least_relative(float min_p);

}  // namespace orpheus::engine
