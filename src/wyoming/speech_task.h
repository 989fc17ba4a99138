#pragma once
// The work that speaks a request and writes its sound as Wyoming's events: audio-start, audio-chunk
// …, audio-stop and, for a text that arrived in parts, synthesize-stopped.

#include <memory>
#include <string>

#include "http/answer.h"
#include "http/context.h"
#include "http/live.h"
#include "http/speech_request.h"

namespace orpheus::wyoming {

// A speech that fails before its first sound is a whole response with the error. After a later
// failure the error event is the last one written, and the response stays unfinished; a speech that
// is cancelled writes no error. Whole events are written at once. The context must outlive the
// task. request_id: for the log.
std::unique_ptr<http::Task> speech_task(const http::Context& context, http::Snapshot now,
                                        http::SpeechRequest request, std::string request_id);

}  // namespace orpheus::wyoming
