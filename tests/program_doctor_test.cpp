// orpheus doctor reports success on a working machine. For each of many broken configurations it
// fails and says what to do.

#include <filesystem>
#include <map>
#include <string>

#include <nlohmann/json.hpp>

#include "program_fixture.h"

namespace orpheus::program {
namespace {

using nlohmann::json;

class Doctor : public ProgramTest {
 protected:
  Call doctor(const std::vector<std::string>& more = {}) const {
    Call examined = call(with_voice({"doctor", "--port", "0"}, more));
    examined.variables["ORPHEUS_ENV_FILE"] = path(".env");
    return examined;
  }

  // It fails and names the problem; its last line says what to do.
  void expect_told(const Call& broken, const std::string& wrong, const std::string& remedy) const {
    const Finished finished = run(broken);
    SCOPED_TRACE(finished.output + finished.messages);
    EXPECT_NE(finished.exit_code, 0);
    EXPECT_NE((finished.output + finished.messages).find(wrong), std::string::npos) << wrong;
    EXPECT_NE(finished.messages.find(remedy), std::string::npos) << remedy;
  }
};

TEST_F(Doctor, FindsNothingWrongWithASyntheticVoice) {
  make_voice();
  write("my.toml", "temperature = 0.5\n");
  Call examined = doctor({"--json", "--config", path("my.toml")});
  examined.variables["ORPHEUS_TOP_P"] = "0.7";
  const Finished finished = run(examined);
  ASSERT_EQ(finished.exit_code, 0) << finished.output << finished.messages;
  const json report = json::parse(finished.output);
  EXPECT_TRUE(report["works"]);
  for (const json& check : report["checks"])
    EXPECT_TRUE(check["verdict"] == "ok" || check["verdict"] == "warning") << check;
  EXPECT_FALSE(report["plan"].empty());
  EXPECT_GE(report["machine"]["cpu"]["usable_cores"], 1);
  for (const json& device : report["machine"]["devices"]) {
    if (device["name"] != "CPU") continue;
    EXPECT_EQ(device["kind"], "CPU");
    EXPECT_LE(device["memory_free_bytes"], device["memory_total_bytes"]);
    EXPECT_EQ(device["memory_free_bytes"], report["machine"]["memory"]["available_bytes"]);
  }
  const auto expect_setting = [&](const std::string& name, const std::string& value,
                                  const std::string& source) {
    for (const json& setting : report["settings"]) {
      if (setting["name"] != name) continue;
      EXPECT_EQ(setting["value"], value);
      EXPECT_EQ(std::string(setting["source"]).rfind(source, 0), 0U) << setting;
      return;
    }
    ADD_FAILURE() << "no setting " << name;
  };
  expect_setting("port", "0", "flag (--port)");
  expect_setting("top_p", "0.7", "environment (ORPHEUS_TOP_P)");
  expect_setting("temperature", "0.5", "file (" + path("my.toml") + ", line 1)");
  expect_setting("top_k", "", "default");
  expect_setting("sample_rate", "24000", "default");
  expect_setting("max_waiting", "25", "profile (CPU tier: ");
  const std::string text = run(doctor()).output;
  EXPECT_NE(text.find("speech      "), std::string::npos);
  EXPECT_NE(text.find("word times  ok       estimated: "), std::string::npos) << text;
  EXPECT_NE(text.find("\n  CPU         "), std::string::npos) << text;
  EXPECT_NE(text.find(" GB free, CPU tier\n"), std::string::npos) << text;
}

TEST_F(Doctor, TellsTheRemedyOfEachBrokenSetUp) {
  make_voice();
  const std::string model = path("voice/lm.gguf");
  const std::string codec = path("voice/codec.gguf");
  const auto with = [&](std::vector<std::string> arguments) {
    arguments.insert(arguments.begin(), {"doctor", "--port", "0"});
    Call broken = call(std::move(arguments));
    broken.variables["ORPHEUS_ENV_FILE"] = path(".env");
    return broken;
  };

  // 1. A missing model.
  expect_told(with({"--model", path("gone.gguf"), "--codec", codec}), "gone.gguf",
              "Check the path. Set --model to the GGUF file of a language model");
  // 2. A model without a codec.
  expect_told(with({"--model", model}), "--model is set without --codec", "orpheus convert codec");
  // 3. A truncated model.
  const std::string bytes = read_file(model);
  expect_told(
      with({"--model", write("cut.gguf", bytes.substr(0, bytes.size() / 2)), "--codec", codec}),
      "cut.gguf", "download it again");
  // 4. Model and codec exchanged.
  expect_told(with({"--model", codec, "--codec", model}), "model       failed",
              "Set --codec to this file and --model to a language model");
  // 5. A file that is not a codec.
  expect_told(with({"--model", model, "--codec", write("text.gguf", "hello")}), "text.gguf",
              "Use a .gguf file");
  // 6. An unknown device.
  expect_told(doctor({"--device", "CUDA7"}), "there is no device 'CUDA7'", "orpheus devices");
  // 7. A folder that is not writable.
  Call full = doctor();
  full.variables["XDG_DATA_HOME"] = write("file", "");
  expect_told(full, "folders     failed", "XDG_DATA_HOME");
  // 8. A misspelled key in the settings file.
  expect_told(doctor({"--config", write("bad.toml", "prot = 1\n")}), "no setting 'prot'", "'port'");
  // 9. A misspelled name in .env.
  Call mistyped = doctor();
  mistyped.variables["ORPHEUS_ENV_FILE"] = write("bad.env", "ORPHEUS_TEMPRATURE=1\n");
  expect_told(mistyped, "ORPHEUS_TEMPRATURE", "ORPHEUS_TEMPERATURE");
  // 10. An invalid value of a setting.
  Call odd = doctor();
  odd.variables["ORPHEUS_MAX_TOKENS"] = "many";
  expect_told(odd, "ORPHEUS_MAX_TOKENS", "a whole number from 7");
  // 11. An address of another machine.
  expect_told(doctor({"--host", "203.0.113.7"}), "address     failed",
              "Choose an address of this machine");
  // 12. A missing key file.
  Call locked = doctor();
  locked.variables["ORPHEUS_SERVER_KEYS_FILE"] = path("no-keys");
  expect_told(locked, "no-keys", "Check the path");
  // 13. A certificate without a key, and a missing certificate.
  expect_told(doctor({"--tls-certificate", path("my.pem")}), "address     failed",
              "Set both --tls-certificate and --tls-key");
  expect_told(doctor({"--tls-certificate", path("my.pem"), "--tls-key", path("my.key")}), "my.pem",
              "Check the path");
  // 14. A model that has changed since its download.
  write("voice/lm.gguf.sha256", std::string(64, '0') + "  lm.gguf\n");
  expect_told(doctor(), "model       failed", "orpheus pull");
}

// One problem does not hide another one.
TEST_F(Doctor, GoesOnWhereTheChosenVoiceIsGone) {
  make_voice();
  std::filesystem::create_directories(path("data/orpheus/models"));
  write("data/orpheus/models/chosen", "english-q4_k_m\n");
  std::filesystem::copy_file(path("voice/codec.gguf"), path("data/orpheus/models/snac_24khz.gguf"));
  const Finished finished = run(call({"doctor", "--port", "0", "--json"}));
  EXPECT_EQ(finished.exit_code, 3) << finished.messages;
  const json report = json::parse(finished.output);
  std::map<std::string, std::string> verdicts;
  for (const json& check : report["checks"]) {
    verdicts[check["name"]] = check["verdict"];
    if (check["name"] != "model") continue;
    EXPECT_NE(std::string(check["found"]).find("'english-q4_k_m' is no longer"), std::string::npos);
    EXPECT_NE(std::string(check["remedy"]).find("orpheus models use NAME"), std::string::npos);
  }
  EXPECT_EQ(verdicts, (std::map<std::string, std::string>{{"build", "ok"},
                                                          {"folders", "ok"},
                                                          {"model", "failed"},
                                                          {"codec", "ok"},
                                                          {"memory", "skipped"},
                                                          {"address", "ok"},
                                                          {"keys", "ok"},
                                                          {"speech", "skipped"}}));
  expect_told(call({"doctor", "--port", "0", "--model", "korean"}), "'korean' is not installed",
              "orpheus pull korean");
}

TEST_F(Doctor, GoesOnWhereSettingsAreWrong) {
  make_voice();
  Call wrong = doctor({"--config", write("bad.toml", "prot = 1\n"), "--json"});
  wrong.variables["ORPHEUS_MAX_TOKENS"] = "many";
  wrong.variables["ORPHEUS_TOP_K"] = "7";
  wrong.variables["ORPHEUS_ADMIN_KEYS_FILE"] = path("no-keys");
  const Finished finished = run(wrong);
  EXPECT_EQ(finished.exit_code, 2) << finished.messages;
  const json report = json::parse(finished.output);
  EXPECT_FALSE(report["works"]);
  std::vector<std::string> told;
  std::map<std::string, std::string> verdicts;
  for (const json& check : report["checks"]) {
    if (check["name"] == "settings") told.push_back(check["found"]);
    verdicts[check["name"]] = check["verdict"];
  }
  EXPECT_EQ(verdicts["speech"], "ok") << finished.output;
  ASSERT_EQ(told.size(), 3U) << finished.output;
  EXPECT_NE(told[2].find("no-keys"), std::string::npos) << told[2];
  EXPECT_NE(told[0].find("no setting 'prot'"), std::string::npos) << told[0];
  EXPECT_NE(told[1].find("ORPHEUS_MAX_TOKENS"), std::string::npos) << told[1];
  std::map<std::string, std::string> values;
  for (const json& setting : report["settings"]) values[setting["name"]] = setting["value"];
  EXPECT_EQ(values["top_k"], "7");
  EXPECT_EQ(values["max_tokens"], "4096");
}

TEST_F(Doctor, OneServerThatAnswersIsEnough) {
  make_voice();
  Process server(call(with_voice({"serve", "--port", "0"})));
  ASSERT_TRUE(server.wait_for_message(" at http://127.0.0.1:")) << server.messages();
  const std::string& said = server.messages();
  const std::string url = said.substr(said.find("http://127.0.0.1:"));
  const std::string live = url.substr(0, url.find_first_of("\r\n"));
  const std::string gone = "http://127.0.0.1:1";
  const auto examine = [&](const std::string& urls) {
    return run(call({"doctor", "--port", "0", "--lm-url", urls, "--model", path("voice/lm.gguf"),
                     "--codec", path("voice/codec.gguf")}));
  };
  const Finished one_of_two = examine(live + "," + gone);
  EXPECT_EQ(one_of_two.exit_code, 0) << one_of_two.output << one_of_two.messages;
  EXPECT_NE(one_of_two.output.find("server      warning"), std::string::npos);
  const Finished none = examine(gone);
  EXPECT_EQ(none.exit_code, 8) << none.output;
  EXPECT_NE(none.messages.find("Check that a server is running at this address"), std::string::npos)
      << none.messages;
}

TEST_F(Doctor, LooksAtEveryFurtherModelAndPlansForIt) {
  make_voice();
  const std::string model = path("voice/lm.gguf");
  const std::string other = path("other.gguf");
  std::filesystem::copy_file(model, other);
  const Finished finished = run(doctor({"--more-models", other, "--json"}));
  ASSERT_EQ(finished.exit_code, 0) << finished.output << finished.messages;
  const json report = json::parse(finished.output);
  int num_models = 0;
  for (const json& check : report["checks"]) num_models += check["name"] == "model" ? 1 : 0;
  EXPECT_EQ(num_models, 2);
  EXPECT_EQ(std::string(report["plan"][1]).rfind("further model 1 on CPU (", 0), 0U)
      << report["plan"];
  expect_told(doctor({"--more-models", write("text.gguf", "hello")}), "model       failed",
              "Use a .gguf file");
  expect_told(doctor({"--more-models", other + "," + path("gone.gguf")}), "gone.gguf",
              "--more-models");
}

TEST_F(Doctor, SeesThatAPortIsTaken) {
  make_voice();
  Process server(call(with_voice({"serve", "--port", "0"})));
  ASSERT_TRUE(server.wait_for_message(" at http://127.0.0.1:")) << server.messages();
  const std::string& said = server.messages();
  const std::string url = "http://127.0.0.1:";
  const std::string port = std::to_string(std::stoi(said.substr(said.find(url) + url.size())));
  expect_told(doctor({"--port", port}), "in use by another program", "choose another port");
}

}  // namespace
}  // namespace orpheus::program
