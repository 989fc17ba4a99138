#include "snac/graph_decoder.h"

#include <algorithm>
#include <array>
#include <bit>
#include <new>
#include <optional>
#include <string>
#include <utility>

#include "snac/network.h"
#include "snac/stream.h"

namespace orpheus::snac {
namespace {

// Frames in one graph, and in all graphs that are kept. A frame takes some 2.5 MB of intermediate
// results, and kGraphBytes is what the plan gives.
constexpr int kMaxFrames = 96;
constexpr int kMaxStreams = 16;

// A power of two, so that graphs have few sizes.
int max_streams(int num_frames) {
  const int fitting = std::clamp(kMaxFrames / num_frames, 1, kMaxStreams);
  return static_cast<int>(std::bit_floor(static_cast<unsigned>(fitting)));
}

tl::unexpected<Error> no_memory() {
  return fail(
      {.kind = ErrorKind::kLimit, .what = "out of memory while decoding a window of sound"});
}

}  // namespace

// What the graph reads of one window, its padding included.
struct GraphDecoder::Inputs {
  std::array<std::vector<int32_t>, kNumCodebooks> codes;
  std::vector<std::vector<float>> noise;  // of each block
};

struct GraphDecoder::Request {
  const Window& window;
  Inputs inputs;
  std::vector<float>& samples;
  std::optional<Result<void>> answer;
};

GraphDecoder::GraphDecoder(std::shared_ptr<const GraphWeights> weights,
                           std::shared_ptr<const tensor::Device> device, OnCall on_call)
    : weights_(std::move(weights)), device_(std::move(device)), on_call_(std::move(on_call)) {}
GraphDecoder::~GraphDecoder() = default;

Result<GraphDecoder::Inputs> GraphDecoder::inputs_of(const Window& window) const {
  if (window.frames.empty())
    return fail({.kind = ErrorKind::kUsage, .what = "there are no frames to decode"});
  ORPHEUS_CHECK(check_codes(window.frames, config().codebook_size));
  std::vector<codes::Frame> frames(static_cast<size_t>(window.num_frames()));
  std::copy(window.frames.begin(), window.frames.end(), frames.begin() + window.padding_before);
  codes::CodeRows rows = codes::rows_of(frames);
  Inputs inputs = {.codes = {std::move(rows.c0), std::move(rows.c1), std::move(rows.c2)},
                   .noise = {}};
  for (int block = 0; config().noise && block < config().num_blocks(); ++block) {
    const auto steps = static_cast<size_t>(config().steps_per_frame(block));
    auto& values = inputs.noise.emplace_back(frames.size() * steps);
    window.noise(block, window.first_frame * static_cast<int64_t>(steps),
                 std::span(values).subspan(static_cast<size_t>(window.padding_before) * steps,
                                           window.frames.size() * steps));
  }
  return inputs;
}

Result<void> GraphDecoder::decode(const Window& window, std::vector<float>& samples) {
  ORPHEUS_TRY(Inputs inputs, inputs_of(window));
  Request request = {window, std::move(inputs), samples, std::nullopt};
  std::unique_lock lock(mutex_);
  waiting_.push_back(&request);
  while (!request.answer) {
    if (is_computing_) {
      computed_.wait(lock);
    } else {
      compute_next(lock);
    }
  }
  return *std::move(request.answer);
}

Result<std::vector<std::vector<float>>> GraphDecoder::decode_together(
    std::span<const Window> windows) {
  std::vector<std::vector<float>> samples(windows.size());
  std::vector<Request> requests;
  std::vector<Request*> batch;
  requests.reserve(windows.size());
  for (size_t i = 0; i < windows.size(); ++i) {
    ORPHEUS_TRY(Inputs inputs, inputs_of(windows[i]));
    requests.push_back({windows[i], std::move(inputs), samples[i], std::nullopt});
    batch.push_back(&requests.back());
  }
  ORPHEUS_CHECK(compute(batch));
  return samples;
}

// Computes the window that has waited longest, together with others of the same length. Releases
// the lock during the computation.
void GraphDecoder::compute_next(std::unique_lock<std::mutex>& lock) {
  const int num_frames = waiting_.front()->window.num_frames();
  std::array<Request*, kMaxStreams> requests = {};
  size_t num_requests = 0;
  std::erase_if(waiting_, [&](Request* request) {
    const bool is_taken = request->window.num_frames() == num_frames &&
                          num_requests < static_cast<size_t>(max_streams(num_frames));
    if (is_taken) requests.at(num_requests++) = request;
    return is_taken;
  });
  const std::span<Request* const> batch(requests.data(), num_requests);
  is_computing_ = true;
  lock.unlock();
  Result<void> answer = no_memory();
  try {
    answer = compute(batch);
  } catch (const std::bad_alloc&) {  // the others that wait must not wait for ever
  }
  lock.lock();
  is_computing_ = false;
  for (Request* request : batch) request->answer = answer;
  computed_.notify_all();
}

Result<void> GraphDecoder::compute(std::span<Request* const> batch) {
  const int num_frames = batch.front()->window.num_frames();
  const auto num_streams = static_cast<int>(std::bit_ceil(batch.size()));
  ORPHEUS_TRY(tensor::Graph* const graph, graph_for(num_frames, num_streams));
  if (on_call_) on_call_(static_cast<int>(batch.size()), num_frames * num_streams);

  // One stream after the other; those that fill up the number are of code 0, without noise.
  const auto set = [&](const std::string& name, auto& all, const auto& of_request) {
    const size_t size = of_request(batch.front()->inputs).size();
    all.assign(size * static_cast<size_t>(num_streams), {});
    auto place = all.begin();
    for (const Request* request : batch)
      place = std::copy_n(of_request(request->inputs).begin(), size, place);
    graph->set(name.c_str(), std::span(std::as_const(all)));
  };
  for (size_t k = 0; k < kNumCodebooks; ++k) {
    set(
        "codes_" + std::to_string(k),
        codes_, [k](const Inputs& inputs) -> auto& { return inputs.codes.at(k); });
  }
  for (size_t block = 0; block < batch.front()->inputs.noise.size(); ++block) {
    set(
        "noise_" + std::to_string(block),
        values_, [block](const Inputs& inputs) -> auto& { return inputs.noise[block]; });
  }
  ORPHEUS_CHECK(graph->compute());

  graph->get("audio", values_);
  const auto samples_per_frame = static_cast<size_t>(config().samples_per_frame());
  for (size_t i = 0; i < batch.size(); ++i) {
    const Window& window = batch[i]->window;
    const size_t first_frame =
        i * static_cast<size_t>(num_frames) + static_cast<size_t>(window.padding_before);
    const auto samples = std::span(values_).subspan(first_frame * samples_per_frame,
                                                    window.frames.size() * samples_per_frame);
    batch[i]->samples.assign(samples.begin(), samples.end());
  }
  return {};
}

Result<tensor::Graph*> GraphDecoder::graph_for(int num_frames, int num_streams) {
  const auto kept = std::find_if(graphs_.begin(), graphs_.end(), [&](const KeptGraph& graph) {
    return graph.num_frames == num_frames && graph.num_streams == num_streams;
  });
  if (kept != graphs_.end()) {
    std::rotate(kept, kept + 1, graphs_.end());
    return &graphs_.back().graph;
  }
  int total = num_frames * num_streams;
  for (const KeptGraph& graph : graphs_) total += graph.num_frames * graph.num_streams;
  while (total > kMaxFrames && !graphs_.empty()) {
    total -= graphs_.front().num_frames * graphs_.front().num_streams;
    graphs_.erase(graphs_.begin());
  }
  ORPHEUS_TRY(
      tensor::Graph built,
      tensor::Graph::build(
          *device_, max_decoder_nodes(config()), [&](ggml_context* context, ggml_cgraph* nodes) {
            build_decoder(context, nodes, *weights_, {num_frames, num_streams}, Stages::kDrop);
          }));
  graphs_.push_back({num_frames, num_streams, std::move(built)});
  return &graphs_.back().graph;
}

}  // namespace orpheus::snac
