#include "convert/pickle.h"

#include <gtest/gtest.h>

#include "convert/testing/checkpoint_builder.h"

namespace orpheus::convert {
namespace {

using namespace std::string_literals;

constexpr std::string_view kProto = "\x80\x02";

Result<std::vector<NamedTensor>> read(const std::string& pickle) {
  return read_state_dict(bytes_of(pickle), "a.bin");
}

ErrorKind error_kind(const std::string& pickle) {
  const auto result = read(pickle);
  EXPECT_FALSE(result.has_value());
  return result.has_value() ? ErrorKind::kInternal : result.error().kind;
}

std::string repeated(std::string_view piece, size_t count) {
  std::string all;
  for (size_t i = 0; i < count; ++i) all += piece;
  return all;
}

TEST(Pickle, ReadsNamesAndShapes) {
  const std::string pickle =
      state_dict({{"a", tensor({"HalfStorage", "7", 100, 4, {2, 3}, {3, 1}})},
                  {"count", integer(-5)},
                  {"b", "ctorch._utils\n_rebuild_parameter\n(" +
                            tensor({"LongStorage", "8", 1, 0, {}, {}}) + "\x88NtR"}});
  const auto tensors = read(pickle);
  ASSERT_TRUE(tensors.has_value()) << tensors.error().message();
  ASSERT_EQ(tensors->size(), 2U);
  EXPECT_EQ((*tensors)[0].name, "a");
  const PickledTensor& a = (*tensors)[0].tensor;
  EXPECT_EQ(a.storage_key, "7");
  EXPECT_EQ(a.type, ElementType::kFloat16);
  EXPECT_EQ(a.storage_elements, 100U);
  EXPECT_EQ(a.offset, 4U);
  EXPECT_EQ(a.shape, (std::vector<uint64_t>{2, 3}));
  EXPECT_EQ(a.strides, (std::vector<uint64_t>{3, 1}));
  EXPECT_EQ((*tensors)[1].name, "b");
  EXPECT_EQ((*tensors)[1].tensor.type, ElementType::kOther);
  EXPECT_EQ((*tensors)[1].tensor.storage_class, "LongStorage");
}

TEST(Pickle, IgnoresTheStateOfADict) {
  const std::string metadata = "}(" + text("_metadata") + ")u";
  std::string pickle = state_dict({{"a", tensor({"FloatStorage", "0", 1, 0, {1}, {1}})}});
  pickle.insert(pickle.size() - 1, metadata + "b");
  const auto tensors = read(pickle);
  ASSERT_TRUE(tensors.has_value()) << tensors.error().message();
  EXPECT_EQ(tensors->size(), 1U);
}

TEST(Pickle, NamesTheGlobalItRefuses) {
  const auto result = read(std::string(kProto) + "cos\nsystem\n(" + text("echo") + "tR.");
  ASSERT_FALSE(result.has_value());
  EXPECT_EQ(result.error().kind, ErrorKind::kUnsupported);
  EXPECT_NE(result.error().what.find("'os.system'"), std::string::npos);
  for (const char* global : {"builtins\neval", "torch\nload", "collections\nOrderedDict ", "\n"}) {
    EXPECT_EQ(error_kind(std::string(kProto) + "c" + global + "\n)R."), ErrorKind::kUnsupported);
  }
}

TEST(Pickle, NamesTheOpcodeItRefuses) {
  // Every opcode that calls, imports or copies in ways no state dict needs.
  for (const char opcode : "Rbq"s) EXPECT_EQ(error_kind({opcode}), ErrorKind::kBadFile);
  for (const char opcode :
       "io\x81\x92\x93\x82\x94\x95"
       "012FGILPSTUVadeglp]\x8b"s) {
    EXPECT_EQ(error_kind(std::string(kProto) + opcode), ErrorKind::kUnsupported) << int{opcode};
  }
  EXPECT_EQ(error_kind("\x80\x04."), ErrorKind::kUnsupported);
}

TEST(Pickle, DepthCostsNothing) {
  const auto nested = read(std::string(kProto) + ")" + repeated("\x85", 200000) + ".");
  EXPECT_EQ(nested.error().kind, ErrorKind::kBadFile);
  const auto inside = read(state_dict({{"a", ")" + repeated("\x85", 200000)}}));
  EXPECT_TRUE(inside.has_value());
  EXPECT_EQ(error_kind(")" + repeated("\x85", 1000000)), ErrorKind::kLimit);
  EXPECT_EQ(error_kind(repeated("(", 1000000)), ErrorKind::kLimit);
  EXPECT_EQ(error_kind(repeated("N", 1000000)), ErrorKind::kLimit);
  EXPECT_EQ(error_kind("Nq\x01" + repeated("h\x01", 1000000)), ErrorKind::kLimit);
  EXPECT_EQ(error_kind(std::string((1U << 24U) + 1, 'N')), ErrorKind::kLimit);
}

TEST(Pickle, CyclesAreHarmless) {
  const auto cycle = read("}q\0h\0h\0s."s);
  ASSERT_TRUE(cycle.has_value());
  EXPECT_TRUE(cycle->empty());
  // A dict of a million items made of two.
  EXPECT_EQ(error_kind("}q\0("s + repeated("h\0h\0"s, 130000) + "u(" + repeated("h\0h\0"s, 130000) +
                       "u(" + repeated("h\0h\0"s, 130000) + "u."),
            ErrorKind::kLimit);
}

TEST(Pickle, RefusesWhatIsNotSound) {
  const std::vector<std::string> pickles = {
      "",
      ".",
      std::string(kProto),
      "N.",
      "X\xff\xff\xff\xff",             // a text beyond the end
      "\x8a\xff",                      // an integer beyond the end
      "\x8a\x09" + std::string(9, 1),  // an integer of 72 bits
      "ccollections\nOrderedDict",     // a name without its line feed
      "h\x05.",                        // recalls what was never kept
      "q\x05.",                        // keeps what is not there
      "t.",                            // no mark
      "N(\x85.",                       // takes from below the mark
      "N(R.",
      "NNs.",
      "}NN\x86s.",
      "}(Nu.",  // a key without value
      "N)R.",   // calls None
      ")Nb.",   // state of a tuple
      "NQ.",    // storage of None
      "(" + text("storage") + "ctorch\nFloatStorage\n" + text("0") + text("cpu") + "tQ.",
      storage("FloatStorage", "0", -1) + ".",
      tensor({"FloatStorage", "0", 1, -1, {1}, {1}}) + ".",
      tensor({"FloatStorage", "0", 1, 0, {-1}, {1}}) + ".",
      tensor({"FloatStorage", "0", 1, 0, {1}, {-1}}) + ".",
      tensor({"FloatStorage", "0", 1, 0, {1, 1}, {1}}) + ".",
      tensor({"FloatStorage", "0", 1, 0, std::vector<int64_t>(9, 1), std::vector<int64_t>(9, 1)}) +
          ".",
      "ctorch._utils\n_rebuild_tensor_v2\n)R.",
      "ctorch._utils\n_rebuild_parameter\n)R.",
      "ccollections\nOrderedDict\n(NtR.",
      state_dict({}).substr(0, 10),
  };
  for (const std::string& pickle : pickles)
    EXPECT_EQ(error_kind(pickle), ErrorKind::kBadFile) << testing::PrintToString(pickle);
  EXPECT_EQ(error_kind("Nr\xff\xff\xff\xff."), ErrorKind::kLimit);
}

}  // namespace
}  // namespace orpheus::convert
