#include "tensor/elf_file.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <string_view>
#include <vector>

namespace orpheus::tensor {
namespace {

// Positions in the identity.
constexpr size_t kClass = 4;  // 1: 32 bits; 2: 64 bits
constexpr size_t kByteOrder = 5;
constexpr size_t kType = 16;
constexpr size_t kMachine = 18;

constexpr std::byte kClass64{2};
constexpr uint16_t kSharedObject = 3;

constexpr uint32_t kLoad = 1;     // a segment that is mapped
constexpr uint32_t kDynamic = 2;  // the segment with what the dynamic linker needs
constexpr uint64_t kEndOfDynamic = 0;
constexpr uint64_t kStrings = 5;
constexpr uint64_t kSymbols = 6;

// A library has about ten segments, and some thirty entries in its dynamic segment.
constexpr uint64_t kMostSegments = 1024;
constexpr uint64_t kMostDynamicBytes = 65536;

// Positions and sizes, in bytes, that differ between files of 32 and of 64 bits.
struct Layout {
  size_t word;           // of an offset or a size
  size_t header;         // of the file's header
  size_t segments;       // offset of the table of segments, in the header
  size_t sections;       // offset of the table of sections, in the header
  size_t segment_size;   // in the header; the number of segments follows
  size_t section_size;   // in the header; the number of sections follows
  size_t segment_entry;  // of one entry
  size_t section_entry;
  size_t offset_in_segment;  // of its bytes in the file
  size_t bytes_in_segment;   // how many they are
};

constexpr Layout kLayout32{.word = 4,
                           .header = 52,
                           .segments = 28,
                           .sections = 32,
                           .segment_size = 42,
                           .section_size = 46,
                           .segment_entry = 32,
                           .section_entry = 40,
                           .offset_in_segment = 4,
                           .bytes_in_segment = 16};
constexpr Layout kLayout64{.word = 8,
                           .header = 64,
                           .segments = 32,
                           .sections = 40,
                           .segment_size = 54,
                           .section_size = 58,
                           .segment_entry = 56,
                           .section_entry = 64,
                           .offset_in_segment = 8,
                           .bytes_in_segment = 32};

// The byte order is this machine's, because the file's is the program's.
template <typename Number>
Number number_at(std::span<const std::byte> bytes, size_t position) {
  Number number = 0;
  std::memcpy(&number, bytes.subspan(position, sizeof(number)).data(), sizeof(number));
  return number;
}

uint64_t word_at(std::span<const std::byte> bytes, size_t position, const Layout& layout) {
  return layout.word == sizeof(uint64_t) ? number_at<uint64_t>(bytes, position)
                                         : number_at<uint32_t>(bytes, position);
}

bool are_equal(ElfIdentity a, ElfIdentity b, size_t position, size_t size) {
  return std::equal(a.begin() + static_cast<ptrdiff_t>(position),
                    a.begin() + static_cast<ptrdiff_t>(position + size),
                    b.begin() + static_cast<ptrdiff_t>(position));
}

// Says nothing if the range lies within the file. Never overflows.
std::optional<std::string> beyond(uint64_t offset, uint64_t size, uint64_t file_size) {
  if (size <= file_size && offset <= file_size - size) return std::nullopt;
  if (offset > UINT64_MAX - size) return "damaged: its headers describe impossible sizes";
  return "cut off: its headers describe " + std::to_string(offset + size) + " bytes";
}

// The dynamic segment is a list of pairs, a tag and a value, up to a pair with the tag 0.
std::optional<std::string> damage_of_dynamic(uint64_t offset, uint64_t size, const ReadAt& read,
                                             const Layout& layout) {
  std::vector<std::byte> bytes(static_cast<size_t>(std::min(size, kMostDynamicBytes)));
  if (!read(offset, bytes)) return "unreadable";
  bool has_strings = false;
  bool has_symbols = false;
  for (size_t at = 0; at + 2 * layout.word <= bytes.size(); at += 2 * layout.word) {
    const uint64_t tag = word_at(bytes, at, layout);
    if (tag == kEndOfDynamic) break;
    has_strings |= tag == kStrings;
    has_symbols |= tag == kSymbols;
  }
  if (has_strings && has_symbols) return std::nullopt;
  return "damaged: it names no symbols";
}

std::optional<std::string> damage_of_segments(std::span<const std::byte> header, uint64_t file_size,
                                              const ReadAt& read, const Layout& layout) {
  const uint64_t offset = word_at(header, layout.segments, layout);
  const uint64_t count = number_at<uint16_t>(header, layout.segment_size + sizeof(uint16_t));
  if (number_at<uint16_t>(header, layout.segment_size) != layout.segment_entry || count == 0 ||
      count > kMostSegments)
    return "damaged: its header describes no segments";
  std::vector<std::byte> table(static_cast<size_t>(count) * layout.segment_entry);
  if (auto cut = beyond(offset, table.size(), file_size)) return cut;
  if (!read(offset, table)) return "unreadable";
  bool is_mapped = false;
  bool is_dynamic = false;
  for (size_t i = 0; i < count; ++i) {
    const auto entry = std::span(table).subspan(i * layout.segment_entry, layout.segment_entry);
    const uint64_t begin = word_at(entry, layout.offset_in_segment, layout);
    const uint64_t size = word_at(entry, layout.bytes_in_segment, layout);
    if (auto cut = beyond(begin, size, file_size)) return cut;
    const auto type = number_at<uint32_t>(entry, 0);
    is_mapped |= type == kLoad;
    if (type != kDynamic) continue;
    is_dynamic = true;
    if (auto damage = damage_of_dynamic(begin, size, read, layout)) return damage;
  }
  if (is_mapped && is_dynamic) return std::nullopt;
  return "damaged: it has no segment of a library";
}

}  // namespace

bool is_elf(ElfIdentity identity) {
  constexpr std::array<std::byte, 4> kMagic{std::byte{0x7F}, std::byte{'E'}, std::byte{'L'},
                                            std::byte{'F'}};
  return std::equal(kMagic.begin(), kMagic.end(), identity.begin());
}

std::optional<std::string> damage_of_library(uint64_t size_bytes, const ReadAt& read,
                                             ElfIdentity program) {
  const Layout& layout = program[kClass] == kClass64 ? kLayout64 : kLayout32;
  std::array<std::byte, kLayout64.header> storage{};
  const std::span<std::byte> header = std::span(storage).first(layout.header);
  if (size_bytes < header.size()) return "cut off: it has no header";
  if (!read(0, header)) return "unreadable";
  const ElfIdentity identity = std::span(storage).first<kElfIdentityBytes>();
  if (!is_elf(identity)) return "damaged: it is no ELF file";
  if (!are_equal(identity, program, kClass, 1) || !are_equal(identity, program, kByteOrder, 1) ||
      !are_equal(identity, program, kMachine, sizeof(uint16_t)))
    return "a file for another processor";
  if (number_at<uint16_t>(header, kType) != kSharedObject) return "no library";
  if (auto damage = damage_of_segments(header, size_bytes, read, layout)) return damage;
  // A file without a table of sections is complete. The table is the last part of most files.
  const uint64_t sections = word_at(header, layout.sections, layout);
  const uint64_t num_sections = number_at<uint16_t>(header, layout.section_size + sizeof(uint16_t));
  return beyond(sections, num_sections * layout.section_entry, size_bytes);
}

}  // namespace orpheus::tensor
