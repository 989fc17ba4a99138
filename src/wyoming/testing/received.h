#pragma once
// For tests: events as a client reads them, with their payload.

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <nlohmann/json.hpp>

namespace orpheus::wyoming {

struct Received {
  std::string type;
  nlohmann::json data = nlohmann::json::object();
  std::string payload = {};
};

// Takes the first whole event off the bytes; nothing if there is none.
inline std::optional<Received> take_received(std::string& bytes) {
  const size_t end = bytes.find('\n');
  if (end == bytes.npos) return std::nullopt;
  const auto line = nlohmann::json::parse(bytes.substr(0, end));
  const size_t num_data = line.value("data_length", size_t{0});
  const size_t num_payload = line.value("payload_length", size_t{0});
  if (bytes.size() < end + 1 + num_data + num_payload) return std::nullopt;
  Received received{.type = line.at("type")};
  if (num_data > 0) received.data = nlohmann::json::parse(bytes.substr(end + 1, num_data));
  received.payload = bytes.substr(end + 1 + num_data, num_payload);
  bytes.erase(0, end + 1 + num_data + num_payload);
  return received;
}

// As the reference implementation writes it: the data behind the line.
inline std::string event_bytes(std::string_view type,
                               const nlohmann::json& data = nlohmann::json::object()) {
  nlohmann::json line = {{"type", type}, {"version", "1.10.2"}};
  const std::string behind = data.empty() ? "" : data.dump();
  if (!behind.empty()) line["data_length"] = behind.size();
  return line.dump() + "\n" + behind;
}

// "audio-start audio-chunk audio-chunk audio-stop", with a repeated type once and its count.
inline std::string types_of(const std::vector<Received>& events) {
  std::string types;
  for (size_t i = 0; i < events.size();) {
    size_t count = 1;
    while (i + count < events.size() && events[i + count].type == events[i].type) ++count;
    types += (types.empty() ? "" : " ") + events[i].type;
    if (count > 1) types += "*" + std::to_string(count);
    i += count;
  }
  return types;
}

}  // namespace orpheus::wyoming
