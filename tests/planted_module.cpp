// A library with the name of a back end of ggml, as a stranger might leave it in a folder. It tells
// when it is loaded: this program by a variable, others by standard error.

#include <cstdlib>
#include <string_view>

#include <unistd.h>

namespace {

struct Told {
  Told() {
    constexpr std::string_view kMessage = "planted module is loaded\n";
    ::setenv("ORPHEUS_TEST_PLANTED_MODULE_WAS_LOADED", "1", 1);
    [[maybe_unused]] const ssize_t written =
        ::write(STDERR_FILENO, kMessage.data(), kMessage.size());
  }
} const kTold;

}  // namespace
