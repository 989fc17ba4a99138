#pragma once
// What the server tells a client that asks what it offers (describe). Pure; from any thread.

#include <string>

#include "http/live.h"
#include "prompt/voices.h"

namespace orpheus::wyoming {

// The language under which clients find the voice; never empty.
std::string described_language(const prompt::Voice& voice);

// The data of an info event: one program with all voices, which speaks a text also while it
// arrives. The voice must be loaded.
std::string info_data(const http::Snapshot& now);

}  // namespace orpheus::wyoming
