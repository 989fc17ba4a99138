#include "base/log.h"

#include <memory>
#include <utility>

#include <spdlog/sinks/stdout_color_sinks.h>
#include <spdlog/spdlog.h>

#include "base/utf8.h"

namespace orpheus::log {
namespace {

constexpr const char* kJsonLogger = "json";  // the logger's name is its format

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

}  // namespace

void start(Options options) {
  const bool is_json = options.format == Format::kJson;
  auto logger = std::make_shared<spdlog::logger>(
      is_json ? kJsonLogger : "text", std::make_shared<spdlog::sinks::stderr_color_sink_mt>());
  logger->set_pattern(is_json ? R"({"time":"%Y-%m-%dT%H:%M:%S.%eZ","level":"%l",%v})"
                              : "%Y-%m-%dT%H:%M:%S.%eZ %^%l%$ %v",
                      spdlog::pattern_time_type::utc);
  logger->set_level(level_of(options.level));
  spdlog::set_default_logger(std::move(logger));
}

void set_level(Level level) { spdlog::set_level(level_of(level)); }

bool writes(Level level) { return spdlog::should_log(level_of(level)); }

Format format() {
  return spdlog::default_logger_raw()->name() == kJsonLogger ? Format::kJson : Format::kText;
}

void write(Level level, std::string_view message, const Fields& fields) {
  if (!writes(level)) return;
  const std::string rest = rest_of_line(format(), message, fields);
  spdlog::default_logger_raw()->log(level_of(level), spdlog::string_view_t(rest));
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
