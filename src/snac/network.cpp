#include "snac/network.h"

#include <string>

#include <ggml.h>

namespace orpheus::snac {
namespace {

class DecoderBuilder {
 public:
  DecoderBuilder(ggml_context* context, ggml_cgraph* graph, const GraphWeights& weights,
                 WindowShape shape, Stages stages)
      : ctx_(context),
        graph_(graph),
        config_(weights.config()),
        weights_(weights.decoder()),
        num_frames_(int64_t{shape.num_frames} * shape.num_streams),
        num_streams_(shape.num_streams),
        stages_(stages) {}

  void build() {
    ggml_tensor* x = stage("latent", latent());
    x = numbered_stage(depthwise(x, weights_.depthwise_in, 1));
    x = numbered_stage(pointwise(x, weights_.pointwise_in));
    for (int i = 0; i < config_.num_blocks(); ++i) x = numbered_stage(block(i, x));
    x = numbered_stage(snake(x, weights_.snake_out));
    x = numbered_stage(to_mono(x));
    x = numbered_stage(ggml_tanh(ctx_, x));
    tensor::output(graph_, ggml_cont(ctx_, x), "audio");
  }

 private:
  // [latents, latent_dim]
  ggml_tensor* latent() {
    ggml_tensor* sum = nullptr;
    for (int k = 0; k < kNumCodebooks; ++k) {
      const CodebookWeights& w = weights_.codebooks[static_cast<size_t>(k)];
      const int64_t stride = kVqStrides[static_cast<size_t>(k)];
      const int64_t num_codes = num_frames_ * kLatentsPerFrame / stride;
      ggml_tensor* codes =
          tensor::input(ctx_, ("codes_" + std::to_string(k)).c_str(), GGML_TYPE_I32, num_codes);
      ggml_tensor* rows = ggml_get_rows(ctx_, w.codes, codes);  // [codebook_dim, codes]
      ggml_tensor* project =
          ggml_reshape_2d(ctx_, w.project, config_.codebook_dim, config_.latent_dim);
      ggml_tensor* part =
          ggml_add(ctx_, ggml_mul_mat(ctx_, project, rows), w.bias);  // [latent_dim, codes]
      if (stride > 1) {
        part = ggml_reshape_3d(ctx_, part, config_.latent_dim, 1, num_codes);
        part = ggml_repeat_4d(ctx_, part, config_.latent_dim, stride, num_codes, 1);
        part = ggml_reshape_2d(ctx_, part, config_.latent_dim, stride * num_codes);
      }
      sum = sum == nullptr ? part : ggml_add(ctx_, sum, part);
    }
    return transposed(sum);
  }

  ggml_tensor* block(int index, ggml_tensor* x) {
    const BlockWeights& w = weights_.blocks[static_cast<size_t>(index)];
    x = upsample(snake(x, w.snake), w, index);
    if (w.noise != nullptr) x = add_noise(x, w.noise, index);
    for (size_t unit = 0; unit < kDilations.size(); ++unit) {
      const ResidualWeights& r = w.residuals[unit];
      ggml_tensor* y = depthwise(snake(x, r.snake_in), r.depthwise, kDilations[unit]);
      x = ggml_add(ctx_, x, pointwise(snake(y, r.snake_mid), r.pointwise));
    }
    return x;
  }

  ggml_tensor* transposed(ggml_tensor* x) { return ggml_cont(ctx_, ggml_transpose(ctx_, x)); }

  // The order of operations is the one that back ends recognise and fuse: mul, sin, sqr, mul, add.
  ggml_tensor* snake(ggml_tensor* x, const SnakeWeights& w) {
    ggml_tensor* waves = ggml_sqr(ctx_, ggml_sin(ctx_, ggml_mul(ctx_, x, w.alpha)));
    return ggml_add(ctx_, x, ggml_mul(ctx_, waves, w.inverse));
  }

  // Each channel with its own seven taps, as a picture that has a stream in each line.
  // [streams · time, channels]
  ggml_tensor* convolve_channels(ggml_tensor* x, ggml_tensor* taps, int dilation) {
    const int64_t channels = x->ne[1];
    ggml_tensor* kernel = ggml_reshape_4d(ctx_, taps, kKernel, 1, 1, channels);
    ggml_tensor* picture =
        ggml_reshape_4d(ctx_, x, x->ne[0] / num_streams_, num_streams_, channels, 1);
    const int padding = dilation * (kKernel / 2);
    ggml_tensor* y = ggml_conv_2d_dw_direct(ctx_, kernel, picture, 1, 1, padding, 0, dilation, 1);
    return ggml_reshape_2d(ctx_, y, x->ne[0], channels);
  }

  ggml_tensor* depthwise(ggml_tensor* x, const ConvWeights& w, int dilation) {
    return ggml_add(ctx_, convolve_channels(x, w.weight, dilation), w.bias);
  }

  // A pointwise convolution: [time, in] → [time, out].
  ggml_tensor* mix(ggml_tensor* x, ggml_tensor* matrix) {
    return ggml_mul_mat(ctx_, transposed(x), matrix);
  }

  ggml_tensor* pointwise(ggml_tensor* x, const ConvWeights& w) {
    ggml_tensor* matrix =
        ggml_reshape_2d(ctx_, w.weight, w.weight->ne[1], w.weight->ne[2]);  // [in, out]
    return ggml_add(ctx_, mix(x, matrix), w.bias);
  }

  // A transposed convolution: a matrix product gives columns, which are added where they overlap.
  // [time, in] → [rate · time, out].
  ggml_tensor* upsample(ggml_tensor* x, const BlockWeights& w, int index) {
    const int rate = config_.decoder_rates[static_cast<size_t>(index)];
    const int channels = config_.block_channels(index);
    ggml_tensor* columns =
        ggml_mul_mat(ctx_, w.upsample, transposed(one_step_apart(x)));  // [2·rate·out, time]
    ggml_tensor* y = ggml_col2im_1d(ctx_, columns, rate, channels, rate / 2);
    return ggml_add(ctx_, without_gaps(y, rate), w.upsample_bias);
  }

  // Columns reach half a step beyond their stream. A step of zeros behind each stream takes that
  // in.
  ggml_tensor* one_step_apart(ggml_tensor* x) {
    if (num_streams_ == 1) return x;
    ggml_tensor* streams =
        ggml_reshape_3d(ctx_, x, x->ne[0] / num_streams_, num_streams_, x->ne[1]);
    ggml_tensor* apart = ggml_pad(ctx_, streams, 1, 0, 0, 0);
    return ggml_reshape_2d(ctx_, apart, apart->ne[0] * num_streams_, x->ne[1]);
  }
  ggml_tensor* without_gaps(ggml_tensor* x, int gap) {
    if (num_streams_ == 1) return x;
    const int64_t apart = x->ne[0] / num_streams_;
    ggml_tensor* streams = ggml_reshape_3d(ctx_, x, apart, num_streams_, x->ne[1]);
    ggml_tensor* close = ggml_cont(ctx_, ggml_view_3d(ctx_, streams, apart - gap, num_streams_,
                                                      x->ne[1], streams->nb[1], streams->nb[2], 0));
    return ggml_reshape_2d(ctx_, close, close->ne[0] * num_streams_, x->ne[1]);
  }

  ggml_tensor* add_noise(ggml_tensor* x, ggml_tensor* weight, int index) {
    ggml_tensor* noise =
        tensor::input(ctx_, ("noise_" + std::to_string(index)).c_str(), GGML_TYPE_F32, x->ne[0]);
    ggml_tensor* matrix = ggml_reshape_2d(ctx_, weight, weight->ne[1], weight->ne[2]);  // [in, out]
    return ggml_add(ctx_, x, ggml_mul(ctx_, mix(x, matrix), noise));
  }

  // The last convolution has one output channel: its taps channel by channel, then their sum.
  // [time, 1]
  ggml_tensor* to_mono(ggml_tensor* x) {
    ggml_tensor* sum = mix(convolve_channels(x, weights_.taps_out, 1), weights_.ones);
    return ggml_add(ctx_, sum, weights_.bias_out);
  }

  ggml_tensor* stage(const std::string& name, ggml_tensor* x) {
    if (stages_ == Stages::kDrop) return x;
    x = ggml_cont(ctx_, x);
    tensor::output(graph_, x, name.c_str());
    if (stages_ == Stages::kKeep) return x;
    return tensor::input(ctx_, ("after_" + name).c_str(), GGML_TYPE_F32, x->ne[0], x->ne[1]);
  }

  ggml_tensor* numbered_stage(ggml_tensor* x) {
    return stage("stage_" + std::to_string(next_stage_++), x);
  }

  ggml_context* ctx_;
  ggml_cgraph* graph_;
  const Config& config_;
  const DecoderWeights& weights_;
  int64_t num_frames_;  // of all streams
  int64_t num_streams_;
  Stages stages_;
  int next_stage_ = 0;
};

}  // namespace

void build_decoder(ggml_context* context, ggml_cgraph* graph, const GraphWeights& weights,
                   WindowShape shape, Stages stages) {
  DecoderBuilder(context, graph, weights, shape, stages).build();
}

size_t max_decoder_nodes(const Config& config) {
  return static_cast<size_t>(config.num_blocks()) * 104 + 128;
}

}  // namespace orpheus::snac
