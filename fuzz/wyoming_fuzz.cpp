// Input: the bytes of a Wyoming client, in parts of any size, with pauses and steps and ends of its
// speeches between them. Other parts of the same bytes give the same events. Every answer is whole
// events, a speech is only begun if none is in progress, and a closed session says nothing more.

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "http/testing/fake_synthesiser.h"
#include "quick_synthesiser.h"
#include "require.h"
#include "work_runner.h"
#include "wyoming/event.h"
#include "wyoming/session.h"

namespace {

using namespace orpheus;
using wyoming::Event;
using wyoming::EventReader;
using wyoming::Session;

constexpr wyoming::EventLimits kLimits{.line_bytes = 512, .data_bytes = 1024, .skipped_bytes = 256};

// Next part's size, and what happens between events.
class Chance {
 public:
  explicit Chance(unsigned seed) : state_(seed * 2654435761U + 1) {}
  unsigned below(unsigned bound) {
    state_ = state_ * 1664525U + 1013904223U;
    return (state_ >> 8U) % bound;
  }

 private:
  uint32_t state_;
};

struct Read {
  std::vector<Event> events;
  int refused = 0;
  bool operator==(const Read&) const = default;
};

Read read_all(std::string_view bytes, Chance chance) {
  EventReader reader(kLimits);
  Read read;
  while (!bytes.empty()) {
    const std::string_view part = bytes.substr(0, 1 + chance.below(200));
    bytes.remove_prefix(part.size());
    reader.push(part);
    while (true) {
      const auto event = reader.next();
      if (!event) {
        require(read.refused == 0);
        read.refused = event.error().status;
      }
      if (!event || !*event) break;
      require(read.refused == 0);
      read.events.push_back(**event);
    }
  }
  return read;
}

class Client {
 public:
  void take(const Event& event) {
    session_.take(event, now_);
    take_answers();
  }
  void take_fault(int status) {
    session_.take_fault({.status = status, .message = "no event", .code = "invalid_event"}, now_);
    take_answers();
    require(is_closed_);
  }
  void meddle(Chance& chance) {
    switch (chance.below(8)) {
      case 0: end_work(chance.below(3)); break;
      case 1:
        now_ += std::chrono::milliseconds(chance.below(4000));
        session_.tick(now_);
        break;
      case 2:
        if (chance.below(32) == 0) drain();
        break;
      case 3: run_work(); break;
      case 4:
        if (works_ && chance.below(8) == 0) works_->cancel();
        break;
      default: break;
    }
    take_answers();
  }
  void leave() {
    session_.leave();
    take_answers();
    require(is_closed_ && !session_.is_working());
  }

 private:
  void drain() {
    context_.live().drain();
    session_.drain(now_);
  }

  // False: it waits for more text.
  bool run_work() {
    if (!works_) return true;
    works_->run();
    if (const auto bytes = works_->take_bytes(); !bytes.empty()) session_.take_output(bytes);
    if (!works_->has_ended()) return false;
    const http::WorkRunner work = *std::exchange(works_, std::nullopt);
    if (work.whole()) {
      session_.take_refusal(*work.whole());
    } else {
      session_.end_work(work.has_finished() ? Session::WorkEnd::kWhole : Session::WorkEnd::kBroken,
                        now_);
    }
    return true;
  }

  void end_work(unsigned how) {
    if (!works_ || (how == 1 && run_work())) return;
    works_.reset();
    if (how == 0) {
      session_.take_refusal(http::stopping_response());
    } else {
      session_.end_work(how == 1 ? Session::WorkEnd::kWhole : Session::WorkEnd::kBroken, now_);
    }
  }

  void take_answers() {
    while (auto action = session_.next()) {
      require(!is_closed_);
      if (const auto* sent = std::get_if<wyoming::SendBytes>(&*action)) {
        EventReader reader;
        reader.push({reinterpret_cast<const char*>(sent->bytes.data()), sent->bytes.size()});
        int num_events = 0;
        while (true) {
          const auto event = reader.next();
          require(event.has_value());
          if (!*event) break;
          ++num_events;
        }
        require(num_events > 0 && (sent->is_output || num_events == 1));
        require(!reader.is_within_event());
      } else if (auto* begun = std::get_if<wyoming::BeginWork>(&*action)) {
        require(!works_);
        works_.emplace(std::move(begun->work));
      } else if (std::holds_alternative<wyoming::Close>(*action)) {
        is_closed_ = true;
        works_.reset();
      }
    }
  }

  QuickSynthesiser synthesiser_;
  http::FakeContext context_{synthesiser_, http::Options{.max_input_code_points = 256}};
  Session::Time now_{std::chrono::seconds(1)};
  Session session_{context_.get(), "::1"};
  std::optional<http::WorkRunner> works_;  // in progress
  bool is_closed_ = false;
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size == 0) return 0;
  const std::string_view bytes(reinterpret_cast<const char*>(data) + 1, size - 1);
  Chance chance(data[0]);
  const Read read = read_all(bytes, Chance(data[0]));
  require(read == read_all(bytes, Chance(data[0] + 256U)));
  Client client;
  for (const Event& event : read.events) {
    client.take(event);
    client.meddle(chance);
  }
  if (read.refused != 0) client.take_fault(read.refused);
  client.leave();
  return 0;
}
