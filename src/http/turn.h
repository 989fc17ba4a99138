#pragma once
// A text that arrives over a WebSocket, from its first part to its end, and the work that speaks
// it. Conversations are made of turns. Belongs to the I/O thread.

#include <chrono>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <tl/expected.hpp>

#include "http/context.h"
#include "http/conversation.h"
#include "http/errors.h"
#include "http/heard.h"
#include "http/live_messages.h"
#include "http/message_frames.h"
#include "http/request.h"
#include "http/speech_request.h"
#include "speech/live_text.h"
#include "text/markup/arriving.h"

namespace orpheus::http {

class Turn {
 public:
  using Time = Conversation::Time;
  struct Settings {
    SpeechRequest request = {};  // its voice as the client named it
    std::chrono::milliseconds pause = text::markup::ArrivalOptions().pause;
    std::chrono::milliseconds patience = text::markup::ArrivalOptions().patience;
  };

  // asked: the request for the socket, with its key. The context must outlive the turn. Errors: 401
  // (a reload has revoked the key), those of prepare_speech.
  static tl::expected<std::unique_ptr<Turn>, ApiError> begin(const Context& context,
                                                             const Request& asked,
                                                             const Settings& settings, Time now);
  ~Turn();  // cancels the speech
  Turn(const Turn&) = delete;
  Turn& operator=(const Turn&) = delete;

  // --- the text

  // Errors (400): longer than a text may be. Then nothing was added.
  tl::expected<void, ApiError> append(std::string_view text, Time now);
  // Speaks all that has arrived.
  void flush();
  // No further text comes.
  void end();
  bool has_ended() const { return has_ended_; }
  bool is_empty() const { return num_code_points_ == 0; }
  // Bytes that wait behind the last cut.
  size_t num_waiting_bytes() const { return arriving_.num_bytes() - num_cut_bytes_; }
  // When the last part came.
  Time last_input() const { return last_input_; }
  // When tick() has something to do.
  std::optional<Time> due() const;
  void tick(Time now);

  // --- the speech

  // Whether something can be spoken.
  bool has_stretch() const { return has_stretch_; }
  // The work that speaks the text, also what arrives later. Call once, when there is something to
  // speak. Errors: those of prepare_speech.
  tl::expected<Work, ApiError> work(Request& asked, std::unique_ptr<LiveMessages> messages,
                                    Time now);
  const SpeechRequest& request() const { return request_; }
  // The messages that the work has written.
  std::vector<SendMessage> take_output(WorkId work, std::span<const std::byte> bytes, Time now);
  // Whether the work has spoken the text to its end.
  bool is_spoken() const { return heard_->has_ended(); }

  // What was heard, after this many seconds of sound.
  text::Range heard_at(double seconds) const { return heard_->at(seconds); }
  std::string word_at(double seconds) const { return heard_->word_at(seconds); }
  std::string text() const { return text_->text(); }
  double sent_seconds() const { return sent_s_; }
  // Of a client that plays sound as it arrives.
  double played_seconds(Time now) const;

 private:
  Turn(const Context& context, const Settings& settings,
       const text::markup::ArrivalOptions& arrival, double characters_per_second, Time now);
  void hand_over();

  const Context& context_;
  SpeechRequest request_;
  text::markup::Arriving arriving_;
  const std::shared_ptr<speech::LiveText> text_ = std::make_shared<speech::LiveText>();
  const std::shared_ptr<Heard> heard_;
  Time last_input_;
  size_t num_code_points_ = 0;
  size_t num_cut_bytes_ = 0;
  bool has_stretch_ = false;
  bool has_ended_ = false;
  FrameReader output_;
  double sent_s_ = 0;                // of sound
  std::optional<Time> dry_at_ = {};  // when a client that plays at once has played it
};

}  // namespace orpheus::http
