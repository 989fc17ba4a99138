// Signs that are spoken by name: &, #1, ~20, 5 > 3, ©, §, single % and $.
#include "text/reading/rules.h"

namespace orpheus::text::reading {

Reading say_symbol(const Sources& from, size_t offset) {
  const Scan& scan = from.scan;
  const Language& language = from.language;
  if (offset >= scan.size()) return std::nullopt;
  const std::string_view rest = scan.text().substr(offset);
  const auto anywhere = [](size_t) { return true; };
  const Table& before_numbers = language.table("symbols.before_number_table");
  if (const size_t size = before_numbers.longest_at(rest, [&](size_t n) {
        const size_t behind = scan.skip_blank(offset + n);
        return scan.is_digit(behind) ||
               language.table("money.signs_table").has(scan.part(behind, scan.next(behind)));
      }))
    return Said{.end = offset + size, .words = *before_numbers.find(rest.substr(0, size))};
  const Table& always = language.table("symbols.always_table");
  if (const size_t size = always.longest_at(rest, anywhere))
    return Said{.end = offset + size, .words = *always.find(rest.substr(0, size))};
  // Alone between blanks, or joined to words without any.
  const Table& alone = language.table("symbols.alone_table");
  const size_t size = alone.longest_at(rest, [&](size_t n) {
    const auto is_edge = [&](size_t at) {
      return at >= scan.size() || scan.at(at) == ' ' || scan.at(at) == '\n';
    };
    return (offset == 0 || is_edge(offset - 1)) && is_edge(offset + n);
  });
  if (size == 0) return std::nullopt;
  return Said{.end = offset + size, .words = *alone.find(rest.substr(0, size))};
}

}  // namespace orpheus::text::reading
