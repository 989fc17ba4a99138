#pragma once
// The work that speaks a text while it arrives, for a conversation over a WebSocket. It writes the
// message frames (message_frames.h) of its protocol.

#include <memory>
#include <string>

#include "http/answer.h"
#include "http/context.h"
#include "http/heard.h"
#include "http/live.h"
#include "http/live_messages.h"
#include "http/speech_request.h"

namespace orpheus::http {

struct LiveTurn {
  std::string request_id;        // for the log
  std::shared_ptr<Heard> heard;  // the work fills it
  std::unique_ptr<LiveMessages> messages;
};

// request.speech.live is the text. The context must outlive the task.
std::unique_ptr<Task> live_speech(const Context& context, Snapshot now, SpeechRequest request,
                                  LiveTurn turn);

}  // namespace orpheus::http
