#include "prompt/merges.h"

#include <algorithm>
#include <functional>
#include <numeric>
#include <queue>
#include <utility>

namespace orpheus::prompt {
namespace {

constexpr int32_t kNone = -1;

// A token of the word, in a linked list. A merge keeps the left node and removes the right one.
struct Node {
  Token token = 0;
  int32_t previous = kNone;
  int32_t next = kNone;
  bool merged_away = false;
};

struct Candidate {
  int32_t rank = 0;
  int32_t left = 0;  // node
  // Order of merging: the lowest rank first; among equal ranks the leftmost.
  bool operator>(const Candidate& other) const {
    return rank != other.rank ? rank > other.rank : left > other.left;
  }
};

}  // namespace

Merges::Merges(const std::vector<Merge>& by_rank) {
  std::vector<int32_t> order(by_rank.size());
  std::iota(order.begin(), order.end(), 0);
  const auto pair_of = [&](int32_t rank) {
    const Merge& merge = by_rank[static_cast<size_t>(rank)];
    return std::pair(merge.left, merge.right);
  };
  std::stable_sort(order.begin(), order.end(),
                   [&](int32_t a, int32_t b) { return pair_of(a) < pair_of(b); });
  order.erase(std::unique(order.begin(), order.end(),
                          [&](int32_t a, int32_t b) { return pair_of(a) == pair_of(b); }),
              order.end());

  entries_.reserve(order.size());
  for (const int32_t rank : order) {
    const Merge& merge = by_rank[static_cast<size_t>(rank)];
    first_.resize(std::max(first_.size(), static_cast<size_t>(merge.left) + 1),
                  static_cast<uint32_t>(entries_.size()));
    entries_.push_back({.right = merge.right, .rank = rank, .result = merge.result});
  }
  first_.push_back(static_cast<uint32_t>(entries_.size()));
}

const Merges::Entry* Merges::find(Token left, Token right) const {
  const auto index = static_cast<size_t>(left);
  if (index + 1 >= first_.size()) return nullptr;
  const auto end = entries_.begin() + first_[index + 1];
  const auto entry =
      std::lower_bound(entries_.begin() + first_[index], end, right,
                       [](const Entry& e, Token wanted) { return e.right < wanted; });
  return entry != end && entry->right == right ? &*entry : nullptr;
}

void Merges::apply(std::vector<Token>& tokens) const {
  const auto count = static_cast<int32_t>(tokens.size());
  std::vector<Node> nodes(tokens.size());
  const auto node = [&](int32_t i) -> Node& { return nodes[static_cast<size_t>(i)]; };
  const auto merge_at = [&](int32_t left) -> const Entry* {
    if (left == kNone || node(left).merged_away || node(left).next == kNone) return nullptr;
    return find(node(left).token, node(node(left).next).token);
  };

  std::vector<Candidate> candidates;
  for (int32_t i = 0; i < count; ++i) {
    node(i) = {.token = tokens[static_cast<size_t>(i)],
               .previous = i - 1,
               .next = i + 1 < count ? i + 1 : kNone};
  }
  for (int32_t i = 0; i < count; ++i) {
    if (const Entry* entry = merge_at(i)) candidates.push_back({entry->rank, i});
  }
  std::priority_queue<Candidate, std::vector<Candidate>, std::greater<>> queue(
      std::greater<>(), std::move(candidates));

  while (!queue.empty()) {
    const auto [rank, left] = queue.top();
    queue.pop();
    // The neighbours may have merged since. A rank belongs to one pair, so an equal rank means the
    // same merge.
    const Entry* entry = merge_at(left);
    if (entry == nullptr || entry->rank != rank) continue;
    const int32_t right = node(left).next;
    node(left).token = entry->result;
    node(left).next = node(right).next;
    if (node(left).next != kNone) node(node(left).next).previous = left;
    node(right).merged_away = true;
    for (const int32_t changed : {node(left).previous, left}) {
      if (const Entry* fresh = merge_at(changed)) queue.push({fresh->rank, changed});
    }
  }

  tokens.clear();
  for (int32_t i = count > 0 ? 0 : kNone; i != kNone; i = node(i).next)
    tokens.push_back(node(i).token);
}

}  // namespace orpheus::prompt
