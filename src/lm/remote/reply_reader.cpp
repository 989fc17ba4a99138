#include "lm/remote/reply_reader.h"

#include <algorithm>
#include <cstdint>
#include <string>
#include <utility>

#include "base/utf8.h"

namespace orpheus::remote {
namespace {

constexpr size_t kMaxMessageBytes = size_t{1} << 20U;
constexpr size_t kMaxStrays = 2000;  // characters without an audio token among them
constexpr int kMaxDropped = 200;     // dropped tokens, likewise
constexpr size_t kMaxShown = 60;

std::string status_words(int status) { return "status " + std::to_string(status); }

// What a refusal says: without line breaks, and of a proxy's page only the title.
std::string in_one_line(std::string_view words) {
  constexpr std::string_view kTitle = "<title>";
  constexpr std::string_view kBlanks = " \t\r\n";
  std::string_view kept = words;
  const size_t first = words.find_first_not_of(kBlanks);
  const bool is_page = first != words.npos && words[first] == '<';
  if (is_page) {
    const size_t title = words.find(kTitle);
    kept = title == words.npos ? std::string_view() : words.substr(title + kTitle.size());
    kept = kept.substr(0, kept.find('<'));
  }
  std::string line;
  for (size_t at = 0; (at = kept.find_first_not_of(kBlanks, at)) != kept.npos;) {
    const size_t end = std::min(kept.find_first_of(kBlanks, at), kept.size());
    line += (line.empty() ? "" : " ") + std::string(kept.substr(at, end - at));
    at = end;
  }
  if (!is_page) return line;
  return line.empty() ? "a web page" : "a web page, '" + line + "'";
}

}  // namespace

ReplyReader::ReplyReader(const prompt::TokenLayout& layout, Limits limits, Sink sink)
    : layout_(layout), limits_(limits), sink_(std::move(sink)) {}

bool ReplyReader::take_head(const net::ResponseHead& head) {
  status_ = head.status;
  const bool streams = head.header("content-type").starts_with("text/event-stream");
  shape_ = status_ == 200 && streams ? Shape::kEvents : Shape::kOneMessage;
  return true;
}

bool ReplyReader::take(std::string_view bytes) {
  if (shape_ == Shape::kOneMessage) {
    if (bytes.size() <= kMaxMessageBytes - message_.size()) {
      message_ += bytes;
      return true;
    }
    return stop_with({.kind = ErrorKind::kBadReply,
                      .what = "the server's response is too long and not a stream of tokens"});
  }
  switch (events_.push(bytes, [&](std::string_view data) { return take_event(data); })) {
    case SseReader::Outcome::kTooLong:
      return stop_with({.kind = ErrorKind::kBadReply,
                        .what = "an event in the server's response is too long",
                        .expected = "at most 1 MiB"});
    case SseReader::Outcome::kStopped: return false;
    case SseReader::Outcome::kGoOn: break;
  }
  return true;
}

std::optional<Error> ReplyReader::overdue() const {
  const auto silent = std::chrono::steady_clock::now() - last_token_;
  if (limits_.silence.count() == 0 || silent <= limits_.silence) return std::nullopt;
  return Error{.kind = ErrorKind::kTimedOut,
               .what = "the server sent no token in time",
               .expected = "one within " + std::to_string(limits_.silence.count() / 1000) + " s",
               .found = !has_head()        ? "no response yet"
                        : num_tokens_ == 0 ? "a response without tokens"
                                           : std::to_string(num_tokens_) + " tokens so far"};
}

bool ReplyReader::stop_with(Error error) {
  if (!error_) error_ = std::move(error);
  return false;
}

// False: no more is wanted.
bool ReplyReader::take_event(std::string_view data) {
  auto event = read_event(data);
  if (!event) return stop_with(std::move(event).error());
  if (event->refusal) {
    return stop_with({.kind = ErrorKind::kBadReply,
                      .what = "the server reports an error: " + printable(*event->refusal)});
  }
  if (event->num_prompt_tokens) num_prompt_tokens_ = event->num_prompt_tokens;
  // Ends an endless stream of messages without tokens.
  if (++num_events_ > 4 * int64_t{limits_.max_tokens} + 1000) {
    return stop_with({.kind = ErrorKind::kBadReply,
                      .what = "the server sent more events than expected",
                      .expected = std::to_string(limits_.max_tokens) + " tokens at most"});
  }
  if (event->ids && !event->ids->empty()) {
    for (const prompt::Token id : *event->ids) {
      if (!take_token(id)) return false;
    }
  } else if (!take_text(event->text)) {
    return false;
  }
  if (event->finished) complete_ = true;
  return !event->finished;
}

bool ReplyReader::take_text(const std::string& text) {
  if (num_tokens_ == 0 && first_text_.size() < kMaxShown)
    first_text_ += whole_characters(text, kMaxShown - first_text_.size());
  // <custom_token_10> is the first audio token, in every layout.
  const prompt::Token first = layout_.audio_token_base - 10;
  if (!scanner_.push(text, [&](prompt::Token number) { return take_token(first + number); }))
    return false;
  if (num_tokens_ > 0 || scanner_.num_strays() <= kMaxStrays) return true;
  return stop_with(no_audio());
}

bool ReplyReader::take_token(prompt::Token token) {
  if (token == layout_.end_of_speech) {
    end_of_speech_ = true;
    complete_ = !limits_.ignore_stop;
    return limits_.ignore_stop;
  }
  if (!layout_.is_audio(token)) {
    ++num_dropped_;
    return num_tokens_ > 0 || num_dropped_ <= kMaxDropped || stop_with(no_audio());
  }
  last_token_ = std::chrono::steady_clock::now();
  // Mirrors the assembler that will make frames of these tokens.
  if (!layout_.fits_slot(token, slot_)) {
    num_dropped_ += slot_;
    slot_ = 0;
    if (!layout_.fits_slot(token, 0)) ++num_dropped_;
  }
  if (layout_.fits_slot(token, slot_)) slot_ = (slot_ + 1) % prompt::kSlotsPerFrame;
  ++num_tokens_;
  sink_(token);
  complete_ = num_tokens_ >= limits_.max_tokens;
  return !complete_;
}

Error ReplyReader::no_audio() const {
  std::string found = "none";
  if (!first_text_.empty()) found = "'" + printable(first_text_) + "'";
  return {.kind = ErrorKind::kBadReply,
          .what = "the server sent no audio tokens",
          .expected = "tokens such as <custom_token_10>",
          .found = std::move(found),
          .remedy =
              "Check that the server has loaded an Orpheus model and shows special tokens "
              "(llama-server --special)."};
}

Result<void> ReplyReader::finish() {
  if (!error_ && !complete_) {
    if (shape_ == Shape::kOneMessage) {
      ORPHEUS_CHECK(read_refusal());
      static_cast<void>(take_event(message_));
    } else {
      events_.finish([&](std::string_view data) { return take_event(data); });
    }
  }
  if (error_) return fail(*error_);
  if (!complete_) {
    return fail({.kind = ErrorKind::kUnavailable,
                 .what = "the server's response ended before the end of the speech",
                 .found = std::to_string(num_tokens_) + " tokens"});
  }
  // A speech may end before its first sound. But a model that writes other text, or tokens that the
  // server does not show, is not an Orpheus model.
  const bool said_else = num_dropped_ > 0 || scanner_.num_strays() > 0;
  if (num_tokens_ == 0 && (said_else || (!end_of_speech_ && num_events_ > 2)))
    return fail(no_audio());
  return {};
}

// The error for a status other than 200.
Result<void> ReplyReader::read_refusal() {
  if (status_ == 200) return {};
  std::string words = message_;
  if (auto event = read_event(message_); event && event->refusal) words = *event->refusal;
  words = printable_excerpt(in_one_line(words), 300);
  Error error{
      .kind = ErrorKind::kBadReply,
      .what = "the server refused the request: " + (words.empty() ? "no reason given" : words),
      .found = status_words(status_)};
  if (is_busy()) {
    error.kind = ErrorKind::kUnavailable;
    error.what = "the server is not ready: " + (words.empty() ? "no reason given" : words);
    error.remedy = "Try again in a moment.";
  } else if (status_ == 401 || status_ == 403) {
    error.remedy = "Set ORPHEUS_API_KEY to a key that this server accepts.";
  } else if (status_ == 404) {
    error.remedy = "Check the address and the model's name (ORPHEUS_MODEL_NAME).";
  }
  return fail(std::move(error));
}

}  // namespace orpheus::remote
