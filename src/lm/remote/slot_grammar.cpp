#include "lm/remote/slot_grammar.h"

namespace orpheus::remote {
namespace {

std::string custom(const std::string& number) {
  return "\"<custom_token_\" ( " + number + " ) \">\"";
}

std::string digits(char first, char last) { return {'[', first, '-', last, ']'}; }

// low and high have the same number of digits. prefix precedes them.
std::string same_length(const std::string& prefix, const std::string& low,
                        const std::string& high) {
  const std::string before = prefix.empty() ? "" : "\"" + prefix + "\" ";
  const auto any = [](size_t count) {
    std::string all;
    while (count-- > 0) all += " [0-9]";
    return all;
  };
  if (low.empty()) return "\"" + prefix + "\"";
  const std::string low_rest = low.substr(1);
  const std::string high_rest = high.substr(1);
  if (low[0] == high[0]) return same_length(prefix + low[0], low_rest, high_rest);
  std::string all;
  const auto add = [&](const std::string& alternative) {
    all += (all.empty() ? "" : " | ") + alternative;
  };
  char first = low[0];
  char last = high[0];
  const std::string least(low_rest.size(), '0');
  const std::string most(low_rest.size(), '9');
  if (low_rest != least) add(same_length(prefix + first++, low_rest, most));
  const bool all_of_last = high_rest == most;
  if (!all_of_last) --last;
  if (first <= last) add(before + digits(first, last) + any(low_rest.size()));
  if (!all_of_last) add(same_length(prefix + high[0], least, high_rest));
  return all;
}

}  // namespace

std::string number_range(int low, int high) {
  const std::string first = std::to_string(low);
  const std::string last = std::to_string(high);
  if (first.size() == last.size()) return same_length("", first, last);
  int next = 1;
  for (size_t i = 0; i < first.size(); ++i) next *= 10;
  return number_range(low, next - 1) + " | " + number_range(next, high);
}

std::string slot_grammar(const prompt::TokenLayout& layout, bool may_end) {
  // <custom_token_10> is the first audio token, in every layout.
  const prompt::Token base = layout.audio_token_base - 10;
  std::string grammar = may_end ? "root ::= frame* " : "root ::= frame*\n";
  if (may_end) grammar += custom("\"" + std::to_string(layout.end_of_speech - base) + "\"") + "\n";
  grammar += "frame ::=";
  for (int slot = 0; slot < prompt::kSlotsPerFrame; ++slot) grammar += " s" + std::to_string(slot);
  grammar += "\n";
  for (int slot = 0; slot < prompt::kSlotsPerFrame; ++slot) {
    const int low = layout.audio_token(slot, 0) - base;
    grammar += "s" + std::to_string(slot) +
               " ::= " + custom(number_range(low, low + layout.codebook_size - 1)) + "\n";
  }
  return grammar;
}

}  // namespace orpheus::remote
