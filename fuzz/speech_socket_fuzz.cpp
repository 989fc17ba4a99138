// Input: messages of a client on WS /v1/audio/speech/stream, with pauses between them and ends of
// its speeches. A conversation that is not closed goes on after any messages.

#include <cstdint>
#include <memory>
#include <string_view>

#include "conversation_client.h"
#include "http/speech_conversation.h"

using namespace orpheus::http;

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size == 0) return 0;
  const SocketKey key = data[0] % 4 == 0 ? SocketKey::kExpected : SocketKey::kGiven;
  ConversationClient client(
      [key](const Context& context, const Request& asked) {
        return std::make_unique<SpeechConversation>(context, asked, key);
      },
      key, [](const nlohmann::json& message) { return message.contains("type"); }, 1);
  client.play({reinterpret_cast<const char*>(data) + 1, size - 1});
  client.end_works();
  client.take(R"({"type":"response.cancel"})");
  require(client.is_idle());
  return 0;
}
