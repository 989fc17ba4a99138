#include "codes/frame.h"

namespace orpheus::codes {
namespace {

constexpr size_t kSlots = prompt::kSlotsPerFrame;

// The order of codes that the model was trained with: each code of a coarse codebook is followed by
// the finer codes of the same stretch of time.
std::array<int32_t, kSlots> codes_by_slot(const Frame& frame) {
  return {frame.c0[0], frame.c1[0], frame.c2[0], frame.c2[1],
          frame.c1[1], frame.c2[2], frame.c2[3]};
}

Frame frame_of(const std::array<int32_t, kSlots>& codes) {
  return {
      .c0 = {codes[0]}, .c1 = {codes[1], codes[4]}, .c2 = {codes[2], codes[3], codes[5], codes[6]}};
}

}  // namespace

std::array<prompt::Token, kSlots> tokens_of(const Frame& frame, const prompt::TokenLayout& layout) {
  std::array<prompt::Token, kSlots> tokens = codes_by_slot(frame);
  for (int slot = 0; slot < prompt::kSlotsPerFrame; ++slot) {
    prompt::Token& token = tokens[static_cast<size_t>(slot)];
    token = layout.audio_token(slot, token);
  }
  return tokens;
}

std::optional<Frame> FrameAssembler::push(prompt::Token token) {
  if (!layout_.fits_slot(token, slot_)) {
    slot_ = 0;
    if (!layout_.fits_slot(token, 0)) return std::nullopt;
  }
  codes_[static_cast<size_t>(slot_)] = token - layout_.audio_token(slot_, 0);
  if (++slot_ < prompt::kSlotsPerFrame) return std::nullopt;
  slot_ = 0;
  return frame_of(codes_);
}

CodeRows rows_of(std::span<const Frame> frames) {
  CodeRows rows;
  rows.c0.reserve(frames.size());
  rows.c1.reserve(2 * frames.size());
  rows.c2.reserve(4 * frames.size());
  for (const Frame& frame : frames) {
    rows.c0.insert(rows.c0.end(), frame.c0.begin(), frame.c0.end());
    rows.c1.insert(rows.c1.end(), frame.c1.begin(), frame.c1.end());
    rows.c2.insert(rows.c2.end(), frame.c2.begin(), frame.c2.end());
  }
  return rows;
}

std::optional<std::vector<Frame>> frames_of(const CodeRows& rows) {
  const size_t num_frames = rows.c0.size();
  if (rows.c1.size() != 2 * num_frames || rows.c2.size() != 4 * num_frames) return std::nullopt;
  std::vector<Frame> frames(num_frames);
  for (size_t f = 0; f < num_frames; ++f) {
    frames[f].c0 = {rows.c0[f]};
    frames[f].c1 = {rows.c1[2 * f], rows.c1[2 * f + 1]};
    frames[f].c2 = {rows.c2[4 * f], rows.c2[4 * f + 1], rows.c2[4 * f + 2], rows.c2[4 * f + 3]};
  }
  return frames;
}

}  // namespace orpheus::codes
