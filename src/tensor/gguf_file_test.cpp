#include "tensor/gguf_file.h"

#include <cstring>
#include <fstream>
#include <limits>
#include <string>

#include <ggml.h>
#include <gtest/gtest.h>

#include "base/testing/test_folder.h"

namespace orpheus::tensor {
namespace {

// Bytes of a GGUF, written by hand so that every field can be made wrong.
class Bytes {
 public:
  template <typename T>
  Bytes& number(T value) {
    text_.append(reinterpret_cast<const char*>(&value), sizeof(T));
    return *this;
  }
  Bytes& string(std::string_view text) {
    number<uint64_t>(text.size());
    text_ += text;
    return *this;
  }
  Bytes& header(uint64_t num_tensors, uint64_t num_values, uint32_t version = 3) {
    text_ += "GGUF";
    return number<uint32_t>(version).number<uint64_t>(num_tensors).number<uint64_t>(num_values);
  }
  Bytes& u32_value(std::string_view key, uint32_t value) {
    return string(key).number<uint32_t>(4).number<uint32_t>(value);
  }
  Bytes& tensor(std::string_view name, const std::vector<uint64_t>& shape, uint32_t type,
                uint64_t offset) {
    string(name).number(static_cast<uint32_t>(shape.size()));
    for (const uint64_t size : shape) number(size);
    return number(type).number(offset);
  }
  Bytes& pad(size_t alignment = 32) {
    text_.resize((text_.size() + alignment - 1) / alignment * alignment);
    return *this;
  }
  Bytes& zeros(size_t count) {
    text_.append(count, '\0');
    return *this;
  }
  const std::string& text() const { return text_; }

 private:
  std::string text_;
};

class GgufFileTest : public testing::Test {
 protected:
  Result<GgufFile> open(const std::string& text) {
    const auto path = folder_.path() / "a.gguf";
    std::ofstream(path, std::ios::binary | std::ios::trunc) << text;
    return GgufFile::open(path);
  }
  void expect_error(const Bytes& bytes, std::string_view part,
                    ErrorKind kind = ErrorKind::kBadFile) {
    const auto file = open(bytes.text());
    ASSERT_FALSE(file.has_value()) << part;
    EXPECT_NE(file.error().message().find(part), std::string::npos) << file.error().message();
    EXPECT_EQ(file.error().kind, kind);
  }

  const TestFolder folder_;
};

Bytes good() {
  Bytes bytes;
  bytes.header(2, 3).u32_value("answer", 42);
  bytes.string("name").number<uint32_t>(8).string("tiny");
  bytes.string("words")
      .number<uint32_t>(9)
      .number<uint32_t>(8)
      .number<uint64_t>(2)
      .string("a")
      .string("bc");
  bytes.tensor("x", {4, 2}, GGML_TYPE_F32, 0)
      .tensor("y", {32}, GGML_TYPE_Q8_0, 32)
      .pad()
      .zeros(32 + 34);
  return bytes;
}

TEST_F(GgufFileTest, ReadsMetadataAndTensors) {
  const auto file = open(good().text());
  ASSERT_TRUE(file.has_value()) << file.error().message();
  EXPECT_EQ(file->u32("answer"), 42U);
  EXPECT_EQ(file->string("name"), "tiny");
  const auto words = file->strings("words");
  ASSERT_TRUE(words.has_value());
  EXPECT_EQ(words->back(), "bc");
  ASSERT_EQ(file->tensors().size(), 2U);
  const GgufTensor* x = file->find_tensor("x");
  ASSERT_NE(x, nullptr);
  EXPECT_EQ(x->shape, (Shape{4, 2, 1, 1}));
  EXPECT_EQ(x->data.size(), 32U);
  EXPECT_EQ(file->find_tensor("y")->data.size(), 34U);
  EXPECT_EQ(file->find_tensor("z"), nullptr);
}

TEST_F(GgufFileTest, AskingForTheWrongThingSaysWhatIsThere) {
  const auto file = open(good().text());
  ASSERT_TRUE(file.has_value());
  EXPECT_NE(file->u32("nothing").error().message().find("'nothing' is missing"), std::string::npos);
  EXPECT_NE(file->u32("name").error().message().find("another type"), std::string::npos);
  EXPECT_FALSE(file->boolean("answer").has_value());
}

TEST_F(GgufFileTest, EveryCutIsAnError) {
  const std::string whole = good().text();
  for (size_t size = 0; size < whole.size(); ++size) {
    EXPECT_FALSE(open(whole.substr(0, size)).has_value()) << "cut to " << size << " bytes";
  }
}

TEST_F(GgufFileTest, AnyByteMayBeWrongWithoutACrash) {
  const std::string whole = good().text();
  for (size_t i = 0; i < whole.size(); ++i) {
    for (const char value : {'\0', '\x7f', '\xff'}) {
      std::string broken = whole;
      broken[i] = value;
      (void)open(broken);
    }
  }
}

TEST_F(GgufFileTest, HostileFieldsGiveOneClearLine) {
  expect_error(Bytes().zeros(64), "not a GGUF file");
  expect_error(Bytes().header(0, 0, 1), "unknown GGUF version", ErrorKind::kUnsupported);
  expect_error(Bytes().header(0, ~0ULL), "too many metadata values for the file's size");
  expect_error(Bytes().header(~0ULL, 0), "too many tensors for the file's size");
  expect_error(Bytes().header(0, 1).number<uint64_t>(~0ULL).zeros(64),
               "extends beyond the end of the file");
  expect_error(Bytes().header(0, 1).string("k").number<uint32_t>(99).zeros(64), "unknown type");
  expect_error(Bytes()
                   .header(0, 1)
                   .string("k")
                   .number<uint32_t>(9)
                   .number<uint32_t>(9)
                   .number<uint64_t>(1)
                   .zeros(64),
               "array of an unknown type");
  expect_error(
      Bytes().header(0, 1).string("k").number<uint32_t>(9).number<uint32_t>(8).number<uint64_t>(
          1ULL << 60U),
      "too many entries");
  constexpr size_t kManyBytes = (1U << 24U) + 1;  // eight times as much memory, as numbers
  for (const uint32_t type : {0U, 7U}) {
    expect_error(Bytes()
                     .header(0, 1)
                     .string("k")
                     .number<uint32_t>(9)
                     .number<uint32_t>(type)
                     .number<uint64_t>(kManyBytes)
                     .zeros(kManyBytes),
                 "too many entries");
  }
  expect_error(Bytes().header(0, 2).u32_value("k", 1).u32_value("k", 2), "twice");
  expect_error(Bytes().header(0, 1).u32_value("general.alignment", 33), "general.alignment");
  expect_error(Bytes().header(0, 1).u32_value("general.alignment", 4), "general.alignment");
  expect_error(Bytes().header(1, 0).tensor("t", {1ULL << 40U, 1ULL << 40U}, 0, 0).zeros(64),
               "invalid shape");
  expect_error(Bytes().header(1, 0).tensor("t", {0}, 0, 0).zeros(64), "invalid shape");
  expect_error(Bytes().header(1, 0).tensor("t", {4}, 4, 0).pad().zeros(64), "type",
               ErrorKind::kUnsupported);
  expect_error(Bytes().header(1, 0).tensor("t", {4}, 4000, 0).pad().zeros(64), "type",
               ErrorKind::kUnsupported);
  expect_error(Bytes().header(1, 0).tensor("t", {33}, GGML_TYPE_Q8_0, 0).pad().zeros(64),
               "multiple of its type's block size");
  expect_error(Bytes().header(1, 0).tensor("t", {4}, 0, 8).pad().zeros(64), "not aligned");
  expect_error(Bytes().header(1, 0).tensor("t", {4}, 0, ~0ULL - 31).pad().zeros(64),
               "extends beyond the end of the file");
  expect_error(Bytes().header(1, 0).tensor("t", {1024}, 0, 0).pad().zeros(64),
               "extends beyond the end of the file");
  expect_error(Bytes().header(2, 0).tensor("t", {4}, 0, 0).tensor("t", {4}, 0, 0).pad().zeros(64),
               "twice");
  expect_error(Bytes().header(1, 0).tensor(std::string(64, 'n'), {4}, 0, 0).pad().zeros(64),
               "name");
}

TEST_F(GgufFileTest, FloatsThatAreNoNumbersAreRefused) {
  std::string damaged = good().text();
  const float nan = std::numeric_limits<float>::quiet_NaN();
  std::memcpy(damaged.data() + damaged.size() - 34 - sizeof(nan), &nan, sizeof(nan));  // x's last
  const auto file = open(damaged);
  ASSERT_TRUE(file.has_value());
  const auto values = file->f32_tensor("x", {4, 2, 1, 1});
  ASSERT_FALSE(values.has_value());
  EXPECT_NE(values.error().message().find("not a number"), std::string::npos);
}

TEST_F(GgufFileTest, AMissingFileIsNotFound) {
  const auto file = GgufFile::open("/nowhere/model.gguf");
  ASSERT_FALSE(file.has_value());
  EXPECT_EQ(file.error().kind, ErrorKind::kNotFound);
}

TEST(Shape, PrintsWithoutTrailingOnes) {
  EXPECT_EQ(to_string(Shape{3, 1, 1, 1}), "[3]");
  EXPECT_EQ(to_string(Shape{3, 1, 5, 1}), "[3, 1, 5]");
}

}  // namespace
}  // namespace orpheus::tensor
