#include "tensor/module_file.h"

#include <fstream>

#include <gtest/gtest.h>
#include <sys/stat.h>

#include "base/testing/test_folder.h"

namespace orpheus::tensor {
namespace {

namespace fs = std::filesystem;

const fs::path kLibrary = ORPHEUS_PLANTED_FOLDER "/libggml-cuda.so";

// It is not loaded, because another test of this program requires that.
TEST(ModuleFile, AWholeLibraryHasNoDamage) { EXPECT_EQ(damage_of_module(kLibrary), std::nullopt); }

// Guards against: the dynamic linker maps a file that is cut, and SIGBUS ends the process.
TEST(ModuleFile, ACutLibraryIsNamedAndNotLoaded) {
  const TestFolder folder;
  const fs::path cut = folder.path() / "libggml-cut.so";
  for (const uintmax_t size :
       {uintmax_t{0}, uintmax_t{3}, uintmax_t{64}, uintmax_t{4096}, fs::file_size(kLibrary) - 1}) {
    fs::copy_file(kLibrary, cut, fs::copy_options::overwrite_existing);
    fs::resize_file(cut, size);
    const auto complaint = complaint_of_linker(cut);
    ASSERT_TRUE(complaint.has_value()) << size;
    EXPECT_NE(complaint->find(cut.string()), std::string::npos) << *complaint;
    EXPECT_EQ(score_of_module(cut), std::nullopt);
  }
}

// A FIFO would let the program wait for ever.
TEST(ModuleFile, WhatIsNoFileIsNotLoaded) {
  const TestFolder folder;
  const fs::path pipe = folder.path() / "libggml-pipe.so";
  ASSERT_EQ(::mkfifo(pipe.c_str(), 0600), 0);
  for (const fs::path& path : {pipe, folder.path(), folder.path() / "none.so"}) {
    const auto complaint = complaint_of_linker(path);
    ASSERT_TRUE(complaint.has_value()) << path;
    EXPECT_NE(complaint->find(path.string()), std::string::npos) << *complaint;
  }
}

}  // namespace
}  // namespace orpheus::tensor
