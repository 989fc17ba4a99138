#include "lm/engine/alignment_file.h"

#include <algorithm>
#include <cmath>
#include <fstream>
#include <iomanip>
#include <limits>
#include <sstream>
#include <string>

#include "base/atomic_file.h"
#include "base/sha256.h"

namespace orpheus::engine {
namespace {

using llama::AttentionHead;
using tensor::GgufFile;

// Changes with the search for the heads.
constexpr const char* kVersion = "orpheus-heads-1";

std::filesystem::path path_beside(const GgufFile& file) {
  std::filesystem::path path = file.path();
  path += ".heads";
  return path;
}

bool exists(const AttentionHead& head, const llama::Config& config) {
  return head.layer >= 0 && head.layer < config.num_layers && head.head >= 0 &&
         head.head < config.num_heads;
}

}  // namespace

Result<std::optional<Alignment>> read_alignment(const GgufFile& file, const llama::Config& config) {
  constexpr const char* kHeads = "orpheus.alignment_heads";
  constexpr const char* kQuality = "orpheus.alignment_quality";
  if (!file.has(kHeads)) return std::optional<Alignment>();
  Alignment alignment{.heads = {}, .quality = 1};
  ORPHEUS_TRY(const auto heads, file.i32s(kHeads));
  for (const int32_t index : heads) {
    const AttentionHead head{.layer = index / config.num_heads, .head = index % config.num_heads};
    if (index < 0 || !exists(head, config)) {
      return fail({.kind = ErrorKind::kBadFile,
                   .what = file.name() + ": " + kHeads + " lists a head that does not exist",
                   .expected = "0 to " + std::to_string(config.num_layers * config.num_heads - 1),
                   .found = std::to_string(index)});
    }
    alignment.heads.push_back(head);
  }
  if (file.has(kQuality)) {
    ORPHEUS_TRY(const float quality, file.f32(kQuality));
    if (!(quality >= 0 && quality <= 1)) {
      return fail({.kind = ErrorKind::kBadFile,
                   .what = file.name() + ": " + kQuality + " has an invalid value",
                   .expected = "0 to 1",
                   .found = std::to_string(quality)});
    }
    alignment.quality = quality;
  }
  if (alignment.heads.empty()) alignment.quality = 0;
  return std::optional(alignment);
}

std::string fingerprint_of(const GgufFile& file) {
  constexpr size_t kBlock = 4096;
  constexpr size_t kMetadata = size_t{1} << 20U;
  constexpr size_t kNumBlocks = 256;
  const std::span<const std::byte> bytes = file.bytes();
  Sha256 hash;
  const std::string size = std::to_string(bytes.size());
  hash.add(std::as_bytes(std::span(size)));
  hash.add(bytes.first(std::min(bytes.size(), kMetadata)));
  if (bytes.size() > kBlock) {
    for (size_t i = 1; i <= kNumBlocks; ++i)
      hash.add(bytes.subspan((bytes.size() - kBlock) / kNumBlocks * i, kBlock));
  }
  return hash.finish();
}

std::optional<Alignment> kept_alignment(const GgufFile& file, const llama::Config& config) {
  std::ifstream stream(path_beside(file));
  std::string version;
  std::string fingerprint;
  Alignment alignment;
  if (!(stream >> version >> fingerprint >> alignment.quality)) return std::nullopt;
  if (version != kVersion || fingerprint != fingerprint_of(file)) return std::nullopt;
  AttentionHead head;
  while (stream >> head.layer >> head.head) {
    if (!exists(head, config)) return std::nullopt;
    alignment.heads.push_back(head);
  }
  const bool is_possible = alignment.quality >= 0 && alignment.quality <= 1 && stream.eof();
  return is_possible ? std::optional(alignment) : std::nullopt;
}

Result<void> keep_alignment(const GgufFile& file, const Alignment& alignment) {
  std::ostringstream text;
  text.imbue(std::locale::classic());
  text << std::setprecision(std::numeric_limits<double>::max_digits10);  // it is read as it was
  text << kVersion << "\n" << fingerprint_of(file) << "\n" << alignment.quality << "\n";
  for (const AttentionHead& head : alignment.heads) text << head.layer << " " << head.head << "\n";
  ORPHEUS_TRY(AtomicFile kept, AtomicFile::create(path_beside(file)));
  ORPHEUS_CHECK(kept.write(text.str()));
  return kept.commit();
}

}  // namespace orpheus::engine
