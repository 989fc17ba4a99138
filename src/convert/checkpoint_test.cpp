#include "convert/checkpoint.h"

#include <cmath>
#include <limits>

#include <gtest/gtest.h>

#include "convert/testing/checkpoint_builder.h"
#include "convert/zip_archive.h"

namespace orpheus::convert {
namespace {

// Values of tensor "a" of a checkpoint with one storage.
Result<std::vector<float>> values_of(const BuiltTensor& built, const std::string& storage_bytes) {
  const std::string bytes = checkpoint(state_dict({{"a", tensor(built)}}), storage_bytes);
  ORPHEUS_TRY(const Checkpoint checkpoint, Checkpoint::parse(bytes_of(bytes), "a.bin"));
  return checkpoint.floats("a");
}

ErrorKind error_kind(const Result<std::vector<float>>& result) {
  EXPECT_FALSE(result.has_value());
  return result.has_value() ? ErrorKind::kInternal : result.error().kind;
}

TEST(Checkpoint, ReadsEveryFloatingPointType) {
  const std::vector<float> expected = {1, -2.5};
  const auto read = [&](const std::string& storage_class, const std::string& bytes) {
    const auto values = values_of({storage_class, "0", 2, 0, {2}, {1}}, bytes);
    return values.value_or(std::vector<float>{});
  };
  EXPECT_EQ(read("FloatStorage", raw<float>({1, -2.5})), expected);
  EXPECT_EQ(read("DoubleStorage", raw<double>({1, -2.5})), expected);
  EXPECT_EQ(read("HalfStorage", raw<uint16_t>({0x3C00, 0xC100})), expected);
  EXPECT_EQ(read("BFloat16Storage", raw<uint16_t>({0x3F80, 0xC020})), expected);
  const auto whole = values_of({"LongStorage", "0", 2, 0, {2}, {1}}, raw<int64_t>({1, 2}));
  EXPECT_EQ(error_kind(whole), ErrorKind::kUnsupported);
  EXPECT_EQ(whole.error().found, "LongStorage");
}

TEST(Checkpoint, FollowsStridesAndOffsets) {
  const std::string bytes = raw<float>({0, 1, 2, 3, 4, 5, 6, 7});
  const auto read = [&](int64_t offset, std::vector<int64_t> shape, std::vector<int64_t> strides) {
    return values_of({"FloatStorage", "0", 8, offset, std::move(shape), std::move(strides)}, bytes)
        .value_or(std::vector<float>{});
  };
  EXPECT_EQ(read(2, {2, 3}, {3, 1}), (std::vector<float>{2, 3, 4, 5, 6, 7}));
  EXPECT_EQ(read(0, {3, 2}, {1, 3}), (std::vector<float>{0, 3, 1, 4, 2, 5}));  // transposed
  EXPECT_EQ(read(1, {2, 1, 2}, {4, 999, 2}), (std::vector<float>{1, 3, 5, 7}));
  EXPECT_EQ(read(7, {}, {}), (std::vector<float>{7}));
}

TEST(Checkpoint, NothingReachesBeyondItsStorage) {
  constexpr int64_t kHuge = std::numeric_limits<int64_t>::max();
  const std::string bytes = raw<float>({0, 1, 2, 3});
  const std::vector<BuiltTensor> tensors = {
      {"FloatStorage", "0", 4, 1, {4}, {1}},
      {"FloatStorage", "0", 4, 4, {}, {}},
      {"FloatStorage", "0", 4, kHuge, {1}, {1}},
      {"FloatStorage", "0", 4, 0, {2, 2}, {3, 1}},
      {"FloatStorage", "0", 4, 0, {2}, {kHuge}},
      {"FloatStorage", "0", 4, 0, {kHuge}, {kHuge}},
      {"FloatStorage", "0", 4, 0, {kHuge}, {0}},  // an expanded value: more values than bytes
      {"FloatStorage", "0", 4, 0, {3, 2}, {0, 0}},
      {"FloatStorage", "0", 4, 0, {kHuge, kHuge}, {1, 1}},
      {"FloatStorage", "0", 4, 0, {0}, {1}},
      {"FloatStorage", "0", 5, 0, {1}, {1}},  // a storage beyond its entry
      {"FloatStorage", "0", kHuge, 0, {1}, {1}},
      {"DoubleStorage", "0", 4, 0, {1}, {1}},
      {"FloatStorage", "1", 4, 0, {1}, {1}},  // no such entry
      {"FloatStorage", "../data.pkl", 4, 0, {1}, {1}},
  };
  for (const BuiltTensor& built : tensors)
    EXPECT_EQ(error_kind(values_of(built, bytes)), ErrorKind::kBadFile) << tensor(built);
}

TEST(Checkpoint, RefusesWhatIsNotFinite) {
  const float infinity = std::numeric_limits<float>::infinity();
  EXPECT_EQ(error_kind(values_of({"FloatStorage", "0", 2, 0, {2}, {1}}, raw<float>({1, NAN}))),
            ErrorKind::kBadFile);
  EXPECT_EQ(error_kind(values_of({"FloatStorage", "0", 1, 0, {1}, {1}}, raw<float>({infinity}))),
            ErrorKind::kBadFile);
  EXPECT_EQ(error_kind(values_of({"DoubleStorage", "0", 1, 0, {1}, {1}}, raw<double>({1e300}))),
            ErrorKind::kBadFile);
}

TEST(Checkpoint, SaysWhatAFileIsInstead) {
  const auto parse = [](const std::string& bytes) {
    return Checkpoint::parse(bytes_of(bytes), "a.bin").error();
  };
  EXPECT_EQ(parse("version https://git-lfs.github.com/spec/v1\noid sha256:0\n").found,
            "a Git LFS pointer");
  EXPECT_EQ(parse("\x80\x02\x8a\x0al\xfc\x9c").kind, ErrorKind::kUnsupported);
  EXPECT_EQ(parse("<html>").kind, ErrorKind::kBadFile);
  EXPECT_EQ(parse(zip({})).found, "none");
  EXPECT_EQ(parse(zip({{"a/b/data.pkl", state_dict({})}})).found, "none");
  EXPECT_EQ(parse(zip({{"a/data.pkl", state_dict({})}, {"a/byteorder", "big"}})).kind,
            ErrorKind::kUnsupported);
}

TEST(ZipArchive, ReadsEntriesOfBothKinds) {
  for (const ZipKind kind : {ZipKind::kPlain, ZipKind::kZip64}) {
    const std::string bytes = zip({{"a/one", "first"}, {"a/two", ""}, {"b", "third"}}, kind);
    const auto archive = ZipArchive::parse(bytes_of(bytes), "a.zip");
    ASSERT_TRUE(archive.has_value()) << archive.error().message();
    ASSERT_EQ(archive->entries().size(), 3U);
    const auto first = archive->entries().at("a/one");
    EXPECT_EQ(std::string(reinterpret_cast<const char*>(first.data()), first.size()), "first");
    EXPECT_EQ(archive->entries().at("a/two").size(), 0U);
  }
}

TEST(ZipArchive, NamesWhatItCannotRead) {
  const auto parse = [](const std::vector<ZipEntry>& entries) {
    const std::string bytes = zip(entries);
    return ZipArchive::parse(bytes_of(bytes), "a.zip").error();
  };
  EXPECT_EQ(parse({{"a", "x", 8}}).kind, ErrorKind::kUnsupported);
  EXPECT_EQ(parse({{"a", "x", 8}}).found, "compression method 8");
  EXPECT_EQ(parse({{"a", "x", 0, 1}}).found, "an encrypted entry");
  EXPECT_EQ(parse({{"a", "x"}, {"a", "y"}}).kind, ErrorKind::kBadFile);
  EXPECT_EQ(parse({{std::string("\x1b[31m\xff", 6), "x", 8}}).what.find('\x1b'), std::string::npos);
}

TEST(ZipArchive, AnyBytesGiveAnAnswer) {
  for (const ZipKind kind : {ZipKind::kPlain, ZipKind::kZip64}) {
    const std::string bytes = zip({{"a/one", "first"}, {"a/two", "second"}}, kind);
    for (size_t i = 0; i < bytes.size(); ++i) {
      EXPECT_FALSE(ZipArchive::parse(bytes_of(bytes.substr(0, i)), "a.zip").has_value());
      for (const char byte : {'\0', '\x01', '\x7f', '\x80', '\xff'}) {
        std::string changed = bytes;
        changed[i] = byte;
        const auto archive = ZipArchive::parse(bytes_of(changed), "a.zip");
        if (!archive) continue;
        for (const auto& [name, content] : archive->entries())
          EXPECT_LE(content.data() + content.size(), bytes_of(changed).data() + changed.size());
      }
    }
  }
}

}  // namespace
}  // namespace orpheus::convert
