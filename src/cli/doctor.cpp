// orpheus doctor: checks whether serving would work here, with a remedy for each fault.

#include <algorithm>
#include <cstdio>
#include <memory>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>
#include <spdlog/fmt/fmt.h>

#include "base/processor.h"
#include "cli/bench.h"
#include "cli/command.h"
#include "cli/doctor_checks.h"
#include "cli/installed_models.h"
#include "plan/ledger.h"
#include "tensor/memory_speed.h"

namespace orpheus::cli {
namespace {

using Json = nlohmann::ordered_json;

constexpr const char* kExamples = R"(Examples:
  orpheus doctor --model orpheus.gguf --codec snac.gguf
  orpheus doctor --json | jq .works)";

struct DoctorOptions {
  bool json = false;
  bool measure = false;
};

struct Report {
  hardware::Facts facts;
  std::vector<Check> checks;
  std::vector<std::string> plan;
  double read_gb_s = 0;
  double gemm_gflop_s = 0;
  config::Settings settings;
};

const char* word_of(Verdict verdict) {
  switch (verdict) {
    case Verdict::kGood: return "ok";
    case Verdict::kWarning: return "warning";
    case Verdict::kBad: return "failed";
    case Verdict::kSkipped: return "skipped";
  }
  return "";
}

// One answering server is enough; then another that does not answer is a warning.
bool add_servers(const config::Settings& settings, std::vector<Check>& checks) {
  std::vector<Check> servers;
  for (const std::string& url : settings.voice.remote.urls)
    servers.push_back(check_server(settings, url));
  const bool one_answers = std::any_of(servers.begin(), servers.end(), [](const Check& check) {
    return check.verdict != Verdict::kBad;
  });
  for (Check& check : servers) {
    if (one_answers && check.verdict == Verdict::kBad) check.verdict = Verdict::kWarning;
    checks.push_back(std::move(check));
  }
  return one_answers;
}

Report examine(const config::Settings& settings, const std::vector<Error>& wrong_settings,
               const DoctorOptions& options) {
  Report report{.facts = hardware::find_facts(), .settings = settings};
  config::Settings& fitted = report.settings;
  const auto add = [&](Check check) {
    report.checks.push_back(std::move(check));
    return report.checks.back().verdict != Verdict::kBad;
  };
  add(check_build(report.facts));
  for (const Error& wrong : wrong_settings) {
    const std::string meant =
        wrong.expected.empty() ? "Correct this setting." : "Set it to " + wrong.expected + ".";
    add(bad("settings", wrong, meant));
  }
  add(check_folders(fitted));
  const auto found = find_models(fitted);
  bool has_model = found.has_value();
  if (!found) {
    add(bad("model", found.error(), ""));
  } else if (fitted.voice.remote.urls.empty()) {
    has_model = add(check_model(fitted));
    for (const std::string& file : fitted.voice.more_models)
      has_model = add(check_further_model(file)) && has_model;
  }
  if (!fitted.voice.remote.urls.empty()) has_model = add_servers(fitted, report.checks);
  const bool has_codec = add(check_codec(fitted));
  constexpr const char* kAfter = "not run, because an earlier check failed";
  std::optional<library::Fitted> voice;
  if (has_model && has_codec) {
    add(check_memory(fitted, report.facts, voice, report.plan));
  } else {
    add({.name = "memory", .verdict = Verdict::kSkipped, .found = kAfter});
  }
  add(check_address(fitted));
  add(check_keys(fitted));
  if (voice) {
    for (Check& check : check_speech(*voice, fitted.sampling)) add(std::move(check));
  } else {
    add({.name = "speech", .verdict = Verdict::kSkipped, .found = kAfter});
  }
  if (options.measure) {
    const int cores = report.facts.cpu.num_usable_cores;
    report.read_gb_s = tensor::measure_read_gb_s(cores);
    report.gemm_gflop_s = measure_gemm_gflop_s(cores, 3);
  }
  return report;
}

std::string source_of(const config::Settings& settings, const std::string& name) {
  const auto found = settings.sources.find(name);
  if (found == settings.sources.end()) return std::string(name_of(config::Origin::kDefault));
  const config::Source& source = found->second;
  std::string text(name_of(source.origin));
  if (!source.where.empty() && source.where != text) text += " (" + source.where + ")";
  return text;
}

std::string joined(const std::vector<std::string>& words) {
  std::string text;
  for (const std::string& word : words) text += (text.empty() ? "" : " ") + word;
  return text;
}

void put(const std::string& line) { std::fputs((line + "\n").c_str(), stdout); }

void put_text(const Report& report) {
  const auto& [cpu, memory] = std::pair(report.facts.cpu, report.facts.memory);
  put("Machine");
  put(fmt::format("  processor   {}: {} of {} cores{}", cpu.name.empty() ? "unknown" : cpu.name,
                  cpu.num_usable_cores, cpu.num_machine_cores,
                  cpu.vectors.empty() ? "" : "; " + joined(cpu.vectors)));
  put(fmt::format("  kernels     {}{}", processor_level_in_words(),
                  processor_levels().size() == 1 ? " (built for this machine)" : ""));
  put(fmt::format("  caches      {} KiB, {} KiB, {} MiB", cpu.l1_bytes >> 10U, cpu.l2_bytes >> 10U,
                  cpu.l3_bytes >> 20U));
  put(fmt::format("  memory      {:.1f} of {:.1f} GB free{}",
                  static_cast<double>(memory.available_bytes) * 1e-9,
                  static_cast<double>(memory.total_bytes) * 1e-9,
                  memory.limit_bytes ? fmt::format("; a control group allows {:.1f}",
                                                   static_cast<double>(*memory.limit_bytes) * 1e-9)
                                     : ""));
  for (const auto& device : report.facts.devices)
    put(fmt::format("  {:<11} {}, {}: {:.1f} of {:.1f} GB free, {} tier", device.name,
                    device.description, hardware::name_of(device.kind),
                    static_cast<double>(plan::free_bytes_of(report.facts, device)) * 1e-9,
                    static_cast<double>(device.memory_total_bytes) * 1e-9,
                    hardware::name_of(hardware::tier_of(device, memory.total_bytes))));
  if (report.read_gb_s > 0)
    put(fmt::format(
        "  measured    memory reads {:.1f} GB/s, float32 matrix products {:.0f} GFLOP/s",
        report.read_gb_s, report.gemm_gflop_s));
  put("\nChecks");
  for (const Check& check : report.checks) {
    put(fmt::format("  {:<11} {:<8} {}", check.name, word_of(check.verdict), check.found));
    if (!check.remedy.empty()) put(fmt::format("  {:<11} {:<8} → {}", "", "", check.remedy));
  }
  put("\nSettings");
  for (const config::Setting& setting : config::all_settings()) {
    put(fmt::format("  {:<19} {:<24} {}", setting.name, shown_value(report.settings, setting),
                    source_of(report.settings, setting.name)));
  }
}

Json json_of(const hardware::Facts& facts) {
  Json devices = Json::array();
  for (const auto& device : facts.devices)
    devices.push_back(
        {{"name", device.name},
         {"description", device.description},
         {"kind", hardware::name_of(device.kind)},
         {"memory_total_bytes", device.memory_total_bytes},
         {"memory_free_bytes", plan::free_bytes_of(facts, device)},
         {"tier", hardware::name_of(hardware::tier_of(device, facts.memory.total_bytes))}});
  Json memory = {{"total_bytes", facts.memory.total_bytes},
                 {"available_bytes", facts.memory.available_bytes}};
  if (facts.memory.limit_bytes) memory["limit_bytes"] = *facts.memory.limit_bytes;
  return {{"devices", devices},
          {"cpu",
           {{"name", facts.cpu.name},
            {"machine_cores", facts.cpu.num_machine_cores},
            {"usable_cores", facts.cpu.num_usable_cores},
            {"vectors", facts.cpu.vectors},
            {"level", processor_levels()[processor_level()]},
            {"l1_bytes", facts.cpu.l1_bytes},
            {"l2_bytes", facts.cpu.l2_bytes},
            {"l3_bytes", facts.cpu.l3_bytes}}},
          {"memory", memory}};
}

void put_json(const Report& report, bool works) {
  Json checks = Json::array();
  for (const Check& check : report.checks) {
    checks.push_back({{"name", check.name},
                      {"verdict", word_of(check.verdict)},
                      {"found", check.found},
                      {"remedy", check.remedy}});
  }
  Json settings = Json::array();
  for (const config::Setting& setting : config::all_settings()) {
    settings.push_back({{"name", setting.name},
                        {"value", shown_value(report.settings, setting)},
                        {"source", source_of(report.settings, setting.name)}});
  }
  Json answer = {{"works", works},
                 {"checks", checks},
                 {"machine", json_of(report.facts)},
                 {"plan", report.plan},
                 {"settings", settings}};
  if (report.read_gb_s > 0)
    answer["measured"] = {{"read_gb_s", report.read_gb_s}, {"gemm_gflop_s", report.gemm_gflop_s}};
  put(answer.dump(2, ' ', false, Json::error_handler_t::replace));
}

Result<void> doctor(const config::Settings& settings, const std::vector<Error>& wrong_settings,
                    const DoctorOptions& options) {
  const Report report = examine(settings, wrong_settings, options);
  const auto is_bad = [](const Check& check) { return check.verdict == Verdict::kBad; };
  const auto first = std::find_if(report.checks.begin(), report.checks.end(), is_bad);
  const bool works = first == report.checks.end();
  if (options.json) {
    put_json(report, works);
  } else {
    put_text(report);
  }
  if (works) return {};
  const auto count = std::count_if(report.checks.begin(), report.checks.end(), is_bad);
  return fail({.kind = first->kind,
               .what = fmt::format("{} of {} checks failed; the first is '{}'", count,
                                   report.checks.size(), first->name),
               .remedy = first->remedy});
}

}  // namespace

void add_doctor(CLI::App& program, config::Settings& settings, Chosen& chosen) {
  auto options = std::make_shared<DoctorOptions>();
  CLI::App* command =
      program.add_subcommand("doctor", "Check this machine, the files and the settings");
  command->footer(kExamples);
  command->add_flag("--json", options->json, "Print the report as JSON");
  command->add_flag("--measure", options->measure,
                    "Also measure the speed of memory reads and of matrix products");
  for (const auto group : {config::Group::kVoice, config::Group::kSampling, config::Group::kServer})
    add_group_flags(*command, settings, group);
  command->callback([&chosen, &settings, options] {
    chosen.finds_models = false;  // one of its checks reports missing models
    chosen.tells_wrong_settings = true;
    chosen.action = [&chosen, &settings, options] {
      return doctor(settings, chosen.wrong_settings, *options);
    };
  });
}

}  // namespace orpheus::cli
