// Properties that operators of orpheus serve rely on: how it stops, what a reload applies, and its
// log and metrics.

#include <algorithm>
#include <chrono>
#include <csignal>
#include <cstdint>
#include <cstdlib>
#include <future>
#include <regex>
#include <thread>

#include <nlohmann/json.hpp>
#include <poll.h>

#include "program_fixture.h"
#include "server_client.h"

namespace orpheus::program {
namespace {

using namespace std::chrono_literals;

class Operator : public ProgramTest {
 protected:
  void SetUp() override {
    ProgramTest::SetUp();
    make_voice();
  }

  Call serve(const std::vector<std::string>& more = {}) const {
    return call(with_voice({"serve", "--port", "0"}, more));
  }
};

// A request of HTTP 1.1, whose last chunk marks a complete response.
std::string long_speech() {
  std::string text;
  for (int i = 0; i < 8; ++i)
    text += "A sentence of middling length, spoken to a patient listener. ";
  const std::string body =
      nlohmann::json{{"input", text}, {"seed", 1}, {"response_format", "pcm"}}.dump();
  return "POST /v1/audio/speech HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n"
         "Content-Type: application/json\r\nContent-Length: " +
         std::to_string(body.size()) + "\r\n\r\n" + body;
}

std::string ask(uint16_t port, const std::string& request) {
  return Client(port, request).read_all();
}

// Guards against: SIGTERM cuts off a response, or health probes and scrapers get no response while
// the server completes it.
TEST_F(Operator, AListenerHearsASpeechToItsEndAfterSigterm) {
  Process server(serve());
  const uint16_t port = port_of(server);
  const Client listener(port, long_speech());
  std::string heard = listener.read_some();
  ASSERT_EQ(status_of(heard), 200);
  server.send_signal(SIGTERM);
  ASSERT_TRUE(server.wait_for_message("stopping"));
  server.send_signal(SIGHUP);
  const std::string ready = ask(port, get("/health/ready"));
  EXPECT_EQ(status_of(ready), 503);
  EXPECT_NE(ready.find("\"stopping\""), std::string::npos);
  EXPECT_EQ(status_of(ask(port, get("/health"))), 200);
  EXPECT_EQ(status_of(ask(port, get("/metrics"))), 200);
  const std::string other = ask(port, post_speech({{"input", "Hi."}}));
  EXPECT_EQ(status_of(other), 503);
  EXPECT_NE(other.find("Retry-After: "), std::string::npos);
  for (std::string more = listener.read_some(); !more.empty(); more = listener.read_some()) {
    heard += more;
    std::this_thread::sleep_for(5ms);
  }
  EXPECT_TRUE(heard.ends_with("\r\n0\r\n\r\n"));
  EXPECT_EQ(server.wait().exit_code, 0) << server.messages();
}

TEST_F(Operator, ASpeechThatDoesNotEndIsCutAfterDrainSeconds) {
  Process server(serve({"--drain-seconds", "1"}));
  const Client listener(port_of(server),
                        post_speech({{"input", read_file(ORPHEUS_TEST_DATA "/page.txt")},
                                     {"response_format", "pcm"}}));
  ASSERT_EQ(status_of(listener.read_some()), 200);  // and reads no more
  server.send_signal(SIGTERM);
  EXPECT_EQ(server.wait().exit_code, 0);
  EXPECT_NE(server.messages().find("still in progress are cancelled"), std::string::npos)
      << server.messages();
}

// Guards against: a reload reports success but does not apply the settings.
TEST_F(Operator, AReloadTakesUpASettingOrSaysThatItNeedsARestart) {
  Call called = serve();
  called.variables["ORPHEUS_ENV_FILE"] =
      write("my.env", "ORPHEUS_MAX_SPEECHES=1\nORPHEUS_MAX_WAITING=0\n");
  Process server(called);
  const uint16_t port = port_of(server);
  const Client listener(port, post_speech({{"input", read_file(ORPHEUS_TEST_DATA "/page.txt")},
                                           {"response_format", "pcm"}}));
  ASSERT_EQ(status_of(listener.read_some()), 200);
  const std::string request = post_speech({{"input", "Hi."}, {"response_format", "pcm"}});
  ASSERT_EQ(status_of(ask(port, request)), 429);
  write("my.env",
        "ORPHEUS_MAX_SPEECHES=2\nORPHEUS_MAX_WAITING=40\nORPHEUS_MAX_CONNECTIONS=99\n"
        "ORPHEUS_LOG_FORMAT=json\nORPHEUS_LOG_LEVEL=debug\n");
  server.send_signal(SIGHUP);
  ASSERT_TRUE(server.wait_for_message("The settings were reloaded"));
  EXPECT_NE(server.messages().find("need a restart of the program: max_connections, log_format."),
            std::string::npos)
      << server.messages();
  EXPECT_EQ(server.messages().find("The voice was reloaded"), std::string::npos);
  EXPECT_EQ(status_of(ask(port, request)), 200);
  EXPECT_EQ(status_of(ask(port, get("/health"))), 200);
  EXPECT_TRUE(server.wait_for_message("route=/health"));  // of the new level
}

// A server that accepts connections and never responds.
class SilentServer {
 public:
  SilentServer() : socket_(::socket(AF_INET, SOCK_STREAM, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    EXPECT_EQ(::bind(socket_, reinterpret_cast<const sockaddr*>(&address), size), 0);
    EXPECT_EQ(::listen(socket_, 8), 0);
    EXPECT_EQ(::getsockname(socket_, reinterpret_cast<sockaddr*>(&address), &size), 0);
    url_ = "http://127.0.0.1:" + std::to_string(ntohs(address.sin_port));
  }
  ~SilentServer() { ::close(socket_); }
  SilentServer(const SilentServer&) = delete;
  SilentServer& operator=(const SilentServer&) = delete;

  const std::string& url() const { return url_; }
  bool is_asked_within(std::chrono::milliseconds time) const {
    pollfd waiting{.fd = socket_, .events = POLLIN, .revents = 0};
    return ::poll(&waiting, 1, static_cast<int>(time.count())) == 1;
  }

 private:
  int socket_;
  std::string url_;
};

// Guards against: the server waits for a reload before it ends, or a reload cuts a speech. The
// reload takes long because the remote server that it asks does not answer.
TEST_F(Operator, ALongReloadHoldsUpNeitherTheEndNorASpeech) {
  const SilentServer silent;
  Call called =
      call({"serve", "--port", "0", "--threads", "1", "--codec", path("voice/codec.gguf")});
  called.variables["ORPHEUS_ENV_FILE"] =
      write("my.env", "ORPHEUS_MODEL=" + path("voice/lm.gguf") + "\n");
  Process server(called);
  const Client listener(port_of(server), long_speech());
  std::string heard = listener.read_some();
  ASSERT_EQ(status_of(heard), 200);
  write("my.env", "ORPHEUS_API_URL=" + silent.url() + "\n");
  server.send_signal(SIGHUP);
  ASSERT_TRUE(silent.is_asked_within(60s));
  server.send_signal(SIGTERM);
  ASSERT_TRUE(server.wait_for_message("stopping"));
  server.send_signal(SIGHUP);
  ASSERT_TRUE(server.wait_for_message("the server is stopping"));
  heard += listener.read_all();
  EXPECT_TRUE(heard.ends_with("\r\n0\r\n\r\n"));
  EXPECT_EQ(server.wait().exit_code, 0) << server.messages();
}

// Every line of a server has the log's format: its own lines, requests and libraries.
TEST_F(Operator, AJsonLogIsJsonToItsLastLine) {
  Call called = serve({"--log-format", "json", "--log-level", "debug"});
  called.variables["ORPHEUS_ENV_FILE"] = write("my.env", "ORPHEUS_VOICES=anna\n");
  called.variables["ORPHEUS_MAX_SPEECHS"] = "3";  // a warning
  Process server(called);
  const uint16_t port = port_of(server);
  ask(port, get("/health"));
  ask(port, get("/nowhere/\"\x01"));
  ask(port,
      post_speech({{"input", "Hi \"there\"."}, {"voice", "leo"}, {"response_format", "pcm"}}));
  ask(port, post_speech({{"input", "Hi."}, {"voice", "nobody"}}));
  ask(port, "these bytes are no request\r\n\r\n");
  std::filesystem::resize_file(path("voice/lm.gguf"), 4096);  // so that ggml logs a message
  server.send_signal(SIGHUP);
  EXPECT_TRUE(server.wait_for_message("could not be reloaded"));
  server.send_signal(SIGTERM);
  EXPECT_EQ(server.wait().exit_code, 0);
  nlohmann::json speech;
  bool told_health = false;
  bool told_refusal = false;  // of the bytes that are no request
  for (const std::string& line : lines_of(server.messages())) {
    const auto told = nlohmann::json::parse(line, nullptr, false);
    ASSERT_TRUE(told.is_object()) << line;
    EXPECT_TRUE(std::regex_match(told.value("time", ""),
                                 std::regex(R"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z)")))
        << line;
    EXPECT_TRUE(told.contains("level")) << line;
    EXPECT_TRUE(told.contains("message")) << line;
    if (told.contains("voice")) speech = told;
    told_health = told_health || told.value("route", "") == "/health";
    told_refusal = told_refusal || (told.contains("refused") && told.value("status", 0) == 400);
  }
  EXPECT_TRUE(told_health);
  EXPECT_TRUE(told_refusal);
  EXPECT_EQ(speech["client"], "127.0.0.1");
  EXPECT_EQ(speech["method"], "POST");
  EXPECT_EQ(speech["route"], "/v1/audio/speech");
  EXPECT_EQ(speech["status"], 200);
  EXPECT_EQ(speech["voice"], "leo");
  EXPECT_EQ(speech["characters"], 11);
  EXPECT_LE(speech["first_byte_ms"], speech["total_ms"]);
}

TEST_F(Operator, AServerThatCannotStartSaysSoInItsLogsShape) {
  const Finished finished = run(serve({"--log-format", "json", "--host", "203.0.113.1"}));
  EXPECT_NE(finished.exit_code, 0);
  const auto lines = lines_of(finished.messages);
  ASSERT_FALSE(lines.empty());
  for (const std::string& line : lines) EXPECT_TRUE(nlohmann::json::accept(line)) << line;
}

TEST_F(Operator, ATextLogHasOneShapeAndNoProbes) {
  Process server(serve());
  const uint16_t port = port_of(server);
  for (const char* route : {"/health", "/health/live", "/health/ready", "/metrics"})
    EXPECT_EQ(status_of(ask(port, get(route))), 200);
  ask(port, get("/v1/models"));
  server.send_signal(SIGTERM);
  EXPECT_EQ(server.wait().exit_code, 0);
  const std::regex shape(R"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z (debug|info|warning|error) .+)");
  for (const std::string& line : lines_of(server.messages()))
    EXPECT_TRUE(std::regex_match(line, shape)) << line;
  EXPECT_EQ(server.messages().find("/health"), std::string::npos);
  EXPECT_EQ(server.messages().find("/metrics"), std::string::npos);
  EXPECT_NE(server.messages().find("method=GET route=/v1/models status=200"), std::string::npos);
}

TEST_F(Operator, ALevelThatIsNoneIsRefused) {
  const Finished loud = run(serve({"--log-level", "loud"}));
  EXPECT_EQ(loud.exit_code, 2);
  EXPECT_NE(loud.messages.find("debug, info, warning, error"), std::string::npos) << loud.messages;
}

TEST_F(Operator, MetricsTellOfRequestsAndOfTheProcess) {
  Process server(serve());
  const uint16_t port = port_of(server);
  EXPECT_EQ(status_of(ask(port, post_speech({{"input", "Hi."}, {"response_format", "pcm"}}))), 200);
  ask(port, get("/nowhere/1"));
  ask(port, get("/nowhere/2"));
  ask(port, get("/outputs/a"));
  const std::string metrics = body_of(ask(port, get("/metrics")));
  for (const char* part :
       {"_duration_seconds_count{route=\"/v1/audio/speech\",status=\"200\"} 1\n",
        "orpheus_http_request_duration_seconds_count{route=\"other\",status=\"404\"} 2\n",
        "orpheus_http_requests_total{route=\"/outputs/*\",status=\"404\"} 1\n",
        "\norpheus_refused_total 0\n", "\norpheus_build_info{version=\"",
        "\nprocess_resident_memory_bytes ", "\nprocess_threads ", "\nprocess_open_fds ",
        "\nprocess_cpu_seconds_total ", "\nprocess_start_time_seconds ",
        "\norpheus_codec_frames_per_call_count "})
    EXPECT_NE(metrics.find(part), std::string::npos) << part << "\n" << metrics;
  const std::regex line(R"((# .*|[a-zA-Z_:]+(\{.*\})? (\+Inf|-?[0-9.e+-]+)))");
  for (const std::string& told : lines_of(metrics))
    EXPECT_TRUE(std::regex_match(told, line)) << told;
}

// The value of a metric without labels.
double metric(const std::string& metrics, const std::string& name) {
  const size_t at = metrics.find("\n" + name + " ");
  EXPECT_NE(at, std::string::npos) << name << "\n" << metrics;
  return at == std::string::npos ? 0 : std::stod(metrics.substr(at + name.size() + 2));
}

// Guards against: the codec's graph decodes one stream after the other although the server has
// fewer threads than clients, the clients get each other's sound, or the metrics do not tell.
TEST_F(Operator, ClientsShareTheGraphOfTheCodec) {
  constexpr size_t kNumClients = 8;
  const auto body = [](size_t i) {
    return nlohmann::json{{"input", "One, two, three."}, {"seed", i}, {"response_format", "pcm"}};
  };
  std::vector<std::vector<int16_t>> alone;
  {
    Process server(serve({"--codec-arithmetic", "kernels", "--max-tokens", "140"}));
    const uint16_t port = port_of(server);
    for (size_t i = 0; i < kNumClients; ++i)
      alone.push_back(numbers_in<int16_t>(body_of(ask(port, post_speech(body(i))))));
  }
  Process server(serve({"--codec-arithmetic", "graph", "--max-tokens", "140"}));
  const uint16_t port = port_of(server);
  std::vector<std::future<std::string>> together;
  for (size_t i = 0; i < kNumClients; ++i) {
    together.push_back(
        std::async(std::launch::async, [&, i] { return ask(port, post_speech(body(i))); }));
  }
  for (size_t i = 0; i < kNumClients; ++i) {
    const auto samples = numbers_in<int16_t>(body_of(together[i].get()));
    ASSERT_EQ(samples.size(), alone[i].size());
    EXPECT_GT(samples.size(), 0U);
    int largest = 0;
    for (size_t at = 0; at < samples.size(); ++at)
      largest = std::max(largest, std::abs(int{samples[at]} - int{alone[i][at]}));
    EXPECT_LE(largest, 2) << i;  // both round to 16 bits
  }
  const std::string metrics = body_of(ask(port, get("/metrics")));
  EXPECT_GT(metric(metrics, "orpheus_codec_streams_per_call_sum"),
            metric(metrics, "orpheus_codec_streams_per_call_count"));
}

}  // namespace
}  // namespace orpheus::program
