#pragma once
// The folder that holds installed models. A file of the catalogue lies there under its published
// name, so one that was fetched by hand counts as well; beside it, FILE.sha256 keeps what its bytes
// should add up to, in the form of sha256sum. Cheap to make; safe from every thread, and beside
// other processes.

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
  kIntact,     // its bytes add up to what was recorded
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
  // Where the parts of a codec's checkpoint are fetched to, or laid by hand.
  std::filesystem::path parts_folder(const Entry& entry) const;
  bool has(const Entry& entry) const;

  // GGUF files in the folder that the catalogue does not know, by name.
  std::vector<Entry> others() const;

  // Reads the whole file; bytes_done is called as it goes. Errors: kIo.
  Result<State> check(const std::filesystem::path& file,
                      const std::function<void(uint64_t bytes_done)>& progress = {}) const;

  // The voice that is spoken with where none is named.
  std::optional<std::string> chosen() const;
  Result<void> choose(std::string_view name) const;

  // The file of an installed model by its catalogue name, or by its file's name without .gguf;
  // nothing where there is no such model.
  std::optional<std::filesystem::path> find(std::string_view name) const;

 private:
  std::filesystem::path folder_;
};

// FILE.sha256: written whole or not at all. Errors: those of AtomicFile.
Result<void> record_hash(const std::filesystem::path& file, const std::string& sha256);
// Nothing where none was recorded or it is not one.
std::optional<std::string> recorded_hash(const std::filesystem::path& file);

// Errors: kIo.
Result<void> remove_with_hash(const std::filesystem::path& file);

// SHA-256 of a file's bytes. Errors: kNotFound, kIo.
Result<std::string> hash_file(const std::filesystem::path& file,
                              const std::function<void(uint64_t bytes_done)>& progress = {});

}  // namespace orpheus::models
