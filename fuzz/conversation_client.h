#pragma once
// For fuzz targets: the client and the socket of a conversation. Every answer is a JSON object, a
// message has few answers, works have different names, and a closed conversation says nothing more.

#include <algorithm>
#include <chrono>
#include <iterator>
#include <set>
#include <string_view>

#include <nlohmann/json.hpp>

#include "http/conversation.h"
#include "http/errors.h"
#include "http/testing/fake_synthesiser.h"
#include "require.h"

namespace orpheus::http {

// Owns what a conversation needs and drives the conversation that Make makes of it.
class ConversationClient {
 public:
  using MessageCheck = bool (*)(const nlohmann::json& message);

  template <typename Make>
  ConversationClient(Make make, MessageCheck is_message, size_t most_works)
      : conversation_(make(context_.get(), Request{.method = "GET", .id = "req", .peer = "::1"})),
        is_message_(is_message),
        most_works_(most_works) {
    conversation_->open(now_);
    take_answers();
  }

  // A line for each event: a message, or "!" with a number: a pause, the end of a speech.
  void play(std::string_view lines) {
    while (!lines.empty()) {
      const std::string_view line = lines.substr(0, lines.find('\n'));
      lines.remove_prefix(std::min(line.size() + 1, lines.size()));
      const unsigned number = line.size() < 3 ? 0U : static_cast<unsigned char>(line[2]) * 64U;
      if (line.starts_with("!p")) {
        now_ += std::chrono::milliseconds(number);
        conversation_->tick(now_);
      } else if (line.starts_with("!e")) {
        end_work(number);
      } else if (line.starts_with("!b")) {
        conversation_->take_binary({}, now_);
      } else if (line.starts_with("!d")) {
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
  void end_work(unsigned how) {
    if (works_.empty()) return;
    const auto work = std::next(works_.begin(), how / 64 % static_cast<int>(works_.size()));
    const WorkId id = *work;
    works_.erase(work);
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
    while (const auto action = conversation_->next()) {
      require(!is_closed_ && ++num_answers < 32);
      if (const auto* message = std::get_if<SendMessage>(&*action)) {
        const auto event =
            nlohmann::json::parse(message->payload.begin(), message->payload.end(), nullptr, false);
        require(event.is_object() && is_message_(event));
      } else if (const auto* work = std::get_if<BeginWork>(&*action)) {
        require(works_.insert(work->id).second && works_.size() <= most_works_);
      } else if (const auto* drop = std::get_if<DropWork>(&*action)) {
        works_.erase(drop->id);
      } else {
        is_closed_ = true;
      }
    }
  }

  FakeSynthesiser synthesiser_;
  FakeContext context_{synthesiser_, Options{.max_input_code_points = 4096, .keys = {"key"}}};
  Conversation::Time now_{std::chrono::seconds(1)};
  const std::unique_ptr<Conversation> conversation_;
  const MessageCheck is_message_;
  const size_t most_works_;
  std::set<WorkId> works_;
  bool is_closed_ = false;
};

}  // namespace orpheus::http
