// FFmpeg's atempo changes the tempo by overlap and add, so the pitch stays; its resampler changes
// the sample rate. One graph: buffer → atempo … → aresample → sink.

#include <algorithm>
#include <cmath>
#include <cstring>

#include <spdlog/fmt/fmt.h>

extern "C" {
#include <libavfilter/buffersink.h>
#include <libavfilter/buffersrc.h>
#include <libavutil/channel_layout.h>
}

#include "audio/ffmpeg_pointers.h"
#include "audio/filter.h"

namespace orpheus::audio {
namespace {

// One atempo filter supports factors from 0.5.
std::string tempo_steps(double speed) {
  std::string steps;
  while (speed < 0.5) {
    steps += "atempo=0.5,";
    speed /= 0.5;
  }
  return steps + fmt::format("atempo={:.9f}", speed);
}

std::string steps_of(const FilterOptions& options) {
  std::string steps;
  if (options.speed != 1.0) steps = tempo_steps(options.speed);
  if (options.output_rate_hz != options.input_rate_hz) {
    steps += (steps.empty() ? "" : ",") + fmt::format("aresample={}", options.output_rate_hz);
  }
  return steps.empty() ? "anull" : steps;
}

class FfmpegFilter final : public Filter {
 public:
  static Result<std::unique_ptr<Filter>> open(const FilterOptions& options) {
    be_quiet();
    auto filter = std::make_unique<FfmpegFilter>();
    ORPHEUS_CHECK(filter->build(options));
    return filter;
  }

  Result<void> push(std::span<const float> samples, std::vector<float>& filtered) override {
    if (samples.empty()) return {};
    frame_->format = AV_SAMPLE_FMT_FLT;
    frame_->sample_rate = input_rate_hz_;
    frame_->nb_samples = static_cast<int>(samples.size());
    frame_->pts = num_pushed_;
    ORPHEUS_CHECK(
        ffmpeg_did(av_channel_layout_copy(&frame_->ch_layout, &kMono), "setting the channels"));
    ORPHEUS_CHECK(
        ffmpeg_did(av_frame_get_buffer(frame_.get(), 0), "allocating memory for samples"));
    auto* target = reinterpret_cast<float*>(frame_->data[0]);
    for (size_t i = 0; i < samples.size(); ++i) {
      target[i] = std::isnan(samples[i]) ? 0.0F : samples[i];
    }
    num_pushed_ += static_cast<int64_t>(samples.size());
    const int answer =
        av_buffersrc_add_frame(source_, frame_.get());  // takes and empties the frame
    ORPHEUS_CHECK(ffmpeg_did(answer, "sending samples to the filter"));
    return pull(filtered);
  }

  Result<void> finish(std::vector<float>& filtered) override {
    ORPHEUS_CHECK(ffmpeg_did(av_buffersrc_add_frame(source_, nullptr), "flushing the filter"));
    ORPHEUS_CHECK(pull(filtered));
    if (has_exact_length_) fit_length(filtered);
    return {};
  }

 private:
  // The resampler gives a few samples more or fewer at the end.
  void fit_length(std::vector<float>& filtered) const {
    const int64_t expected = av_rescale(num_pushed_, output_rate_hz_, input_rate_hz_);
    const int64_t missing = expected - num_pulled_;
    const auto size = static_cast<int64_t>(filtered.size());
    filtered.resize(static_cast<size_t>(std::max<int64_t>(0, size + missing)), 0.0F);
  }

  Result<void> build(const FilterOptions& options) {
    input_rate_hz_ = options.input_rate_hz;
    output_rate_hz_ = options.output_rate_hz;
    has_exact_length_ = options.speed == 1.0;
    if (!graph_ || !frame_) return ffmpeg_did(AVERROR(ENOMEM), "creating the filter");
    graph_->nb_threads = 1;
    const std::string input =
        fmt::format("sample_rate={0}:sample_fmt=flt:channel_layout=mono:time_base=1/{0}",
                    options.input_rate_hz);
    ORPHEUS_CHECK(
        ffmpeg_did(avfilter_graph_create_filter(&source_, avfilter_get_by_name("abuffer"), "in",
                                                input.c_str(), nullptr, graph_.get()),
                   "creating the filter's source"));
    ORPHEUS_CHECK(
        ffmpeg_did(avfilter_graph_create_filter(&sink_, avfilter_get_by_name("abuffersink"), "out",
                                                nullptr, nullptr, graph_.get()),
                   "creating the filter's sink"));
    const std::string steps = steps_of(options) + ",aformat=sample_fmts=flt:channel_layouts=mono";
    AVFilterInOut* inputs = end_of(sink_, "out");
    AVFilterInOut* outputs = end_of(source_, "in");
    const int parsed =
        avfilter_graph_parse_ptr(graph_.get(), steps.c_str(), &inputs, &outputs, nullptr);
    avfilter_inout_free(&inputs);
    avfilter_inout_free(&outputs);
    ORPHEUS_CHECK(ffmpeg_did(parsed, "parsing the filter's steps"));
    return ffmpeg_did(avfilter_graph_config(graph_.get(), nullptr), "configuring the filter");
  }

  static AVFilterInOut* end_of(AVFilterContext* filter, const char* name) {
    AVFilterInOut* end = avfilter_inout_alloc();
    if (end != nullptr) {
      end->name = av_strdup(name);
      end->filter_ctx = filter;
      end->pad_idx = 0;
      end->next = nullptr;
    }
    return end;
  }

  Result<void> pull(std::vector<float>& filtered) {
    while (true) {
      const int answer = av_buffersink_get_frame(sink_, frame_.get());
      if (answer == AVERROR(EAGAIN) || answer == AVERROR_EOF) return {};
      ORPHEUS_CHECK(ffmpeg_did(answer, "receiving samples from the filter"));
      const auto* samples = reinterpret_cast<const float*>(frame_->data[0]);
      filtered.insert(filtered.end(), samples, samples + frame_->nb_samples);
      num_pulled_ += frame_->nb_samples;
      av_frame_unref(frame_.get());
    }
  }

  static inline const AVChannelLayout kMono = AV_CHANNEL_LAYOUT_MONO;
  FfmpegPointer<AVFilterGraph> graph_{avfilter_graph_alloc()};
  FfmpegPointer<AVFrame> frame_{av_frame_alloc()};
  AVFilterContext* source_ = nullptr;  // the graph's
  AVFilterContext* sink_ = nullptr;
  int input_rate_hz_ = 0;
  int output_rate_hz_ = 0;
  bool has_exact_length_ = false;
  int64_t num_pushed_ = 0;
  int64_t num_pulled_ = 0;
};

}  // namespace

bool can_filter() { return true; }

Result<std::unique_ptr<Filter>> open_filter(const FilterOptions& options) {
  return FfmpegFilter::open(options);
}

}  // namespace orpheus::audio
