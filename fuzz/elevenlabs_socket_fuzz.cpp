// Input: messages of a client on ElevenLabs' WebSockets, with pauses between them and ends of its
// speeches. A conversation that is not closed ends after its last speech.

#include <cstdint>
#include <memory>
#include <string_view>

#include "conversation_client.h"
#include "http/elevenlabs_conversation.h"

using namespace orpheus::http;

namespace {

bool is_message(const nlohmann::json& message) {
  return message.contains("error") ? message["message"].is_string() && message["code"].is_number()
                                   : message.contains("audio") && message.contains("isFinal");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size == 0) return 0;
  using Contexts = ElevenLabsConversation::Contexts;
  const SocketKey key = data[0] % 4 == 0 ? SocketKey::kExpected : SocketKey::kGiven;
  const Contexts contexts = data[0] % 3 == 0 ? Contexts::kOne : Contexts::kSeveral;
  const std::string_view query =
      data[0] % 5 == 0   ? "output_format=pcm_24000&auto_mode=true&enable_ssml_parsing=true"
      : data[0] % 5 == 1 ? "output_format=pcm_24000&sync_alignment=true"
                         : "output_format=pcm_24000";
  const std::string_view lines(reinterpret_cast<const char*>(data) + 1, size - 1);
  ConversationClient client(
      [=](const Context& context, const Request& asked) {
        return std::make_unique<ElevenLabsConversation>(
            context, asked, key, contexts,
            parse_elevenlabs_settings("leo", query, *context.live.now().options));
      },
      key, is_message, contexts == Contexts::kOne ? 1 : 8);
  client.play(lines);
  client.take(R"({"close_socket": true, "xi_api_key": "key"})");
  client.end_works();
  require(client.is_idle());
  return 0;
}
