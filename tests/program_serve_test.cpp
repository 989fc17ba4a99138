// orpheus serve over real sockets, until it is stopped.

#include <csignal>

#include <nlohmann/json.hpp>

#include "program_fixture.h"
#include "server_client.h"

namespace orpheus::program {
namespace {

class Serve : public ProgramTest {
 protected:
  void SetUp() override {
    ProgramTest::SetUp();
    make_voice();
  }

  // The headers of a client that acts for the server's user.
  std::string as_user() const {
    std::string token = read_file(path("data/orpheus/user-token"));
    while (!token.empty() && token.back() == '\n') token.pop_back();
    return "Authorization: Bearer " + token + "\r\n";
  }

  Call serve(const std::string& port = "0") const {
    return call(with_voice({"serve", "--port", port}));
  }
};

TEST_F(Serve, AnswersAndStopsWhenItIsTold) {
  Process server(serve());
  const uint16_t port = port_of(server);
  const std::string health = Client(port, get("/health")).read_all();
  EXPECT_EQ(status_of(health), 200);
  EXPECT_EQ(nlohmann::json::parse(body_of(health))["status"], "ok");

  const nlohmann::json asked = {
      {"input", "One sentence."}, {"voice", "leo"}, {"seed", 1}, {"response_format", "wav"}};
  nlohmann::json asked_for_pcm = asked;
  asked_for_pcm["response_format"] = "pcm";
  const std::string wav = Client(port, post_speech(asked)).read_all();
  const std::string pcm = Client(port, post_speech(asked_for_pcm)).read_all();
  EXPECT_EQ(status_of(wav), 200);
  EXPECT_EQ(status_of(pcm), 200);
  EXPECT_EQ(body_of(wav).substr(0, 4), "RIFF");
  EXPECT_EQ(body_of(wav).substr(44), body_of(pcm));
  // The command line gives the same voice.
  must(with_voice({"say", "One sentence.", "--voice", "leo", "--seed", "1", "-o", path("a.pcm")}));
  EXPECT_EQ(body_of(pcm), read_file(path("a.pcm")));

  // A log line for each request, with its id, and without its text.
  EXPECT_TRUE(server.wait_for_message("route=/v1/audio/speech status=200"));
  EXPECT_TRUE(server.wait_for_message("id=req_"));
  EXPECT_EQ(server.messages().find("One sentence"), std::string::npos);

  const std::string refused =
      Client(port, post_speech({{"input", "Hi"}, {"voice", "bob"}})).read_all();
  EXPECT_EQ(status_of(refused) / 100, 4);
  EXPECT_EQ(status_of(Client(port, get("/health")).read_all()), 200);

  server.send_signal(SIGTERM);
  EXPECT_EQ(server.wait().exit_code, 0);
}

// Guards against: Home Assistant's port does not open, or its speech is not the voice's.
TEST_F(Serve, SpeaksToHomeAssistant) {
  Process server(call(with_voice({"serve", "--port", "0", "--wyoming-port", "0"})));
  port_of(server);
  const std::string before = "serving Wyoming clients at tcp://127.0.0.1:";
  ASSERT_TRUE(server.wait_for_message(before)) << server.messages();
  const std::string& said = server.messages();
  const auto port =
      static_cast<uint16_t>(std::stoi(said.substr(said.find(before) + before.size())));
  const Client client(port,
                      "{\"type\":\"describe\"}\n"
                      "{\"type\":\"synthesize\",\"data\":{\"text\":\"One sentence.\"}}\n");
  std::string answer;
  for (std::string more = client.read_some(); !more.empty(); more = client.read_some()) {
    answer += more;
    if (answer.find("\"audio-stop\"") != std::string::npos) break;
  }
  EXPECT_NE(answer.find("\"supports_synthesize_streaming\":true"), std::string::npos);
  EXPECT_NE(answer.find("{\"type\":\"audio-start\""), std::string::npos);
  EXPECT_GT(answer.size(), 10'000U);
  EXPECT_TRUE(server.wait_for_message("method=WYOMING route=synthesize status=200"));
  server.send_signal(SIGTERM);  // the connection is open, and idle
  EXPECT_EQ(server.wait().exit_code, 0);
}

// Guards against: a remote model is used without the properties in its file. The small voice takes
// few words at a time, has no tags, and has its own sampling values.
TEST_F(Serve, AModelElsewhereSpeaksAsItDoesHere) {
  const auto small = std::filesystem::path(ORPHEUS_PROGRAM).parent_path() / "voices/small";
  if (!std::filesystem::exists(small)) GTEST_SKIP() << "built without the small voice";
  Process server(call({"serve", "--port", "0", "--threads", "1"}));
  const std::string url = "http://127.0.0.1:" + std::to_string(port_of(server));
  std::vector<std::string> ask = {
      "say",
      "<laugh> The first of them came late. The second one did not come at all, she said.",
      "--seed",
      "3",
      "--threads",
      "1",
      "-o"};
  ask.push_back(path("here.pcm"));
  must(ask);
  ask.back() = path("elsewhere.pcm");
  for (const std::string& more :
       {std::string("--lm-url"), url, std::string("--model"), (small / "lm.gguf").string(),
        std::string("--codec"), (small / "codec.gguf").string()})
    ask.push_back(more);
  must(ask);
  EXPECT_EQ(read_file(path("elsewhere.pcm")), read_file(path("here.pcm")));
}

// Guards against: the codec alone is not enough, although docs/remote.md says so. The client must
// take the token ids, the voices' names and the sampling values from the other orpheus server.
TEST_F(Serve, ACodecIsEnoughBesideAnotherOrpheus) {
  const auto small = std::filesystem::path(ORPHEUS_PROGRAM).parent_path() / "voices/small";
  if (!std::filesystem::exists(small)) GTEST_SKIP() << "built without the small voice";
  Process server(call({"serve", "--port", "0", "--threads", "1"}));
  const std::string url = "http://127.0.0.1:" + std::to_string(port_of(server));
  const std::string text =
      "<laugh> The first of them came late. Dr. Reed had 12 letters, she said.";
  must({"say", text, "--seed", "3", "--threads", "1", "-o", path("here.pcm")});
  must({"say", text, "--seed", "3", "--threads", "1", "-o", path("elsewhere.pcm"), "--lm-url", url,
        "--codec", (small / "codec.gguf").string()});
  EXPECT_EQ(read_file(path("elsewhere.pcm")), read_file(path("here.pcm")));
}

// Guards against: servers must be started in a certain order.
TEST_F(Serve, AServerElsewhereMayBeStartedLater) {
  const auto small = std::filesystem::path(ORPHEUS_PROGRAM).parent_path() / "voices/small";
  if (!std::filesystem::exists(small)) GTEST_SKIP() << "built without the small voice";
  uint16_t later = 0;
  {
    Process taken(call({"serve", "--port", "0", "--threads", "1"}));
    later = port_of(taken);
    taken.send_signal(SIGTERM);
    taken.wait();
  }
  Process front(call({"serve", "--port", "0", "--threads", "1", "--lm-url",
                      "http://127.0.0.1:" + std::to_string(later), "--codec",
                      (small / "codec.gguf").string()}));
  const uint16_t port = port_of(front);
  EXPECT_EQ(Client(port, get("/v1/voices")).read_all().find("rms"), std::string::npos);
  Process server(call({"serve", "--port", std::to_string(later), "--threads", "1"}));
  ASSERT_EQ(port_of(server), later);
  std::string voices;
  for (int i = 0; i < 600 && voices.find("rms") == std::string::npos; ++i) {
    std::this_thread::sleep_for(std::chrono::milliseconds(100));
    voices = Client(port, get("/v1/voices")).read_all();
  }
  EXPECT_NE(voices.find("rms"), std::string::npos) << voices;
  const std::string spoken =
      Client(port, post_speech({{"input", "Hello."}, {"seed", 1}, {"response_format", "pcm"}}))
          .read_all();
  EXPECT_EQ(status_of(spoken), 200) << spoken.substr(0, 500);
}

TEST_F(Serve, ASecondServerAtTheSamePortIsRefused) {
  Process server(serve());
  const std::string port = std::to_string(port_of(server));
  expect_refused(serve(port), 8, {"127.0.0.1:" + port + " is in use", "choose another port"});
  EXPECT_EQ(status_of(Client(static_cast<uint16_t>(std::stoi(port)), get("/health")).read_all()),
            200);
}

TEST_F(Serve, ASpeechThatHasBegunIsSpokenToItsEnd) {
  Process server(serve());
  const uint16_t port = port_of(server);
  const std::string request = post_speech(
      {{"input", "A sentence of middling length, spoken to somebody who is listening to it."},
       {"seed", 1},
       {"response_format", "pcm"}});
  const std::string undisturbed = body_of(Client(port, request).read_all());
  const Client listener(port, request);
  std::string answer = listener.read_some();
  server.send_signal(SIGINT);
  answer += listener.read_all();
  EXPECT_EQ(body_of(answer), undisturbed);
  EXPECT_EQ(server.wait().exit_code, 0);
}

TEST_F(Serve, ASecondSignalStopsAtOnce) {
  Process server(serve());
  const Client listener(port_of(server),
                        post_speech({{"input", read_file(ORPHEUS_TEST_DATA "/page.txt")},
                                     {"response_format", "pcm"}}));
  EXPECT_EQ(status_of(listener.read_some()), 200);
  server.send_signal(SIGTERM);
  ASSERT_TRUE(server.wait_for_message("stopping"));
  server.send_signal(SIGTERM);
  EXPECT_EQ(server.wait().exit_code, 128 + SIGTERM);  // and not 0 after the drain time
}

std::string post(const std::string& path, const std::string& body,
                 const std::string& headers = "") {
  return "POST " + path + " HTTP/1.0\r\nHost: localhost\r\nContent-Type: application/json\r\n" +
         headers + "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body;
}

TEST_F(Serve, KeepsSpeechesUnderNamesThatNobodyCanGuess) {
  Process server(serve());
  const uint16_t port = port_of(server);
  const std::string answer =
      Client(port, post("/speak", R"({"text": "Hello.", "voice": "leo"})")).read_all();
  ASSERT_EQ(status_of(answer), 200) << answer;
  const auto said = nlohmann::json::parse(body_of(answer));
  EXPECT_EQ(said["status"], "ok");
  EXPECT_EQ(said["voice"], "leo");
  const std::string file = said["output_file"];
  const std::string wav = body_of(Client(port, get("/" + file)).read_all());
  EXPECT_EQ(wav.substr(0, 4), "RIFF");
  EXPECT_EQ(wav, read_file(path("data/orpheus/" + file)));
  // The header has the number of samples that follow.
  const size_t seed_at = answer.find("X-Seed: ");
  ASSERT_NE(seed_at, std::string::npos);
  const std::string pcm =
      body_of(Client(port, post_speech({{"input", "Hello."},
                                        {"voice", "leo"},
                                        {"seed", std::stoull(answer.substr(seed_at + 8))},
                                        {"response_format", "pcm"}}))
                  .read_all());
  EXPECT_EQ(numbers_in<uint32_t>(wav.substr(4, 4)).front(), wav.size() - 8);
  EXPECT_EQ(numbers_in<uint32_t>(wav.substr(40, 4)).front(), pcm.size());
  EXPECT_EQ(wav.substr(44), pcm);
  const std::string part =
      Client(port, "GET /" + file + " HTTP/1.0\r\nRange: bytes=4-7\r\n\r\n").read_all();
  EXPECT_EQ(status_of(part), 206);
  EXPECT_EQ(body_of(part), wav.substr(4, 4));
  write("data/secret.wav", "secret");
  for (const char* name :
       {"/outputs/", "/outputs/../../secret.wav", "/outputs/%2e%2e%2fsecret.wav",
        "/outputs//etc/passwd", "/outputs/speech-00000000000000000000000000000000.wav"}) {
    EXPECT_EQ(status_of(Client(port, get(name)).read_all()), 404) << name;
  }
}

// Guards against: any program on this machine, or any client of a proxy, changes settings.
TEST_F(Serve, SettingsAreForTheUserThatCanReadTheToken) {
  Call called = serve();
  called.variables["ORPHEUS_ENV_FILE"] = path("my.env");
  Process server(called);
  const uint16_t port = port_of(server);
  const std::string change = R"({"ORPHEUS_TEMPERATURE": 0.5})";
  const auto status_with = [&](const std::string& headers) {
    return status_of(Client(port, post("/save_config", change, headers)).read_all());
  };
  EXPECT_EQ(status_with(""), 401);
  EXPECT_EQ(status_with("Authorization: Bearer 0\r\n"), 401);
  EXPECT_EQ(status_with(as_user() + "Origin: https://evil.example\r\n"), 403);
  EXPECT_EQ(status_with(as_user() + "X-Forwarded-For: 1.2.3.4\r\n"), 403);
  EXPECT_EQ(std::filesystem::status(path("data/orpheus/user-token")).permissions(),
            std::filesystem::perms::owner_read | std::filesystem::perms::owner_write);
  EXPECT_EQ(status_with(as_user()), 200);
  // Without a terminal, the token is not printed.
  EXPECT_EQ(server.messages().find("#token="), std::string::npos) << server.messages();
}

// Guards against: an attacker's host name or another site's page is accepted.
TEST_F(Serve, KnowsItsNamesAndItsPages) {
  Call called = serve();
  called.variables["ORPHEUS_ALLOWED_HOSTS"] = "speak.example";
  Process server(called);
  const uint16_t port = port_of(server);
  const auto status_with = [&](const std::string& method, const std::string& host) {
    return status_of(
        Client(port, method + " /v1/voices HTTP/1.0\r\nHost: " + host + "\r\n\r\n").read_all());
  };
  EXPECT_EQ(status_with("GET", "evil.example"), 403);
  EXPECT_EQ(status_with("GET", "speak.example"), 200);
  EXPECT_EQ(status_with("GET", "localhost"), 200);
  const std::string speech = R"({"input": "Hi.", "response_format": "pcm"})";
  for (const char* route : {"/v1/audio/speech", "/speak", "/v1/completions"}) {
    const std::string request = "POST " + std::string(route) +
                                " HTTP/1.0\r\nHost: localhost\r\nContent-Type: text/plain\r\n"
                                "Origin: https://evil.example\r\nContent-Length: " +
                                std::to_string(speech.size()) + "\r\n\r\n" + speech;
    const std::string answer = Client(port, request).read_all();
    EXPECT_EQ(status_of(answer), 403) << route;
    EXPECT_NE(answer.find("ORPHEUS_CORS_ORIGINS"), std::string::npos) << answer;
  }
}

TEST_F(Serve, SettingsAreSavedAndTakenIntoUseWithoutARestart) {
  Call called = serve();
  called.variables["ORPHEUS_ENV_FILE"] = write("my.env", "# mine\nOTHER=1\nORPHEUS_VOICES=anna\n");
  Process server(called);
  const uint16_t port = port_of(server);
  const auto ask = [&](const std::string& request) { return Client(port, request).read_all(); };
  EXPECT_NE(ask(get("/v1/voices")).find("anna"), std::string::npos);
  const std::string change = R"({"ORPHEUS_MODEL_NAME": "mine", "ORPHEUS_TEMPERATURE": 0.5})";
  EXPECT_EQ(status_of(ask(post("/save_config", R"({"ORPHEUS_MODEL": "/etc/passwd"})", as_user()))),
            400);
  EXPECT_EQ(status_of(ask(post("/save_config", R"({"OTHER": "2"})", as_user()))), 400);
  EXPECT_EQ(status_of(ask(post("/save_config", change, as_user()))), 200);
  EXPECT_EQ(
      read_file(path("my.env")),
      "# mine\nOTHER=1\nORPHEUS_VOICES=anna\nORPHEUS_MODEL_NAME=mine\nORPHEUS_TEMPERATURE=0.5\n");
  EXPECT_EQ(ask(get("/v1/models")).find("mine"), std::string::npos);
  EXPECT_EQ(status_of(ask(post("/restart_server", "{}", as_user()))), 200);
  EXPECT_NE(ask(get("/v1/models")).find("mine"), std::string::npos);
  write("my.env", "ORPHEUS_VOICES=berta\n");
  const std::string reloaded = ask(post("/restart_server", "{}", as_user()));
  EXPECT_NE(reloaded.find("The voice was reloaded"), std::string::npos) << reloaded;
  EXPECT_NE(ask(get("/v1/voices")).find("berta"), std::string::npos);
  write("my.env", "ORPHEUS_TOP_P=9\n");  // refused completely: the old settings stay
  EXPECT_EQ(status_of(ask(post("/restart_server", "{}", as_user()))), 400);
  EXPECT_NE(ask(get("/v1/voices")).find("berta"), std::string::npos);
}

// Guards against: SIGBUS ends the server, or it speaks with the rest of a truncated voice.
TEST_F(Serve, AModelThatIsCutInPlaceFailsItsSpeechesAndNotTheServer) {
  Process server(serve());
  const uint16_t port = port_of(server);
  const std::string voice = read_file(path("voice/lm.gguf"));
  const std::string request =
      post_speech({{"input", "One sentence."}, {"seed", 1}, {"response_format", "pcm"}});
  const std::string spoken = Client(port, request).read_all();
  EXPECT_EQ(status_of(spoken), 200);
  std::filesystem::resize_file(path("voice/lm.gguf"), 4096);
  for (int i = 0; i < 2; ++i) {
    const std::string answer = Client(port, request).read_all();
    EXPECT_GE(status_of(answer), 400) << answer;
    EXPECT_NE(answer.find("changed while it was in use"), std::string::npos) << answer;
  }
  EXPECT_EQ(status_of(Client(port, get("/health")).read_all()), 200);
  // As the message says: rename another file over it, and reload.
  write("voice/new.gguf", voice);
  std::filesystem::rename(path("voice/new.gguf"), path("voice/lm.gguf"));
  const std::string said = Client(port, post("/restart_server", "", as_user())).read_all();
  EXPECT_NE(said.find("The voice was reloaded"), std::string::npos) << said;
  EXPECT_EQ(body_of(Client(port, request).read_all()), body_of(spoken));
  server.send_signal(SIGTERM);
  EXPECT_EQ(server.wait().exit_code, 0) << server.messages();
}

TEST_F(Serve, TellsTheSettingsThatAreInForce) {
  Call called = serve();
  called.arguments.insert(called.arguments.end(), {"--temperature", "0.9", "--server-keys-file",
                                                   write("keys", "# ours\nopen-sesame\n")});
  called.variables["ORPHEUS_ENV_FILE"] = write("my.env", "ORPHEUS_TOP_P=0.8\n");
  Process server(called);
  const uint16_t port = port_of(server);
  const auto ask = [&](const std::string& request) { return Client(port, request).read_all(); };
  const std::string key = "Authorization: Bearer open-sesame\r\n";
  const std::string answer =
      ask("GET /get_config HTTP/1.0\r\nHost: localhost\r\n" + as_user() + "\r\n");
  ASSERT_EQ(status_of(answer), 200) << answer;
  const auto told = nlohmann::json::parse(body_of(answer));
  EXPECT_EQ(told["ORPHEUS_TEMPERATURE"], "0.9");  // a flag's
  EXPECT_EQ(told["ORPHEUS_TOP_P"], "0.8");
  EXPECT_EQ(told["ORPHEUS_MAX_TOKENS"], "4096");  // for a CPU
  EXPECT_EQ(answer.find("sesame"), std::string::npos);
  const std::string saved = ask(post("/save_config", R"({"ORPHEUS_TEMPERATURE": 0.5})", as_user()));
  EXPECT_NE(saved.find("(by the flag)"), std::string::npos) << saved;
  // Keys in a file that a flag sets are required.
  const std::string speech = R"({"input": "Hi.", "response_format": "pcm"})";
  EXPECT_EQ(status_of(ask(post("/v1/audio/speech", speech))), 401);
  EXPECT_EQ(status_of(ask(post("/v1/audio/speech", speech, key))), 200);
}

TEST_F(Serve, GivesTokensToThoseWhoBringTheirOwnPrompts) {
  Process server(serve());
  const uint16_t port = port_of(server);
  const std::string ids = "[128259,128000,116,97,114,97,58,32,72,105,128009,128260,128261,128257]";
  const std::string keys = R"(, "max_tokens": 14, "temperature": 0, "ignore_eos": true)";
  const auto ask = [&](const std::string& prompt, const std::string& more) {
    return Client(port, post("/v1/completions", R"({"prompt": )" + prompt + keys + more + "}"))
        .read_all();
  };
  const auto whole = nlohmann::json::parse(body_of(ask(ids, "")));
  EXPECT_EQ(whole["usage"]["prompt_tokens"], 14);
  ASSERT_EQ(whole["choices"][0]["token_ids"].size(), 14U);
  EXPECT_EQ(whole["choices"][0]["finish_reason"], "length");
  std::string streamed = body_of(ask(ids, R"(, "stream": true)"));
  nlohmann::json collected = nlohmann::json::array();
  for (const std::string& line : lines_of(streamed)) {
    if (line.empty() || line == "data: [DONE]") continue;
    const auto event = nlohmann::json::parse(line.substr(6));
    for (const auto& id : event["choices"][0]["token_ids"]) collected.push_back(id);
  }
  EXPECT_EQ(collected, whole["choices"][0]["token_ids"]);
  EXPECT_TRUE(streamed.ends_with("data: [DONE]\n\n"));
  EXPECT_EQ(status_of(ask("[-1]", "")), 400);
  EXPECT_EQ(status_of(ask("[]", "")), 400);
}

}  // namespace
}  // namespace orpheus::program
