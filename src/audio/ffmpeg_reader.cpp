// Reads compressed sound: FFmpeg's demuxers and decoders over bytes in memory.

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <cstring>

extern "C" {
#include <libavutil/mem.h>
#include <libavutil/samplefmt.h>
}

#include "audio/ffmpeg_pointers.h"
#include "audio/read_sound.h"

namespace orpheus::audio {
namespace {

// Only formats of sound. Playlists and similar formats are excluded because they name other files.
constexpr const char* kDemuxers = "wav,w64,flac,mp3,ogg,aac,mov,aiff,caf,matroska";
constexpr int kBufferBytes = 1 << 16;

// A file in memory for FFmpeg.
struct Source {
  std::span<const std::byte> bytes;
  size_t position = 0;
};

int read_bytes(void* opaque, uint8_t* target, int size) {
  auto& source = *static_cast<Source*>(opaque);
  const size_t count =
      std::min(source.bytes.size() - source.position, static_cast<size_t>(std::max(size, 0)));
  if (count == 0) return AVERROR_EOF;
  std::memcpy(target, source.bytes.data() + source.position, count);
  source.position += count;
  return static_cast<int>(count);
}

int64_t seek(void* opaque, int64_t offset, int whence) {
  auto& source = *static_cast<Source*>(opaque);
  const auto size = static_cast<int64_t>(source.bytes.size());
  if ((whence & AVSEEK_SIZE) != 0) return size;
  const int kind = whence & ~AVSEEK_FORCE;
  if (kind == SEEK_CUR) offset += static_cast<int64_t>(source.position);
  if (kind == SEEK_END) offset += size;
  if (offset < 0 || offset > size) return AVERROR(EINVAL);
  source.position = static_cast<size_t>(offset);
  return offset;
}

struct CloseDemuxer {
  void operator()(AVFormatContext* context) const { avformat_close_input(&context); }
};

// One sample of one channel, −1 … 1.
double sample_of(const AVFrame& frame, AVSampleFormat packed, int channel, int channels, int i) {
  const bool planar = av_sample_fmt_is_planar(static_cast<AVSampleFormat>(frame.format)) != 0;
  const uint8_t* plane = frame.extended_data[planar ? channel : 0];
  const ptrdiff_t place = planar ? i : ptrdiff_t{i} * channels + channel;
  switch (packed) {
    case AV_SAMPLE_FMT_U8: return (plane[place] - 128) / 128.0;
    case AV_SAMPLE_FMT_S16: return reinterpret_cast<const int16_t*>(plane)[place] / 0x1p15;
    case AV_SAMPLE_FMT_S32: return reinterpret_cast<const int32_t*>(plane)[place] / 0x1p31;
    case AV_SAMPLE_FMT_S64:
      return static_cast<double>(reinterpret_cast<const int64_t*>(plane)[place]) / 0x1p63;
    case AV_SAMPLE_FMT_FLT: return double{reinterpret_cast<const float*>(plane)[place]};
    case AV_SAMPLE_FMT_DBL: return reinterpret_cast<const double*>(plane)[place];
    default: return 0;
  }
}

void append_mean(const AVFrame& frame, std::vector<float>& samples) {
  const AVSampleFormat packed = av_get_packed_sample_fmt(static_cast<AVSampleFormat>(frame.format));
  const int channels = frame.ch_layout.nb_channels;
  for (int i = 0; i < frame.nb_samples; ++i) {
    double sum = 0;
    for (int channel = 0; channel < channels; ++channel)
      sum += sample_of(frame, packed, channel, channels, i);
    const auto mean = static_cast<float>(sum / std::max(channels, 1));
    samples.push_back(std::isfinite(mean) ? mean : 0.0F);
  }
}

class Reader {
 public:
  Reader(std::span<const std::byte> bytes, const std::string& name)
      : source_{.bytes = bytes}, name_(name) {}

  Result<Sound> read() {
    ORPHEUS_CHECK(open());
    const FfmpegPointer<AVPacket> packet(av_packet_alloc());
    if (!packet || !frame_) return no_memory();
    while (av_read_frame(demuxer_.get(), packet.get()) >= 0) {
      // A broken packet is skipped, as players do.
      if (packet->stream_index == stream_) {
        avcodec_send_packet(codec_.get(), packet.get());
        ORPHEUS_CHECK(receive());
      }
      av_packet_unref(packet.get());
    }
    avcodec_send_packet(codec_.get(), nullptr);
    ORPHEUS_CHECK(receive());
    return std::move(sound_);
  }

 private:
  Result<void> open() {
    be_quiet();
    auto* buffer = static_cast<unsigned char*>(av_malloc(kBufferBytes));
    io_.reset(avio_alloc_context(buffer, kBufferBytes, 0, &source_, read_bytes, nullptr, seek));
    AVFormatContext* context = avformat_alloc_context();
    if (!io_ || context == nullptr) return no_memory();
    context->pb = io_.get();
    context->format_whitelist = av_strdup(kDemuxers);
    // This call frees the context if it fails.
    if (avformat_open_input(&context, nullptr, nullptr, nullptr) < 0) return not_a_sound();
    demuxer_.reset(context);
    if (avformat_find_stream_info(context, nullptr) < 0) return not_a_sound();
    const AVCodec* decoder = nullptr;
    stream_ = av_find_best_stream(context, AVMEDIA_TYPE_AUDIO, -1, -1, &decoder, 0);
    if (stream_ < 0 || decoder == nullptr) return not_a_sound();
    codec_.reset(avcodec_alloc_context3(decoder));
    if (!codec_) return no_memory();
    const AVCodecParameters* parameters = context->streams[stream_]->codecpar;
    if (avcodec_parameters_to_context(codec_.get(), parameters) < 0 ||
        avcodec_open2(codec_.get(), decoder, nullptr) < 0)
      return not_a_sound();
    return {};
  }

  Result<void> receive() {
    while (avcodec_receive_frame(codec_.get(), frame_.get()) >= 0) {
      const int rate = frame_->sample_rate;
      if (sound_.sample_rate_hz == 0) sound_.sample_rate_hz = rate;
      if (rate != sound_.sample_rate_hz || rate < kLeastFileRateHz || rate > kMostFileRateHz) {
        return fail(
            {.kind = ErrorKind::kUnsupported,
             .what = name_ + ": the sample rate is not supported, or it changes within the file",
             .expected = "one rate from 1000 to 768000 Hz",
             .found = std::to_string(rate) + " Hz"});
      }
      append_mean(*frame_, sound_.samples);
      if (static_cast<double>(sound_.samples.size()) > kMostSeconds * rate) return too_long(name_);
    }
    return {};
  }

  tl::unexpected<Error> not_a_sound() const {
    return fail({.kind = ErrorKind::kBadFile,
                 .what = name_ + ": not a supported audio file",
                 .expected = "WAV, FLAC, MP3, Ogg, AAC, M4A, AIFF"});
  }
  static tl::unexpected<Error> no_memory() {
    return fail({.kind = ErrorKind::kLimit, .what = "out of memory while reading the sound"});
  }

  Source source_;
  const std::string& name_;
  FfmpegPointer<AVIOContext> io_;
  std::unique_ptr<AVFormatContext, CloseDemuxer> demuxer_;
  FfmpegPointer<AVCodecContext> codec_;
  FfmpegPointer<AVFrame> frame_{av_frame_alloc()};
  int stream_ = -1;
  Sound sound_;
};

}  // namespace

Result<Sound> read_compressed(std::span<const std::byte> bytes, const std::string& name) {
  return Reader(bytes, name).read();
}

}  // namespace orpheus::audio
