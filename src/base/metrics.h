#pragma once
// Metrics for operators: counters, gauges and histograms, and their text for Prometheus.
// Safe from every thread; counting takes no lock. (Debian's prometheus-cpp-dev would
// bring an HTTP server of its own, and a libcurl that clashes with the one other packages
// want.)

#include <atomic>
#include <cstdint>
#include <deque>
#include <map>
#include <mutex>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace orpheus::metrics {

class Counter {
 public:
  void add(uint64_t count = 1) { value_.fetch_add(count, std::memory_order_relaxed); }
  uint64_t value() const { return value_.load(std::memory_order_relaxed); }

 private:
  std::atomic<uint64_t> value_{0};
};

class Gauge {
 public:
  void set(int64_t value) { value_.store(value, std::memory_order_relaxed); }
  void add(int64_t change) { value_.fetch_add(change, std::memory_order_relaxed); }
  int64_t value() const { return value_.load(std::memory_order_relaxed); }

 private:
  std::atomic<int64_t> value_{0};
};

class Histogram {
 public:
  // Upper bounds of the buckets, ascending. One more bucket without a bound follows.
  explicit Histogram(std::vector<double> bounds);
  void observe(double value);

  std::span<const double> bounds() const { return bounds_; }
  uint64_t count_up_to(size_t bucket) const;  // of this bucket and those below
  double sum() const { return sum_.load(std::memory_order_relaxed); }

 private:
  std::vector<double> bounds_;
  std::deque<std::atomic<uint64_t>> counts_;
  std::atomic<double> sum_{0};
};

using Labels = std::vector<std::pair<std::string, std::string>>;

// The same name and labels give the same metric; it lives as long as the registry. A name keeps the
// kind and help of its first call.
class Registry {
 public:
  Counter& counter(const std::string& name, std::string_view help, const Labels& labels = {});
  Gauge& gauge(const std::string& name, std::string_view help, const Labels& labels = {});
  Histogram& histogram(const std::string& name, std::string_view help,
                       const std::vector<double>& bounds, const Labels& labels = {});

  // Everything, in the text format 0.0.4 of Prometheus.
  std::string text() const;

 private:
  struct Family {
    std::string help;
    std::map<std::string, Counter> counters;  // by their labels as text
    std::map<std::string, Gauge> gauges;
    std::map<std::string, Histogram> histograms;
  };
  Family& family(const std::string& name, std::string_view help);

  mutable std::mutex mutex_;
  std::map<std::string, Family> families_;
};

// A registry's text, and the value of a label that tells it from others.
struct Labelled {
  std::string value;
  std::string text;
};

// Several texts as one, in which each name is described once. Each sample gets this label, with the
// value of its text.
std::string merged(std::string_view label, std::span<const Labelled> texts);

}  // namespace orpheus::metrics
