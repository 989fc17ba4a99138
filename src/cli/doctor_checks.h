#pragma once
// What 'orpheus doctor' looks at, one function each. A check that fails says what to do. For the
// main thread.

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
  std::string found;                      // what is there, or what is wrong with it
  std::string remedy;                     // of a warning and of what is bad
  ErrorKind kind = ErrorKind::kInternal;  // of what is bad
};

// The error as a check that is bad. Where the error knows no remedy this is it, and of what is not
// there it comes behind.
Check bad(std::string name, const Error& error, const std::string& remedy);

Check check_build(const hardware::Facts& facts);
// There, readable, a language model with a tokenizer and the ids of audio tokens.
Check check_model(const config::Settings& settings);
// The same of a file beside it.
Check check_further_model(const std::string& file);
// What answers at an address of the language model's, and how fast it speaks: asks it for a second
// of speech.
Check check_server(const config::Settings& settings, const std::string& url);
// There, readable, and with as many codes as the model speaks.
Check check_codec(const config::Settings& settings);
// Also fits the settings to the machine: fitted and its plan in words are for what follows.
Check check_memory(config::Settings& settings, const hardware::Facts& facts,
                   std::optional<library::Fitted>& fitted, std::vector<std::string>& plan);
Check check_address(const config::Settings& settings);
Check check_folders(const config::Settings& settings);
Check check_keys(const config::Settings& settings);
// A second of speech, and how fast it was made.
Check check_speech(const library::Fitted& fitted, const lm::SamplingOptions& sampling);

}  // namespace orpheus::cli
