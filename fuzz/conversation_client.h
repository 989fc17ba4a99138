#pragma once
// For fuzz targets: the client and the socket of a conversation. A synthesiser without a model
// speaks its texts. Requires that every answer is a JSON object or sound, that a message has few
// answers, that works have different names, and that a closed conversation sends nothing.

#include <algorithm>
#include <chrono>
#include <iterator>
#include <map>
#include <string_view>

#include <nlohmann/json.hpp>

#include "http/conversation.h"
#include "http/errors.h"
#include "http/testing/fake_synthesiser.h"
#include "http/websocket_handshake.h"
#include "quick_synthesiser.h"
#include "require.h"
#include "work_runner.h"

namespace orpheus::http {

// Owns what a conversation needs and drives the conversation that Make makes of it.
class ConversationClient {
 public:
  using MessageCheck = bool (*)(const nlohmann::json& message);

  template <typename Make>
  ConversationClient(Make make, SocketKey key, MessageCheck is_message, size_t most_works)
      : conversation_(make(context_.get(), asked(key))),
        is_message_(is_message),
        most_works_(most_works) {
    conversation_->open(now_);
    take_answers();
  }

  // A line for each event: a message, or one of these with a number in its third byte. "!p": a
  // pause. "!s": a speech goes on as far as its text has come. "!e": a speech ends, or is refused
  // or broken. "!c": the server cancels a speech. "!b": a binary message. "!d": the server drains.
  void play(std::string_view lines) {
    while (!lines.empty()) {
      const std::string_view line = lines.substr(0, lines.find('\n'));
      lines.remove_prefix(std::min(line.size() + 1, lines.size()));
      const unsigned number = line.size() < 3 ? 0U : static_cast<unsigned char>(line[2]) * 64U;
      if (line.starts_with("!p")) {
        now_ += std::chrono::milliseconds(number);
        conversation_->tick(now_);
      } else if (line.starts_with("!s")) {
        run_work(number);
      } else if (line.starts_with("!c")) {
        if (!works_.empty()) place_of(number)->second.cancel();
        run_work(number);
      } else if (line.starts_with("!e")) {
        end_work(number);
      } else if (line.starts_with("!b")) {
        conversation_->take_binary({}, now_);
      } else if (line.starts_with("!d")) {
        context_.live().drain();
        conversation_->drain(now_);
      } else {
        conversation_->take_text(line, now_);
      }
      take_answers();
    }
  }
  void take(std::string_view message) {
    conversation_->take_text(message, now_);
    take_answers();
  }
  void end_works() {
    while (!works_.empty()) end_work(64);
  }
  bool is_idle() const { return is_closed_ || !conversation_->is_working(); }

 private:
  Request asked(SocketKey key) {
    const Request bare{.method = "GET", .id = "req", .peer = "::1"};
    if (key == SocketKey::kExpected) return bare;
    return with_key(*context_.live().now().options, bare, "key").value();
  }

  using Works = std::map<WorkId, WorkRunner>;

  Works::iterator place_of(unsigned number) {
    return std::next(works_.begin(), number / 64 % static_cast<int>(works_.size()));
  }

  // Passes on what a work writes, and its end if it has ended. False: it waits for more text.
  bool run_work(unsigned number) {
    if (works_.empty()) return true;
    const auto place = place_of(number);
    const WorkId id = place->first;
    WorkRunner& work = place->second;
    work.run();
    const auto bytes = work.take_bytes();
    if (!bytes.empty()) conversation_->take_output(id, bytes, now_);
    if (!work.has_ended()) {
      take_answers();
      return false;
    }
    const auto whole = work.whole();
    const auto end =
        work.has_finished() ? Conversation::WorkEnd::kWhole : Conversation::WorkEnd::kBroken;
    works_.erase(place);
    if (whole) {
      conversation_->take_refusal(id, *whole, now_);
    } else {
      conversation_->end_work(id, end, now_);
    }
    take_answers();
    return true;
  }

  void end_work(unsigned how) {
    if (works_.empty() || (how % 3 == 1 && run_work(how)) || works_.empty()) return;
    const auto place = place_of(how);
    const WorkId id = place->first;
    works_.erase(place);
    if (how % 3 == 0) {
      conversation_->take_refusal(id, stopping_response(), now_);
    } else {
      conversation_->end_work(
          id, how % 3 == 1 ? Conversation::WorkEnd::kWhole : Conversation::WorkEnd::kBroken, now_);
    }
    take_answers();
  }

  void take_answers() {
    int num_answers = 0;
    while (auto action = conversation_->next()) {
      require(!is_closed_);
      if (const auto* message = std::get_if<SendMessage>(&*action)) {
        if (!message->output_of) require(!message->is_binary && ++num_answers < 32);
        if (message->is_binary) continue;
        const auto event =
            nlohmann::json::parse(message->payload.begin(), message->payload.end(), nullptr, false);
        require(event.is_object() && is_message_(event));
      } else if (auto* work = std::get_if<BeginWork>(&*action)) {
        require(works_.try_emplace(work->id, std::move(work->work)).second &&
                works_.size() <= most_works_);
      } else if (const auto* drop = std::get_if<DropWork>(&*action)) {
        works_.erase(drop->id);
      } else {
        is_closed_ = true;
        works_.clear();
      }
    }
  }

  QuickSynthesiser synthesiser_;
  FakeContext context_{synthesiser_, Options{.max_input_code_points = 4096, .keys = {"key"}}};
  Conversation::Time now_{std::chrono::seconds(1)};
  const std::unique_ptr<Conversation> conversation_;
  const MessageCheck is_message_;
  const size_t most_works_;
  Works works_;
  bool is_closed_ = false;
};

}  // namespace orpheus::http
