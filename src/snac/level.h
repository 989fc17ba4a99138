#pragma once
// The parts of a level's kernels, which level_layers.cpp puts into its table. Internal to the
// sources that are compiled for each level (orpheus_levels in cmake/Processor.cmake).

#include "snac/processor_kernels.h"
#include "snac/vectors.h"

namespace orpheus::snac::ORPHEUS_LEVEL {

extern const ProcessorKernels kProcessorKernels;

// level_matrix.cpp. A tile of a product stays in registers: kTileRows × kPanelVectors sums, one row
// of a panel, one broadcast input. NEON has 32 registers.
inline constexpr int kTileRows = kLanes == 16 ? 12 : kLanes == 8 ? 6 : 8;
inline constexpr int kPanelVectors = 2;
inline constexpr int kPanelWidth = kPanelVectors * kLanes;

void multiply_panel(const Panels& panels, const Product& product, int panel);
void multiply_add(const Panels& panels, const Product& product, const float* residual,
                  int residual_stride);
void multiply_scaled(const Panels& panels, const Product& product, const float* scale);

}  // namespace orpheus::snac::ORPHEUS_LEVEL
