#include "speech/live_text.h"

namespace orpheus::speech {

void LiveText::push(Stretch stretch) {
  {
    const std::lock_guard lock(mutex_);
    text_ += stretch.text;
    news_.stretches.push_back(std::move(stretch));
  }
  tell();
}

void LiveText::end() {
  {
    const std::lock_guard lock(mutex_);
    news_.has_ended = true;
    if (!ended_at_) ended_at_ = std::chrono::steady_clock::now();
  }
  tell();
}

std::optional<std::chrono::steady_clock::time_point> LiveText::ended_at() const {
  const std::lock_guard lock(mutex_);
  return ended_at_;
}

LiveText::News LiveText::take() {
  const std::lock_guard lock(mutex_);
  News news = std::move(news_);
  news_ = {.stretches = {}, .has_ended = news.has_ended};
  return news;
}

void LiveText::on_news(std::function<void()> tell) {
  const std::lock_guard lock(mutex_);
  tell_ = std::move(tell);
}

std::string LiveText::text() const {
  const std::lock_guard lock(mutex_);
  return text_;
}

void LiveText::tell() const {
  std::function<void()> tell;
  {
    const std::lock_guard lock(mutex_);
    tell = tell_;
  }
  if (tell) tell();
}

}  // namespace orpheus::speech
