// mp3 by LAME, opus by libopus (in Ogg), aac (in ADTS), flac, ulaw and alaw by FFmpeg itself. Each
// is an encoder that takes frames of a fixed size and a muxer that writes into memory. For a stream
// the muxer changes no byte that it has written, so every byte can be sent at once. For a file the
// muxer completes the header at the end.

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <cstring>
#include <utility>

extern "C" {
#include <libavutil/channel_layout.h>
#include <libavutil/opt.h>
}

#include "audio/compressed_encoder.h"
#include "audio/ffmpeg_pointers.h"
#include "audio/pcm.h"

namespace orpheus::audio {
namespace {

constexpr int kBufferBytes = 4096;
constexpr int kFlacFrameSamples = 2048;     // 85 ms at 24 kHz, which delays the output
constexpr int kG711FrameSamples = 160;      // 20 ms at 8 kHz, as telephones send them
constexpr int kDefaultFrameSamples = 1024;  // for encoders that take any number

struct Kind {
  const char* encoder;
  const char* muxer;
  AVSampleFormat sample_format;  // mono: planar and packed are the same
  int bit_rate;                  // 0: lossless
};

Kind kind_of(Format format) {
  switch (format) {
    case Format::kMp3: return {"libmp3lame", "mp3", AV_SAMPLE_FMT_FLTP, 96'000};
    case Format::kOpus: return {"libopus", "ogg", AV_SAMPLE_FMT_FLT, 64'000};
    // Of speech it makes a tenth more than it is asked for; that and the headers come to 96.
    case Format::kAac: return {"aac", "adts", AV_SAMPLE_FMT_FLTP, 84'000};
    case Format::kFlac: return {"flac", "flac", AV_SAMPLE_FMT_S16, 0};
    case Format::kUlaw: return {"pcm_mulaw", "mulaw", AV_SAMPLE_FMT_S16, 0};
    case Format::kAlaw: return {"pcm_alaw", "alaw", AV_SAMPLE_FMT_S16, 0};
    case Format::kWav:
    case Format::kPcm: break;
  }
  return {};
}

// Sets an option of an encoder or a muxer. A dictionary of options cannot be used: FFmpeg's muxers
// copy it, and if there is no memory for the copy, they ignore the options.
Result<void> set_option(void* priv_data, const char* name, const char* value) {
  return ffmpeg_did(av_opt_set(priv_data, name, value, 0),
                    (std::string("setting ") + name).c_str());
}

class CompressedEncoder final : public Encoder {
 public:
  static Result<std::unique_ptr<Encoder>> open(Format format, int sample_rate_hz, Output output) {
    be_quiet();
    auto encoder = std::make_unique<CompressedEncoder>();
    ORPHEUS_CHECK(encoder->open_codec(format, sample_rate_hz));
    ORPHEUS_CHECK(encoder->open_muxer(format, output));
    return encoder;
  }

  Result<void> push(std::span<const float> samples, std::vector<std::byte>& bytes) override {
    pending_.insert(pending_.end(), samples.begin(), samples.end());
    std::span<const float> rest(pending_);
    for (; rest.size() >= frame_samples_; rest = rest.subspan(frame_samples_)) {
      ORPHEUS_CHECK(encode(rest.first(frame_samples_)));
    }
    pending_.erase(pending_.begin(), pending_.end() - static_cast<ptrdiff_t>(rest.size()));
    hand_out(bytes);
    return {};
  }

  Result<void> finish(std::vector<std::byte>& bytes) override {
    if (!pending_.empty()) ORPHEUS_CHECK(encode(pending_));
    pending_.clear();
    ORPHEUS_CHECK(ffmpeg_did(avcodec_send_frame(codec_.get(), nullptr), "flushing the encoder"));
    ORPHEUS_CHECK(mux_packets());
    ORPHEUS_CHECK(ffmpeg_did(av_write_trailer(muxer_.get()), "writing the end of the stream"));
    avio_flush(io_.get());
    hand_out(bytes);
    return {};
  }

  std::vector<Patch> patches() const override { return patches_; }

 private:
  Result<void> open_codec(Format format, int sample_rate_hz) {
    const Kind kind = kind_of(format);
    const AVCodec* codec = avcodec_find_encoder_by_name(kind.encoder);
    if (codec == nullptr) {
      return fail({.kind = ErrorKind::kUnsupported,
                   .what = std::string(name_of(format)) + " cannot be encoded",
                   .expected = std::string("FFmpeg libraries with the encoder ") + kind.encoder,
                   .found = "libraries without it",
                   .remedy = "Choose one of " + names_of_formats() + "."});
    }
    codec_.reset(avcodec_alloc_context3(codec));
    if (!codec_ || !frame_ || !packet_) return ffmpeg_did(AVERROR(ENOMEM), "creating the encoder");
    codec_->sample_fmt = kind.sample_format;
    codec_->sample_rate = sample_rate_hz;
    codec_->time_base = {1, sample_rate_hz};
    codec_->ch_layout = AV_CHANNEL_LAYOUT_MONO;
    codec_->bit_rate = kind.bit_rate;
    codec_->thread_count = 1;
    if (format == Format::kFlac) codec_->frame_size = kFlacFrameSamples;
    if (format == Format::kOpus)  // the default takes 50 % more
      ORPHEUS_CHECK(set_option(codec_->priv_data, "vbr", "constrained"));
    ORPHEUS_CHECK(ffmpeg_did(avcodec_open2(codec_.get(), codec, nullptr), "opening the encoder"));
    const int usual = is_g711(format) ? kG711FrameSamples : kDefaultFrameSamples;
    frame_samples_ = static_cast<size_t>(codec_->frame_size > 0 ? codec_->frame_size : usual);
    return {};
  }

  Result<void> open_muxer(Format format, Output output) {
    const bool is_file = output == Output::kFile;
    AVFormatContext* context = nullptr;
    ORPHEUS_CHECK(ffmpeg_did(
        avformat_alloc_output_context2(&context, nullptr, kind_of(format).muxer, nullptr),
        "creating the container"));
    muxer_.reset(context);
    auto* buffer = static_cast<unsigned char*>(av_malloc(kBufferBytes));
    if (buffer == nullptr) return ffmpeg_did(AVERROR(ENOMEM), "creating the container");
    io_.reset(avio_alloc_context(buffer, kBufferBytes, 1, this, nullptr, take_bytes,
                                 is_file ? go_to : nullptr));
    if (!io_) {
      av_free(buffer);
      return ffmpeg_did(AVERROR(ENOMEM), "creating the container");
    }
    muxer_->pb = io_.get();
    // The same samples give the same bytes: no version, no random serial number.
    muxer_->metadata_header_padding = 0;  // no space for tags
    muxer_->flags |= AVFMT_FLAG_BITEXACT | AVFMT_FLAG_FLUSH_PACKETS;
    AVStream* stream = avformat_new_stream(muxer_.get(), nullptr);
    if (stream == nullptr) return ffmpeg_did(AVERROR(ENOMEM), "creating the container");
    stream->time_base = codec_->time_base;
    ORPHEUS_CHECK(ffmpeg_did(avcodec_parameters_from_context(stream->codecpar, codec_.get()),
                             "creating the container's stream"));
    void* options = muxer_->priv_data;
    if (format == Format::kMp3) {
      if (!is_file) ORPHEUS_CHECK(set_option(options, "write_xing", "0"));  // it says the length
      ORPHEUS_CHECK(set_option(options, "id3v2_version", "0"));
    }
    if (format == Format::kOpus)
      ORPHEUS_CHECK(set_option(options, "page_duration", "100000"));  // microseconds
    return ffmpeg_did(avformat_write_header(muxer_.get(), nullptr),
                      "writing the container's header");
  }

  Result<void> encode(std::span<const float> samples) {
    frame_->format = codec_->sample_fmt;
    frame_->sample_rate = codec_->sample_rate;
    frame_->nb_samples = static_cast<int>(samples.size());
    frame_->pts = num_encoded_;
    ORPHEUS_CHECK(ffmpeg_did(av_channel_layout_copy(&frame_->ch_layout, &codec_->ch_layout),
                             "setting the channels"));
    ORPHEUS_CHECK(
        ffmpeg_did(av_frame_get_buffer(frame_.get(), 0), "allocating memory for samples"));
    if (codec_->sample_fmt == AV_SAMPLE_FMT_S16) {
      std::transform(samples.begin(), samples.end(), reinterpret_cast<int16_t*>(frame_->data[0]),
                     to_int16);
    } else {
      std::transform(
          samples.begin(), samples.end(), reinterpret_cast<float*>(frame_->data[0]),
          [](float sample) { return std::isnan(sample) ? 0.0F : std::clamp(sample, -1.0F, 1.0F); });
    }
    num_encoded_ += static_cast<int64_t>(samples.size());
    const int answer = avcodec_send_frame(codec_.get(), frame_.get());
    av_frame_unref(frame_.get());
    ORPHEUS_CHECK(ffmpeg_did(answer, "sending samples to the encoder"));
    return mux_packets();
  }

  Result<void> mux_packets() {
    while (true) {
      const int answer = avcodec_receive_packet(codec_.get(), packet_.get());
      if (answer == AVERROR(EAGAIN) || answer == AVERROR_EOF) return {};
      ORPHEUS_CHECK(ffmpeg_did(answer, "receiving a packet from the encoder"));
      av_packet_rescale_ts(packet_.get(), codec_->time_base, muxer_->streams[0]->time_base);
      ORPHEUS_CHECK(ffmpeg_did(av_write_frame(muxer_.get(), packet_.get()),
                               "writing a packet to the container"));
      av_packet_unref(packet_.get());
    }
  }

  // The type of the buffer depends on FFmpeg's version: from FFmpeg 7 on the bytes are const.
  template <typename Byte>
  static int take_bytes(void* self, Byte* data, int size) {
    static_cast<CompressedEncoder*>(self)->take(
        std::as_bytes(std::span(data, static_cast<size_t>(size))));
    return size;
  }

  static int64_t go_to(void* self, int64_t offset, int whence) {
    auto& encoder = *static_cast<CompressedEncoder*>(self);
    if (whence == AVSEEK_SIZE) return static_cast<int64_t>(encoder.num_bytes_);
    if ((whence & ~AVSEEK_FORCE) != SEEK_SET || offset < 0 ||
        std::cmp_greater(offset, encoder.num_bytes_))
      return AVERROR(EINVAL);
    encoder.position_ = static_cast<uint64_t>(offset);
    return offset;
  }

  // Bytes before the end replace earlier ones, which the caller may have received already.
  void take(std::span<const std::byte> bytes) {
    const auto num_over = std::min<uint64_t>(bytes.size(), num_bytes_ - position_);
    if (num_over > 0)
      patches_.push_back(
          {position_, {bytes.begin(), bytes.begin() + static_cast<ptrdiff_t>(num_over)}});
    const auto rest = bytes.subspan(num_over);
    written_.insert(written_.end(), rest.begin(), rest.end());
    position_ += bytes.size();
    num_bytes_ = std::max(num_bytes_, position_);
  }

  void hand_out(std::vector<std::byte>& bytes) {
    bytes.insert(bytes.end(), written_.begin(), written_.end());
    written_.clear();
  }

  std::vector<float> pending_;      // less than a frame
  std::vector<std::byte> written_;  // of the muxer, not yet handed out
  std::vector<Patch> patches_;
  uint64_t position_ = 0;   // in the file, of the muxer's next byte
  uint64_t num_bytes_ = 0;  // of the file
  FfmpegPointer<AVCodecContext> codec_;
  FfmpegPointer<AVFrame> frame_{av_frame_alloc()};
  FfmpegPointer<AVPacket> packet_{av_packet_alloc()};
  FfmpegPointer<AVIOContext> io_;
  FfmpegPointer<AVFormatContext> muxer_;
  size_t frame_samples_ = 0;
  int64_t num_encoded_ = 0;
};

}  // namespace

bool can_encode(Format format) {
  if (format == Format::kWav || format == Format::kPcm) return true;
  return avcodec_find_encoder_by_name(kind_of(format).encoder) != nullptr;
}

int encoder_rate_hz(Format format, int asked_hz) {
  constexpr std::array kOpusRatesHz = {8000, 12000, 16000, 24000, 48000};
  if (format != Format::kOpus) return asked_hz;
  const auto* next = std::lower_bound(kOpusRatesHz.begin(), kOpusRatesHz.end(), asked_hz);
  return next == kOpusRatesHz.end() ? kOpusRatesHz.back() : *next;
}

Result<std::unique_ptr<Encoder>> open_compressed_encoder(Format format, int sample_rate_hz,
                                                         Output output) {
  return CompressedEncoder::open(format, sample_rate_hz, output);
}

}  // namespace orpheus::audio
