#pragma once
// The published files that orpheus speaks with, and the names by which 'orpheus pull' knows them.
// Immutable: from any thread.

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace orpheus::models {

enum class Kind { kVoice, kCodec };

struct Entry {
  std::string name;  // "french-q8_0"
  Kind kind = Kind::kVoice;
  std::string language;  // "French"; empty for a codec
  std::string repository;
  std::vector<std::string> files;  // in the repository; of a voice one, a GGUF
  std::string installed;           // the file that it becomes below the models' folder
  uint64_t about_bytes = 0;        // of the download; 0: not known
};

inline constexpr std::string_view kCodecName = "snac";

std::span<const Entry> catalogue();

// "french-q8_0", "french" or "fr" for the one of that language that suits most machines, "snac", or
// OWNER/REPOSITORY/FILE.gguf for any other file of the hub, which becomes
// OWNER+REPOSITORY+FILE.gguf. Errors: kNotFound, with the known names and the nearest; kUsage (such
// a path is none).
Result<Entry> find_entry(std::string_view name);

// Where a file of an entry lies on the hub: hub/repository/resolve/main/file.
std::string address_of(const std::string& hub_url, const Entry& entry, const std::string& file);

}  // namespace orpheus::models
