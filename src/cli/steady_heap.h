#pragma once
// The process's heap, kept from growing while large blocks come and go. For main(), before threads
// start.

namespace orpheus::cli {

// Blocks of a mebibyte and more are given back to the system when they are freed. glibc would raise
// that bound to the size of whatever was freed, and lay later blocks (the graphs of a step, a few
// megabytes each, hardly written) among small ones, where their pages stay. Nothing elsewhere.
void keep_heap_steady();

}  // namespace orpheus::cli
