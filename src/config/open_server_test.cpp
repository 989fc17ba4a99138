#include "config/open_server.h"

#include <gtest/gtest.h>

namespace orpheus::config {
namespace {

// Guards against: a server without keys listens on a network, and no warning is printed.
TEST(OpenServer, OneBeyondLoopbackWithoutKeysIsTold) {
  for (const char* host : {"0.0.0.0", "::", "192.168.1.2", "128.0.0.1", "speech.example", "",
                           "127.0.0.1.example.org", "::ffff:10.0.0.1", "2001:db8::1"}) {
    const auto warning = warning_of_open_server({.host = host});
    ASSERT_TRUE(warning) << host;
    EXPECT_NE(warning->find("ORPHEUS_SERVER_KEYS"), std::string::npos);
    EXPECT_FALSE(warning_of_open_server({.host = host, .keys = {"k"}})) << host;
    // Such keys close speech too.
    EXPECT_FALSE(warning_of_open_server({.host = host, .admin_keys = {"k"}})) << host;
  }
  for (const char* host : {"127.0.0.1", "127.9.9.9", "localhost", "::1", "::ffff:127.0.0.1"})
    EXPECT_FALSE(warning_of_open_server({.host = host})) << host;
}

// Guards against: keys are set, and Home Assistant's port speaks for everybody without a warning.
TEST(OpenServer, AWyomingServerBeyondLoopbackIsTold) {
  const auto warning = warning_of_open_wyoming("0.0.0.0", {.port = 10200});
  ASSERT_TRUE(warning);
  EXPECT_NE(warning->find("Wyoming has no keys"), std::string::npos);
  EXPECT_FALSE(warning_of_open_wyoming("0.0.0.0", {}));
  EXPECT_FALSE(warning_of_open_wyoming("127.0.0.1", {.port = 10200}));
}

}  // namespace
}  // namespace orpheus::config
