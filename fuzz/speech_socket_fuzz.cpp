// Input: messages of a client on WS /v1/audio/speech/stream, with pauses between them and ends of
// its speeches. Every answer is an event in JSON, a message has few answers, a speech is only begun
// if none is in progress, and a closed conversation says nothing more.

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include <nlohmann/json.hpp>

#include "http/speech_conversation.h"
#include "http/testing/fake_synthesiser.h"
#include "require.h"

namespace {

using namespace orpheus::http;

class Client {
 public:
  explicit Client(SpeechConversation::Key key) : conversation_(context_.get(), request(), key) {
    conversation_.open(now_);
    take_answers();
  }

  void take(std::string_view message) {
    conversation_.take_text(message, now_);
    take_answers();
  }
  void take_binary() {
    conversation_.take_binary({}, now_);
    take_answers();
  }
  void wait(unsigned ms) {
    now_ += std::chrono::milliseconds(ms);
    conversation_.tick(now_);
    take_answers();
  }
  void drain() {
    conversation_.drain(now_);
    take_answers();
  }
  void end_work(unsigned how) {
    if (!works_) return;
    works_ = false;
    if (how % 3 == 0) {
      conversation_.take_refusal(stopping_response(), now_);
    } else {
      conversation_.end_work(
          how % 3 == 1 ? Conversation::WorkEnd::kWhole : Conversation::WorkEnd::kBroken, now_);
    }
    take_answers();
  }
  // A conversation that is not closed goes on after any messages.
  void finish() {
    while (works_) end_work(1);
    take(R"({"type":"response.cancel"})");
    require(is_closed_ || !conversation_.is_working());
  }

 private:
  static Request request() { return {.method = "GET", .id = "req", .peer = "::1"}; }

  void take_answers() {
    int num_answers = 0;
    while (const auto action = conversation_.next()) {
      require(!is_closed_ && ++num_answers < 32);
      if (const auto* message = std::get_if<SendMessage>(&*action)) {
        const auto event =
            nlohmann::json::parse(message->payload.begin(), message->payload.end(), nullptr, false);
        require(event.is_object() && event.contains("type"));
      } else if (std::holds_alternative<BeginWork>(*action)) {
        require(!works_);
        works_ = true;
      } else if (std::holds_alternative<DropWork>(*action)) {
        works_ = false;
      } else {
        is_closed_ = true;
      }
    }
  }

  FakeSynthesiser synthesiser_;
  FakeContext context_{synthesiser_, Options{.max_input_code_points = 4096, .keys = {"key"}}};
  Conversation::Time now_{std::chrono::seconds(1)};
  SpeechConversation conversation_;
  bool works_ = false;
  bool is_closed_ = false;
};

}  // namespace

// A line for each event: a message, or "!" with a number: a pause, the end of a speech.
extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size == 0) return 0;
  std::string_view lines(reinterpret_cast<const char*>(data) + 1, size - 1);
  Client client(data[0] % 4 == 0 ? SpeechConversation::Key::kExpected
                                 : SpeechConversation::Key::kGiven);
  while (!lines.empty()) {
    const std::string_view line = lines.substr(0, lines.find('\n'));
    lines.remove_prefix(std::min(line.size() + 1, lines.size()));
    const auto number = [&] {
      return line.size() < 3 ? 0U : static_cast<unsigned char>(line[2]) * 64U;
    };
    if (line.starts_with("!p")) {
      client.wait(number());
    } else if (line.starts_with("!e")) {
      client.end_work(number());
    } else if (line.starts_with("!b")) {
      client.take_binary();
    } else if (line.starts_with("!d")) {
      client.drain();
    } else {
      client.take(line);
    }
  }
  client.finish();
  return 0;
}
