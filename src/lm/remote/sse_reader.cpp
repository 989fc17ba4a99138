#include "lm/remote/sse_reader.h"

#include <algorithm>

namespace orpheus::remote {
namespace {

constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";

}  // namespace

SseReader::Outcome SseReader::push(std::string_view bytes, const Sink& sink) {
  while (!bytes.empty()) {
    if (after_cr_ && bytes.front() == '\n') bytes.remove_prefix(1);
    after_cr_ = false;
    const size_t end = std::min(bytes.find_first_of("\r\n"), bytes.size());
    line_ += bytes.substr(0, end);
    if (line_.size() + data_.size() > kMaxEventBytes) return Outcome::kTooLong;
    bytes.remove_prefix(end);
    if (bytes.empty()) break;
    after_cr_ = bytes.front() == '\r';
    bytes.remove_prefix(1);
    if (const Outcome outcome = end_line(sink); outcome != Outcome::kGoOn) return outcome;
  }
  return Outcome::kGoOn;
}

SseReader::Outcome SseReader::finish(const Sink& sink) {
  if (!line_.empty()) {
    if (const Outcome outcome = end_line(sink); outcome != Outcome::kGoOn) return outcome;
  }
  return end_event(sink);
}

SseReader::Outcome SseReader::end_line(const Sink& sink) {
  std::string_view line = line_;
  if (at_start_ && line.starts_with(kByteOrderMark)) line.remove_prefix(kByteOrderMark.size());
  at_start_ = false;
  if (line.empty()) return end_event(sink);
  const size_t colon = std::min(line.find(':'), line.size());
  const std::string_view field = line.substr(0, colon);
  std::string_view value = line.substr(std::min(colon + 1, line.size()));
  if (value.starts_with(' ')) value.remove_prefix(1);
  if (field == "data" || field == "error") {  // "error" is how llama-server wrote it once
    if (has_data_) data_ += '\n';
    data_ += value;
    has_data_ = true;
  }
  line_.clear();
  return Outcome::kGoOn;
}

SseReader::Outcome SseReader::end_event(const Sink& sink) {
  line_.clear();
  if (!has_data_) return Outcome::kGoOn;
  const bool more = sink(data_);
  data_.clear();
  has_data_ = false;
  return more ? Outcome::kGoOn : Outcome::kStopped;
}

}  // namespace orpheus::remote
