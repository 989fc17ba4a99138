#include "tensor/backends.h"

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <vector>

#include <gtest/gtest.h>

#include "tensor/device.h"

namespace orpheus::tensor {
namespace {

namespace fs = std::filesystem;

// Guards against a build whose modules are found from the build folder and not once installed, by
// the program and not by the library.
TEST(FoldersOfModules, LieBesideTheProgramAndInTheLibFolderOfItsPrefix) {
  const std::vector<fs::path> files{"/opt/x/lib/liborpheus.so.0", "/opt/x/bin/orpheus"};
  const auto folders = folders_of_modules(files);
  const auto has = [&](const char* folder) {
    return std::find(folders.begin(), folders.end(), fs::path(folder)) != folders.end();
  };
  EXPECT_TRUE(has("/opt/x/lib/orpheus"));
  EXPECT_TRUE(has("/opt/x/bin/ggml-modules"));
  for (const fs::path& folder : folders) EXPECT_TRUE(folder.is_absolute()) << folder;
}

// Guards against: ggml takes its AVX2 module where the system does not save the registers of AVX,
// and the program ends with an illegal instruction.
TEST(Variants, AreNoBetterThanTheLevelOfTheProcessor) {
  EXPECT_TRUE(is_variant_for("cpu-sse42", "x86_64_v2"));
  for (const char* better : {"cpu-sandybridge", "cpu-haswell", "cpu-icelake", "cpu-unknown"})
    EXPECT_FALSE(is_variant_for(better, "x86_64_v2")) << better;
  for (const char* level : {"avx2", "avx_vnni"}) {
    EXPECT_TRUE(is_variant_for("cpu-haswell", level));
    EXPECT_TRUE(is_variant_for("cpu-sse42", level));
    EXPECT_FALSE(is_variant_for("cpu-icelake", level));
  }
  for (const char* any : {"cpu-sse42", "cpu-haswell", "cpu-icelake", "cpu-zen4"})
    EXPECT_TRUE(is_variant_for(any, "avx512_vnni")) << any;
  EXPECT_TRUE(is_variant_for("cpu-armv8.2", "generic"));
}

// Guards against a stranger's library in the current folder: ggml's own search loads it, and its
// code runs with the user's rights.
TEST(LoadBackends, LoadsNothingFromTheCurrentFolder) {
  ASSERT_TRUE(fs::exists(ORPHEUS_PLANTED_FOLDER "/libggml-cuda.so"));
  const fs::path before = fs::current_path();
  fs::current_path(ORPHEUS_PLANTED_FOLDER);
  const auto devices = list_devices();
  fs::current_path(before);
  EXPECT_EQ(std::getenv("ORPHEUS_TEST_PLANTED_MODULE_WAS_LOADED"), nullptr);
  EXPECT_TRUE(std::any_of(devices.begin(), devices.end(), [](const DeviceInfo& device) {
    return device.kind == DeviceKind::kCpu;
  }));
}

// Guards against a message of the dynamic linker where the name of a driver was expected.
TEST(Explain, NamesTheDriverThatIsMissing) {
  const IdleModule cuda =
      explain("cuda", "libcuda.so.1: cannot open shared object file: No such file or directory");
  EXPECT_EQ(cuda.reason, "libcuda.so.1 is missing");
  EXPECT_NE(cuda.remedy.find("NVIDIA's driver"), std::string::npos);
  const IdleModule other = explain("cuda", "/x/libggml-cuda.so: undefined symbol: y");
  EXPECT_EQ(other.reason, "/x/libggml-cuda.so: undefined symbol: y");
  EXPECT_EQ(other.remedy, "");
}

}  // namespace
}  // namespace orpheus::tensor
