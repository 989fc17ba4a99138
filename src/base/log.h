#pragma once
// The program's log: lines on stderr, so that stdout carries sound or JSON alone. Every line has
// one shape, with the time in UTC:
//   text  2026-03-01T12:00:00.000Z info request method=GET status=200
//   json
//   {"time":"2026-03-01T12:00:00.000Z","level":"info","message":"request","method":"GET","status":200}
// Any thread may call these functions, except start().

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include <spdlog/fmt/fmt.h>

namespace orpheus::log {

enum class Level { kDebug, kInfo, kWarning, kError };
enum class Format { kText, kJson };

struct Options {
  Level level = Level::kInfo;  // and above
  Format format = Format::kText;
};

// Call before there are other threads, and again when the options are known.
void start(Options options);
void set_level(Level level);
bool writes(Level level);
Format format();

// The named values after a line's message, in the order of output.
using Value = std::variant<std::string, int64_t>;
using Fields = std::vector<std::pair<std::string_view, Value>>;

// Writes exactly one line: control characters and bytes that are not UTF-8 are written as U+FFFD.
// The fields follow the message.
void write(Level level, std::string_view message, const Fields& fields = {});

template <typename... Args>
void debug(fmt::format_string<Args...> message, Args&&... args) {
  if (writes(Level::kDebug))
    write(Level::kDebug, fmt::format(message, std::forward<Args>(args)...));
}
template <typename... Args>
void info(fmt::format_string<Args...> message, Args&&... args) {
  if (writes(Level::kInfo)) write(Level::kInfo, fmt::format(message, std::forward<Args>(args)...));
}
template <typename... Args>
void warn(fmt::format_string<Args...> message, Args&&... args) {
  write(Level::kWarning, fmt::format(message, std::forward<Args>(args)...));
}
template <typename... Args>
void error(fmt::format_string<Args...> message, Args&&... args) {
  write(Level::kError, fmt::format(message, std::forward<Args>(args)...));
}

// The rest of a line behind its time and level, for tests.
std::string rest_of_line(Format format, std::string_view message, const Fields& fields);

}  // namespace orpheus::log
