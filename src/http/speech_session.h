#pragma once
// What the session.update messages of a WebSocket have set, for the turns that follow
// (docs/live.md). Belongs to the I/O thread.

#include <map>
#include <string>
#include <string_view>

#include <nlohmann/json.hpp>
#include <tl/expected.hpp>

#include "http/context.h"
#include "http/errors.h"
#include "http/turn.h"

namespace orpheus::http {

class SpeechSession {
 public:
  struct Settings {
    Turn::Settings turn = {};
    bool sends_binary = false;
  };

  // With the usual settings. The context must outlive the session.
  explicit SpeechSession(const Context& context);

  // message: JSON without a fault. Keys of its "session" that it does not have keep their values;
  // null sets the usual one. After an error nothing has changed. Errors (400, 404): a wrong value,
  // an unknown voice, settings of more than 64 KiB.
  tl::expected<void, ApiError> update(std::string_view message);
  const Settings& settings() const { return settings_; }
  // As the client is told.
  nlohmann::ordered_json json(std::string_view id) const;

 private:
  tl::expected<Settings, ApiError> read(std::string_view settings) const;

  const Context& context_;
  std::map<std::string, std::string> values_;  // JSON values by their keys' JSON strings
  Settings settings_;
};

}  // namespace orpheus::http
