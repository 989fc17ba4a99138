#pragma once
// Keeps the process's heap from growing while large blocks are allocated and freed. Call in main(),
// before threads start.

namespace orpheus::cli {

// Makes glibc return blocks of a mebibyte and more to the system when they are freed. By default
// glibc raises this bound to the largest freed size, and places later blocks (a step's graphs, a
// few megabytes each) among small ones, where their pages stay. No effect without glibc.
void keep_heap_steady();

}  // namespace orpheus::cli
