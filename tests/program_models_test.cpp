// pull, models, convert lm and quantize as users run them; the hub is a server of this test.

#include <atomic>
#include <csignal>
#include <fstream>
#include <mutex>
#include <thread>

#include <sys/stat.h>

#include "net/testing/scripted_server.h"
#include "program_fixture.h"

namespace orpheus::program {
namespace {

using net::Peer;
using net::ScriptedServer;

class Models : public ProgramTest {
 protected:
  Call call_hub(std::vector<std::string> arguments, const std::string& hub) const {
    Call made = call(std::move(arguments));
    made.variables["ORPHEUS_HUB_URL"] = hub;
    made.variables["no_proxy"] = "127.0.0.1";
    return made;
  }
  std::string installed(const std::string& name) const {
    return path("data/orpheus/models/" + name);
  }

  // A hub with the same voice under every name, and the checkpoint of the tiny codec.
  static std::string file_for(const std::string& request, const std::string& voice) {
    if (request.find("/hubertsiuzdak/snac_24khz/resolve/main/config.json ") != request.npos)
      return read_file(ORPHEUS_TEST_DATA "/snac-tiny/config.json");
    if (request.find("/hubertsiuzdak/snac_24khz/resolve/main/pytorch_model.bin ") != request.npos)
      return read_file(ORPHEUS_TEST_DATA "/snac-tiny/pytorch_model.bin");
    return request.find(".gguf ") != request.npos ? voice : "";
  }
  static size_t range_begin(const std::string& request) {
    const size_t at = request.find("Range: bytes=");
    return at == request.npos ? 0 : std::stoul(request.substr(at + 13));
  }
  static void serve(Peer& peer, const std::string& request, const std::string& voice) {
    const std::string content = file_for(request, voice);
    const size_t begin = range_begin(request);
    if (content.empty()) return (void)peer.answer(404, "none");
    const std::string tag = "ETag: \"v1\"\r\n";
    if (begin == 0) return (void)peer.answer(200, content, tag);
    peer.answer(206, std::string_view(content).substr(begin),
                "Content-Range: bytes " + std::to_string(begin) + "-" +
                    std::to_string(content.size() - 1) + "/" + std::to_string(content.size()) +
                    "\r\n" + tag);
  }
};

TEST_F(Models, APulledVoiceSpeaksWithoutBeingNamed) {
  make_voice();
  const std::string voice = read_file(path("voice/lm.gguf"));
  const ScriptedServer hub([&](Peer& peer) {
    for (std::string request; !(request = peer.read_request()).empty();)
      serve(peer, request, voice);
  });
  const Finished pulled = run(call_hub({"pull", "french"}, hub.url()));
  ASSERT_EQ(pulled.exit_code, 0) << pulled.messages;
  EXPECT_TRUE(read_file(installed("Orpheus-3b-French-FT-Q8_0.gguf")) == voice);
  EXPECT_FALSE(std::filesystem::exists(installed("snac_24khz/pytorch_model.bin")));
  EXPECT_NE(must({"models"}).find("*\tfrench-q8_0\tFrench"), std::string::npos);
  EXPECT_NE(must({"models", "--check"}).find("french-q8_0\tFrench\t24 MB\tintact"),
            std::string::npos)
      << must({"models", "--check"});
  must({"say", "Hi", "--threads", "1", "--seed", "1", "-o", path("chosen.wav")});
  must({"say", "Hi", "--threads", "1", "--seed", "1", "--model", "fr", "--codec", "snac", "-o",
        path("named.wav")});
  EXPECT_TRUE(read_file(path("chosen.wav")) == read_file(path("named.wav")));

  // A second voice is installed but not the default; then it becomes the default.
  ASSERT_EQ(run(call_hub({"pull", "german"}, hub.url())).exit_code, 0);
  EXPECT_NE(must({"models"}).find("*\tfrench-q8_0"), std::string::npos);
  must({"models", "use", "de"});
  EXPECT_NE(must({"models"}).find("*\tgerman-q8_0"), std::string::npos);
  expect_refused(call({"models", "use", "korean"}), 3, {"not installed", "orpheus pull"});
  expect_refused(call({"say", "Hi", "--model", "korean"}), 3,
                 {"Run 'orpheus pull korean' to download it"});

  std::ofstream(installed("Orpheus-3b-French-FT-Q8_0.gguf"), std::ios::app) << "x";
  const Finished checked = orpheus({"models", "--check"});
  EXPECT_EQ(checked.exit_code, 4);
  EXPECT_NE(checked.output.find("french-q8_0\tFrench\t24 MB\tdamaged"), std::string::npos);
}

TEST_F(Models, AKilledPullGoesOnAndEndsWithTheRightBytes) {
  make_voice();
  const std::string voice = read_file(path("voice/lm.gguf"));
  std::atomic<bool> whole{false};
  std::atomic<size_t> resumed_at{0};
  const ScriptedServer hub([&](Peer& peer) {
    for (std::string request; !(request = peer.read_request()).empty();) {
      if (whole || request.find(".gguf ") == request.npos) {
        if (request.find(".gguf ") != request.npos) resumed_at = range_begin(request);
        serve(peer, request, voice);
        continue;
      }
      peer.send("HTTP/1.1 200 OK\r\nETag: \"v1\"\r\nContent-Length: " +
                std::to_string(voice.size()) + "\r\n\r\n" + voice.substr(0, voice.size() / 2));
      peer.wait_for_end();
    }
  });
  const std::string part = installed("orpheus-3b-0.1-ft-q4_k_m.gguf.part");
  {
    Process process(call_hub({"pull", "english"}, hub.url()));
    std::error_code missing;
    const auto has_some = [&] {
      const auto size = std::filesystem::file_size(part, missing);
      return !missing && size > 1'000'000;
    };
    for (int i = 0; i < 5000 && !has_some(); ++i)
      std::this_thread::sleep_for(std::chrono::milliseconds(10));
    ASSERT_TRUE(has_some());
    process.send_signal(SIGKILL);
    process.wait();
  }
  EXPECT_FALSE(std::filesystem::exists(installed("orpheus-3b-0.1-ft-q4_k_m.gguf")));
  const auto kept = std::filesystem::file_size(part);
  whole = true;
  const Finished pulled = run(call_hub({"pull", "english"}, hub.url()));
  ASSERT_EQ(pulled.exit_code, 0) << pulled.messages;
  EXPECT_EQ(resumed_at, kept);
  EXPECT_TRUE(read_file(installed("orpheus-3b-0.1-ft-q4_k_m.gguf")) == voice);
}

TEST_F(Models, CtrlCKeepsWhatCameAndSaysSo) {
  const ScriptedServer hub([&](Peer& peer) {
    peer.read_request();
    peer.send("HTTP/1.1 200 OK\r\nETag: \"v1\"\r\nContent-Length: 3000000\r\n\r\nGGUF" +
              std::string(2'000'000, 'x'));
    peer.wait_for_end();
  });
  Process process(call_hub({"pull", "english"}, hub.url()));
  const std::string part = installed("orpheus-3b-0.1-ft-q4_k_m.gguf.part");
  std::error_code missing;
  for (int i = 0; i < 3000; ++i) {
    if (std::filesystem::file_size(part, missing) > 1'000'000 && !missing) break;
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }
  process.send_signal(SIGINT);
  const Finished ended = process.wait();
  EXPECT_EQ(ended.exit_code, 130);
  EXPECT_NE(ended.messages.find("is kept; the same command resumes the download"),
            std::string::npos)
      << ended.messages;
  EXPECT_TRUE(std::filesystem::exists(part));
}

TEST_F(Models, TwoPullsAtOnceEndWithOneFile) {
  make_voice();
  const std::string voice = read_file(path("voice/lm.gguf"));
  std::atomic<int> num_voices{0};
  const ScriptedServer hub([&](Peer& peer) {
    for (std::string request; !(request = peer.read_request()).empty();) {
      if (request.find(".gguf ") != request.npos) ++num_voices;
      serve(peer, request, voice);
    }
  });
  Process first(call_hub({"pull", "english"}, hub.url()));
  Process second(call_hub({"pull", "english"}, hub.url()));
  const Finished one = first.wait();
  const Finished other = second.wait();
  EXPECT_EQ(one.exit_code, 0) << one.messages;
  EXPECT_EQ(other.exit_code, 0) << other.messages;
  EXPECT_EQ(num_voices, 1);
  EXPECT_TRUE(read_file(installed("orpheus-3b-0.1-ft-q4_k_m.gguf")) == voice);
  EXPECT_TRUE(std::filesystem::exists(installed("snac_24khz.gguf")));
}

TEST_F(Models, APullRepairsWhatIsDamaged) {
  make_voice();
  const std::string voice = read_file(path("voice/lm.gguf"));
  std::atomic<int> num_asked = 0;
  const ScriptedServer hub([&](Peer& peer) {
    for (std::string request; !(request = peer.read_request()).empty();) {
      ++num_asked;
      serve(peer, request, voice);
    }
  });
  const Call pull = call_hub({"pull", "french"}, hub.url());
  ASSERT_EQ(run(pull).exit_code, 0);
  const std::string file = installed("Orpheus-3b-French-FT-Q8_0.gguf");
  const std::string codec = installed("snac_24khz.gguf");
  for (const std::string& hurt : {file, codec}) {
    for (const bool cut : {false, true}) {
      if (cut) {
        std::filesystem::resize_file(hurt, 5000);
      } else {
        std::fstream(hurt, std::ios::in | std::ios::out | std::ios::binary).seekp(4000) << "oops";
      }
      EXPECT_EQ(orpheus({"models", "--check"}).exit_code, 4);
      const Finished pulled = run(pull);
      EXPECT_EQ(pulled.exit_code, 0) << pulled.messages;
      EXPECT_NE(pulled.messages.find(std::filesystem::path(hurt).filename().string() +
                                     ": the file is damaged"),
                std::string::npos)
          << pulled.messages;
      must({"models", "--check"});
      EXPECT_TRUE(read_file(file) == voice);
    }
  }
  const int before = num_asked;
  const Finished again = run(pull);
  EXPECT_EQ(again.messages, "");
  EXPECT_EQ(num_asked, before);
}

// Guards against a codec that is never checked, because its pull ended before its hash was
// recorded.
TEST_F(Models, APullRecordsAHashThatIsMissing) {
  make_voice();
  const std::string voice = read_file(path("voice/lm.gguf"));
  const ScriptedServer hub([&](Peer& peer) {
    for (std::string request; !(request = peer.read_request()).empty();)
      serve(peer, request, voice);
  });
  const Call pull = call_hub({"pull", "french"}, hub.url());
  ASSERT_EQ(run(pull).exit_code, 0);
  const std::string recorded = installed("snac_24khz.gguf.sha256");
  const std::string before = read_file(recorded);
  ASSERT_TRUE(std::filesystem::remove(recorded));
  ASSERT_EQ(run(pull).exit_code, 0);
  EXPECT_EQ(read_file(recorded), before);
}

TEST_F(Models, FilesOfOneNameInTwoRepositoriesAreTwoVoices) {
  make_voice();
  const std::string annas = read_file(path("voice/lm.gguf"));
  std::string bens = annas;
  bens.back() = static_cast<char>(bens.back() + 1);
  const ScriptedServer hub([&](Peer& peer) {
    for (std::string request; !(request = peer.read_request()).empty();)
      serve(peer, request, request.find("/anna/one/") != request.npos ? annas : bens);
  });
  for (const char* name : {"anna/one/model.gguf", "ben/two/model.gguf"})
    ASSERT_EQ(run(call_hub({"pull", name}, hub.url())).exit_code, 0) << name;
  EXPECT_TRUE(read_file(installed("anna+one+model.gguf")) == annas);
  EXPECT_TRUE(read_file(installed("ben+two+model.gguf")) == bens);
  EXPECT_NE(must({"models"}).find("*\tanna+one+model\t"), std::string::npos);
  // Both are found by the name that was pulled and by the name in the list; so is a file that was
  // copied there.
  std::filesystem::copy_file(path("voice/lm.gguf"), installed("model.gguf"));
  for (const char* name : {"ben/two/model.gguf", "ben+two+model", "model"}) {
    must({"models", "use", name});
    must({"say", "Hi", "--threads", "1", "--model", name, "-o", path("hi.wav")});
  }
}

TEST_F(Models, WhatIsNoVoiceIsNotInstalled) {
  make_voice();
  const std::string voice = read_file(path("voice/lm.gguf"));
  const std::string codec = read_file(path("voice/codec.gguf"));
  const std::string file = installed("orpheus-3b-0.1-ft-q4_k_m.gguf");
  const std::string no_length = "Connection: close\r\n\r\n";
  const std::string sign_in = no_length + "<html>Sign in</html>";
  std::atomic<const std::string*> answer = nullptr;  // of a success; null: the hub's
  const ScriptedServer hub([&](Peer& peer) {
    for (std::string request; !(request = peer.read_request()).empty();) {
      const std::string* given = answer;
      if (given == nullptr) {
        serve(peer, request, voice);
        continue;
      }
      peer.send("HTTP/1.1 200 OK\r\n" + *given);
      return;
    }
  });
  for (const auto& [what, parts] :
       std::initializer_list<std::pair<std::string, std::vector<std::string>>>{
           {no_length + "<html>Sign in</html>", {"not a GGUF file", "'<htm'"}},
           {"Content-Length: 0\r\n\r\n", {}},
           {no_length + voice.substr(0, voice.size() - 1), {}},
           {no_length + codec, {"'snac'"}}}) {
    answer = &what;
    const Finished refused = run(call_hub({"pull", "english"}, hub.url()));
    EXPECT_EQ(refused.exit_code, 10) << refused.messages;
    for (const std::string& part :
         {std::string("the downloaded file is not a voice"), " to " + file})
      EXPECT_NE(refused.messages.find(part), std::string::npos) << refused.messages;
    for (const std::string& part : parts)
      EXPECT_NE(refused.messages.find(part), std::string::npos) << refused.messages;
    for (const char* ending : {"", ".part", ".sha256"})
      EXPECT_FALSE(std::filesystem::exists(file + ending)) << ending;
  }
  answer = &sign_in;
  EXPECT_NE(run(call_hub({"pull", "snac"}, hub.url())).exit_code, 0);
  answer = nullptr;
  const Finished pulled = run(call_hub({"pull", "english"}, hub.url()));
  EXPECT_EQ(pulled.exit_code, 0) << pulled.messages;
}

TEST_F(Models, WithoutANetworkHandsAreToldTheWay) {
  const std::string nowhere = "http://127.0.0.1:" + std::to_string(net::free_port());
  const Finished failed = run(call_hub({"pull", "snac"}, nowhere));
  EXPECT_EQ(failed.exit_code, 8);
  const std::string url = nowhere + "/hubertsiuzdak/snac_24khz/resolve/main/config.json";
  EXPECT_NE(failed.messages.find("download " + url + " to " + installed("snac_24khz/config.json")),
            std::string::npos)
      << failed.messages;
  // As the message says.
  for (const std::string name : {"config.json", "pytorch_model.bin"})
    std::filesystem::copy_file(ORPHEUS_TEST_DATA "/snac-tiny/" + name,
                               installed("snac_24khz/" + name));
  const Finished pulled = run(call_hub({"pull", "snac"}, nowhere));
  EXPECT_EQ(pulled.exit_code, 0) << pulled.messages;
  EXPECT_TRUE(std::filesystem::exists(installed("snac_24khz.gguf")));
  EXPECT_TRUE(std::filesystem::exists(installed("snac_24khz/config.json")));
}

TEST_F(Models, APullLeavesNoLocks) {
  make_voice();
  const std::string voice = read_file(path("voice/lm.gguf"));
  const ScriptedServer hub([&](Peer& peer) {
    for (std::string request; !(request = peer.read_request()).empty();)
      serve(peer, request, voice);
  });
  ASSERT_EQ(run(call_hub({"pull", "english"}, hub.url())).exit_code, 0);
  for (const std::string& file : files()) EXPECT_FALSE(file.ends_with(".lock")) << file;
}

// An orpheus server acts as a hub with an unknown certificate; it has no files of a hub.
TEST_F(Models, ACertificateOfOnesOwnNeedsAFileThatVouchesForIt) {
  make_voice();
  const std::string certificate = ORPHEUS_TEST_DATA "/certificate/localhost.crt";
  const std::string key = ORPHEUS_TEST_DATA "/certificate/localhost.key";
  const std::string others = ORPHEUS_TEST_DATA "/certificate/other.crt";  // it vouches for nobody
  Process server(call(
      with_voice({"serve", "--port", "0", "--tls-certificate", certificate, "--tls-key", key})));
  if (!server.wait_for_message(" at https://127.0.0.1:")) {
    if (server.messages().find("this build does not support TLS") == std::string::npos)
      ADD_FAILURE() << server.messages();
    GTEST_SKIP() << server.messages();
  }
  const std::string& said = server.messages();
  const size_t at = said.find("https://127.0.0.1:");
  const int port = std::stoi(said.substr(at + 18));
  // The message must not contain the password.
  const std::string hub = "https://me:secret@localhost:" + std::to_string(port);
  const Finished refused = run(call_hub({"pull", "snac"}, hub));
  EXPECT_EQ(refused.exit_code, 8) << refused.messages;
  for (const char* part : {"the TLS connection failed", "ORPHEUS_CA_CERTIFICATES"})
    EXPECT_NE(refused.messages.find(part), std::string::npos) << refused.messages;
  EXPECT_EQ(refused.messages.find("secret"), std::string::npos) << refused.messages;
  for (const char* name : {"ORPHEUS_CA_CERTIFICATES", "SSL_CERT_FILE", "CURL_CA_BUNDLE"}) {
    Call trusting = call_hub({"pull", "snac"}, hub);
    // Of this machine: CURL_CA_BUNDLE wins, as in curl.
    trusting.variables["SSL_CERT_FILE"] = std::string(name) == "CURL_CA_BUNDLE" ? others : "";
    trusting.variables["CURL_CA_BUNDLE"] = "";
    trusting.variables[name] = certificate;
    const Finished found = run(trusting);
    EXPECT_EQ(found.exit_code, 3) << name << ": " << found.messages;
    EXPECT_NE(found.messages.find("there is no such file"), std::string::npos) << found.messages;
  }
  const Finished lost = run(call_hub({"pull", "snac", "--ca-certificates", path("gone.pem")}, hub));
  EXPECT_EQ(lost.exit_code, 8);
  EXPECT_NE(lost.messages.find("Check --ca-certificates"), std::string::npos) << lost.messages;
  // Guards against: the program trusts the system's authorities instead, or does not say where the
  // name of the wrong file comes from.
  std::ofstream(path("empty.pem")) << "";
  std::ofstream(path("words.pem")) << "no certificate\n";
  for (const char* name : {"SSL_CERT_FILE", "CURL_CA_BUNDLE"}) {
    for (const std::string& file : {path("gone.pem"), path("empty.pem"), path("words.pem"), key}) {
      Call trusting = call_hub({"pull", "snac"}, hub);
      trusting.variables["SSL_CERT_FILE"] = trusting.variables["CURL_CA_BUNDLE"] = "";
      trusting.variables[name] = file;
      const Finished wrong = run(trusting);
      EXPECT_EQ(wrong.exit_code, 8) << file;
      EXPECT_NE(wrong.messages.find("the trusted certificates cannot be read"), std::string::npos)
          << file << ": " << wrong.messages;
      EXPECT_NE(wrong.messages.find("Check the environment variable " + std::string(name)),
                std::string::npos)
          << file << ": " << wrong.messages;
    }
  }
  Call distrusting = call_hub({"pull", "snac"}, hub);
  distrusting.variables["CURL_CA_BUNDLE"] = others;
  const Finished distrusted = run(distrusting);
  EXPECT_EQ(distrusted.exit_code, 8);
  EXPECT_NE(distrusted.messages.find("as the environment variable CURL_CA_BUNDLE says"),
            std::string::npos)
      << distrusted.messages;

  // Through a proxy's tunnel, the client sees the server's certificate.
  std::mutex guard;
  std::string asked;
  const ScriptedServer proxy([&](Peer& peer) {
    const std::string request = peer.read_request();
    if (request.empty()) return;
    {
      const std::lock_guard lock(guard);
      asked = request;
    }
    peer.send("HTTP/1.1 200 Connection established\r\n\r\n");
    peer.tunnel(static_cast<uint16_t>(port));
  });
  Call tunnelled = call_hub({"pull", "snac", "--ca-certificates", certificate}, hub);
  tunnelled.variables["no_proxy"] = "";
  tunnelled.variables["NO_PROXY"] = "";
  tunnelled.variables["https_proxy"] = proxy.url();
  const Finished through = run(tunnelled);
  EXPECT_EQ(through.exit_code, 3) << through.messages;
  const std::lock_guard lock(guard);
  EXPECT_TRUE(asked.starts_with("CONNECT localhost:" + std::to_string(port) + " ")) << asked;
}

TEST_F(Models, ProxiesAreGoneThroughUnlessNoProxyNamesTheHub) {
  make_voice();
  const std::string voice = read_file(path("voice/lm.gguf"));
  std::atomic<int> num_asked = 0;
  const ScriptedServer proxy([&](Peer& peer) {
    for (std::string request; !(request = peer.read_request()).empty();) {
      if (request.starts_with("CONNECT ")) return (void)peer.answer(403, "no");
      ++num_asked;
      EXPECT_TRUE(request.starts_with("GET http://hub.invalid/")) << request;
      serve(peer, request, voice);
    }
  });
  const auto call_by = [&](const std::string& hub, const std::string& by) {
    Call made = call_hub({"pull", "english"}, hub);
    made.variables["no_proxy"] = "";
    made.variables["NO_PROXY"] = "";
    for (const char* name : {"http_proxy", "https_proxy"}) made.variables[name] = by;
    return made;
  };
  const Finished pulled = run(call_by("http://hub.invalid", proxy.url()));
  EXPECT_EQ(pulled.exit_code, 0) << pulled.messages;
  EXPECT_EQ(num_asked, 3);  // the voice and the codec's two files
  std::filesystem::remove_all(installed(""));
  Call direct = call_by("http://hub.invalid", proxy.url());
  direct.variables["no_proxy"] = ".invalid";
  const auto expect_told = [](const Finished& failed, const std::string& words) {
    EXPECT_EQ(failed.exit_code, 8);
    EXPECT_NE(failed.messages.find(words), std::string::npos) << failed.messages;
  };
  expect_told(run(direct), "the name 'hub.invalid' cannot be resolved");
  EXPECT_EQ(num_asked, 3);
  expect_told(run(call_by("https://hub.invalid", proxy.url())), "the proxy refused to connect");
  const std::string nobody = "http://127.0.0.1:" + std::to_string(net::free_port());
  expect_told(run(call_by("http://hub.invalid", nobody)), "cannot connect to the proxy");
}

// Guards against: 'models' does not list the small voice, or the user cannot select it again.
TEST_F(Models, TheSmallVoiceIsListedMarkedAndCanBeChosen) {
  const auto small = std::filesystem::path(ORPHEUS_PROGRAM).parent_path() / "voices/small";
  if (!std::filesystem::exists(small)) GTEST_SKIP() << "built without the small voice";
  const std::string marked = "*\tsmall\tEnglish\t23 MB\tcomes with the program\n";
  EXPECT_EQ(must({"models"}).rfind(marked, 0), 0U) << must({"models"});
  make_voice();
  std::filesystem::create_directories(path("data/orpheus/models"));
  std::filesystem::copy_file(path("voice/lm.gguf"), path("data/orpheus/models/mine.gguf"));
  must({"models", "use", "mine"});
  EXPECT_EQ(must({"models"}).find(marked), std::string::npos);
  EXPECT_NE(must({"models"}).find("*\tmine\t"), std::string::npos);
  must({"models", "use", "small"});
  EXPECT_EQ(must({"models"}).rfind(marked, 0), 0U);
  EXPECT_EQ(must({"voices"}).rfind("rms\t", 0), 0U);
  expect_refused(call({"models", "use", "english"}), 3,
                 {"'english' is not installed", "orpheus pull english"});
}

TEST_F(Models, AnInterruptedQuantizeLeavesNothing) {
  make_voice("small");
  const auto before = files();
  Process process(call({"quantize", path("voice/lm.gguf"), path("out.gguf"), "--type", "iq3_s"}));
  const auto has_begun = [&] { return files().size() > before.size(); };
  for (int i = 0; i < 3000 && !has_begun(); ++i)
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  process.send_signal(SIGINT);
  EXPECT_EQ(process.wait().exit_code, 130);
  EXPECT_EQ(files(), before);
}

TEST_F(Models, AQuantizedVoiceSpeaks) {
  make_voice();
  must({"quantize", path("voice/lm.gguf"), path("small.gguf"), "--type", "Q5_K_M"});
  must({"say", "Hi", "--threads", "1", "--model", path("small.gguf"), "--codec",
        path("voice/codec.gguf"), "-o", path("hi.wav")});
  expect_refused(call({"quantize", path("voice/lm.gguf"), path("o.gguf"), "--type", "iq2_xs"}), 5,
                 {"importance matrix"});
  expect_refused(call({"quantize", path("voice/codec.gguf"), path("o.gguf"), "--type", "q8_0"}), 5,
                 {"only language models"});
  expect_refused(call({"quantize", path("small.gguf"), path("o.gguf"), "--type", "q8_0"}), 2,
                 {"no tensor would change in a conversion to"});
  expect_refused(call({"convert", "lm", path("voice"), "-o", path("o.gguf")}), 3, {"config.json"});
}

}  // namespace
}  // namespace orpheus::program
