#pragma once
// Converts the structs of include/orpheus/orpheus.h to the program's own. Accepts sizes of other
// versions, replaces zeros by defaults, checks ranges. Pure.

#include <orpheus/orpheus.h>

#include "base/result.h"
#include "library/options.h"
#include "speech/synthesiser.h"

namespace orpheus::library {

// settings may be null. Errors: kUsage (no struct_size, a value out of range), kUnsupported (a
// field of a newer header is set).
Result<Options> options_of(const orpheus_settings* settings);

struct CRequest {
  speech::Request speech;
  double speed = 1;
  orpheus_piece_function on_piece = nullptr;
  orpheus_word_function on_word = nullptr;
  void* context = nullptr;
};

// Errors: the same.
Result<CRequest> request_of(const orpheus_request& request);

}  // namespace orpheus::library
