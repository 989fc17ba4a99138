#include "prompt/token_texts.h"

#include <functional>
#include <utility>

namespace orpheus::prompt {
namespace {

constexpr Token kFree = -1;
constexpr size_t kFirstSlots = 1024;

}  // namespace

Token TokenTexts::add(std::string_view text) {
  bytes_ += text;
  ends_.push_back(bytes_.size());
  return static_cast<Token>(ends_.size() - 1);
}

void TokenTexts::make_findable(Token id) {
  if (2 * (num_findable_ + 1) > slots_.size()) grow();
  Token& slot = slots_[slot_of((*this)[id])];
  if (slot == kFree) ++num_findable_;
  slot = id;
}

std::string_view TokenTexts::operator[](Token id) const {
  const auto index = static_cast<size_t>(id);
  const size_t begin = index == 0 ? 0 : ends_[index - 1];
  return std::string_view(bytes_).substr(begin, ends_[index] - begin);
}

std::optional<Token> TokenTexts::find(std::string_view text) const {
  if (slots_.empty()) return std::nullopt;
  const Token id = slots_[slot_of(text)];
  return id == kFree ? std::nullopt : std::optional(id);
}

// The index slot that holds this text, or the free slot for it.
size_t TokenTexts::slot_of(std::string_view text) const {
  const size_t mask = slots_.size() - 1;
  size_t slot = std::hash<std::string_view>{}(text)&mask;
  while (slots_[slot] != kFree && (*this)[slots_[slot]] != text) slot = (slot + 1) & mask;
  return slot;
}

void TokenTexts::grow() {
  const std::vector<Token> old = std::exchange(
      slots_, std::vector<Token>(slots_.empty() ? kFirstSlots : 2 * slots_.size(), kFree));
  for (const Token id : old) {
    if (id != kFree) slots_[slot_of((*this)[id])] = id;
  }
}

}  // namespace orpheus::prompt
