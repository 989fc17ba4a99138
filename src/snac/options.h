#pragma once
// Settings of the codec. Filled by config/.

namespace orpheus::snac {

enum class Arithmetic {
  kAuto,     // kKernels on a CPU, kGraph elsewhere
  kKernels,  // our own, on the processor's vectors
  kGraph,    // ggml's, on any device
};

// The number of following frames that a frame's samples depend on.
inline constexpr int kWholeContext = 3;

struct Options {
  Arithmetic arithmetic = Arithmetic::kAuto;
  // The longest window that a graph decodes for a stream, without its context (window_stream.h).
  int max_window_frames = 32;
  // The graph decodes each stream alone, in windows that depend on the position in the sound only.
  // So the samples do not depend on other streams or on time. The kernels' never do.
  bool reproducible = false;
  // Threads for decoding a whole clip with kernels (Decoder::decode). A stream uses one thread.
  int num_threads = 1;
  // A stream returns its first frame when this many following frames are there. With kWholeContext
  // that frame is exact, with fewer it is approximate. All later frames are exact.
  int first_context_frames = kWholeContext;

  bool operator==(const Options&) const = default;
};

}  // namespace orpheus::snac
