#pragma once
// The published model files, and their names in 'orpheus pull'. Immutable: may be used from any
// thread.

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
  std::vector<std::string> files;  // in the repository; a voice has one file, a GGUF
  std::string installed;           // the installed file's name, below the models' folder
  uint64_t about_bytes = 0;        // of the download; 0: not known
};

inline constexpr std::string_view kCodecName = "snac";

std::span<const Entry> catalogue();

// Finds an entry by name: "french-q8_0"; "french" or "fr" for that language's entry that suits most
// machines; "snac"; or OWNER/REPOSITORY/FILE.gguf for any other file of the hub, installed as
// OWNER+REPOSITORY+FILE.gguf. Errors: kNotFound, with the known names and the nearest one; kUsage
// (not a valid path).
Result<Entry> find_entry(std::string_view name);

// The address of an entry's file on the hub: hub/repository/resolve/main/file.
std::string address_of(const std::string& hub_url, const Entry& entry, const std::string& file);

}  // namespace orpheus::models
