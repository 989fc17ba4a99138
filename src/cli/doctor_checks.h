#pragma once
// The checks of 'orpheus doctor', one function each. A failed check has a remedy. For the main
// thread.

#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "cli/machine.h"
#include "config/settings.h"
#include "hardware/facts.h"

namespace orpheus::cli {

enum class Verdict { kGood, kWarning, kBad, kSkipped };

struct Check {
  std::string name;
  Verdict verdict = Verdict::kGood;
  std::string found;                      // the finding, or the fault
  std::string remedy;                     // for warnings and failures
  ErrorKind kind = ErrorKind::kInternal;  // for failures
};

// Turns an error into a failed check. remedy is used if the error has none; for kNotFound it is
// appended.
Check bad(std::string name, const Error& error, const std::string& remedy);

Check check_build(const hardware::Facts& facts);
// Checks the model's file: readable, a language model with a tokenizer and audio token ids.
Check check_model(const config::Settings& settings);
// The same for a further model.
Check check_further_model(const std::string& file);
// Checks a remote language model: what answers, and how fast it makes a second of
// speech.
Check check_server(const config::Settings& settings, const std::string& url);
// Checks the codec's file: readable, with at least as many codes as the model uses.
Check check_codec(const config::Settings& settings);
// Also fits the settings to the machine. Later checks use fitted and its plan.
Check check_memory(config::Settings& settings, const hardware::Facts& facts,
                   std::optional<library::Fitted>& fitted, std::vector<std::string>& plan);
Check check_address(const config::Settings& settings);
Check check_folders(const config::Settings& settings);
Check check_keys(const config::Settings& settings);
// Speaks for a second and times it. Then says how the times of words are found, which may take as
// long as some seconds of speech.
std::vector<Check> check_speech(const library::Fitted& fitted, const lm::SamplingOptions& sampling);

}  // namespace orpheus::cli
