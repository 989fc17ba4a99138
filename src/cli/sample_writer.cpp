#include "cli/sample_writer.h"

#include <array>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <string>
#include <utility>
#include <vector>

#include <unistd.h>

#include "audio/pcm.h"
#include "audio/wav.h"
#include "base/atomic_file.h"
#include "speech/synthesiser.h"

namespace orpheus::cli {
namespace {

enum class Format { kWav, kPcm, kFloat };

class FileWriter : public SampleWriter {
 public:
  FileWriter(AtomicFile file, Format format) : file_(std::move(file)), format_(format) {}

  Result<void> start() {
    if (format_ != Format::kWav) return {};
    return file_.write(audio::wav_header(speech::kSampleRateHz, std::nullopt));
  }

  Result<void> write(std::span<const float> samples) override {
    num_samples_ += static_cast<int64_t>(samples.size());
    if (format_ == Format::kFloat) return file_.write(std::as_bytes(samples));
    bytes_.clear();
    audio::append_int16_bytes(samples, bytes_);
    return file_.write(bytes_);
  }

  Result<void> finish() override {
    if (format_ == Format::kWav) {
      ORPHEUS_CHECK(file_.write_at(0, audio::wav_header(speech::kSampleRateHz, num_samples_)));
    }
    return file_.commit();
  }

 private:
  AtomicFile file_;
  Format format_;
  int64_t num_samples_ = 0;
  std::vector<std::byte> bytes_;
};

// A WAV of unknown length into a pipe: standard output, or a player of this name. Its header waits
// for the first samples, so that a speech which is refused puts nothing out.
class PipeWriter : public SampleWriter {
 public:
  using Close = int (*)(std::FILE*);
  PipeWriter(std::FILE* pipe, Close close, std::string player = {})
      : pipe_(pipe), close_(close), player_(std::move(player)) {}
  ~PipeWriter() override {
    if (pipe_ != nullptr) close_(pipe_);
  }

  Result<void> write(std::span<const float> samples) override {
    if (!std::exchange(started_, true)) {
      ORPHEUS_CHECK(put(audio::wav_header(speech::kSampleRateHz, std::nullopt)));
    }
    bytes_.clear();
    audio::append_int16_bytes(samples, bytes_);
    return put(bytes_);
  }

  Result<void> finish() override {
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
      return fail({.kind = ErrorKind::kUnavailable,
                   .what = player_ + " did not play the sound to its end",
                   .remedy = "Is there a loudspeaker for it? To write a file: -o speech.wav"});
    }
    return fail({.kind = ErrorKind::kIo,
                 .what = std::string(reason == EPIPE ? "the listener left: "
                                                     : "standard output cannot be written: ") +
                         std::strerror(reason),
                 .remedy = reason == ENOSPC ? "Free some disk space." : ""});
  }

  std::FILE* pipe_;
  Close close_;
  std::string player_;
  bool started_ = false;
  std::vector<std::byte> bytes_;
};

Result<Format> format_of(const std::string& output) {
  std::string ending = std::filesystem::path(output).extension().string();
  for (char& letter : ending) {
    if (letter >= 'A' && letter <= 'Z') letter = static_cast<char>(letter - 'A' + 'a');
  }
  if (ending == ".wav") return Format::kWav;
  if (ending == ".pcm" || ending == ".raw") return Format::kPcm;
  if (ending == ".f32") return Format::kFloat;
  return fail({.kind = ErrorKind::kUnsupported,
               .what = "'" + output + "' asks for a format that this build does not write",
               .expected = ".wav, .pcm, .raw or .f32",
               .found = ending.empty() ? "no ending" : ending});
}

}  // namespace

Result<std::unique_ptr<SampleWriter>> open_sample_writer(const std::string& output) {
  if (output == "-") {
    return std::make_unique<PipeWriter>(stdout, [](std::FILE* pipe) { return std::fflush(pipe); });
  }
  ORPHEUS_TRY(const Format format, format_of(output));
  ORPHEUS_TRY(AtomicFile file, AtomicFile::create(output));
  auto writer = std::make_unique<FileWriter>(std::move(file), format);
  ORPHEUS_CHECK(writer->start());
  return writer;
}

Result<std::unique_ptr<SampleWriter>> open_player() {
  struct Player {
    const char* program;
    const char* command;
  };
  static constexpr std::array<Player, 3> kPlayers = {{
      {"aplay", "aplay --quiet -"},
      {"play", "play -q -t wav -"},
      {"ffplay", "ffplay -nodisp -autoexit -loglevel error -i -"},
  }};
  for (const Player& player : kPlayers) {
    const std::string present = std::string("command -v ") + player.program + " >/dev/null 2>&1";
    if (std::system(present.c_str()) != 0) continue;  // NOLINT(cert-env33-c): fixed names
    if (std::FILE* pipe = ::popen(player.command, "w"))
      return std::make_unique<PipeWriter>(pipe, ::pclose, player.program);
  }
  return fail({.kind = ErrorKind::kUnavailable,
               .what = "no program to play sound was found",
               .expected = "aplay, play (of SoX) or ffplay",
               .remedy = "Install one (apt install alsa-utils), or write a file: -o speech.wav"});
}

}  // namespace orpheus::cli
