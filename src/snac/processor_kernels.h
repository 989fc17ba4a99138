#pragma once
// The inner loops of the codec's layers: functions that are compiled once for each level of
// processors (base/processor.h). Internal to this folder. May be called from any thread.

#include "snac/product.h"

namespace orpheus::snac {

// A matrix as the kernels read it.
struct Panels {
  const float* values;  // [num_panels][num_inputs][panel width]
  const float* bias;    // [num_columns rounded up to whole panels]
  int num_inputs;
  int num_columns;  // a multiple of kRowMultiple
  int num_panels;
};

struct ProcessorKernels {
  int panel_width;  // columns
  // Matrix
  void (*multiply_panel)(const Panels& panels, const Product& product, int panel);
  void (*multiply_add)(const Panels& panels, const Product& product, const float* residual,
                       int residual_stride);
  void (*multiply_scaled)(const Panels& panels, const Product& product, const float* scale);
  // Snake: alpha and inverse have stride values.
  void (*snake)(const float* alpha, const float* inverse, int stride, const float* in, int num_rows,
                float* out);
  // Depthwise: taps [7][stride], bias [stride].
  void (*depthwise)(const float* taps, const float* bias, int stride, int dilation, const float* in,
                    int num_rows, float* out);
  // ToMono: taps [7][stride].
  void (*to_mono)(const float* taps, int stride, float bias, const float* in, int num_rows,
                  float* out);
};

// Of this processor's level.
const ProcessorKernels& processor_kernels();

}  // namespace orpheus::snac
