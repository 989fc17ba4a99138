#include <algorithm>
#include <array>
#include <atomic>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <utility>

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/mapped_file.h"
#include "base/regular_file.h"

namespace orpheus {
namespace {

// The mappings for which the signal handler supplies zeros. The handler cannot lock or allocate, so
// this is a fixed table. Only the mapping that took a slot writes to the slot.
struct Slot {
  std::atomic<bool> used{false};
  std::atomic<uintptr_t> begin{0};
  std::atomic<uintptr_t> end{0};  // 0: none
  std::atomic<bool> lost{false};
};
std::array<Slot, 64> slots;
uintptr_t page_bytes = 4096;
struct sigaction before_us {};  // what other faults come to

constexpr int kNoSlot = -1;

// The slot of these pages; none if all slots are taken.
int remember(const void* data, size_t size) {
  for (size_t i = 0; i < slots.size(); ++i) {
    Slot& slot = slots[i];
    if (bool expected = false; !slot.used.compare_exchange_strong(expected, true)) continue;
    const auto begin = reinterpret_cast<uintptr_t>(data);
    slot.lost = false;
    slot.begin = begin;
    slot.end = begin + (size + page_bytes - 1) / page_bytes * page_bytes;
    return static_cast<int>(i);
  }
  return kNoSlot;
}

void forget(int index) {
  if (index == kNoSlot) return;
  Slot& slot = slots[static_cast<size_t>(index)];
  slot.end = 0;
  slot.used = false;
}

// Maps pages of zeros over the lost pages, from the page that was read onwards. The interrupted
// instruction then runs again and reads zeros. mmap is a plain system call here, so a signal
// handler may call it.
extern "C" void put_zeros(int number, siginfo_t* info, void* /*context*/) {
  const int kept = errno;
  const auto address = reinterpret_cast<uintptr_t>(info->si_addr);
  for (Slot& slot : slots) {
    const uintptr_t end = slot.end;
    if (info->si_code <= 0 || address < slot.begin || address >= end) continue;
    slot.lost = true;
    const uintptr_t page = address / page_bytes * page_bytes;
    void* const at = reinterpret_cast<void*>(page);  // NOLINT(performance-no-int-to-ptr)
    if (::mmap(at, end - page, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0) == at) {
      errno = kept;
      return;
    }
  }
  ::sigaction(number, &before_us, nullptr);  // another fault, or no memory: as without us
  if (info->si_code <= 0) std::raise(number);
}

// The time of the last change of the file's bytes, name or permissions (ctime). Unlike mtime, it
// cannot be set by a program.
int64_t change_of(const struct stat& status) {
#ifdef __APPLE__
  const timespec time = status.st_ctimespec;
#else
  const timespec time = status.st_ctim;
#endif
  return int64_t{time.tv_sec} * 1'000'000'000 + time.tv_nsec;
}

}  // namespace

void survive_lost_bytes() {
  page_bytes = static_cast<uintptr_t>(::sysconf(_SC_PAGESIZE));
  struct sigaction action {};
  action.sa_sigaction = put_zeros;
  action.sa_flags = SA_SIGINFO;
  ::sigemptyset(&action.sa_mask);
  struct sigaction before {};
  if (::sigaction(SIGBUS, &action, &before) == 0 && before.sa_sigaction != put_zeros)
    before_us = before;
}

Result<MappedFile> MappedFile::open(const std::filesystem::path& path, OnLoss on_loss) {
  const std::string name = path.string();
  // Without O_NONBLOCK, opening a FIFO waits for its writer.
  const int descriptor = ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
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
                   .remedy = "Download it again."});
    }
    return fail({.kind = ErrorKind::kBadFile,
                 .what = name + ": not a regular file",
                 .expected = "a regular file",
                 .found = std::string(name_of_file_type(status.st_mode))});
  }
  const auto size = static_cast<size_t>(status.st_size);
  void* data = ::mmap(nullptr, size, PROT_READ, MAP_SHARED, descriptor, 0);
  if (data == MAP_FAILED) {
    const int map_error = errno;
    ::close(descriptor);
    return fail({.kind = ErrorKind::kIo,
                 .what = name + ": cannot be mapped into memory: " + std::strerror(map_error)});
  }
  MappedFile file(path, data, size);
  file.descriptor_ = descriptor;
  file.changed_ns_ = change_of(status);
  if (on_loss == OnLoss::kZeros) file.slot_ = remember(data, size);
  file.sample_ = file.sample();
  return file;
}

// A digest of the file's head and of some bytes of each part, so that another model in the same
// place, or one half written, has another. Not of every byte: a large file would be read whole.
uint64_t MappedFile::sample() const {
  constexpr size_t kNumParts = 256;
  constexpr size_t kHeadBytes = 4096;
  constexpr size_t kPartBytes = 64;
  uint64_t digest = 0xcbf29ce484222325ULL;  // FNV-1a
  const auto add = [&](std::span<const std::byte> part) {
    for (const std::byte byte : part)
      digest = (digest ^ std::to_integer<uint64_t>(byte)) * 0x100000001b3ULL;
  };
  const auto all = bytes();
  add(all.first(std::min(size_, kHeadBytes)));
  for (size_t i = 1; i <= kNumParts; ++i) {
    const size_t end = size_ / kNumParts * i;
    add(all.subspan(end - std::min(end, kPartBytes), std::min(end, kPartBytes)));
  }
  return digest;
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

Result<void> MappedFile::check() const {
  struct stat status {};
  const auto is_lost = [&] { return slot_ != kNoSlot && slots[static_cast<size_t>(slot_)].lost; };
  if (!is_lost() && ::fstat(descriptor_, &status) == 0 &&
      static_cast<size_t>(status.st_size) == size_) {
    const int64_t changed_ns = change_of(status);
    if (changed_ns == changed_ns_) return {};
    if (sample() == sample_ && !is_lost()) {
      changed_ns_ = changed_ns;
      return {};
    }
  }
  return fail({.kind = ErrorKind::kBadFile,
               .what = path_.string() + ": the file was changed while it was in use",
               .remedy = "Restart the program, or tell the server to reload. Replace a "
                         "file in use by renaming a new file over it, not by writing into it."});
}

MappedFile::MappedFile(MappedFile&& other) noexcept
    : path_(std::move(other.path_)),
      data_(std::exchange(other.data_, nullptr)),
      size_(std::exchange(other.size_, 0)),
      descriptor_(std::exchange(other.descriptor_, -1)),
      changed_ns_(other.changed_ns_.load()),
      sample_(other.sample_),
      slot_(std::exchange(other.slot_, kNoSlot)) {}

MappedFile& MappedFile::operator=(MappedFile&& other) noexcept {
  std::swap(path_, other.path_);
  std::swap(data_, other.data_);
  std::swap(size_, other.size_);
  std::swap(descriptor_, other.descriptor_);
  changed_ns_ = other.changed_ns_.exchange(changed_ns_);
  std::swap(sample_, other.sample_);
  std::swap(slot_, other.slot_);
  return *this;
}

MappedFile::~MappedFile() {
  forget(slot_);
  if (data_ != nullptr) ::munmap(data_, size_);
  if (descriptor_ >= 0) ::close(descriptor_);
}

}  // namespace orpheus
