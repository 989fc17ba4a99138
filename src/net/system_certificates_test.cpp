#include "net/system_certificates.h"

#include <array>
#include <filesystem>
#include <fstream>

#include <gtest/gtest.h>

namespace orpheus::net {
namespace {

// Guards against an archive that cannot download on another system than Debian.
TEST(SystemCertificates, AreFoundWhereLibcurlDoesNotLook) {
  const auto folder = std::filesystem::path(::testing::TempDir()) / "system_certificates";
  std::filesystem::create_directories(folder);
  const std::string there = folder / "there.pem";
  const std::string also = folder / "also.pem";
  const std::string missing = folder / "missing.pem";
  std::ofstream(there) << "certificates";
  std::ofstream(also) << "certificates";

  const std::array places{missing.c_str(), there.c_str(), also.c_str()};
  EXPECT_EQ(certificates_among(missing.c_str(), places), there);
  EXPECT_EQ(certificates_among(also.c_str(), places), "") << "libcurl's own place comes first";
  EXPECT_EQ(certificates_among(nullptr, places), "");
  EXPECT_EQ(certificates_among(missing.c_str(), std::array{missing.c_str()}), "");
  std::filesystem::remove_all(folder);
}

}  // namespace
}  // namespace orpheus::net
