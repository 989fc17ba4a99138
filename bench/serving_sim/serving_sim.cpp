// How many listeners a GPU holds without a pause, by simulation: the program's own admission
// policy, scheduler and playback in virtual time, over a stand-in for the device (device.h lists
// its constants and their sources). Nothing here was measured on a GPU. --spread repeats the search
// with each constant 30 % lower and higher.
//
//   serving_sim [--gpu h200] [--weights q8_0] [--kv-cache q8_0] [--sequences 32] [--spread]
//   [--json]

#include <cmath>
#include <cstdio>
#include <exception>
#include <string>
#include <vector>

#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

#include "device.h"
#include "simulation.h"

namespace {

using namespace orpheus::serving_sim;
using Json = nlohmann::ordered_json;

struct Asked {
  std::vector<std::string> gpus = {"rtx4090", "l40s", "h100", "h200"};
  Weights weights = Weights::kQ4;
  Keys keys = Keys::kF16;
  double most_first_sample_ms = 250;
  bool spread = false;
  bool json = false;
  int listeners = 0;      // 0: search
  int num_sequences = 0;  // 0: the plan's
  bool equal_lanes = false;
  Server server;
  Load load;
};

double rounded(double value, double unit) { return std::round(value / unit) * unit; }

Json json_of(const Outcome& outcome) {
  Json shares;
  for (size_t part = 0; part < kNumParts; ++part)
    shares[std::string(name_of(static_cast<Part>(part)))] = rounded(outcome.shares[part], 0.001);
  return {{"speeches", outcome.num_speeches},
          {"refused", outcome.num_refused},
          {"underruns", outcome.num_underruns},
          {"pauses", outcome.num_pauses},
          {"longest_underrun_ms", rounded(outcome.longest_underrun * 1e3, 0.1)},
          {"first_sample_p50_ms", rounded(outcome.first_sample_p50 * 1e3, 0.1)},
          {"first_sample_p95_ms", rounded(outcome.first_sample_p95 * 1e3, 0.1)},
          {"playing", rounded(outcome.playing, 0.1)},
          {"mean_sequences", rounded(outcome.mean_sequences, 0.1)},
          {"most_sequences", outcome.most_sequences},
          {"x_real_time_of_a_sequence", rounded(outcome.speed(), 0.01)},
          {"sequences_wait", rounded(outcome.lanes_full, 0.001)},
          {"shares_of_time", shares}};
}

Json constants_of(const Device& device) {
  Json constants = Json::array();
  for (const Constant& each : device.constants())
    constants.push_back(
        {{"name", each.name}, {"value", each.value}, {"unit", each.unit}, {"source", each.source}});
  return constants;
}

// With each constant 30 % lower and higher: the listeners held, or, with a number of listeners,
// what they hear.
Json spread_of(const Device& device, const Asked& asked, double most_first_sample) {
  Json rows = Json::array();
  for (size_t i = 0; i < kNumConstants; ++i) {
    if (asked.listeners > 0) {
      Json row = {{"name", device.constants()[i].name}};
      for (const auto& [name, factor] : {std::pair{"at_70_percent", 0.7}, {"at_130_percent", 1.3}})
        row[name] = json_of(simulate(device.scaled(i, factor), asked.server, asked.load));
      rows.push_back(std::move(row));
      continue;
    }
    const auto with = [&](double factor) {
      return most_held(device.scaled(i, factor), asked.server, asked.load, most_first_sample);
    };
    const Held lower = with(0.7);
    const Held higher = with(1.3);
    rows.push_back({{"name", device.constants()[i].name},
                    {"listeners_at_70_percent", lower.listeners},
                    {"listeners_at_130_percent", higher.listeners}});
  }
  return rows;
}

void print(const Json& report) {
  const Json& outcome = report["outcome"];
  std::printf(
      "%-8s %3d sequences, %3d listeners, %.1f play, first sample %.0f / %.0f ms (p50 / p95), "
      "%d underruns of %d (longest %.0f ms), sequences %.2f x real time",
      report["gpu"].get<std::string>().c_str(), report["sequences"].get<int>(),
      report["listeners"].get<int>(), outcome["playing"].get<double>(),
      outcome["first_sample_p50_ms"].get<double>(), outcome["first_sample_p95_ms"].get<double>(),
      outcome["underruns"].get<int>(), outcome["speeches"].get<int>(),
      outcome["longest_underrun_ms"].get<double>(),
      outcome["x_real_time_of_a_sequence"].get<double>());
  if (outcome["refused"] != 0) std::printf(", %d refused", outcome["refused"].get<int>());
  if (report.contains("limit"))
    std::printf("; limit: %s", report["limit"].get<std::string>().c_str());
  std::printf("\n");
  std::printf("         time:");
  for (const auto& [part, share] : outcome["shares_of_time"].items())
    std::printf(" %s %.0f %%%s", part.c_str(), share.get<double>() * 100,
                part == name_of(Part::kCodec) ? "\n" : ",");
  if (!report.contains("spread")) return;
  for (size_t i = 0; i < report["spread"].size(); ++i) {
    const Json& row = report["spread"][i];
    const Json& constant = report["constants"][i];
    if (row.contains("at_70_percent")) {
      std::printf("    %-24s", constant["name"].get<std::string>().c_str());
      for (const char* name : {"at_70_percent", "at_130_percent"}) {
        const Json& with = row[name];
        std::printf("  %s: %5.1f play, %3d underruns of %d", name, with["playing"].get<double>(),
                    with["underruns"].get<int>(), with["speeches"].get<int>());
      }
      std::printf("\n");
      continue;
    }
    std::printf(
        "    %-24s %8.4g %-8s 70 %%: %3d   130 %%: %3d   (%s)\n",
        constant["name"].get<std::string>().c_str(), constant["value"].get<double>(),
        constant["unit"].get<std::string>().c_str(), row["listeners_at_70_percent"].get<int>(),
        row["listeners_at_130_percent"].get<int>(), constant["source"].get<std::string>().c_str());
  }
}

orpheus::Result<Server> server_of(const Device& device, const Asked& asked) {
  Server server = asked.server;
  if (asked.equal_lanes) {
    server.num_sequences = asked.num_sequences > 0 ? asked.num_sequences : 32;
  } else {
    ORPHEUS_TRY(const Server planned,
                planned_server(device, asked.weights, asked.keys, asked.num_sequences));
    server.num_sequences = planned.num_sequences;
    server.num_units = planned.num_units;
    server.unit_tokens = planned.unit_tokens;
    server.units_of_longest = planned.units_of_longest;
  }
  server.max_open = server.num_sequences + 100;
  return server;
}

orpheus::Result<Json> report_on(const std::string& gpu, const Asked& all) {
  ORPHEUS_TRY(const Device device, preset(gpu, all.weights, all.keys));
  Asked asked = all;
  ORPHEUS_TRY(asked.server, server_of(device, all));
  const double most_first_sample = asked.most_first_sample_ms * 1e-3;
  Json report = {{"gpu", gpu}, {"sequences", asked.server.num_sequences}};
  if (asked.listeners > 0) {
    asked.load.listeners = asked.listeners;
    report["listeners"] = asked.listeners;
    report["outcome"] = json_of(simulate(device, asked.server, asked.load));
  } else {
    const Held held = most_held(device, asked.server, asked.load, most_first_sample);
    report["listeners"] = held.listeners;
    report["limit"] = held.limit;
    report["outcome"] = json_of(held.outcome);
    report["beyond"] = json_of(held.beyond);
  }
  report["constants"] = constants_of(device);
  if (asked.spread) report["spread"] = spread_of(device, asked, most_first_sample);
  return report;
}

int run(int argc, char** argv) {
  Asked asked;
  CLI::App app("Listeners that a GPU holds, by simulation. Nothing here was measured on a GPU.");
  app.add_option("--gpu", asked.gpus, "rtx4090, l40s, h100, h200; all by default")->delimiter(',');
  const std::vector<std::pair<std::string, Weights>> weights = {
      {"q4_k_m", Weights::kQ4}, {"q8_0", Weights::kQ8}, {"f16", Weights::kF16}};
  app.add_option("--weights", asked.weights, "Type of the weights: q4_k_m, q8_0, f16")
      ->transform(CLI::CheckedTransformer(weights));
  const std::vector<std::pair<std::string, Keys>> keys = {{"f16", Keys::kF16}, {"q8_0", Keys::kQ8}};
  app.add_option("--kv-cache", asked.keys, "Type of the KV cache: f16, q8_0")
      ->transform(CLI::CheckedTransformer(keys));
  app.add_option("--sequences", asked.num_sequences,
                 "Sequences that are generated at a time; 0: as the memory plan has them")
      ->check(CLI::Range(0, 1024));
  app.add_flag("--equal-lanes", asked.equal_lanes,
               "An earlier cache: 32 sequences of equal length, or --sequences");
  const std::vector<std::pair<std::string, bool>> guarantees = {{"none", false},
                                                                {"realtime", true}};
  app.add_option("--guarantee", asked.server.guarantees_realtime,
                 "realtime: refuse listeners rather than interrupt others; none")
      ->transform(CLI::CheckedTransformer(guarantees));
  const std::vector<std::pair<std::string, Windows>> windows = {
      {"doubling", Windows::kDoubling}, {"half", Windows::kHalf}, {"buffer", Windows::kBuffer}};
  app.add_option("--windows", asked.server.windows,
                 "How the codec's windows grow: doubling (49 tokens to the first sound), half "
                 "(21), buffer (21)")
      ->transform(CLI::CheckedTransformer(windows));
  app.add_flag("!--codec-alone", asked.server.codec_shares_calls,
               "Decode one stream in a call of the codec");
  app.add_option("--least-characters", asked.load.least_characters, "Shortest text");
  app.add_option("--most-characters", asked.load.most_characters, "Longest text");
  app.add_option("--chapters", asked.load.chapters,
                 "Share of the texts that are chapters, with pieces made ahead; the others are "
                 "replies of one piece")
      ->check(CLI::Range(0.0, 1.0));
  app.add_option("--least-pieces", asked.load.least_pieces, "Pieces of 400 characters of a chapter")
      ->check(CLI::Range(1, 1000));
  app.add_option("--most-pieces", asked.load.most_pieces)->check(CLI::Range(1, 1000));
  app.add_option("--warm-up", asked.load.warm_up, "Virtual time before the measured time");
  app.add_option("--player-buffer", asked.load.player_buffer,
                 "Seconds of sound before a client plays");
  app.add_option("--first-sample-ms", asked.most_first_sample_ms,
                 "Longest time to the first sample, for 95 % of the clients");
  app.add_option("--seconds", asked.load.seconds, "Measured virtual time");
  app.add_option("--seed", asked.load.seed);
  app.add_option("--listeners", asked.listeners, "Simulate this number instead of searching");
  app.add_flag("--spread", asked.spread, "Repeat with each constant 30 % lower and higher");
  app.add_flag("--json", asked.json);
  CLI11_PARSE(app, argc, argv);
  Json reports = Json::array();
  for (const std::string& gpu : asked.gpus) {
    const auto report = report_on(gpu, asked);
    if (!report) {
      std::fprintf(stderr, "serving_sim: %s\n", report.error().message().c_str());
      return 2;
    }
    if (asked.json) {
      reports.push_back(*report);
    } else {
      print(*report);
    }
  }
  if (asked.json) std::printf("%s\n", reports.dump().c_str());
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  try {
    return run(argc, argv);
  } catch (const std::exception& thrown) {
    std::fprintf(stderr, "serving_sim: %s\n", thrown.what());
    return 1;
  }
}
