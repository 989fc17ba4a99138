#pragma once
// For tests: what a handler answered, whichever way.

#include <span>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include <nlohmann/json.hpp>

#include "http/answer.h"
#include "http/testing/fake_synthesiser.h"

namespace orpheus::http {

struct Recorded final : ResponseWriter {
  void send(Response response) override {
    head = std::move(response);
    whole = true;
  }
  void begin(Response response) override { head = std::move(response); }
  bool write(std::span<const std::byte> bytes) override {
    body.insert(body.end(), bytes.begin(), bytes.end());
    return listening;
  }
  void finish() override { finished = true; }

  std::string header(const std::string& name) const {
    for (const Header& header : head.headers) {
      if (header.name == name) return header.value;
    }
    return "(none)";
  }
  nlohmann::json error() const { return nlohmann::json::parse(head.body)["error"]; }

  Response head;
  std::vector<std::byte> body;
  bool whole = false;
  bool finished = false;
  bool listening = true;
};

inline void answer_into(Answer answer, Recorded& recorded) {
  if (auto* response = std::get_if<Response>(&answer)) recorded.send(std::move(*response));
  if (auto* work = std::get_if<Work>(&answer)) run(std::move(*work), recorded);
}

}  // namespace orpheus::http
