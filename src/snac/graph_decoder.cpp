#include "snac/graph_decoder.h"

#include <string>
#include <utility>

#include "snac/network.h"
#include "snac/stream.h"

namespace orpheus::snac {
Result<void> GraphDecoder::prepare_graph(int num_frames) {
  if (graph_ && graph_frames_ == num_frames) return {};
  graph_.reset();
  ORPHEUS_TRY(tensor::Graph built,
              tensor::Graph::build(*device_, max_decoder_nodes(config()),
                                   [&](ggml_context* context, ggml_cgraph* nodes) {
                                     build_decoder(context, nodes, *weights_, num_frames,
                                                   Stages::kDrop);
                                   }));
  graph_.emplace(std::move(built));
  graph_frames_ = num_frames;
  return {};
}

Result<void> GraphDecoder::decode(std::span<const codes::Frame> frames, int64_t first_frame,
                                  const NoiseSource& noise, std::vector<float>& samples) {
  if (frames.empty())
    return fail({.kind = ErrorKind::kUsage, .what = "there are no frames to decode"});
  ORPHEUS_CHECK(check_codes(frames, config().codebook_size));
  const codes::CodeRows rows = codes::rows_of(frames);

  const std::lock_guard lock(mutex_);
  ORPHEUS_CHECK(prepare_graph(static_cast<int>(frames.size())));
  graph_->set("codes_0", std::span<const int32_t>(rows.c0));
  graph_->set("codes_1", std::span<const int32_t>(rows.c1));
  graph_->set("codes_2", std::span<const int32_t>(rows.c2));
  for (int block = 0; config().noise && block < config().num_blocks(); ++block) {
    const int steps_per_frame = config().steps_per_frame(block);
    noise_values_.resize(frames.size() * static_cast<size_t>(steps_per_frame));
    noise(block, first_frame * steps_per_frame, noise_values_);
    graph_->set(("noise_" + std::to_string(block)).c_str(), std::span<const float>(noise_values_));
  }
  ORPHEUS_CHECK(graph_->compute());
  graph_->get("audio", samples);
  return {};
}

}  // namespace orpheus::snac
