#pragma once
// A client of a conversation in ElevenLabs' protocol. Does what the conversation asks for, and
// keeps its messages.

#include <algorithm>
#include <chrono>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "http/elevenlabs_conversation.h"
#include "http/testing/live_scripts.h"
#include "http/testing/recorded.h"

namespace orpheus::http {

using nlohmann::json;
using std::chrono::seconds;
using Contexts = ElevenLabsConversation::Contexts;
using Time = Conversation::Time;

class ElevenLabsTalk : public ::testing::Test {
 protected:
  explicit ElevenLabsTalk(Contexts contexts = Contexts::kSeveral,
                          FakeSynthesiser::Script script = speak_stretches)
      : contexts_(contexts), synthesiser_(std::move(script)), context_(synthesiser_) {
    open();
  }

  void open(const Options& options = {}, SocketKey key = SocketKey::kGiven,
            const std::string& query = "output_format=pcm_24000",
            const std::string& voice_id = "JBFqnCBsd6RMkjVDRZzb") {
    works_.clear();
    messages_.clear();
    close_code_ = 0;
    context_.live().replace(options, {&synthesiser_, [](speech::Synthesiser*) {}});
    conversation_.emplace(context_.get(), Request{.method = "GET", .id = "req_1", .peer = "::1"},
                          key, contexts_, parse_elevenlabs_settings(voice_id, query, options));
    conversation_->open(now_);
    do_all();
  }

  // Does what the conversation asks for, except its works.
  void do_all() {
    while (auto action = conversation_->next()) {
      ASSERT_EQ(close_code_, 0) << "something follows the end";
      if (auto* message = std::get_if<SendMessage>(&*action)) {
        EXPECT_FALSE(message->is_binary);
        messages_.push_back(json::parse(std::string(
            reinterpret_cast<const char*>(message->payload.data()), message->payload.size())));
      } else if (auto* work = std::get_if<BeginWork>(&*action)) {
        EXPECT_FALSE(works_.contains(work->id));
        works_.emplace(work->id, std::move(work->work));
      } else if (auto* close = std::get_if<CloseSocket>(&*action)) {
        close_code_ = close->code;
      } else {
        works_.erase(std::get<DropWork>(*action).id);
        ++num_dropped_;
      }
    }
  }

  void say(const json& message) {
    conversation_->take_text(message.dump(), now_);
    do_all();
  }
  void say(const std::string& id, const std::string& text, bool flush = false) {
    json message = {{"text", text}, {"context_id", id}};
    if (flush) message["flush"] = true;
    say(message);
  }
  void close(const std::string& id) { say({{"context_id", id}, {"close_context", true}}); }

  // Runs a work; its output is not yet passed on.
  Recorded run_work(WorkId id) {
    Recorded recorded;
    run(std::move(works_.at(id)), recorded);
    works_.erase(id);
    return recorded;
  }
  // Passes its output on as the socket does: a whole response is a refusal.
  void finish_work(WorkId id) {
    const Recorded output = run_work(id);
    if (output.whole) {
      conversation_->take_refusal(id, output.head, now_);
    } else {
      conversation_->take_output(id, output.body, now_);
      conversation_->end_work(id, Conversation::WorkEnd::kWhole, now_);
    }
    do_all();
  }
  void finish_works() {
    while (!works_.empty()) finish_work(works_.begin()->first);
  }
  void wait(std::chrono::milliseconds time) {
    now_ += time;
    conversation_->tick(now_);
    do_all();
  }

  json last() {
    EXPECT_FALSE(messages_.empty());
    return messages_.empty() ? json() : messages_.back();
  }
  size_t num_sounds() const {
    return static_cast<size_t>(
        std::count_if(messages_.begin(), messages_.end(), [](const json& message) {
          return message.contains("audio") && message["audio"].is_string() &&
                 !message["audio"].get<std::string>().empty();
        }));
  }
  // The characters of all messages, joined.
  std::string joined(const char* alignment) const {
    std::string text;
    for (const json& message : messages_) {
      if (!message.contains(alignment) || message[alignment].is_null()) continue;
      const json& value = message[alignment];
      EXPECT_EQ(value["chars"].size(), value["charStartTimesMs"].size());
      EXPECT_EQ(value["chars"].size(), value["charDurationsMs"].size());
      for (const json& character : value["chars"]) text += character.get<std::string>();
    }
    return text;
  }

  const Contexts contexts_;
  Time now_{seconds(1000)};
  FakeSynthesiser synthesiser_;
  FakeContext context_;
  std::optional<ElevenLabsConversation> conversation_;
  std::vector<json> messages_;
  std::map<WorkId, Work> works_;
  int num_dropped_ = 0;
  int close_code_ = 0;
};

}  // namespace orpheus::http
