#include "wyoming/errors.h"

#include <string>

#include <nlohmann/json.hpp>

#include "wyoming/event.h"

namespace orpheus::wyoming {

void append_error(const http::Response& refusal, std::vector<std::byte>& bytes) {
  using Json = nlohmann::ordered_json;
  const Json body = Json::parse(refusal.body, nullptr, false);
  Json data = {{"text", "the server failed to answer"}, {"code", "server_error"}};
  if (body.is_object() && body.contains("error")) {
    const Json& error = body["error"];
    data["text"] = error["message"];
    data["code"] = error["code"].is_null() ? error["type"] : error["code"];
  }
  for (const http::Header& header : refusal.headers) {
    if (header.name == "Retry-After")
      data["retry_after_seconds"] = Json::parse(header.value, nullptr, false);
  }
  append_event("error", data.dump(-1, ' ', false, Json::error_handler_t::replace), {}, bytes);
}

}  // namespace orpheus::wyoming
