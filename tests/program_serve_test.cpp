// orpheus serve, over real sockets, until it is told to stop.

#include <chrono>
#include <csignal>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <nlohmann/json.hpp>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include "program_fixture.h"

namespace orpheus::program {
namespace {

// One request of HTTP 1.0, so that the answer ends where the connection does.
class Client {
 public:
  Client(uint16_t port, const std::string& request) : socket_(::socket(AF_INET, SOCK_STREAM, 0)) {
    const timeval patience{.tv_sec = 60, .tv_usec = 0};
    ::setsockopt(socket_, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    EXPECT_EQ(::connect(socket_, reinterpret_cast<const sockaddr*>(&address), sizeof address), 0);
    EXPECT_EQ(::send(socket_, request.data(), request.size(), MSG_NOSIGNAL),
              static_cast<ssize_t>(request.size()));
  }
  ~Client() { ::close(socket_); }
  Client(const Client&) = delete;
  Client& operator=(const Client&) = delete;

  // The next bytes of the answer, head and all; empty at its end.
  std::string read_some() const {
    std::string bytes(65536, '\0');
    const ssize_t count = ::recv(socket_, bytes.data(), bytes.size(), 0);
    bytes.resize(count > 0 ? static_cast<size_t>(count) : 0);
    return bytes;
  }

  std::string read_all() const {
    std::string answer;
    for (std::string more = read_some(); !more.empty(); more = read_some()) answer += more;
    return answer;
  }

 private:
  int socket_;
};

std::string get(const std::string& path) { return "GET " + path + " HTTP/1.0\r\n\r\n"; }

std::string post_speech(const nlohmann::json& body) {
  const std::string text = body.dump();
  return "POST /v1/audio/speech HTTP/1.0\r\nContent-Type: application/json\r\nContent-Length: " +
         std::to_string(text.size()) + "\r\n\r\n" + text;
}

int status_of(const std::string& answer) {
  return answer.rfind("HTTP/1.", 0) == 0 ? std::stoi(answer.substr(9, 3)) : 0;
}

std::string body_of(const std::string& answer) {
  const size_t end = answer.find("\r\n\r\n");
  return end == std::string::npos ? "" : answer.substr(end + 4);
}

class Serve : public ProgramTest {
 protected:
  void SetUp() override {
    ProgramTest::SetUp();
    make_voice();
  }

  Call serve(const std::string& port = "0") const {
    return call(with_voice({"serve", "--port", port}));
  }

  // The port that the server says it listens at.
  static uint16_t port_of(Process& server) {
    if (!server.wait_for_message("http://127.0.0.1:") || !server.wait_for_message("\n")) {
      ADD_FAILURE() << "it does not serve: " << server.messages();
      return 0;
    }
    const std::string& said = server.messages();
    const size_t place = said.rfind(':');
    return static_cast<uint16_t>(std::stoi(said.substr(place + 1)));
  }
};

TEST_F(Serve, AnswersAndStopsWhenItIsTold) {
  Process server(serve());
  const uint16_t port = port_of(server);
  const std::string health = Client(port, get("/health")).read_all();
  EXPECT_EQ(status_of(health), 200);
  EXPECT_EQ(nlohmann::json::parse(body_of(health))["status"], "ok");

  const nlohmann::json asked = {{"input", "One sentence."}, {"voice", "leo"}, {"seed", 1}};
  nlohmann::json asked_for_pcm = asked;
  asked_for_pcm["response_format"] = "pcm";
  const std::string wav = Client(port, post_speech(asked)).read_all();
  const std::string pcm = Client(port, post_speech(asked_for_pcm)).read_all();
  EXPECT_EQ(status_of(wav), 200);
  EXPECT_EQ(status_of(pcm), 200);
  EXPECT_EQ(body_of(wav).substr(0, 4), "RIFF");
  EXPECT_EQ(body_of(wav).substr(44), body_of(pcm));
  // The command line's voice is the same.
  must(with_voice({"say", "One sentence.", "--voice", "leo", "--seed", "1", "-o", path("a.pcm")}));
  EXPECT_EQ(body_of(pcm), read_file(path("a.pcm")));

  const std::string refused =
      Client(port, post_speech({{"input", "Hi"}, {"voice", "bob"}})).read_all();
  EXPECT_EQ(status_of(refused) / 100, 4);
  EXPECT_EQ(status_of(Client(port, get("/health")).read_all()), 200);

  server.send_signal(SIGTERM);
  EXPECT_EQ(server.wait().exit_code, 0);
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
  const auto before = std::chrono::steady_clock::now();
  server.send_signal(SIGTERM);
  EXPECT_EQ(server.wait().exit_code, 128 + SIGTERM);
  EXPECT_LT(std::chrono::steady_clock::now() - before, std::chrono::seconds(5));
}

}  // namespace
}  // namespace orpheus::program
