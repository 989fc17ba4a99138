#include "base/mapped_file.h"

#include <cerrno>
#include <cstring>
#include <utility>

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/regular_file.h"

namespace orpheus {

Result<MappedFile> MappedFile::open(const std::filesystem::path& path) {
  const std::string name = path.string();
  const int descriptor = ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK |
                                                  O_NOCTTY);  // no waiting for a FIFO's writer
  if (descriptor < 0) {
    const bool missing = errno == ENOENT || errno == ENOTDIR;
    return fail({.kind = missing ? ErrorKind::kNotFound : ErrorKind::kIo,
                 .what = name + ": cannot be opened: " + std::strerror(errno),
                 .remedy = missing ? "Check the path." : "Check the file's permissions."});
  }
  struct stat status {};
  const bool known = ::fstat(descriptor, &status) == 0;
  if (!known || !S_ISREG(status.st_mode) || status.st_size == 0) {
    ::close(descriptor);
    if (known && S_ISREG(status.st_mode)) {
      return fail({.kind = ErrorKind::kBadFile,
                   .what = name + ": the file is empty",
                   .remedy = "Fetch it again."});
    }
    return fail({.kind = ErrorKind::kBadFile,
                 .what = name + ": not a regular file",
                 .expected = "a file",
                 .found = std::string(name_of_file_type(status.st_mode))});
  }
  const auto size = static_cast<size_t>(status.st_size);
  void* data = ::mmap(nullptr, size, PROT_READ, MAP_SHARED, descriptor, 0);
  const int map_error = errno;
  ::close(descriptor);
  if (data == MAP_FAILED) {
    return fail({.kind = ErrorKind::kIo,
                 .what = name + ": cannot be mapped into memory: " + std::strerror(map_error)});
  }
  return MappedFile(path, data, size);
}

MappedFile::MappedFile(std::filesystem::path path, void* data, size_t size_bytes)
    : path_(std::move(path)), data_(data), size_(size_bytes) {}

void MappedFile::release(std::span<const std::byte> part) const {
  const auto page = static_cast<size_t>(::sysconf(_SC_PAGESIZE));
  const auto offset = static_cast<size_t>(part.data() - bytes().data());
  const size_t begin = (offset + page - 1) / page * page;
  const size_t end = (offset + part.size()) / page * page;
  if (begin < end) ::madvise(static_cast<std::byte*>(data_) + begin, end - begin, MADV_DONTNEED);
}

MappedFile::MappedFile(MappedFile&& other) noexcept
    : path_(std::move(other.path_)),
      data_(std::exchange(other.data_, nullptr)),
      size_(std::exchange(other.size_, 0)) {}

MappedFile& MappedFile::operator=(MappedFile&& other) noexcept {
  std::swap(path_, other.path_);
  std::swap(data_, other.data_);
  std::swap(size_, other.size_);
  return *this;
}

MappedFile::~MappedFile() {
  if (data_ != nullptr) ::munmap(data_, size_);
}

}  // namespace orpheus
