#include "http/server/server.h"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <future>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include <sys/resource.h>

#include "http/server/testing/test_client.h"

namespace orpheus::http {
namespace {

using namespace std::chrono_literals;
using speech::SampleSink;
using speech::Summary;

TEST(Server, AnswersHealthAndTheFrontPage) {
  FakeSynthesiser synthesiser;
  const auto server = serve(synthesiser);
  TestClient client(server->port());
  const Reply health = client.ask(get("/health"));
  EXPECT_EQ(health.status, 200);
  EXPECT_EQ(health.headers.at("content-type"), "application/json");
  EXPECT_NE(health.body.find(R"("status":"ok")"), std::string::npos);
  EXPECT_TRUE(health.headers.contains("date"));
  const Reply page = client.ask(get("/"));
  EXPECT_EQ(page.status, 200);
  EXPECT_NE(page.body.find("/v1/audio/speech"), std::string::npos);
}

TEST(Server, EveryReplyHasARequestIdTheClientsOwnIfItGaveOne) {
  FakeSynthesiser synthesiser;
  const auto server = serve(synthesiser);
  TestClient client(server->port());
  EXPECT_EQ(client.ask(get("/", "X-Request-Id: mine-1\r\n")).headers.at("x-request-id"), "mine-1");
  EXPECT_TRUE(client.ask(get("/nowhere")).headers.at("x-request-id").starts_with("req_"));
  EXPECT_EQ(client.ask(post_pcm("X-Request-Id: mine-2\r\n")).headers.at("x-request-id"), "mine-2");
}

TEST(Server, HeadHasTheHeadersOfGetAndNoBody) {
  FakeSynthesiser synthesiser;
  const auto server = serve(synthesiser);
  TestClient client(server->port());
  const Reply got = client.ask(get("/"));
  client.send("HEAD / HTTP/1.1\r\nHost: localhost\r\n\r\n");
  const Reply head = client.read_head();
  EXPECT_EQ(head.status, 200);
  EXPECT_EQ(head.headers.at("content-length"), got.headers.at("content-length"));
  EXPECT_EQ(client.ask(get("/health")).status, 200);  // nothing of a body lies between
}

TEST(Server, KeepsAConnectionForTheNextRequestUnlessToldOtherwise) {
  FakeSynthesiser synthesiser;
  const auto server = serve(synthesiser);
  TestClient client(server->port());
  for (int i = 0; i < 3; ++i) EXPECT_EQ(client.ask(get("/health")).status, 200);
  const Reply last = client.ask(get("/health", "Connection: close\r\n"));
  EXPECT_EQ(last.headers.at("connection"), "close");
  EXPECT_EQ(client.read_to_end(), "");
  EXPECT_EQ(client.end(), TestClient::End::kClosed);
}

TEST(Server, OldHttpGetsTheEndOfTheConnectionForTheEndOfTheBody) {
  FakeSynthesiser synthesiser;
  const auto server = serve(synthesiser);
  TestClient once(server->port());
  EXPECT_EQ(once.ask("GET /health HTTP/1.0\r\n\r\n").headers.at("connection"), "close");
  EXPECT_EQ(once.read_to_end(), "");

  TestClient again(server->port());
  const std::string kept = "GET /health HTTP/1.0\r\nConnection: keep-alive\r\n\r\n";
  EXPECT_EQ(again.ask(kept).headers.at("connection"), "keep-alive");
  EXPECT_EQ(again.ask(kept).status, 200);

  TestClient speech(server->port());
  const Reply spoken = speech.ask(post_pcm("Connection: keep-alive\r\n", "1.0"));
  EXPECT_EQ(spoken.status, 200);
  EXPECT_FALSE(spoken.headers.contains("transfer-encoding"));
  EXPECT_EQ(spoken.headers.at("connection"), "close");
  EXPECT_EQ(spoken.body.size(), 4U * speech::kSamplesPerFrame * 2);
  EXPECT_EQ(speech.end(), TestClient::End::kClosed);
}

TEST(Server, AnswersPipelinedRequestsInTheirOrder) {
  FakeSynthesiser synthesiser;
  const auto server = serve(synthesiser);
  TestClient client(server->port());
  client.send(post_pcm() + get("/health") + post_pcm() + get("/nowhere") + get("/health"));
  EXPECT_EQ(client.read_reply().headers.at("content-type"), "audio/pcm");
  EXPECT_EQ(client.read_reply().headers.at("content-type"), "application/json");
  const Reply speech = client.read_reply();
  EXPECT_EQ(speech.body.size(), 4U * speech::kSamplesPerFrame * 2);
  EXPECT_TRUE(speech.whole);
  EXPECT_EQ(client.read_reply().status, 404);
  EXPECT_EQ(client.read_reply().status, 200);
}

TEST(Server, ReadsARequestThatComesByteByByte) {
  FakeSynthesiser synthesiser;
  const auto server = serve(synthesiser);
  TestClient client(server->port());
  for (const char byte : post_pcm()) client.send({&byte, 1});
  EXPECT_TRUE(client.read_reply().whole);
}

TEST(Server, ReadsABodyThatComesInChunks) {
  FakeSynthesiser synthesiser;
  const auto server = serve(synthesiser);
  TestClient client(server->port());
  const Reply reply = client.ask(
      "POST /v1/speech/audio HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n"
      "5\r\n{\"inp\r\nc\r\nut\": \"Hi\"}  \r\n0\r\n\r\n");
  EXPECT_EQ(reply.status, 200);
  EXPECT_TRUE(reply.whole);
}

TEST(Server, AsksForABodyThatItsClientHoldsBack) {
  FakeSynthesiser synthesiser;
  const auto server = serve(synthesiser);
  TestClient client(server->port());
  client.send(
      "POST /v1/audio/speech HTTP/1.1\r\nHost: localhost\r\nContent-Length: 15\r\n"
      "Expect: 100-continue\r\n\r\n");
  EXPECT_EQ(client.read_head().status, 100);
  EXPECT_EQ(client.ask(R"({"input": "Hi"})").status, 200);
}

TEST(Server, TakesTheAddressThatAProxySends) {
  FakeSynthesiser synthesiser;
  const auto server = serve(synthesiser);
  TestClient client(server->port());
  EXPECT_EQ(client.ask("GET http://localhost/health?x=1 HTTP/1.1\r\nHost: other\r\n\r\n").status,
            200);
  EXPECT_EQ(client.ask("GET http://other/health HTTP/1.1\r\nHost: localhost\r\n\r\n").status, 403);
}

TEST(Server, IdleConnectionsAreInNobodysWay) {
  FakeSynthesiser synthesiser;
  const auto server = serve(synthesiser);
  std::vector<std::unique_ptr<TestClient>> idle;
  for (int i = 0; i < 300; ++i) idle.push_back(std::make_unique<TestClient>(server->port()));
  for (size_t i = 0; i < idle.size(); i += 2) {
    EXPECT_EQ(idle[i]->ask(get("/health")).status, 200);
  }
  TestClient client(server->port());
  EXPECT_TRUE(client.ask(post_pcm()).whole);
  for (const auto& one : idle) EXPECT_EQ(one->ask(get("/health")).status, 200);
}

TEST(Server, SaysWhatToDoWhenItCannotListen) {
  FakeSynthesiser synthesiser;
  const auto server = serve(synthesiser);
  Options options;
  options.port = server->port();
  const auto second = Server::start(options, synthesiser);
  ASSERT_FALSE(second.has_value());
  EXPECT_EQ(second.error().kind, ErrorKind::kUnavailable);
  EXPECT_NE(second.error().message().find("in use"), std::string::npos);
  EXPECT_FALSE(second.error().remedy.empty());

  const auto kind_of = [&](const Options& wrong) {
    return Server::start(wrong, synthesiser).error().kind;
  };
  EXPECT_EQ(kind_of({.port = 70000}), ErrorKind::kUsage);
  EXPECT_EQ(kind_of({.port = -1}), ErrorKind::kUsage);
  EXPECT_EQ(kind_of({.host = "no.such.host.invalid", .port = 0}), ErrorKind::kUsage);
  EXPECT_EQ(kind_of({.host = "192.0.2.1", .port = 0}), ErrorKind::kUsage);  // nobody's address
  EXPECT_EQ(kind_of({.port = 0, .max_speeches = 0}), ErrorKind::kUsage);
}

TEST(Server, RefusesSettingsThatMayBeReloadedToo) {
  Options wrong;
  wrong.port = 0;
  wrong.max_speeches = 0;
  Live live(wrong);
  const auto reloadable = Server::start(live);
  ASSERT_FALSE(reloadable.has_value());
  EXPECT_EQ(reloadable.error().kind, ErrorKind::kUsage);
}

TEST(Server, AnswersWhileItsVoiceIsLoaded) {
  FakeSynthesiser synthesiser;
  Options options;
  options.port = 0;
  Live live(options);
  const auto server = std::move(*Server::start(live));
  TestClient client(server->port());
  EXPECT_EQ(client.ask(get("/health/ready")).status, 503);
  EXPECT_EQ(client.ask(get("/health/live")).status, 200);
  EXPECT_EQ(client.ask(get("/v1/models")).status, 200);
  const Reply refused = client.ask(post_pcm());
  EXPECT_EQ(refused.status, 503);
  EXPECT_EQ(refused.headers.at("retry-after"), "5");
  live.replace(options, {&synthesiser, [](speech::Synthesiser*) {}});
  EXPECT_EQ(client.ask(get("/health/ready")).status, 200);
  EXPECT_TRUE(client.ask(post_pcm()).whole);
}

TEST(Server, RaisesItsLimitOfOpenFilesAsFarAsItMay) {
  rlimit before{};
  ASSERT_EQ(::getrlimit(RLIMIT_NOFILE, &before), 0);
  rlimit low = before;
  low.rlim_cur = std::min<rlim_t>(before.rlim_max, 256);
  ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &low), 0);
  FakeSynthesiser synthesiser;
  Options options;
  options.max_connections = 500;
  testing::internal::CaptureStdout();  // the default log's
  const auto server = serve(synthesiser, options);
  const std::string said = testing::internal::GetCapturedStdout();
  rlimit raised{};
  ::getrlimit(RLIMIT_NOFILE, &raised);
  const bool is_enough = raised.rlim_cur >= 500;
  EXPECT_TRUE(is_enough || raised.rlim_cur == before.rlim_max);
  EXPECT_EQ(said.find("Raise the limit") != std::string::npos, !is_enough) << said;
  ::setrlimit(RLIMIT_NOFILE, &before);
}

TEST(Server, ListensAtAName) {
  FakeSynthesiser synthesiser;
  Options options;
  options.host = "localhost";
  EXPECT_TRUE(is_well(serve(synthesiser, options)->port()));
}

bool is_listening(uint16_t port) {
  const int client = ::socket(AF_INET, SOCK_STREAM, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  const bool connected =
      ::connect(client, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0;
  ::close(client);
  return connected;
}

Options stopping_options() {
  Options options = patient_options();
  options.port = 0;
  options.max_speeches = 1;
  return options;
}

// Guards against: a stopping server that still sends speech does not respond to others.
TEST(ServerStop, LetsASpeechEndAndAnswersUntilThen) {
  std::promise<void> go_on;
  auto may_go_on = go_on.get_future().share();
  FakeSynthesiser synthesiser(FakeSynthesiser::waiting_between_frames(may_go_on));
  Live live(stopping_options());
  live.replace(stopping_options(), {&synthesiser, [](speech::Synthesiser*) {}});
  const auto server = std::move(*Server::start(live));
  TestClient client(server->port());
  client.send(post_pcm() + get("/health"));
  EXPECT_EQ(client.read_head().status, 200);
  EXPECT_EQ(client.read_chunk()->size(), 4096U);
  auto stopped = std::async(std::launch::async, [&] { server->stop(); });
  while (!live.draining()) std::this_thread::yield();
  for (int i = 0; i < 3; ++i) {
    TestClient probe(server->port());
    EXPECT_EQ(probe.ask(get("/health/ready")).status, 503);
    EXPECT_EQ(probe.end(), TestClient::End::kNone);
    EXPECT_EQ(TestClient(server->port()).ask(get("/health/live")).status, 200);
    const Reply health = TestClient(server->port()).ask(get("/health"));
    EXPECT_EQ(health.status, 200);
    EXPECT_NE(health.body.find(R"("status":"stopping")"), std::string::npos);
    EXPECT_EQ(health.headers.at("connection"), "close");
    EXPECT_NE(
        TestClient(server->port()).ask(get("/metrics")).body.find("orpheus_requests_running 1"),
        std::string::npos);
    const Reply other = TestClient(server->port()).ask(post_pcm());
    EXPECT_EQ(other.status, 503);
    EXPECT_TRUE(other.headers.contains("retry-after"));
    EXPECT_NE(other.body.find("server_stopping"), std::string::npos);
  }
  EXPECT_EQ(stopped.wait_for(0s), std::future_status::timeout);
  go_on.set_value();
  EXPECT_EQ(client.read_chunk()->size(), 4096U);
  EXPECT_EQ(client.read_chunk(), "");
  const Reply last = client.read_reply();  // of the request that followed
  EXPECT_EQ(last.status, 200);
  EXPECT_EQ(last.headers.at("connection"), "close");
  EXPECT_EQ(client.read_to_end(), "");
  stopped.wait();
  EXPECT_FALSE(is_listening(server->port()));
}

// Guards against: a response keeps the connection open although the server is about to close it.
// This happened after the server had begun to drain and before the connections' thread knew it.
TEST(ServerStop, TellsEachClientToLeaveOnceItDrains) {
  FakeSynthesiser synthesiser(FakeSynthesiser::sine(1));
  Live live(stopping_options());
  live.replace(stopping_options(), {&synthesiser, [](speech::Synthesiser*) {}});
  const auto server = std::move(*Server::start(live));
  TestClient kept(server->port());
  EXPECT_EQ(kept.ask(get("/health")).status, 200);
  live.drain();
  const Reply last = kept.ask(get("/health"));
  EXPECT_EQ(last.status, 200);
  ASSERT_EQ(last.headers.at("connection"), "close");
  EXPECT_EQ(kept.read_to_end(), "");
}

// Guards against: a request fails on an idle connection that the client may still use.
TEST(ServerStop, AnswersOnConnectionsThatWereIdle) {
  std::promise<void> go_on;
  FakeSynthesiser synthesiser(FakeSynthesiser::waiting_between_frames(go_on.get_future().share()));
  Live live(stopping_options());
  live.replace(stopping_options(), {&synthesiser, [](speech::Synthesiser*) {}});
  const auto server = std::move(*Server::start(live));
  TestClient kept(server->port());
  EXPECT_EQ(kept.ask(get("/health")).status, 200);
  TestClient client(server->port());
  client.send(post_pcm());
  EXPECT_EQ(client.read_head().status, 200);
  auto stopped = std::async(std::launch::async, [&] { server->stop(); });
  while (!live.draining()) std::this_thread::yield();
  EXPECT_EQ(kept.ask(get("/health/ready")).status, 503);
  EXPECT_EQ(kept.read_to_end(), "");
  go_on.set_value();
  EXPECT_TRUE(client.read_chunk());
  stopped.wait();
}

// Guards against: the server exits while the last bytes of a response are still in the socket's
// buffer, so a client that reads at playback speed loses them.
TEST(ServerStop, WaitsForAClientThatReadsSlowly) {
  FakeSynthesiser synthesiser(FakeSynthesiser::sine(100));  // 400 KiB
  Live live(stopping_options());
  live.replace(stopping_options(), {&synthesiser, [](speech::Synthesiser*) {}});
  const auto server = std::move(*Server::start(live));
  TestClient client(server->port(), 8 << 10);
  client.send(post_pcm());
  EXPECT_EQ(client.read_head().status, 200);
  while (
      TestClient(server->port()).ask(get("/metrics")).body.find("\norpheus_requests_running 0\n") ==
      std::string::npos)
    std::this_thread::sleep_for(1ms);  // it is made, and all of it is the system's or in a queue
  auto stopped = std::async(std::launch::async, [&] { server->stop(); });
  EXPECT_EQ(stopped.wait_for(200ms), std::future_status::timeout);
  size_t num_bytes = 0;
  while (const auto chunk = client.read_chunk()) {
    if (chunk->empty()) break;
    num_bytes += chunk->size();
  }
  EXPECT_EQ(num_bytes, 100U * 4096);
  stopped.wait();
}

TEST(ServerStop, CancelsWhatDoesNotEndInTime) {
  FakeSynthesiser synthesiser(
      [](const speech::Request& request, const SampleSink& sink) -> Result<Summary> {
        sink(sine_frame(0));
        while (!request.cancel.cancelled()) std::this_thread::sleep_for(1ms);
        return fail({.kind = ErrorKind::kCancelled, .what = "cancelled"});
      });
  Options options;
  options.drain_timeout = 10ms;
  const auto server = serve(synthesiser, options);
  TestClient client(server->port());
  client.send(post_pcm());
  EXPECT_EQ(client.read_head().status, 200);
  server->stop();
  client.read_chunk();
  EXPECT_EQ(client.read_chunk(), std::nullopt);
}

TEST(ServerStop, TellsThoseWhoHaveHeardNothingYet) {
  FakeSynthesiser synthesiser(
      [&](const speech::Request& request, const SampleSink&) -> Result<Summary> {
        while (!request.cancel.cancelled()) std::this_thread::sleep_for(1ms);
        return fail({.kind = ErrorKind::kCancelled, .what = "cancelled"});
      });
  Options options = stopping_options();
  options.drain_timeout = 10ms;
  const auto server = serve(synthesiser, options);
  TestClient first(server->port());
  first.send(post_pcm());
  TestClient second(server->port());
  second.send(post_pcm());
  TestClient operator_of_it(server->port());
  while (operator_of_it.ask(get("/metrics")).body.find("\norpheus_requests_waiting 2\n") ==
         std::string::npos) {
    std::this_thread::yield();
  }
  server->stop();
  for (TestClient* client : {&first, &second}) {
    const Reply reply = client->read_reply();
    EXPECT_EQ(reply.status, 503);
    EXPECT_EQ(reply.headers.at("retry-after"), "5");
    EXPECT_NE(reply.body.find("server_stopping"), std::string::npos);
    EXPECT_TRUE(reply.whole);
  }
}

TEST(ServerStop, TellsThoseWhoWaitBehindErrandsThatDoNotEnd) {
  constexpr int kMost = 16;  // more than errands have threads
  std::promise<void> go_on;
  std::atomic<int> num_begun{0};
  const Administration administration{
      .reload = [&, open = go_on.get_future().share()]() -> Result<std::string> {
        ++num_begun;
        open.wait();
        return "done";
      }};
  FakeSynthesiser synthesiser;
  Options options = patient_options();
  options.port = 0;
  options.drain_timeout = 10ms;
  options.user_token = "token";
  Live live(options);
  live.replace(options, {&synthesiser, [](speech::Synthesiser*) {}});
  const auto server = Server::start(live, administration).value();
  std::vector<std::unique_ptr<TestClient>> clients;
  const std::string request =
      "POST /restart_server HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer "
      "token\r\nContent-Type: "
      "application/json\r\nContent-Length: 2\r\n\r\n{}";
  for (int i = 0; i < kMost; ++i) {
    clients.push_back(std::make_unique<TestClient>(server->port()));
    clients.back()->send(request);
  }
  TestClient operator_of_it(server->port());
  const auto waiting = [&] {
    return "\norpheus_requests_waiting " + std::to_string(kMost - num_begun) + "\n";
  };
  while (num_begun < 4 ||
         operator_of_it.ask(get("/metrics")).body.find(waiting()) == std::string::npos)
    std::this_thread::yield();
  auto stopped = std::async(std::launch::async, [&] { server->stop(); });
  int num_refused = 0;
  // In turn: those that wait are told while the others still are at it.
  while (num_refused < kMost - num_begun) {
    num_refused = 0;
    for (const auto& client : clients) num_refused += client->has_more() ? 1 : 0;
    std::this_thread::yield();
  }
  EXPECT_EQ(stopped.wait_for(0s), std::future_status::timeout);
  go_on.set_value();
  stopped.wait();
  int num_stopping = 0;
  for (const auto& client : clients) num_stopping += client->read_reply().status == 503 ? 1 : 0;
  EXPECT_EQ(num_stopping, kMost - num_begun);
}

TEST(ServerStop, DoesNotWaitForIdleConnections) {
  FakeSynthesiser synthesiser;
  const auto server = serve(synthesiser, stopping_options());
  TestClient silent(server->port());
  TestClient kept(server->port());
  EXPECT_EQ(kept.ask(get("/health")).status, 200);
  server->stop();  // or it would wait for an hour
  server->stop();
  EXPECT_EQ(kept.read_to_end(), "");
}

}  // namespace
}  // namespace orpheus::http
