#include "cli/live_input.h"

#include <algorithm>
#include <array>
#include <string_view>
#include <utility>

#include "base/threads.h"
#include "cli/read_text.h"
#include "cli/standard_input.h"

namespace orpheus::cli {
namespace {

using std::chrono::milliseconds;

constexpr size_t kMaxBytes = 64U << 20U;
constexpr size_t kReadBytes = 64U << 10U;
constexpr int kLookAgainMs = 50;  // whether the speech was left
constexpr const char* kName = "standard input";

bool is_in_utf16(std::string_view bytes) {
  return bytes.starts_with("\xFF\xFE") || bytes.starts_with("\xFE\xFF");
}

// The bytes without the first ones of a character whose others have not arrived.
std::string_view whole_characters(std::string_view bytes) {
  for (size_t count = 1; count <= std::min<size_t>(3, bytes.size()); ++count) {
    const auto byte = static_cast<unsigned char>(bytes[bytes.size() - count]);
    if (byte >= 0xC0U) return bytes.substr(0, bytes.size() - count);
    if (byte < 0x80U) break;
  }
  return bytes;
}

Error too_long() {
  return {.kind = ErrorKind::kLimit,
          .what = std::string(kName) + ": too long",
          .expected = "at most 64 MiB"};
}

}  // namespace

Result<std::unique_ptr<LiveInput>> LiveInput::start() {
  std::unique_ptr<LiveInput> input(new LiveInput);
  ORPHEUS_TRY(input->thread_, start_thread([raw = input.get()] { raw->read(); }));
  return input;
}

LiveInput::~LiveInput() {
  {
    const std::lock_guard lock(mutex_);
    is_left_ = true;
  }
  if (thread_.joinable()) thread_.join();
}

void LiveInput::read() {
  std::array<char, kReadBytes> buffer{};
  while (true) {
    const bool has_input = wait_for_standard_input(milliseconds_to_wait());
    const std::lock_guard lock(mutex_);
    if (is_left_ || has_ended_) return;
    if (has_input) {
      const auto [outcome, count] = read_standard_input(buffer);
      switch (outcome) {
        case ReadBytes::Outcome::kLater: continue;
        case ReadBytes::Outcome::kBytes: take({buffer.data(), count}, Clock::now()); break;
        case ReadBytes::Outcome::kEnd: end({}); break;
        case ReadBytes::Outcome::kFailed:
          end(fail({.kind = ErrorKind::kIo, .what = std::string(kName) + ": cannot be read"}));
          break;
      }
    }
    if (arriving_) {
      arriving_->tick(Clock::now());
      hand_over();
    }
    changed_.notify_all();
  }
}

int LiveInput::milliseconds_to_wait() const {
  const std::lock_guard lock(mutex_);
  const auto due = arriving_ ? arriving_->due() : std::nullopt;
  if (!due) return kLookAgainMs;
  const auto left = std::chrono::ceil<milliseconds>(*due - Clock::now()).count();
  return static_cast<int>(std::clamp<int64_t>(left, 0, kLookAgainMs));
}

// Call with the mutex held.
void LiveInput::take(std::string_view bytes, Clock::time_point now) {
  num_bytes_ += bytes.size();
  if (num_bytes_ > kMaxBytes) return end(fail(too_long()));
  if (!arriving_) {
    bytes_ += bytes;
    return;
  }
  const bool has_nul = bytes.find('\0') != std::string_view::npos;
  if (!has_nul && arriving_->append(bytes, now)) return;
  end(fail({.kind = ErrorKind::kBadFile,
            .what = std::string(kName) + " is not a text file",
            .expected = "text in UTF-8",
            .found = has_nul
                         ? "binary data"
                         : "invalid UTF-8 after byte " + std::to_string(arriving_->num_bytes())}));
}

// Call with the mutex held.
void LiveInput::hand_over() {
  while (auto stretch = arriving_->next()) live_->push(std::move(*stretch));
  if (has_ended_) live_->end();
}

// Call with the mutex held.
void LiveInput::end(const Result<void>& outcome) {
  has_ended_ = true;
  outcome_ = outcome;
  if (!arriving_ || !outcome) return;
  if (const auto ended = arriving_->end(); !ended) outcome_ = fail(ended.error());
}

Result<std::optional<std::string>> LiveInput::whole_until(Clock::time_point time) {
  std::unique_lock lock(mutex_);
  const auto ended = [&] { return has_ended_; };
  changed_.wait_until(lock, time, ended);
  if (!has_ended_ && is_in_utf16(bytes_)) changed_.wait(lock, ended);
  ORPHEUS_CHECK(outcome_);
  if (has_ended_) {
    ORPHEUS_TRY(std::string text, text_of_bytes(std::move(bytes_), kName));
    return std::optional(std::move(text));
  }
  ORPHEUS_CHECK(text_of_bytes(std::string(whole_characters(bytes_)), kName));
  return std::optional<std::string>();
}

std::shared_ptr<speech::LiveText> LiveInput::speak(const text::markup::ArrivalOptions& options) {
  constexpr std::string_view kUtf8Mark = "\xEF\xBB\xBF";
  const std::lock_guard lock(mutex_);
  live_ = std::make_shared<speech::LiveText>();
  arriving_.emplace(options);
  num_bytes_ = 0;
  const std::string bytes = std::exchange(bytes_, {});
  const size_t mark = bytes.starts_with(kUtf8Mark) ? kUtf8Mark.size() : 0;
  take(std::string_view(bytes).substr(mark), Clock::now());
  if (has_ended_) end(outcome_);  // meanwhile
  hand_over();
  return live_;
}

Result<void> LiveInput::outcome() const {
  const std::lock_guard lock(mutex_);
  return outcome_;
}

}  // namespace orpheus::cli
