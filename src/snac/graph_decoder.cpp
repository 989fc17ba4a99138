#include "snac/graph_decoder.h"

#include <algorithm>
#include <string>
#include <utility>

#include "snac/network.h"
#include "snac/stream.h"
#include "snac/window_batch.h"

namespace orpheus::snac {
namespace {

// The usual sizes are fewer. A kept graph takes a quarter of a megabyte of main memory.
constexpr size_t kMaxGraphs = 48;

}  // namespace

Result<WindowTask> task_of(const Window& window, const Config& config) {
  if (window.frames.empty())
    return fail({.kind = ErrorKind::kUsage, .what = "there are no frames to decode"});
  ORPHEUS_CHECK(check_codes(window.frames, config.codebook_size));
  std::vector<codes::Frame> frames(static_cast<size_t>(window.num_frames()));
  std::copy(window.frames.begin(), window.frames.end(), frames.begin() + window.padding_before);
  codes::CodeRows rows = codes::rows_of(frames);
  WindowTask task = {.num_frames = window.num_frames(),
                     .padding_before = window.padding_before,
                     .codes = {std::move(rows.c0), std::move(rows.c1), std::move(rows.c2)},
                     .noise = {},
                     .samples = {}};
  for (int block = 0; config.noise && block < config.num_blocks(); ++block) {
    const auto steps = static_cast<size_t>(config.steps_per_frame(block));
    auto& values = task.noise.emplace_back(frames.size() * steps);
    window.noise(block, window.first_frame * static_cast<int64_t>(steps),
                 std::span(values).subspan(static_cast<size_t>(window.padding_before) * steps,
                                           window.frames.size() * steps));
  }
  task.samples.resize(window.frames.size() * static_cast<size_t>(config.samples_per_frame()));
  return task;
}

GraphDecoder::GraphDecoder(std::shared_ptr<const GraphWeights> weights,
                           std::shared_ptr<const tensor::Device> device, OnCall on_call)
    : weights_(std::move(weights)),
      device_(std::move(device)),
      on_call_(std::move(on_call)),
      memory_(std::make_shared<tensor::GraphMemory>(*device_, max_decoder_nodes(config()))) {}
GraphDecoder::~GraphDecoder() = default;

Result<void> GraphDecoder::decode(std::span<WindowTask* const> tasks) {
  const int num_frames = tasks.front()->num_frames;
  const auto num_windows = static_cast<int>(tasks.size());
  const int num_streams = streams_of_graph(num_windows, num_frames);
  ORPHEUS_TRY(tensor::Graph* const graph, graph_for(num_frames, num_streams));
  if (on_call_) on_call_(num_windows, num_frames * num_streams);

  // One stream after the other; those that fill up the number are of code 0, without noise.
  const auto set = [&](const std::string& name, auto& all, const auto& of_task) {
    const size_t size = of_task(*tasks.front()).size();
    all.assign(size * static_cast<size_t>(num_streams), {});
    auto place = all.begin();
    for (const WindowTask* task : tasks) place = std::copy_n(of_task(*task).begin(), size, place);
    graph->set(name.c_str(), std::span(std::as_const(all)));
  };
  for (size_t k = 0; k < kNumCodebooks; ++k) {
    set(
        "codes_" + std::to_string(k),
        codes_, [k](const WindowTask& task) -> auto& { return task.codes.at(k); });
  }
  for (size_t block = 0; block < tasks.front()->noise.size(); ++block) {
    set(
        "noise_" + std::to_string(block),
        values_, [block](const WindowTask& task) -> auto& { return task.noise[block]; });
  }
  ORPHEUS_CHECK(graph->compute());

  const std::span<const float> audio = graph->view("audio", values_);
  const auto samples_per_frame = static_cast<size_t>(config().samples_per_frame());
  for (size_t i = 0; i < tasks.size(); ++i) {
    WindowTask& task = *tasks[i];
    const size_t first_frame =
        i * static_cast<size_t>(num_frames) + static_cast<size_t>(task.padding_before);
    const auto samples = audio.subspan(first_frame * samples_per_frame, task.samples.size());
    std::copy(samples.begin(), samples.end(), task.samples.begin());
  }
  return {};
}

Result<tensor::Graph*> GraphDecoder::graph_for(int num_frames, int num_streams) {
  const auto kept = std::find_if(graphs_.begin(), graphs_.end(), [&](const KeptGraph& graph) {
    return graph.num_frames == num_frames && graph.num_streams == num_streams;
  });
  if (kept != graphs_.end()) {
    std::rotate(kept, kept + 1, graphs_.end());
    ORPHEUS_CHECK(graphs_.back().graph.enter());
    return &graphs_.back().graph;
  }
  if (graphs_.size() == kMaxGraphs) graphs_.erase(graphs_.begin());
  const WindowShape shape = {num_frames, num_streams};
  const auto build = [weights = weights_, shape](ggml_context* context, ggml_cgraph* nodes) {
    build_decoder(context, nodes, *weights, shape, Stages::kDrop);
  };
  ORPHEUS_TRY(tensor::Graph built,
              tensor::Graph::build_in(memory_, max_decoder_nodes(config()), build));
  graphs_.push_back({num_frames, num_streams, std::move(built)});
  return &graphs_.back().graph;
}

}  // namespace orpheus::snac
