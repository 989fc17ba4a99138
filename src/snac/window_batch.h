#pragma once
// The policy of a device that decodes windows of many streams: which windows it decodes next, in
// one graph. Pure functions.

#include <array>
#include <cstddef>
#include <span>

namespace orpheus::snac {

// The most streams and the most frames of one graph. A frame takes some 2.5 MB of intermediate
// results; kGraphBytes is what the memory plan gives.
inline constexpr int kMaxStreamsOfGraph = 16;
inline constexpr int kMaxFramesOfGraph = 96;

// Whether streams share graphs.
enum class Company {
  kShared,
  kAlone,  // the samples of a stream do not depend on the other streams, not even in the last bits
};

struct WaitingWindow {
  int num_frames = 0;
  double due_s = 0;  // the time when the client runs out of sound, on any clock
};

// Indices of windows of equal length, the most urgent one first.
struct Batch {
  std::array<size_t, kMaxStreamsOfGraph> windows{};
  size_t size = 0;

  std::span<const size_t> chosen() const { return std::span(windows).first(size); }
};

// The most urgent window sets the length. Other windows of this length go with it, the most urgent
// ones first. Of equally urgent windows, the earlier one in the list is first. Empty without
// windows.
Batch next_batch(std::span<const WaitingWindow> waiting, Company company);

// The most streams of a graph whose windows have so many frames.
int max_streams(int num_frames);
// The number of streams of the graph that decodes so many windows. Graphs have few sizes, so a
// graph may have more streams than there are windows.
int streams_of_graph(int num_windows, int num_frames);

}  // namespace orpheus::snac
