#pragma once
// For tests: FFmpeg's decoders over bytes in memory, as a player would use them.

#include <algorithm>
#include <cstring>
#include <memory>
#include <span>
#include <vector>

extern "C" {
#include <libavcodec/avcodec.h>
#include <libavformat/avformat.h>
}

#include <gtest/gtest.h>

#include "audio/ffmpeg_pointers.h"

namespace orpheus::audio {

struct Decoded {
  int sample_rate_hz = 0;  // 0: the bytes could not be decoded
  int channels = 0;
  std::vector<float> samples;
};

namespace decode_detail {

inline int read_bytes(void* source, uint8_t* target, int size) {
  auto& rest = *static_cast<std::span<const std::byte>*>(source);
  const size_t count = std::min(rest.size(), static_cast<size_t>(size));
  if (count == 0) return AVERROR_EOF;
  std::memcpy(target, rest.data(), count);
  rest = rest.subspan(count);
  return static_cast<int>(count);
}

inline void append(const AVFrame& frame, std::vector<float>& samples) {
  const auto count = static_cast<size_t>(frame.nb_samples);
  const auto each = [&](auto* values, double scale) {
    for (size_t i = 0; i < count; ++i) {
      samples.push_back(static_cast<float>(static_cast<double>(values[i]) * scale));
    }
  };
  switch (frame.format) {
    case AV_SAMPLE_FMT_FLT:
    case AV_SAMPLE_FMT_FLTP: return each(reinterpret_cast<const float*>(frame.data[0]), 1.0);
    case AV_SAMPLE_FMT_S16:
    case AV_SAMPLE_FMT_S16P:
      return each(reinterpret_cast<const int16_t*>(frame.data[0]), 1 / 32767.0);
    default: ADD_FAILURE() << "an unexpected sample format: " << frame.format;
  }
}

}  // namespace decode_detail

inline Decoded decode(std::span<const std::byte> bytes, const char* container) {
  be_quiet();
  std::span<const std::byte> rest = bytes;
  constexpr int kBufferBytes = 4096;
  FfmpegPointer<AVIOContext> io(
      avio_alloc_context(static_cast<unsigned char*>(av_malloc(kBufferBytes)), kBufferBytes, 0,
                         &rest, decode_detail::read_bytes, nullptr, nullptr));
  AVFormatContext* context = avformat_alloc_context();
  context->pb = io.get();
  Decoded decoded;
  if (avformat_open_input(&context, nullptr, av_find_input_format(container), nullptr) < 0) {
    return decoded;
  }
  const std::shared_ptr<AVFormatContext> demuxer(
      context, [](AVFormatContext* opened) { avformat_close_input(&opened); });
  if (avformat_find_stream_info(context, nullptr) < 0 || context->nb_streams != 1) return decoded;
  const AVCodecParameters* parameters = context->streams[0]->codecpar;
  const FfmpegPointer<AVCodecContext> codec(
      avcodec_alloc_context3(avcodec_find_decoder(parameters->codec_id)));
  avcodec_parameters_to_context(codec.get(), parameters);
  if (avcodec_open2(codec.get(), codec->codec, nullptr) < 0) return decoded;
  const FfmpegPointer<AVPacket> packet(av_packet_alloc());
  const FfmpegPointer<AVFrame> frame(av_frame_alloc());
  const auto receive = [&] {
    while (avcodec_receive_frame(codec.get(), frame.get()) >= 0) {
      decode_detail::append(*frame, decoded.samples);
    }
  };
  while (av_read_frame(context, packet.get()) >= 0) {
    avcodec_send_packet(codec.get(), packet.get());
    receive();
    av_packet_unref(packet.get());
  }
  avcodec_send_packet(codec.get(), nullptr);
  receive();
  decoded.sample_rate_hz = codec->sample_rate;
  decoded.channels = codec->ch_layout.nb_channels;
  return decoded;
}

}  // namespace orpheus::audio
