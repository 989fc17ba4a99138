#pragma once
// The folder of installed models. A file of the catalogue has its published name there, so a
// file that was put there by hand counts as well. Beside it, FILE.sha256 holds the hash of its
// bytes, in sha256sum's form. Cheap to make. Safe from every thread and beside other
// processes.

#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "models/catalogue.h"

namespace orpheus::models {

enum class State {
  kMissing,
  kIntact,     // its bytes match the recorded hash
  kDamaged,    // they do not
  kUnchecked,  // it is there
  kUnknown,    // it is there, and nothing was recorded
};

class Store {
 public:
  // The folder need not exist yet.
  explicit Store(std::filesystem::path folder) : folder_(std::move(folder)) {}

  const std::filesystem::path& folder() const { return folder_; }
  std::filesystem::path path_of(const Entry& entry) const { return folder_ / entry.installed; }
  // The folder for a codec's checkpoint files, fetched or put there by hand.
  std::filesystem::path parts_folder(const Entry& entry) const;
  bool has(const Entry& entry) const;

  // GGUF files in the folder that the catalogue does not know, by name.
  std::vector<Entry> others() const;

  // Reads the whole file and compares its hash; calls bytes_done on the way. Errors: kIo.
  Result<State> check(const std::filesystem::path& file,
                      const std::function<void(uint64_t bytes_done)>& progress = {}) const;

  // The voice that speaks if no model is named.
  std::optional<std::string> chosen() const;
  Result<void> choose(std::string_view name) const;
  // None of these: the voice that comes with the program. Errors: kIo.
  Result<void> choose_none() const;

  // The file of an installed model, by its catalogue name or its file name without .gguf. Nothing
  // if there is no such model.
  std::optional<std::filesystem::path> find(std::string_view name) const;

 private:
  std::filesystem::path folder_;
};

// FILE.sha256: written whole or not at all. Errors: those of AtomicFile.
Result<void> record_hash(const std::filesystem::path& file, const std::string& sha256);
// Nothing if no hash was recorded, or if the record is not a hash.
std::optional<std::string> recorded_hash(const std::filesystem::path& file);

// Errors: kIo.
Result<void> remove_with_hash(const std::filesystem::path& file);

// SHA-256 of a file's bytes. Errors: kNotFound, kIo.
Result<std::string> hash_file(const std::filesystem::path& file,
                              const std::function<void(uint64_t bytes_done)>& progress = {});

}  // namespace orpheus::models
