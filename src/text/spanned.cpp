#include "text/spanned.h"

#include <algorithm>

namespace orpheus::text {

Spanned Spanned::verbatim(std::string_view input) {
  Spanned all;
  all.append_verbatim(input, 0);
  return all;
}

void Spanned::push(Run run) {
  if (run.text.size() == 0) return;
  if (!runs_.empty()) {
    // Keeps the promise that origins never go back.
    Run& last = runs_.back();
    run.origin.begin = std::max(run.origin.begin, last.origin.begin);
    run.origin.end = std::max({run.origin.end, last.origin.end, run.origin.begin});
    const bool goes_on = last.is_verbatim && run.is_verbatim && last.origin.end == run.origin.begin;
    if (goes_on) {
      last.text.end = run.text.end;
      last.origin.end = run.origin.end;
      return;
    }
    const bool is_same_word = !last.is_verbatim && !run.is_verbatim && last.origin == run.origin;
    if (is_same_word) {
      last.text.end = run.text.end;
      return;
    }
  }
  runs_.push_back(run);
}

void Spanned::append_verbatim(std::string_view part, size_t origin) {
  const size_t begin = text_.size();
  text_ += part;
  push({.text = {begin, text_.size()}, .origin = {origin, origin + part.size()}});
}

void Spanned::append_spoken(std::string_view words, Range origin) {
  const size_t begin = text_.size();
  text_ += words;
  push({.text = {begin, text_.size()}, .origin = origin, .is_verbatim = false});
}

void Spanned::append(const Spanned& other) {
  const size_t begin = text_.size();
  text_ += other.text_;
  for (Run run : other.runs_) {
    run.text.begin += begin;
    run.text.end += begin;
    push(run);
  }
}

size_t Spanned::first_run_ending_behind(size_t offset) const {
  const auto run = std::partition_point(runs_.begin(), runs_.end(),
                                        [&](const Run& r) { return r.text.end <= offset; });
  return static_cast<size_t>(run - runs_.begin());
}

Range Spanned::origin(Range text) const {
  if (runs_.empty()) return {};
  const size_t first = first_run_ending_behind(text.begin);
  if (first == runs_.size()) return {runs_.back().origin.end, runs_.back().origin.end};
  const auto begin_of = [&](const Run& run, size_t offset) {
    const bool is_inside = run.is_verbatim && offset > run.text.begin;
    return run.origin.begin + (is_inside ? offset - run.text.begin : 0);
  };
  const size_t begin = begin_of(runs_[first], text.begin);
  if (text.end <= text.begin) return {begin, begin};
  const size_t last = std::min(first_run_ending_behind(text.end - 1), runs_.size() - 1);
  const Run& run = runs_[last];
  const bool cuts = run.is_verbatim && text.end < run.text.end;
  return {begin, cuts ? run.origin.begin + (text.end - run.text.begin) : run.origin.end};
}

void Spanned::append_slice(const Spanned& other, Range text) {
  text.end = std::min(text.end, other.text_.size());
  for (size_t i = other.first_run_ending_behind(text.begin);
       i < other.runs_.size() && other.runs_[i].text.begin < text.end; ++i) {
    const Run& run = other.runs_[i];
    const Range cut{std::max(run.text.begin, text.begin), std::min(run.text.end, text.end)};
    const std::string_view words = std::string_view(other.text_).substr(cut.begin, cut.size());
    if (run.is_verbatim)
      append_verbatim(words, run.origin.begin + (cut.begin - run.text.begin));
    else
      append_spoken(words, run.origin);
  }
}

Spanned Spanned::slice(Range text) const {
  Spanned part;
  part.append_slice(*this, text);
  return part;
}

Spanned Spanned::after(const Spanned& earlier) const {
  Spanned composed;
  composed.text_.reserve(text_.size());
  composed.runs_.reserve(runs_.size());
  for (const Run& run : runs_) {
    if (run.is_verbatim)
      composed.append_slice(earlier, run.origin);
    else
      composed.append_spoken(std::string_view(text_).substr(run.text.begin, run.text.size()),
                             earlier.origin(run.origin));
  }
  return composed;
}

}  // namespace orpheus::text
