#pragma once
// SNAC frames. Seven tokens of a speech are one frame: 1 + 2 + 4 codes, 2048 samples. Pure
// functions and plain values.

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "prompt/token.h"

namespace orpheus::codes {

struct Frame {
  std::array<int32_t, 1> c0{};  // codes of codebook 0, 1 and 2, each in 0 … codebook_size − 1
  std::array<int32_t, 2> c1{};
  std::array<int32_t, 4> c2{};
  bool operator==(const Frame&) const = default;
};

// The seven tokens of a frame, slot 0 first.
std::array<prompt::Token, prompt::kSlotsPerFrame> tokens_of(const Frame& frame,
                                                            const prompt::TokenLayout& layout);

// Assembles frames from tokens as they arrive. If a token does not fit its slot, the frame in
// progress is dropped. The next token that fits slot 0, possibly this one, begins a new frame. So
// one bad token costs at most one frame.
class FrameAssembler {
 public:
  explicit FrameAssembler(prompt::TokenLayout layout) : layout_(layout) {}

  // Returns the frame if this token completes one.
  std::optional<Frame> push(prompt::Token token);

 private:
  prompt::TokenLayout layout_;
  std::array<int32_t, prompt::kSlotsPerFrame> codes_{};
  int slot_ = 0;
};

// Many frames, one row of codes per codebook: c0 [F], c1 [2F], c2 [4F].
struct CodeRows {
  std::vector<int32_t> c0;
  std::vector<int32_t> c1;
  std::vector<int32_t> c2;
};
CodeRows rows_of(std::span<const Frame> frames);
// Nothing if the rows' lengths are not F, 2F and 4F.
std::optional<std::vector<Frame>> frames_of(const CodeRows& rows);

}  // namespace orpheus::codes
