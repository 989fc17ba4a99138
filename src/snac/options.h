#pragma once
// Settings of the codec. Filled by config/.

namespace orpheus::snac {

enum class Arithmetic {
  kAuto,     // kKernels on a CPU, kGraph elsewhere
  kKernels,  // our own, on the processor's vectors
  kGraph,    // ggml's, on any device
};

// Frames after a frame that its samples depend on.
inline constexpr int kWholeContext = 3;

struct Options {
  Arithmetic arithmetic = Arithmetic::kAuto;
  // A graph decodes windows of frames with their context on both sides. The first gives the samples
  // that three frames determine; later ones grow with what was given, up to this length, because
  // the context is decoded again with each.
  int max_window_frames = 32;
  // Kernels that decode a whole clip at once (Decoder::decode); a stream takes one.
  int num_threads = 1;
  // A stream gives its first frame when so many frames after it are there: with kWholeContext its
  // samples are exact, with fewer they come earlier and are near. All later samples are exact.
  int first_context_frames = kWholeContext;

  bool operator==(const Options&) const = default;
};

}  // namespace orpheus::snac
