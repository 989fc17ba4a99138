#include "base/nearest_name.h"

#include <algorithm>
#include <cstddef>

namespace orpheus {
namespace {

constexpr size_t kMaxLength =
    64;  // no name of the program is longer; the work grows with the square

// Optimal string alignment: three rows of the table of distances between prefixes.
size_t distance(std::string_view a, std::string_view b) {
  std::vector<size_t> before_last(b.size() + 1);
  std::vector<size_t> last(b.size() + 1);
  std::vector<size_t> row(b.size() + 1);
  for (size_t j = 0; j <= b.size(); ++j) row[j] = j;
  for (size_t i = 1; i <= a.size(); ++i) {
    before_last.swap(last);
    last.swap(row);
    row[0] = i;
    for (size_t j = 1; j <= b.size(); ++j) {
      const size_t exchanged = last[j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1);
      row[j] = std::min({last[j] + 1, row[j - 1] + 1, exchanged});
      if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
        row[j] = std::min(row[j], before_last[j - 2] + 1);
    }
  }
  return row[b.size()];
}

}  // namespace

std::string_view nearest_name(std::string_view name,
                              const std::vector<std::string_view>& candidates) {
  std::string_view nearest;
  if (name.size() > kMaxLength) return nearest;
  size_t least = name.size() / 3 + 1;  // the first distance that is too far
  for (const std::string_view candidate : candidates) {
    if (candidate.size() > kMaxLength) continue;
    if (const size_t found = distance(name, candidate); found < least) {
      least = found;
      nearest = candidate;
    }
  }
  return nearest;
}

}  // namespace orpheus
