#include "models/store.h"

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <fstream>

#include "base/atomic_file.h"
#include "base/regular_file.h"
#include "base/sha256.h"

namespace orpheus::models {
namespace {

namespace fs = std::filesystem;

constexpr size_t kHashDigits = 64;

fs::path hash_path(const fs::path& file) { return fs::path(file) += ".sha256"; }

bool is_file(const fs::path& path) {
  std::error_code none;
  return fs::is_regular_file(path, none);
}

bool is_hash(std::string_view text) {
  return text.size() == kHashDigits && text.find_first_not_of("0123456789abcdef") == text.npos;
}

Result<void> write_text(const fs::path& path, const std::string& text) {
  ORPHEUS_TRY(AtomicFile file, AtomicFile::create(path));
  ORPHEUS_CHECK(file.write(text));
  return file.commit();
}

}  // namespace

fs::path Store::parts_folder(const Entry& entry) const {
  return folder_ / fs::path(entry.installed).stem();
}

bool Store::has(const Entry& entry) const { return is_file(path_of(entry)); }

std::vector<Entry> Store::others() const {
  std::vector<Entry> found;
  std::error_code none;
  for (const auto& item : fs::directory_iterator(folder_, none)) {
    const std::string file = item.path().filename().string();
    if (file.starts_with('.') || item.path().extension() != ".gguf" || !is_file(item.path()))
      continue;
    const bool known = std::ranges::any_of(
        catalogue(), [&](const Entry& entry) { return entry.installed == file; });
    if (!known)
      found.push_back({.name = item.path().stem().string(), .files = {file}, .installed = file});
  }
  std::ranges::sort(found, {}, &Entry::name);
  return found;
}

Result<State> Store::check(const fs::path& file,
                           const std::function<void(uint64_t)>& progress) const {
  if (!is_file(file)) return State::kMissing;
  const auto recorded = recorded_hash(file);
  if (!recorded) return State::kUnknown;
  ORPHEUS_TRY(const std::string found, hash_file(file, progress));
  return found == *recorded ? State::kIntact : State::kDamaged;
}

std::optional<std::string> Store::chosen() const {
  std::ifstream in(folder_ / "chosen", std::ios::binary);
  std::string name;
  if (!std::getline(in, name) || name.empty()) return std::nullopt;
  return name;
}

Result<void> Store::choose(std::string_view name) const {
  return write_text(folder_ / "chosen", std::string(name) + "\n");
}

Result<void> Store::choose_none() const {
  std::error_code failed;
  fs::remove(folder_ / "chosen", failed);
  if (!failed) return {};
  return fail({.kind = ErrorKind::kIo,
               .what = (folder_ / "chosen").string() + ": cannot be removed: " + failed.message()});
}

std::optional<fs::path> Store::find(std::string_view name) const {
  const auto entry = find_entry(name);
  if (entry && has(*entry)) return path_of(*entry);
  // It must be a name, not a path out of the folder.
  if (name.empty() || name.starts_with('.') || name.find('/') != name.npos) return std::nullopt;
  const fs::path file = folder_ / (std::string(name) + ".gguf");
  if (is_file(file)) return file;
  return std::nullopt;
}

Result<void> record_hash(const fs::path& file, const std::string& sha256) {
  return write_text(hash_path(file), sha256 + "  " + file.filename().string() + "\n");
}

std::optional<std::string> recorded_hash(const fs::path& file) {
  std::ifstream in(hash_path(file), std::ios::binary);
  std::string hash(kHashDigits, '\0');
  in.read(hash.data(), kHashDigits);
  if (!in || !is_hash(hash)) return std::nullopt;
  return hash;
}

Result<void> remove_with_hash(const fs::path& file) {
  for (const fs::path& each : {file, hash_path(file)}) {
    std::error_code failed;
    fs::remove(each, failed);
    if (failed) {
      return fail({.kind = ErrorKind::kIo,
                   .what = each.string() + ": cannot be removed: " + failed.message()});
    }
  }
  return {};
}

Result<std::string> hash_file(const fs::path& path, const std::function<void(uint64_t)>& progress) {
  ORPHEUS_TRY(const OpenFile file, open_regular_file(path));
  std::vector<std::byte> buffer(size_t{1} << 20);
  Sha256 sha;
  uint64_t done = 0;
  while (const size_t got = std::fread(buffer.data(), 1, buffer.size(), file.get())) {
    sha.add(std::span(buffer).first(got));
    done += got;
    if (progress) progress(done);
  }
  if (std::ferror(file.get()) != 0) {
    return fail({.kind = ErrorKind::kIo,
                 .what = path.string() + ": reading failed: " + std::strerror(errno)});
  }
  return sha.finish();
}

}  // namespace orpheus::models
