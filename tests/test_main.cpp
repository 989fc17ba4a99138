// The main of every test program. A test that does not end within the limit ends the program with
// the test's name, so that a hang is a failure also where no ctest watches the time.
// ORPHEUS_TEST_SECONDS is the limit, 290 by default: below the 300 that ctest gives a test.
//
// --processor-level=NAME takes this level of processors (base/processor.h). The program ends with
// 77, which ctest counts as skipped, if this processor does not have the level, and with 1 if the
// program has no such level.
#include <algorithm>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>

#include <gtest/gtest.h>
#include <unistd.h>

#include "base/processor.h"
#include "base/testing/processor_level.h"

namespace {

// Written before the alarm is set and read in its handler. The handler may not format text.
std::string message;

void on_alarm(int) {
  [[maybe_unused]] const ssize_t written = ::write(STDERR_FILENO, message.data(), message.size());
  ::_exit(1);
}

class TimeLimit : public testing::EmptyTestEventListener {
 public:
  explicit TimeLimit(unsigned seconds) : seconds_(seconds) { std::signal(SIGALRM, on_alarm); }

  void OnTestStart(const testing::TestInfo& test) override {
    message = std::string("test: ") + test.test_suite_name() + "." + test.name() +
              " did not end within " + std::to_string(seconds_) + " s\n";
    ::alarm(seconds_);
  }
  void OnTestEnd(const testing::TestInfo&) override { ::alarm(0); }

 private:
  unsigned seconds_;
};

}  // namespace

int main(int argc, char** argv) {
  constexpr std::string_view kLevelFlag = "--processor-level=";
  for (int i = 1; i < argc; ++i) {
    const std::string_view argument = argv[i];
    if (!argument.starts_with(kLevelFlag)) continue;
    const std::string_view level = argument.substr(kLevelFlag.size());
    const auto levels = orpheus::processor_levels();
    if (std::find(levels.begin(), levels.end(), level) == levels.end()) {
      std::fprintf(stderr, "test: this program has no level \"%s\"\n", argv[i]);
      return 1;
    }
    if (!orpheus::take_processor_level(level)) return 77;
  }
  testing::InitGoogleTest(&argc, argv);  // makes the tests' parameters, some of them with kernels
  const char* given = std::getenv("ORPHEUS_TEST_SECONDS");
  const unsigned long seconds = given == nullptr ? 0 : std::strtoul(given, nullptr, 10);
  testing::UnitTest::GetInstance()->listeners().Append(
      new TimeLimit(seconds == 0 ? 290U : static_cast<unsigned>(seconds)));
  return RUN_ALL_TESTS();
}
