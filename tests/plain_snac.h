#pragma once
// SNAC's decoder by its definition: simple loops over channels and time in double precision, not
// optimised. For any widths and rates.

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <vector>

#include "codes/frame.h"
#include "snac/noise.h"
#include "tensor/gguf_file.h"

namespace orpheus::plain {

using Signal = std::vector<std::vector<double>>;  // [channels][time]

class Decoder {
 public:
  // The widths come from the file's tensors.
  explicit Decoder(const tensor::GgufFile& file) : file_(file) {}

  std::vector<float> decode(std::span<const codes::Frame> frames,
                            const snac::NoiseSource& noise) const {
    Signal x = latents(frames);
    x = convolve("decoder.model.0", x, 1);
    x = convolve("decoder.model.1", x, 1);
    const std::vector<int32_t> rates = file_.i32s("snac.decoder_rates").value();
    int next = 2;
    for (size_t block = 0; block < rates.size(); ++block) {
      const std::string name = model(next++) + ".block.";
      x = upsample(name + "1", snake(name + "0", x), static_cast<size_t>(rates[block]));
      int unit = 2;
      if (file_.boolean("snac.noise").value())
        x = add_noise(name + std::to_string(unit++), x, static_cast<int>(block), noise);
      for (const int dilation : {1, 3, 9})
        x = residual_unit(name + std::to_string(unit++) + ".block.", x, dilation);
    }
    x = snake(model(next), x);
    x = convolve(model(next + 1), x, 1);
    std::vector<float> samples;
    for (const double value : x.front()) samples.push_back(static_cast<float>(std::tanh(value)));
    return samples;
  }

 private:
  // A tensor's values; the last index varies fastest: [shape[2]][shape[1]][shape[0]].
  struct Values {
    std::span<const float> values;
    tensor::Shape shape;
    size_t size(size_t dimension) const { return static_cast<size_t>(shape.at(dimension)); }
    double at(size_t slow, size_t middle, size_t fast) const {
      return values[(slow * size(1) + middle) * size(0) + fast];
    }
  };

  static std::string model(int index) { return "decoder.model." + std::to_string(index); }

  Values values(const std::string& name) const {
    const tensor::Shape& shape = file_.find_tensor(name)->shape;
    return {file_.f32_tensor(name, shape).value(), shape};
  }

  // The sum of the codes' vectors, each repeated by its codebook's stride.
  Signal latents(std::span<const codes::Frame> frames) const {
    const codes::CodeRows rows = codes::rows_of(frames);
    Signal sum;
    for (const auto& [k, codes] :
         std::map<int, std::vector<int32_t>>{{0, rows.c0}, {1, rows.c1}, {2, rows.c2}}) {
      const std::string name = "quantizer.quantizers." + std::to_string(k);
      const Values codebook = values(name + ".codebook.weight");
      const Values project = values(name + ".out_proj.weight");
      const Values bias = values(name + ".out_proj.bias");
      const size_t held = frames.size() * 4 / codes.size();
      sum.resize(bias.values.size(), std::vector<double>(frames.size() * 4));
      for (size_t c = 0; c < sum.size(); ++c) {
        for (size_t i = 0; i < codes.size(); ++i) {
          double value = bias.values[c];
          for (size_t d = 0; d < codebook.size(0); ++d)
            value += project.at(c, d, 0) * codebook.at(0, static_cast<size_t>(codes[i]), d);
          for (size_t t = 0; t < held; ++t) sum[c][i * held + t] += value;
        }
      }
    }
    return sum;
  }

  Signal snake(const std::string& name, const Signal& x) const {
    const Values alpha = values(name + ".alpha");
    Signal y = x;
    for (size_t c = 0; c < x.size(); ++c) {
      const double a = alpha.values[c];
      for (double& value : y[c]) value += std::pow(std::sin(a * value), 2) / (a + 1e-9);
    }
    return y;
  }

  // Output as long as the input, by zeros on both sides; depthwise if each output has one input.
  Signal convolve(const std::string& name, const Signal& x, int dilation) const {
    const Values weight = values(name + ".weight");  // [taps, in, out]
    const Values bias = values(name + ".bias");
    const bool in_pairs = weight.size(1) == 1 && x.size() > 1;
    const auto time = static_cast<int>(x.front().size());
    const auto taps = static_cast<int>(weight.size(0));
    Signal y(weight.size(2));
    for (size_t out = 0; out < y.size(); ++out) {
      y[out].assign(x.front().size(), bias.values[out]);
      for (size_t in = 0; in < weight.size(1); ++in) {
        const std::vector<double>& row = x[in_pairs ? out : in];
        for (int tap = 0; tap < taps; ++tap) {
          const double factor = weight.at(out, in, static_cast<size_t>(tap));
          const int shift = (tap - taps / 2) * dilation;
          for (int t = std::max(0, -shift); t < std::min(time, time - shift); ++t)
            y[out][static_cast<size_t>(t)] += factor * row[static_cast<size_t>(t + shift)];
        }
      }
    }
    return y;
  }

  // A transposed convolution of 2 · rate taps; rate / 2 steps are removed at both ends.
  Signal upsample(const std::string& name, const Signal& x, size_t rate) const {
    const Values weight = values(name + ".weight");  // [taps, out, in]
    const Values bias = values(name + ".bias");
    const size_t time = x.front().size() * rate;
    Signal y(weight.size(1));
    for (size_t out = 0; out < y.size(); ++out) {
      std::vector<double> sum(time + rate, bias.values[out]);
      for (size_t in = 0; in < x.size(); ++in) {
        for (size_t t = 0; t < x[in].size(); ++t) {
          for (size_t tap = 0; tap < 2 * rate; ++tap)
            sum[t * rate + tap] += x[in][t] * weight.at(in, out, tap);
        }
      }
      const auto first = sum.begin() + static_cast<ptrdiff_t>(rate / 2);
      y[out].assign(first, first + static_cast<ptrdiff_t>(time));
    }
    return y;
  }

  // x + n · (weight · x), one n for each step.
  Signal add_noise(const std::string& name, const Signal& x, int block,
                   const snac::NoiseSource& noise) const {
    const Values weight = values(name + ".linear.weight");  // [1, in, out]
    std::vector<float> steps(x.front().size());
    noise(block, 0, steps);
    Signal y = x;
    for (size_t out = 0; out < y.size(); ++out) {
      for (size_t in = 0; in < x.size(); ++in) {
        for (size_t t = 0; t < steps.size(); ++t)
          y[out][t] += steps[t] * weight.at(out, in, 0) * x[in][t];
      }
    }
    return y;
  }

  Signal residual_unit(const std::string& name, const Signal& x, int dilation) const {
    Signal y = convolve(name + "1", snake(name + "0", x), dilation);
    y = convolve(name + "3", snake(name + "2", y), 1);
    for (size_t c = 0; c < x.size(); ++c) {
      for (size_t t = 0; t < x[c].size(); ++t) y[c][t] += x[c][t];
    }
    return y;
  }

  const tensor::GgufFile& file_;
};

}  // namespace orpheus::plain
