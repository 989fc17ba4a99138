#include "cli/sample_writer.h"

#include <array>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "audio/encoder.h"
#include "base/atomic_file.h"
#include "base/terminal.h"
#include "cli/player.h"
#include "speech/synthesiser.h"

namespace orpheus::cli {
namespace {

// An encoded file, or raw floats where there is no encoder.
class FileWriter : public SampleWriter {
 public:
  FileWriter(AtomicFile file, std::unique_ptr<audio::Encoder> encoder)
      : file_(std::move(file)), encoder_(std::move(encoder)) {}

  Result<void> write(std::span<const float> samples) override {
    if (!encoder_) return file_.write(std::as_bytes(samples));
    bytes_.clear();
    ORPHEUS_CHECK(encoder_->push(samples, bytes_));
    return file_.write(bytes_);
  }

  Result<void> finish() override {
    if (!encoder_) return file_.commit();
    bytes_.clear();
    ORPHEUS_CHECK(encoder_->finish(bytes_));
    ORPHEUS_CHECK(file_.write(bytes_));
    for (const audio::Patch& patch : encoder_->patches())
      ORPHEUS_CHECK(file_.write_at(patch.offset, patch.bytes));
    return file_.commit();
  }

 private:
  AtomicFile file_;
  std::unique_ptr<audio::Encoder> encoder_;
  std::vector<std::byte> bytes_;
};

// A WAV of unknown length into a pipe: standard output, or a player of this name. Its header waits
// for the first samples, so a refused speech writes nothing.
class PipeWriter : public SampleWriter {
 public:
  using Close = int (*)(std::FILE*);
  PipeWriter(std::FILE* pipe, Close close, std::unique_ptr<audio::Encoder> encoder,
             std::string player)
      : pipe_(pipe), close_(close), encoder_(std::move(encoder)), player_(std::move(player)) {}
  ~PipeWriter() override {
    if (pipe_ != nullptr) close_(pipe_);
  }

  Result<void> write(std::span<const float> samples) override {
    bytes_.clear();
    ORPHEUS_CHECK(encoder_->push(samples, bytes_));
    return put(bytes_);
  }

  Result<void> finish() override {
    bytes_.clear();
    ORPHEUS_CHECK(encoder_->finish(bytes_));
    ORPHEUS_CHECK(put(bytes_));
    if (close_(std::exchange(pipe_, nullptr)) == 0) return {};
    return not_delivered(errno);
  }

 private:
  Result<void> put(std::span<const std::byte> bytes) {
    const bool written = std::fwrite(bytes.data(), 1, bytes.size(), pipe_) == bytes.size() &&
                         std::fflush(pipe_) == 0;
    return written ? Result<void>() : not_delivered(errno);
  }

  Result<void> not_delivered(int reason) const {
    if (!player_.empty()) {
      return fail(
          {.kind = ErrorKind::kUnavailable,
           .what = player_ + " did not play the sound to its end",
           .remedy = "Check that a loudspeaker is connected, or write a file: -o speech.wav"});
    }
    return fail({.kind = ErrorKind::kIo,
                 .what = std::string(reason == EPIPE
                                         ? "the program that read the sound has closed the pipe: "
                                         : "cannot write to standard output: ") +
                         std::strerror(reason),
                 .remedy = reason == ENOSPC ? "Free some disk space." : ""});
  }

  std::FILE* pipe_;
  Close close_;
  std::unique_ptr<audio::Encoder> encoder_;
  std::string player_;
  std::vector<std::byte> bytes_;
};

// The format of a file's ending; nothing for raw floats.
Result<std::optional<audio::Format>> format_of(const std::string& output) {
  std::string ending = std::filesystem::path(output).extension().string();
  for (char& letter : ending) {
    if (letter >= 'A' && letter <= 'Z') letter = static_cast<char>(letter - 'A' + 'a');
  }
  if (ending == ".f32") return std::nullopt;
  if (ending == ".raw") return audio::Format::kPcm;
  const auto named = ending.empty() ? std::nullopt : audio::format_named(ending.substr(1));
  if (named && audio::can_encode(*named)) return named;
  std::string endings;
  for (const audio::Format format : audio::all_formats()) {
    if (audio::can_encode(format)) endings += "." + std::string(audio::name_of(format)) + ", ";
  }
  return fail({.kind = ErrorKind::kUnsupported,
               .what = "this build cannot write the format of '" + output + "'",
               .expected = endings + ".raw or .f32",
               .found = ending.empty() ? "no ending" : ending});
}

Result<std::unique_ptr<SampleWriter>> open_pipe_writer(std::FILE* pipe, PipeWriter::Close close,
                                                       const Sound& sound,
                                                       std::string player = {}) {
  ORPHEUS_TRY(auto encoder, audio::open_encoder({.format = audio::Format::kWav,
                                                 .output_rate_hz = sound.sample_rate_hz,
                                                 .speed = sound.speed}));
  return std::make_unique<PipeWriter>(pipe, close, std::move(encoder), std::move(player));
}

}  // namespace

Result<std::unique_ptr<SampleWriter>> open_sample_writer(const std::string& output,
                                                         const Sound& sound) {
  if (output == "-") {
    if (is_terminal(Standard::kOutput)) {
      return fail({.kind = ErrorKind::kUsage,
                   .what = "standard output is a terminal",
                   .expected = "a pipe or a file",
                   .remedy = "Use -o speech.wav to write a file."});
    }
    return open_pipe_writer(
        stdout, [](std::FILE* pipe) { return std::fflush(pipe); }, sound);
  }
  ORPHEUS_TRY(const auto format, format_of(output));
  std::unique_ptr<audio::Encoder> encoder;
  if (format) {
    ORPHEUS_TRY(encoder, audio::open_encoder({.format = *format,
                                              .output_rate_hz = sound.sample_rate_hz,
                                              .speed = sound.speed,
                                              .output = audio::Output::kFile}));
  } else if (sound.speed != 1.0 || sound.sample_rate_hz) {
    return fail({.kind = ErrorKind::kUsage,
                 .what = "a .f32 file contains the samples as the codec makes them",
                 .expected = "no --speed and no --sample-rate, or another format"});
  }
  ORPHEUS_TRY(AtomicFile file, AtomicFile::create(output));
  return std::make_unique<FileWriter>(std::move(file), std::move(encoder));
}

Result<std::unique_ptr<SampleWriter>> open_player(const Sound& sound) {
  Player player = start_player();
  if (player.pipe != nullptr)
    return open_pipe_writer(player.pipe, player.close, sound, std::move(player.program));
  return fail({.kind = ErrorKind::kUnavailable,
               .what = "no audio player was found",
               .expected = kKnownPlayers,
               .remedy = kPlayerRemedy});
}

}  // namespace orpheus::cli
