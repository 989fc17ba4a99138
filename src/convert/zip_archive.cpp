#include "convert/zip_archive.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "convert/byte_reader.h"

// Layout, from PKWARE's APPNOTE.TXT 6.3: entries, then the central directory that lists them, then
// (zip64 alone) its end record and a locator of that record, then the end record. Read from the
// end.
namespace orpheus::convert {
namespace {

constexpr uint32_t kLocalHeader = 0x04034b50;
constexpr uint32_t kDirectoryHeader = 0x02014b50;
constexpr uint32_t kEndRecord = 0x06054b50;
constexpr uint32_t kEndRecord64 = 0x06064b50;
constexpr uint32_t kEndLocator64 = 0x07064b50;
constexpr size_t kLocalHeaderBytes = 30;
constexpr size_t kEndRecordBytes = 22;
constexpr size_t kEndLocator64Bytes = 20;
constexpr size_t kMaxCommentBytes = 0xFFFF;
constexpr uint32_t kIn64 = 0xFFFFFFFF;  // the value is in the zip64 field
constexpr uint16_t kZip64Field = 1;
constexpr uint16_t kEncrypted = 1;

using Bytes = std::span<const std::byte>;

struct Directory {
  uint64_t num_entries = 0;
  uint64_t size_bytes = 0;
  uint64_t offset = 0;
};

struct Entry {
  std::string_view name;
  uint16_t flags = 0;
  uint16_t method = 0;  // 0 stored
  uint64_t packed_bytes = 0;
  uint64_t size_bytes = 0;
  uint64_t offset = 0;  // of the local header
};

std::optional<Bytes> slice(Bytes bytes, uint64_t offset, uint64_t count) {
  ByteReader reader(bytes);
  return reader.take(offset) ? reader.take(count) : std::nullopt;
}

bool starts_with(Bytes bytes, uint32_t signature) {
  return ByteReader(bytes).read<uint32_t>() == signature;
}

// The offset of the end record: the last one whose comment ends exactly at the end of the file.
std::optional<size_t> find_end_record(Bytes bytes) {
  if (bytes.size() < kEndRecordBytes) return std::nullopt;
  const size_t last = bytes.size() - kEndRecordBytes;
  const size_t first = last - std::min(last, kMaxCommentBytes);
  for (size_t offset = last + 1; offset-- > first;) {
    if (!starts_with(bytes.subspan(offset), kEndRecord)) continue;
    ByteReader comment(bytes.subspan(offset + kEndRecordBytes - sizeof(uint16_t)));
    if (comment.read<uint16_t>() == last - offset) return offset;
  }
  return std::nullopt;
}

std::optional<Directory> directory_of_end_record(Bytes bytes) {
  ByteReader reader(bytes);
  reader.take(10);  // signature, disks, entries on this disk
  const auto num_entries = reader.read<uint16_t>();
  const auto size = reader.read<uint32_t>();
  const auto offset = reader.read<uint32_t>();
  if (!num_entries || !size || !offset) return std::nullopt;
  return Directory{*num_entries, *size, *offset};
}

std::optional<Directory> directory_of_end_record64(Bytes bytes, size_t locator_offset) {
  ByteReader locator(bytes.subspan(locator_offset + 8));  // signature, disk
  const auto record_offset = locator.read<uint64_t>();
  if (!record_offset || *record_offset > bytes.size()) return std::nullopt;
  ByteReader reader(bytes.subspan(static_cast<size_t>(*record_offset)));
  if (reader.read<uint32_t>() != kEndRecord64) return std::nullopt;
  reader.take(28);  // size of this record, versions, disks, entries on this disk
  const auto num_entries = reader.read<uint64_t>();
  const auto size = reader.read<uint64_t>();
  const auto offset = reader.read<uint64_t>();
  if (!num_entries || !size || !offset) return std::nullopt;
  return Directory{*num_entries, *size, *offset};
}

std::optional<Directory> find_directory(Bytes bytes) {
  const auto end = find_end_record(bytes);
  if (!end) return std::nullopt;
  if (*end >= kEndLocator64Bytes) {
    const size_t locator = *end - kEndLocator64Bytes;
    if (starts_with(bytes.subspan(locator), kEndLocator64))
      return directory_of_end_record64(bytes, locator);
  }
  return directory_of_end_record(bytes.subspan(*end));
}

// Replaces values that did not fit 32 bits by those of the zip64 field.
bool widen(Entry& entry, Bytes extra) {
  ByteReader fields(extra);
  while (const auto id = fields.read<uint16_t>()) {
    const auto size = fields.read<uint16_t>();
    const auto content = size ? fields.take(*size) : std::nullopt;
    if (!content) return false;
    if (*id != kZip64Field) continue;
    ByteReader values(*content);
    for (uint64_t* value : {&entry.size_bytes, &entry.packed_bytes, &entry.offset}) {
      if (*value != kIn64) continue;
      const auto wide = values.read<uint64_t>();
      if (!wide) return false;
      *value = *wide;
    }
    return true;
  }
  return true;
}

std::optional<Entry> read_entry(ByteReader& directory) {
  if (directory.read<uint32_t>() != kDirectoryHeader) return std::nullopt;
  directory.take(4);  // versions
  const auto flags = directory.read<uint16_t>();
  const auto method = directory.read<uint16_t>();
  directory.take(8);  // time, checksum
  const auto packed = directory.read<uint32_t>();
  const auto size = directory.read<uint32_t>();
  const auto name_bytes = directory.read<uint16_t>();
  const auto extra_bytes = directory.read<uint16_t>();
  const auto comment_bytes = directory.read<uint16_t>();
  directory.take(8);  // disk, attributes
  const auto offset = directory.read<uint32_t>();
  if (!offset) return std::nullopt;
  const auto name = directory.text(*name_bytes);
  const auto extra = directory.take(*extra_bytes);
  if (!name || !extra || !directory.take(*comment_bytes)) return std::nullopt;
  Entry entry{*name, *flags, *method, *packed, *size, *offset};
  return widen(entry, *extra) ? std::optional(entry) : std::nullopt;
}

std::optional<Bytes> content_of(Bytes bytes, const Entry& entry) {
  const auto header = slice(bytes, entry.offset, kLocalHeaderBytes);
  if (!header || !starts_with(*header, kLocalHeader)) return std::nullopt;
  ByteReader lengths(header->subspan(26));
  const uint64_t name_bytes = *lengths.read<uint16_t>();
  const uint64_t extra_bytes = *lengths.read<uint16_t>();
  return slice(bytes, entry.offset + kLocalHeaderBytes + name_bytes + extra_bytes,
               entry.size_bytes);
}

}  // namespace

Result<ZipArchive> ZipArchive::parse(Bytes bytes, const std::string& name) {
  const auto bad = [&](const std::string& what) {
    return fail({.kind = ErrorKind::kBadFile,
                 .what = name + ": " + what,
                 .remedy = "The file is damaged or incomplete: download it again."});
  };
  const auto location = find_directory(bytes);
  if (!location) return bad("not a complete zip archive: it has no directory");
  const auto directory_bytes = slice(bytes, location->offset, location->size_bytes);
  if (!directory_bytes) return bad("the zip directory extends beyond the end of the file");

  Entries entries;
  ByteReader directory(*directory_bytes);
  for (uint64_t i = 0; i < location->num_entries; ++i) {
    const auto entry = read_entry(directory);
    if (!entry) return bad("entry " + std::to_string(i) + " of the zip directory is damaged");
    if (entry->method != 0 || (entry->flags & kEncrypted) != 0) {
      return fail(
          {.kind = ErrorKind::kUnsupported,
           .what = name + ": zip entry " + quoted(entry->name) + " is compressed or encrypted",
           .expected = "uncompressed entries, as torch.save writes them",
           .found = entry->method != 0 ? "compression method " + std::to_string(entry->method)
                                       : "an encrypted entry",
           .remedy = "Save it again with torch.save."});
    }
    const auto content = content_of(bytes, *entry);
    if (!content || entry->packed_bytes != entry->size_bytes)
      return bad("zip entry " + quoted(entry->name) +
                 " is damaged or extends beyond the end of the file");
    if (!entries.emplace(entry->name, *content).second)
      return bad("zip entry " + quoted(entry->name) + " appears twice");
  }
  return ZipArchive(std::move(entries));
}

}  // namespace orpheus::convert
