#pragma once
// Settings of the codec. Filled by config/.

namespace orpheus::snac {

enum class Arithmetic {
  kAuto,     // kKernels on a CPU, kGraph elsewhere
  kKernels,  // our own, on the processor's vectors
  kGraph,    // ggml's, on any device
};

struct Options {
  Arithmetic arithmetic = Arithmetic::kAuto;
  // A graph decodes windows of frames with their context on both sides: the first is given out as
  // soon as it can be, each next one is twice as long, for less decoding twice.
  int first_window_frames = 4;
  int max_window_frames = 32;
  // Kernels that decode a whole clip at once (Decoder::decode); a stream takes one.
  int num_threads = 1;
};

}  // namespace orpheus::snac
