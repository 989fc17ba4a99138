#include "base/metrics.h"

#include <algorithm>

#include <spdlog/fmt/fmt.h>

namespace orpheus::metrics {
namespace {

std::string escaped(std::string_view value) {
  std::string text;
  for (const char c : value) {
    if (c == '\n') {
      text += "\\n";
    } else {
      if (c == '"' || c == '\\') text += '\\';
      text += c;
    }
  }
  return text;
}

// a="b",c="d"
std::string text_of(const Labels& labels) {
  std::string text;
  for (const auto& [name, value] : labels) {
    text += fmt::format("{}{}=\"{}\"", text.empty() ? "" : ",", name, escaped(value));
  }
  return text;
}

std::string in_braces(const std::string& labels) {
  return labels.empty() ? labels : "{" + labels + "}";
}

void append(std::string& text, const std::string& name, const std::string& labels,
            const Histogram& histogram) {
  const std::string before = labels.empty() ? "" : labels + ",";
  for (size_t i = 0; i <= histogram.bounds().size(); ++i) {
    const std::string bound =
        i < histogram.bounds().size() ? fmt::format("{}", histogram.bounds()[i]) : "+Inf";
    text +=
        fmt::format("{}_bucket{{{}le=\"{}\"}} {}\n", name, before, bound, histogram.count_up_to(i));
  }
  text += fmt::format("{}_sum{} {}\n", name, in_braces(labels), histogram.sum());
  text += fmt::format("{}_count{} {}\n", name, in_braces(labels),
                      histogram.count_up_to(histogram.bounds().size()));
}

}  // namespace

Histogram::Histogram(std::vector<double> bounds)
    : bounds_(std::move(bounds)), counts_(bounds_.size() + 1) {}

void Histogram::observe(double value) {
  const auto bucket = std::lower_bound(bounds_.begin(), bounds_.end(), value) - bounds_.begin();
  counts_[static_cast<size_t>(bucket)].fetch_add(1, std::memory_order_relaxed);
  sum_.fetch_add(value, std::memory_order_relaxed);
}

uint64_t Histogram::count_up_to(size_t bucket) const {
  uint64_t count = 0;
  for (size_t i = 0; i <= bucket; ++i) count += counts_[i].load(std::memory_order_relaxed);
  return count;
}

Registry::Family& Registry::family(const std::string& name, std::string_view help) {
  Family& found = families_[name];
  if (found.help.empty()) found.help = help;
  return found;
}

Counter& Registry::counter(const std::string& name, std::string_view help, const Labels& labels) {
  const std::lock_guard lock(mutex_);
  return family(name, help).counters[text_of(labels)];
}

Gauge& Registry::gauge(const std::string& name, std::string_view help, const Labels& labels) {
  const std::lock_guard lock(mutex_);
  return family(name, help).gauges[text_of(labels)];
}

Histogram& Registry::histogram(const std::string& name, std::string_view help,
                               const std::vector<double>& bounds, const Labels& labels) {
  const std::lock_guard lock(mutex_);
  return family(name, help).histograms.try_emplace(text_of(labels), bounds).first->second;
}

std::string Registry::text() const {
  const std::lock_guard lock(mutex_);
  std::string text;
  for (const auto& [name, family] : families_) {
    const char* kind = !family.counters.empty() ? "counter"
                       : !family.gauges.empty() ? "gauge"
                                                : "histogram";
    text += fmt::format("# HELP {} {}\n# TYPE {} {}\n", name, family.help, name, kind);
    for (const auto& [labels, counter] : family.counters) {
      text += fmt::format("{}{} {}\n", name, in_braces(labels), counter.value());
    }
    for (const auto& [labels, gauge] : family.gauges) {
      text += fmt::format("{}{} {}\n", name, in_braces(labels), gauge.value());
    }
    for (const auto& [labels, histogram] : family.histograms) append(text, name, labels, histogram);
  }
  return text;
}

std::string merged(std::string_view label, std::span<const Labelled> texts) {
  struct Described {
    std::string head;  // HELP and TYPE
    std::string samples;
  };
  std::vector<std::string_view> names;  // in the order of their first description
  std::map<std::string_view, Described> found;
  for (const Labelled& one : texts) {
    const std::string added = fmt::format("{}=\"{}\"", label, escaped(one.value));
    Described* current = nullptr;
    bool is_first = false;  // nobody has described the current name before
    std::string_view left = one.text;
    while (!left.empty()) {
      const size_t end = std::min(left.find('\n'), left.size() - 1) + 1;
      const std::string_view line = left.substr(0, end);
      left.remove_prefix(end);
      if (line.starts_with("# ")) {
        constexpr size_t kName = std::string_view("# HELP ").size();  // "# TYPE " is as long
        if (line.size() <= kName) continue;
        const std::string_view name = line.substr(kName, line.find_first_of(" \n", kName) - kName);
        if (line.starts_with("# HELP ")) {
          is_first = !found.contains(name);
          if (is_first) names.push_back(name);
          current = &found[name];
        }
        if (is_first && current != nullptr) current->head += line;
      } else if (const size_t place = line.find_first_of("{ ");
                 current != nullptr && place != line.npos) {
        current->samples += line.substr(0, place);
        current->samples += line[place] == '{' ? "{" + added + "," : "{" + added + "}";
        current->samples += line.substr(line[place] == '{' ? place + 1 : place);
      }
    }
  }
  std::string text;
  for (const std::string_view name : names) text += found[name].head + found[name].samples;
  return text;
}

}  // namespace orpheus::metrics
