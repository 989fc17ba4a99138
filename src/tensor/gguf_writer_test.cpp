#include "tensor/gguf_writer.h"

#include <algorithm>
#include <cstring>

#include <ggml-cpp.h>
#include <gtest/gtest.h>

#include "base/testing/test_folder.h"

namespace orpheus::tensor {
namespace {

namespace fs = std::filesystem;

class GgufWriterTest : public testing::Test {
 protected:
  // ggml's own reader, metadata and data.
  gguf_context_ptr read(ggml_context_ptr& tensors) const {
    ggml_context* context = nullptr;
    gguf_context_ptr gguf(
        gguf_init_from_file((folder_ / "a.gguf").c_str(), {.no_alloc = false, .ctx = &context}));
    tensors.reset(context);
    return gguf;
  }

  const TestFolder own_;
  const fs::path folder_ = own_.path();
};

TEST_F(GgufWriterTest, GgmlReadsBackWhatWasWritten) {
  GgufWriter writer;
  writer.set_string("general.architecture", "snac");
  writer.set_u32("a.u32", 4000000000U);
  writer.set_f32("a.f32", 0.25F);
  writer.set_bool("a.bool", true);
  writer.set_u32s("a.u32s", std::vector<uint32_t>{4, 2, 1});
  writer.set_i32s("a.i32s", std::vector<int32_t>{-1, 5});
  writer.set_strings("a.strings", std::vector<std::string>{"one", "", "zwölf"});
  writer.set_strings("a.empty", {});
  writer.declare_tensor("odd", GGML_TYPE_F32, {3, 1, 5, 1});  // 60 bytes: padded to 64
  writer.declare_tensor("half", GGML_TYPE_F16, {7, 1, 1, 1});
  writer.declare_tensor("blocks", GGML_TYPE_Q8_0, {64, 2, 1, 1});

  std::vector<float> odd(15);
  for (size_t i = 0; i < odd.size(); ++i) odd[i] = static_cast<float>(i) - 7.5F;
  const std::vector<std::byte> half(14, std::byte{0x3C});
  const std::vector<std::byte> blocks(size_t{4} * 34, std::byte{0x11});
  ASSERT_TRUE(writer.begin(folder_ / "a.gguf").has_value());
  const auto bytes = std::as_bytes(std::span(odd));
  ASSERT_TRUE(writer.write(bytes.first(13)).has_value());
  ASSERT_TRUE(writer.write(bytes.subspan(13)).has_value());
  ASSERT_TRUE(writer.write(half).has_value());
  ASSERT_TRUE(writer.write(blocks).has_value());
  ASSERT_TRUE(writer.commit().has_value());

  ggml_context_ptr tensors;
  const gguf_context_ptr gguf = read(tensors);
  ASSERT_NE(gguf, nullptr);
  const auto key = [&](const char* name) { return gguf_find_key(gguf.get(), name); };
  EXPECT_STREQ(gguf_get_val_str(gguf.get(), key("general.architecture")), "snac");
  EXPECT_EQ(gguf_get_val_u32(gguf.get(), key("a.u32")), 4000000000U);
  EXPECT_EQ(gguf_get_val_f32(gguf.get(), key("a.f32")), 0.25F);
  EXPECT_TRUE(gguf_get_val_bool(gguf.get(), key("a.bool")));
  EXPECT_EQ(gguf_get_arr_type(gguf.get(), key("a.u32s")), GGUF_TYPE_UINT32);
  EXPECT_EQ(static_cast<const uint32_t*>(gguf_get_arr_data(gguf.get(), key("a.u32s")))[1], 2U);
  EXPECT_EQ(static_cast<const int32_t*>(gguf_get_arr_data(gguf.get(), key("a.i32s")))[0], -1);
  EXPECT_EQ(gguf_get_arr_n(gguf.get(), key("a.strings")), 3U);
  EXPECT_STREQ(gguf_get_arr_str(gguf.get(), key("a.strings"), 2), "zwölf");
  EXPECT_EQ(gguf_get_arr_n(gguf.get(), key("a.empty")), 0U);

  const ggml_tensor* read_odd = ggml_get_tensor(tensors.get(), "odd");
  ASSERT_NE(read_odd, nullptr);
  EXPECT_TRUE(std::ranges::equal(std::span(read_odd->ne), std::vector<int64_t>{3, 1, 5, 1}));
  EXPECT_EQ(std::memcmp(read_odd->data, odd.data(), bytes.size()), 0);
  const ggml_tensor* read_half = ggml_get_tensor(tensors.get(), "half");
  EXPECT_EQ(std::memcmp(read_half->data, half.data(), half.size()), 0);
  const ggml_tensor* read_blocks = ggml_get_tensor(tensors.get(), "blocks");
  EXPECT_EQ(read_blocks->type, GGML_TYPE_Q8_0);
  EXPECT_EQ(std::memcmp(read_blocks->data, blocks.data(), blocks.size()), 0);
}

TEST_F(GgufWriterTest, RefusesMoreOrLessDataThanDeclared) {
  GgufWriter writer;
  writer.declare_tensor("a", GGML_TYPE_F32, {2, 1, 1, 1});
  ASSERT_TRUE(writer.begin(folder_ / "a.gguf").has_value());
  const std::vector<std::byte> bytes(9);
  EXPECT_EQ(writer.write(bytes).error().kind, ErrorKind::kInternal);
  ASSERT_TRUE(writer.write(std::span(bytes).first(7)).has_value());
  EXPECT_EQ(writer.commit().error().kind, ErrorKind::kInternal);
  ASSERT_TRUE(writer.write(std::span(bytes).first(1)).has_value());
  EXPECT_EQ(writer.write(std::span(bytes).first(1)).error().kind, ErrorKind::kInternal);
  EXPECT_TRUE(writer.commit().has_value());
}

TEST_F(GgufWriterTest, LeavesNothingWithoutCommit) {
  {
    GgufWriter writer;
    writer.declare_tensor("a", GGML_TYPE_F32, {2, 1, 1, 1});
    ASSERT_TRUE(writer.begin(folder_ / "a.gguf").has_value());
  }
  EXPECT_TRUE(fs::is_empty(folder_));
  GgufWriter writer;
  EXPECT_EQ(writer.begin(folder_ / "no" / "a.gguf").error().kind, ErrorKind::kNotFound);
}

}  // namespace
}  // namespace orpheus::tensor
