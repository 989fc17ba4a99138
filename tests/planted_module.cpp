// A library with the name of a back end of ggml, as a stranger might leave it in a folder. It tells
// when it is loaded.

#include <cstdlib>

namespace {

struct Told {
  Told() { ::setenv("ORPHEUS_TEST_PLANTED_MODULE_WAS_LOADED", "1", 1); }
} const kTold;

}  // namespace
