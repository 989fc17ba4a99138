#include "base/log.h"

#include <atomic>
#include <memory>
#include <mutex>
#include <utility>

#include <spdlog/pattern_formatter.h>
#include <spdlog/sinks/base_sink.h>
#include <spdlog/sinks/stdout_color_sinks.h>
#include <spdlog/spdlog.h>

#include "base/log_sink.h"
#include "base/utf8.h"

namespace orpheus::log {
namespace {

spdlog::level::level_enum level_of(Level level) {
  switch (level) {
    case Level::kDebug: return spdlog::level::debug;
    case Level::kInfo: return spdlog::level::info;
    case Level::kWarning: return spdlog::level::warn;
    case Level::kError: return spdlog::level::err;
  }
  return spdlog::level::info;
}

// In quotation marks. Nothing else that JSON escapes is left after printable().
std::string quoted(std::string_view text) {
  std::string result = "\"";
  for (const char c : printable(text)) {
    if (c == '"' || c == '\\') result += '\\';
    result += c;
  }
  return result + '"';
}

std::string json_of(const Value& value) {
  const auto* number = std::get_if<int64_t>(&value);
  return number != nullptr ? std::to_string(*number) : quoted(std::get<std::string>(value));
}

std::string text_of(const Value& value) {
  const auto* text = std::get_if<std::string>(&value);
  const bool is_plain =
      text == nullptr || (!text->empty() && text->find_first_of(" \"=\\") == std::string::npos);
  return text != nullptr && is_plain ? printable(*text) : json_of(value);
}

Level level_of(spdlog::level::level_enum level) {
  if (level <= spdlog::level::debug) return Level::kDebug;
  if (level == spdlog::level::info) return Level::kInfo;
  return level == spdlog::level::warn ? Level::kWarning : Level::kError;
}

// The logger's only sink. It exists until the process ends and passes the lines on to another sink,
// which can be exchanged while other threads log.
class Exchange final : public spdlog::sinks::base_sink<std::mutex> {
 public:
  void pass_on_to(std::shared_ptr<spdlog::sinks::sink> next, Sink call) {
    const std::lock_guard lock(mutex_);
    next_ = std::move(next);
    call_ = std::move(call);
  }

 private:
  void sink_it_(const spdlog::details::log_msg& message) override {
    if (next_) next_->log(message);
    if (call_) call_(level_of(message.level), {message.payload.data(), message.payload.size()});
  }
  void flush_() override {
    if (next_) next_->flush();
  }

  std::shared_ptr<spdlog::sinks::sink> next_;
  Sink call_;
};

// Our own logger, because the library may run in a program that uses spdlog's default logger. It
// is never destroyed, because threads may log while the process ends.
struct Log {
  std::shared_ptr<Exchange> exchange = std::make_shared<Exchange>();
  spdlog::logger logger{"orpheus", exchange};
  std::atomic<Format> format = Format::kText;
  Log() { logger.set_level(spdlog::level::off); }
};
Log& the_log() {
  static auto* const log = new Log();
  return *log;
}

}  // namespace

void start(Options options) {
  const bool is_json = options.format == Format::kJson;
  auto on_stderr = std::make_shared<spdlog::sinks::stderr_color_sink_mt>();
  on_stderr->set_formatter(std::make_unique<spdlog::pattern_formatter>(
      is_json ? R"({"time":"%Y-%m-%dT%H:%M:%S.%eZ","level":"%l",%v})"
              : "%Y-%m-%dT%H:%M:%S.%eZ %^%l%$ %v",
      spdlog::pattern_time_type::utc));
  the_log().exchange->pass_on_to(std::move(on_stderr), {});
  the_log().format = options.format;
  set_level(options.level);
}

void send_to(Level level, Sink sink) {
  const bool is_wanted = static_cast<bool>(sink);
  the_log().exchange->pass_on_to(nullptr, std::move(sink));
  the_log().format = Format::kText;
  the_log().logger.set_level(is_wanted ? level_of(level) : spdlog::level::off);
}

void set_level(Level level) { the_log().logger.set_level(level_of(level)); }

bool writes(Level level) { return the_log().logger.should_log(level_of(level)); }

Format format() { return the_log().format; }

void write(Level level, std::string_view message, const Fields& fields) {
  if (!writes(level)) return;
  const std::string rest = rest_of_line(format(), message, fields);
  the_log().logger.log(level_of(level), spdlog::string_view_t(rest));
}

std::string rest_of_line(Format format, std::string_view message, const Fields& fields) {
  if (format == Format::kText) {
    std::string line = printable(message);
    for (const auto& [name, value] : fields) line += fmt::format(" {}={}", name, text_of(value));
    return line;
  }
  std::string line = "\"message\":" + quoted(message);
  for (const auto& [name, value] : fields) line += fmt::format(",\"{}\":{}", name, json_of(value));
  return line;
}

}  // namespace orpheus::log
