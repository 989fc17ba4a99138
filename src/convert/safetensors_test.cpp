#include "convert/safetensors.h"

#include <gtest/gtest.h>

#include "convert/testing/checkpoint_builder.h"
#include "convert/testing/safetensors_file.h"

namespace orpheus::convert {
namespace {

TEST(Safetensors, GivesBackWhatWasWritten) {
  const std::string bytes =
      safetensors({{"b", {2, 3}, {1, 2, 3, 4, 5, 6}}, {"a", {2}, {-1, 0.5F}}}, "BF16");
  const auto tensors = parse_safetensors(bytes_of(bytes), "m.safetensors");
  ASSERT_TRUE(tensors.has_value()) << tensors.error().message();
  ASSERT_EQ(tensors->size(), 2U);
  EXPECT_EQ(tensors->at("b").dtype, "BF16");
  EXPECT_EQ(tensors->at("b").shape, (std::vector<uint64_t>{2, 3}));
  EXPECT_EQ(tensors->at("b").data.size(), 12U);
  EXPECT_EQ(stored({-1, 0.5F}, "BF16"),
            std::string(reinterpret_cast<const char*>(tensors->at("a").data.data()), 4));
}

TEST(Safetensors, AnyOtherBytesAreRefused) {
  const auto entry = [](const std::string& fields) {
    return safetensors(R"({"w":{)" + fields + "}}", std::string(16, 'x'));
  };
  const std::vector<std::pair<std::string, std::string>> refused = {
      {"", "not a complete safetensors file"},
      {"1234567", "not a complete safetensors file"},
      {std::string(16, '\xff'), "not a complete safetensors file"},
      {little_endian(100, 8) + "{}", "100 bytes of header"},
      {safetensors("[]", ""), "a JSON header"},
      {safetensors("{", ""), "a JSON header"},
      {safetensors(std::string(100'000, '['), ""), "a JSON header"},
      {safetensors(R"({"w":3})", ""), "tensor 'w' has no dtype"},
      {safetensors(R"({"w":[]})", ""), "tensor 'w' has no dtype"},
      {entry(R"("dtype":"F7","shape":[4],"data_offsets":[0,16])"), "has an unknown dtype"},
      {entry(R"("dtype":"F32","data_offsets":[0,16])"), "has an invalid shape"},
      {entry(R"("dtype":"F32","shape":[-4],"data_offsets":[0,16])"), "has an invalid shape"},
      {entry(R"("dtype":"F32","shape":[1.5],"data_offsets":[0,16])"), "has an invalid shape"},
      {entry(R"("dtype":"F32","shape":[1,1,1,1,1,1,1,1,4],"data_offsets":[0,16])"),
       "has an invalid shape"},
      {entry(R"("dtype":"F32","shape":[0],"data_offsets":[0,0])"), "has an invalid shape"},
      {entry(R"("dtype":"F32","shape":[4294967296,4294967296],"data_offsets":[0,0])"),
       "has an invalid shape"},
      {entry(R"("dtype":"F32","shape":[4])"), "has an invalid data_offsets"},
      {entry(R"("dtype":"F32","shape":[4],"data_offsets":[0])"),
       "do not match its shape or the file"},
      {entry(R"("dtype":"F32","shape":[4],"data_offsets":[16,0])"),
       "do not match its shape or the file"},
      {entry(R"("dtype":"F32","shape":[4],"data_offsets":[0,12])"),
       "do not match its shape or the file"},
      {entry(R"("dtype":"F32","shape":[4],"data_offsets":[4,20])"),
       "do not match its shape or the file"},
      {entry(
           R"("dtype":"F32","shape":[4],"data_offsets":[18446744073709551600,18446744073709551615])"),
       "do not match its shape or the file"},
  };
  for (const auto& [bytes, message] : refused) {
    const auto tensors = parse_safetensors(bytes_of(bytes), "m.safetensors");
    ASSERT_FALSE(tensors.has_value()) << message;
    EXPECT_EQ(tensors.error().kind, ErrorKind::kBadFile);
    EXPECT_NE(tensors.error().message().find(message), std::string::npos)
        << tensors.error().message();
  }
}

TEST(Safetensors, EveryBeginningOfAFileIsRefused) {
  const std::string bytes = safetensors({{"w", {4}, {1, 2, 3, 4}}}, "F32");
  for (size_t size = 0; size < bytes.size(); ++size)
    EXPECT_FALSE(parse_safetensors(bytes_of(bytes.substr(0, size)), "m").has_value()) << size;
  EXPECT_TRUE(parse_safetensors(bytes_of(bytes), "m").has_value());
}

TEST(SafetensorsIndex, NamesEachPartOnce) {
  const auto files = parse_safetensors_index(
      R"({"weight_map":{"a":"m-2.safetensors","b":"m-1.safetensors","c":"m-2.safetensors"}})", "i");
  EXPECT_EQ(files.value(), (std::vector<std::string>{"m-1.safetensors", "m-2.safetensors"}));
}

TEST(SafetensorsIndex, LeadsNowhereElse) {
  for (const char* text :
       {"", "[]", "{}", R"({"weight_map":[]})", R"({"weight_map":{}})", R"({"weight_map":{"a":1}})",
        R"({"weight_map":{"a":"../m.safetensors"}})", R"({"weight_map":{"a":"/m.safetensors"}})",
        R"({"weight_map":{"a":"m\u0000.safetensors"}})", R"({"weight_map":{"a":"m.gguf"}})",
        R"({"weight_map":{"a":"C:\\m.safetensors"}})"}) {
    const auto files = parse_safetensors_index(text, "i");
    ASSERT_FALSE(files.has_value()) << text;
    EXPECT_EQ(files.error().kind, ErrorKind::kBadFile);
  }
}

}  // namespace
}  // namespace orpheus::convert
