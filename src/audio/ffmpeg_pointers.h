#pragma once
// Owning pointers for FFmpeg's objects; its error codes as errors. For this folder's ffmpeg_*.cpp.

#include <array>
#include <memory>
#include <string>

extern "C" {
#include <libavcodec/avcodec.h>
#include <libavfilter/avfilter.h>
#include <libavformat/avformat.h>
#include <libavutil/error.h>
#include <libavutil/frame.h>
#include <libavutil/log.h>
}

#include "base/result.h"

namespace orpheus::audio {

struct FreeFfmpeg {
  void operator()(AVFrame* frame) const { av_frame_free(&frame); }
  void operator()(AVPacket* packet) const { av_packet_free(&packet); }
  void operator()(AVCodecContext* context) const { avcodec_free_context(&context); }
  void operator()(AVFilterGraph* graph) const { avfilter_graph_free(&graph); }
  void operator()(AVFormatContext* context) const { avformat_free_context(context); }
  void operator()(AVIOContext* context) const {
    av_freep(&context->buffer);
    avio_context_free(&context);
  }
};

template <typename T>
using FfmpegPointer = std::unique_ptr<T, FreeFfmpeg>;

// Silences FFmpeg's own messages on stderr; failures are returned as errors.
inline void be_quiet() {
  static const bool once = (av_log_set_level(AV_LOG_QUIET), true);
  static_cast<void>(once);
}

// Checks a result of FFmpeg: a negative number is an error. It is a fault of the program or lack of
// memory, because the input never comes from outside.
inline Result<void> ffmpeg_did(int answer, const char* what) {
  if (answer >= 0) return {};
  std::array<char, AV_ERROR_MAX_STRING_SIZE> words{};
  av_strerror(answer, words.data(), words.size());
  return fail(
      {.kind = ErrorKind::kInternal, .what = std::string("FFmpeg: ") + what + ": " + words.data()});
}

}  // namespace orpheus::audio
