#pragma once
// What the program says when a fault ends it: one line on standard error before the signal's own
// end, and no unfinished file is left. For main(), before threads start.

namespace orpheus::cli {

// Of SIGSEGV, SIGBUS, SIGABRT, SIGILL and SIGFPE, which then end the program as they would have. A
// handler that is there already, a sanitizer's, stays.
void have_last_words();

}  // namespace orpheus::cli
