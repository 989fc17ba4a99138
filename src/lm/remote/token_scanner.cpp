#include "lm/remote/token_scanner.h"

namespace orpheus::remote {
namespace {

constexpr std::string_view kBeginning = "<custom_token_";
constexpr int kMaxDigits = 7;

bool is_blank(char c) { return c == ' ' || c == '\n' || c == '\r' || c == '\t'; }

}  // namespace

bool TokenScanner::push(std::string_view text, const Sink& sink) {
  for (const char c : text) {
    if (num_matched_ < kBeginning.size()) {
      if (c == kBeginning[num_matched_]) {
        ++num_matched_;
      } else {
        give_up(c);
      }
    } else if (c >= '0' && c <= '9' && num_digits_ < kMaxDigits) {
      number_ = number_ * 10 + (c - '0');
      ++num_digits_;
    } else if (c == '>' && num_digits_ > 0) {
      const prompt::Token number = number_;
      num_matched_ = 0;
      num_digits_ = 0;
      number_ = 0;
      if (!sink(number)) return false;
    } else {
      give_up(c);
    }
  }
  return true;
}

// The characters so far are no token, but this one may begin a token: '<' occurs only at its front.
void TokenScanner::give_up(char next) {
  num_strays_ += num_matched_ + static_cast<size_t>(num_digits_);
  num_matched_ = next == kBeginning.front() ? 1 : 0;
  num_digits_ = 0;
  number_ = 0;
  if (num_matched_ == 0 && !is_blank(next)) ++num_strays_;
}

}  // namespace orpheus::remote
