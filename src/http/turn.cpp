#include "http/turn.h"

#include <algorithm>
#include <utility>

#include <spdlog/fmt/fmt.h>

#include "base/log.h"
#include "base/utf8.h"
#include "http/access.h"
#include "http/live_speech.h"
#include "http/speech_api.h"

namespace orpheus::http {

tl::expected<std::unique_ptr<Turn>, ApiError> Turn::begin(const Context& context,
                                                          const Request& asked,
                                                          const Settings& settings, Time now) {
  if (refuse_access(*context.live.now().options, Access::kKey, asked)) {
    return tl::unexpected(ApiError{
        .status = 401, .message = "the API key is no longer valid", .code = "invalid_api_key"});
  }
  Settings prepared_settings = settings;
  SpeechRequest& request = prepared_settings.request;
  request.speech.cancel = CancelToken();
  const auto prepared = prepare_speech(context, asked, request);
  if (!prepared) return tl::unexpected(prepared.error());
  const speech::Synthesiser& synthesiser = *prepared->synthesiser;
  const auto voice = synthesiser.voice_for(request.speech);
  const std::string language = !request.speech.language.empty() ? request.speech.language
                               : voice                          ? voice->language
                                                                : "";
  text::markup::ArrivalOptions arrival{
      .format = request.speech.format,
      .cuts = {.language = language,
               .drops_thoughts = request.speech.markup.drops_thoughts,
               .keeps_lines = !request.speech.markup.cast.empty()},
      .pause = settings.pause,
      .patience = std::max(settings.pause, settings.patience)};
  const double rate = synthesiser.characters_per_second(request.speech.voice) * request.speed;
  return std::unique_ptr<Turn>(new Turn(context, prepared_settings, arrival, rate, now));
}

Turn::Turn(const Context& context, const Settings& settings,
           const text::markup::ArrivalOptions& arrival, double characters_per_second, Time now)
    : context_(context),
      request_(settings.request),
      arriving_(arrival),
      heard_(std::make_shared<Heard>(characters_per_second)),
      last_input_(now) {
  request_.speech.live = text_;
}

Turn::~Turn() { request_.speech.cancel.cancel(); }

// --- the text -------------------------------------------------------------------------------

tl::expected<void, ApiError> Turn::append(std::string_view text, Time now) {
  const size_t length = num_code_points_ + count_code_points(text);
  const size_t most = context_.live.now().options->max_input_code_points;
  if (length > most) {
    return tl::unexpected(ApiError{
        .status = 400,
        .message = fmt::format("the text is too long (expected at most {} characters, found {})",
                               most, length),
        .param = "text",
        .code = "string_above_max_length"});
  }
  last_input_ = now;
  num_code_points_ = length;
  if (const auto appended = arriving_.append(text, now); !appended)
    return tl::unexpected(api_error(appended.error()));
  hand_over();
  return {};
}

void Turn::flush() {
  arriving_.flush();
  hand_over();
}

void Turn::end() {
  if (std::exchange(has_ended_, true)) return;
  // It does not end within a character: messages are in UTF-8.
  if (!arriving_.end()) arriving_.flush();
  hand_over();
}

void Turn::hand_over() {
  while (auto stretch = arriving_.next()) {
    has_stretch_ = true;
    num_cut_bytes_ = stretch->begin + stretch->text.size();
    text_->push(std::move(*stretch));
  }
  if (has_ended_) text_->end();
}

std::optional<Turn::Time> Turn::due() const { return has_ended_ ? std::nullopt : arriving_.due(); }

void Turn::tick(Time now) {
  if (has_ended_) return;
  arriving_.tick(now);
  hand_over();
}

// --- the speech -----------------------------------------------------------------------------

tl::expected<Work, ApiError> Turn::work(Request& asked, std::unique_ptr<LiveMessages> messages,
                                        Time now) {
  SpeechRequest request = request_;
  asked.received = now;
  auto prepared = prepare_speech(context_, asked, request);
  if (!prepared) return tl::unexpected(prepared.error());
  const std::string text = text_->text();
  if (prepared->options->log_text) {
    log::write(log::Level::kInfo, "text",
               {{"id", asked.id}, {"voice", request.speech.voice}, {"text", text}});
  }
  request.speech.text = text;
  Work work = work_of(request, *prepared->synthesiser);
  request.speech.text.clear();
  work.task =
      live_speech(context_, std::move(*prepared), std::move(request),
                  {.request_id = asked.id, .heard = heard_, .messages = std::move(messages)});
  return work;
}

std::vector<SendMessage> Turn::take_output(WorkId work, std::span<const std::byte> bytes,
                                           Time now) {
  std::vector<SendMessage> messages;
  output_.push(bytes);
  while (auto frame = output_.next()) {
    if (frame->sound.count() > 0) {
      sent_s_ += std::chrono::duration<double>(frame->sound).count();
      dry_at_ = std::max(dry_at_.value_or(now), now) + frame->sound;
    }
    messages.push_back(
        {.is_binary = frame->is_binary, .output_of = work, .payload = std::move(frame->payload)});
  }
  return messages;
}

double Turn::played_seconds(Time now) const {
  const double in_hand_s =
      dry_at_ ? std::max(0.0, std::chrono::duration<double>(*dry_at_ - now).count()) : 0.0;
  return std::max(0.0, sent_s_ - in_hand_s);
}

}  // namespace orpheus::http
