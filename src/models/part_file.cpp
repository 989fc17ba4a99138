#include "models/part_file.h"

#include <cerrno>
#include <cstring>
#include <fstream>

#include <unistd.h>

#include "base/atomic_file.h"

namespace orpheus::models {
namespace {

namespace fs = std::filesystem;

fs::path tag_path(const fs::path& part) { return fs::path(part) += ".tag"; }

std::string first_line(const fs::path& path) {
  std::ifstream in(path, std::ios::binary);
  std::string line;
  std::getline(in, line);
  return line;
}

}  // namespace

void PartFile::Close::operator()(std::FILE* file) const { std::fclose(file); }

PartFile::PartFile(fs::path file, fs::path path) : file_(std::move(file)), path_(std::move(path)) {}

tl::unexpected<Error> PartFile::io_error(const char* action) const {
  const bool full = errno == ENOSPC || errno == EDQUOT;
  return fail(
      {.kind = full ? ErrorKind::kLimit : ErrorKind::kIo,
       .what = path_.string() + ": " + action + " failed: " + std::strerror(errno),
       .remedy =
           full ? "Free some disk space and run the command again: the download resumes." : ""});
}

Result<PartFile> PartFile::open(const fs::path& file) {
  PartFile part(file, fs::path(file) += ".part");
  part.out_.reset(std::fopen(part.path_.c_str(), "ab"));
  if (!part.out_) return part.io_error("opening");
  std::error_code failed;
  part.size_ = fs::file_size(part.path_, failed);
  if (failed) return part.io_error("reading its size");
  part.tag_ = first_line(tag_path(part.path_));
  return part;
}

Result<void> PartFile::append(std::string_view bytes) {
  if (std::fwrite(bytes.data(), 1, bytes.size(), out_.get()) != bytes.size())
    return io_error("writing");
  size_ += bytes.size();
  return {};
}

Result<void> PartFile::restart(const std::string& tag) {
  // Flushes first; otherwise stdio would write its buffer after the cut.
  if (std::fflush(out_.get()) != 0 || ::ftruncate(::fileno(out_.get()), 0) != 0)
    return io_error("emptying");
  size_ = 0;
  tag_ = tag;
  ORPHEUS_TRY(AtomicFile tag_file, AtomicFile::create(tag_path(path_)));
  ORPHEUS_CHECK(tag_file.write(tag_ + "\n"));
  return tag_file.commit();
}

Result<void> PartFile::finish() {
  if (std::fflush(out_.get()) != 0 || ::fsync(::fileno(out_.get())) != 0)
    return io_error("writing");
  return {};
}

Result<void> PartFile::install() {
  if (::rename(path_.c_str(), file_.c_str()) != 0) return io_error("renaming it to its final name");
  out_.reset();
  ::unlink(tag_path(path_).c_str());
  return {};
}

void PartFile::discard() {
  out_.reset();
  ::unlink(path_.c_str());
  ::unlink(tag_path(path_).c_str());
}

}  // namespace orpheus::models
