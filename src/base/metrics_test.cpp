#include "base/metrics.h"

#include <thread>

#include <gtest/gtest.h>

namespace orpheus::metrics {
namespace {

TEST(Metrics, AreWrittenAsPrometheusReadsThem) {
  Registry registry;
  registry.counter("a_total", "How many.", {{"kind", "x\"y\\z\n"}}).add(3);
  registry.gauge("b", "How much.").set(-4);
  Histogram& seconds = registry.histogram("c_seconds", "How long.", {0.5, 2});
  seconds.observe(0.5);
  seconds.observe(1.25);
  seconds.observe(100);
  EXPECT_EQ(registry.text(),
            "# HELP a_total How many.\n# TYPE a_total counter\n"
            "a_total{kind=\"x\\\"y\\\\z\\n\"} 3\n"
            "# HELP b How much.\n# TYPE b gauge\nb -4\n"
            "# HELP c_seconds How long.\n# TYPE c_seconds histogram\n"
            "c_seconds_bucket{le=\"0.5\"} 1\nc_seconds_bucket{le=\"2\"} 2\n"
            "c_seconds_bucket{le=\"+Inf\"} 3\nc_seconds_sum 101.75\nc_seconds_count 3\n");
}

TEST(Metrics, TheSameNameAndLabelsAreTheSameMetric) {
  Registry registry;
  Counter& one = registry.counter("n", "", {{"a", "1"}});
  EXPECT_EQ(&one, &registry.counter("n", "", {{"a", "1"}}));
  EXPECT_NE(&one, &registry.counter("n", "", {{"a", "2"}}));
}

// Guards against: two descriptions of a name, or two samples with the same labels, which Prometheus
// refuses with all the others.
TEST(Metrics, OfSeveralRegistriesAreOneText) {
  Registry first;
  Registry second;
  first.counter("tokens_total", "Tokens").add(2);
  first.gauge("lanes", "Lanes", {{"kind", "busy"}}).set(1);
  second.counter("tokens_total", "Tokens").add(3);
  second.histogram("step_seconds", "Steps", {0.5}).observe(0.25);
  EXPECT_EQ(merged("model", std::vector<Labelled>{{"one", first.text()}, {"a\"b", second.text()}}),
            "# HELP lanes Lanes\n# TYPE lanes gauge\n"
            "lanes{model=\"one\",kind=\"busy\"} 1\n"
            "# HELP tokens_total Tokens\n# TYPE tokens_total counter\n"
            "tokens_total{model=\"one\"} 2\n"
            "tokens_total{model=\"a\\\"b\"} 3\n"
            "# HELP step_seconds Steps\n# TYPE step_seconds histogram\n"
            "step_seconds_bucket{model=\"a\\\"b\",le=\"0.5\"} 1\n"
            "step_seconds_bucket{model=\"a\\\"b\",le=\"+Inf\"} 1\n"
            "step_seconds_sum{model=\"a\\\"b\"} 0.25\n"
            "step_seconds_count{model=\"a\\\"b\"} 1\n");
  EXPECT_EQ(merged("model", {}), "");
}

TEST(Metrics, CountFromManyThreads) {
  Registry registry;
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([&] {
      for (int k = 0; k < 1000; ++k) {
        registry.counter("n", "").add();
        registry.histogram("h", "", {1}).observe(0.5);
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(registry.counter("n", "").value(), 4000U);
  EXPECT_EQ(registry.histogram("h", "", {1}).count_up_to(1), 4000U);
  EXPECT_DOUBLE_EQ(registry.histogram("h", "", {1}).sum(), 2000);
}

}  // namespace
}  // namespace orpheus::metrics
