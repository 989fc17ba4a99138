#pragma once
// One sequence in progress: its key-value cache and the graphs that extend it. Made for a sequence
// and destroyed with it. Belongs to the thread of its Device.

#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "base/result.h"
#include "lm/llama/model.h"
#include "lm/llama/network.h"
#include "prompt/token.h"
#include "tensor/device.h"

namespace orpheus::llama {

struct SessionOptions {
  int capacity_tokens = 8192;  // prompt and generated together
  int prompt_chunk = 256;      // tokens of a prompt that are read at once
  // Flash attention where the device has it; plain attention is for comparing.
  bool flash_attention = true;
};

// Logits of the next token. Row i stands for id first_id + i, but for the last row of slot 0's,
// which is end of speech.
struct Logits {
  std::vector<float> values;
  prompt::Token first_id = 0;
  std::optional<prompt::Token> last_id;

  prompt::Token id_of(size_t row) const {
    return last_id && row + 1 == values.size() ? *last_id
                                               : first_id + static_cast<prompt::Token>(row);
  }
};

// Which logits to compute after the last token that is read.
struct Wanted {
  OutputHead head = OutputHead::kSlot;
  int slot = 0;  // 0 … 6, of the next token (kSlot)
};

class Session {
 public:
  // The device must outlive the session. Errors: kLimit (no memory for the cache; capacity beyond
  // the trained context).
  static Result<Session> create(std::shared_ptr<const Model> model, const tensor::Device& device,
                                const SessionOptions& options);
  Session(Session&&) noexcept;
  Session& operator=(Session&&) noexcept;
  ~Session();

  // Reads at most prompt_chunk tokens behind those already read. logits is filled unless
  // wanted.head is kNone. Errors: kLimit (capacity), kUsage (an id outside of the vocabulary, too
  // many tokens at once), kUnavailable.
  Result<void> read(std::span<const prompt::Token> tokens, const Wanted& wanted, Logits& logits);

  int num_cached_tokens() const;
  int capacity_tokens() const;

 private:
  struct State;
  explicit Session(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace orpheus::llama
