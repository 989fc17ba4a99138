// What one client cannot do to the others: hold memory, threads, the I/O thread or places for
// connections, before a key is looked at or after.

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <fstream>
#include <future>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include <sys/stat.h>

#include "http/outputs.h"
#include "http/server/testing/test_client.h"

namespace orpheus::http {
namespace {

using namespace std::chrono_literals;

// Sends a beginning and then the same bytes until the server ends the connection. False when it
// still takes them after 64 MiB.
bool is_ended(uint16_t port, const std::string& beginning, const std::string& middle) {
  TestClient client(port);
  std::string block = beginning;
  for (size_t num_sent = 0; num_sent < (size_t{64} << 20U); num_sent += block.size()) {
    while (block.size() < 65536) block += middle;
    if (!client.send(block)) return true;
    if (num_sent > 0 && client.has_more()) return client.read_reply().status >= 400;
    block = middle;
  }
  return false;
}

TEST(Guarded, BytesWithoutAnEndAreAnsweredWithAnErrorBehindKeys) {
  FakeSynthesiser synthesiser;
  Options options = patient_options();
  options.keys = {"key"};
  const auto server = serve(synthesiser, options);
  const std::string post = "POST /v1/audio/speech HTTP/1.1\r\nHost: localhost\r\n";
  const std::string chunked = post + "Transfer-Encoding: chunked\r\n\r\n";
  const std::string many(1000, 'a');
  for (const auto& [beginning, middle] : std::vector<std::pair<std::string, std::string>>{
           {"GET /", many},
           {post, "A: b\r\n"},
           {chunked + "1", ";a=b"},
           {chunked + "000", "0"},
           {chunked + "0\r\n", "A: b\r\n"},
           {chunked, "1;" + many + "\r\nx\r\n"},
           {chunked, "ffff\r\n" + std::string(0xffff, 'x') + "\r\n"},
           {post + "Content-Length: 1000000\r\n\r\n", many},
           {"", "\r\n"}}) {
    EXPECT_TRUE(is_ended(server->port(), beginning, middle)) << beginning << middle.substr(0, 40);
  }
  EXPECT_TRUE(is_well(server->port()));
}

// Guards against: the server reads and stores a large body of a client without a valid key.
TEST(Guarded, WithoutAKeyALongBodyIsNotAwaited) {
  FakeSynthesiser synthesiser;
  Options options = patient_options();
  options.keys = {"key"};
  const auto server = serve(synthesiser, options);
  for (const char* path : {"/v1/audio/speech", "/nowhere"}) {
    TestClient client(server->port());
    client.send("POST " + std::string(path) +
                " HTTP/1.1\r\nHost: localhost\r\nContent-Length: 500000\r\n\r\n{");
    EXPECT_EQ(client.read_reply().status, *path == '/' && path[1] == 'n' ? 404 : 401);
  }
  TestClient polite(server->port());  // and is not asked for it
  polite.send(
      "POST /v1/audio/speech HTTP/1.1\r\nHost: localhost\r\nContent-Length: 9\r\n"
      "Expect: 100-continue\r\n\r\n");
  EXPECT_EQ(polite.read_reply().status, 401);
  TestClient short_body(server->port());  // costs nothing, and the connection stays
  EXPECT_EQ(short_body.ask(post_pcm()).status, 401);
  EXPECT_EQ(short_body.ask(post_pcm("Authorization: Bearer key\r\n")).status, 200);
}

// Guards against: a key after the body, where no proxy checks it, is accepted.
TEST(Guarded, AKeyInATrailerIsNone) {
  FakeSynthesiser synthesiser;
  Options options = patient_options();
  options.keys = {"key"};
  const auto server = serve(synthesiser, options);
  TestClient client(server->port());
  const std::string request =
      "POST /v1/audio/speech HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n"
      "Trailer: Authorization\r\n\r\n"
      "f\r\n{\"input\": \"Hi\"}\r\n0\r\nAuthorization: Bearer key\r\n\r\n";
  EXPECT_EQ(client.ask(request).status, 401);
}

TEST(Guarded, TheLongestIdleConnectionGivesWay) {
  FakeSynthesiser synthesiser;
  Options options = patient_options();
  options.max_connections = 3;
  const auto server = serve(synthesiser, options);
  TestClient first(server->port());
  TestClient second(server->port());
  EXPECT_EQ(second.ask(get("/health")).status, 200);
  EXPECT_EQ(first.ask(get("/health")).status, 200);
  TestClient third(server->port());
  third.send("GET /health HTTP/1.1\r\n");  // began, and did not end
  std::this_thread::sleep_for(20ms);
  EXPECT_TRUE(is_well(server->port()));
  EXPECT_EQ(second.read_to_end(), "");  // though it connected after the first
  EXPECT_EQ(first.ask(get("/health")).status, 200);
  third.send("Host: localhost\r\n\r\n");
  EXPECT_EQ(third.read_reply().status, 200);
}

// Connects, is silent, and does it again: nobody is kept out.
TEST(Guarded, ManyIdleConnectionsKeepNobodyOut) {
  FakeSynthesiser synthesiser;
  Options options = patient_options();
  options.max_connections = 20;
  const auto server = serve(synthesiser, options);
  std::vector<std::unique_ptr<TestClient>> idle;
  for (int i = 0; i < 100; ++i) {
    idle.push_back(std::make_unique<TestClient>(server->port()));
    if (i % 2 == 0) idle.back()->send("POST /v1/audio/speech HTTP/1.1\r\n");
  }
  EXPECT_TRUE(is_well(server->port()));
}

// What is being answered does not give way.
TEST(Guarded, ANewConnectionWaitsWhileAllAreAnswered) {
  std::promise<void> go_on;
  FakeSynthesiser synthesiser(FakeSynthesiser::waiting_between_frames(go_on.get_future().share()));
  Options options = patient_options();
  options.max_connections = 2;
  const auto server = serve(synthesiser, options);
  TestClient first(server->port());
  TestClient second(server->port());
  for (TestClient* client : {&first, &second}) {
    client->send(post_pcm());
    EXPECT_EQ(client->read_head().status, 200);
  }
  TestClient third(server->port());
  third.send(get("/health"));
  std::this_thread::sleep_for(100ms);
  EXPECT_FALSE(third.has_more());
  go_on.set_value();
  for (TestClient* client : {&first, &second}) {
    EXPECT_EQ(client->read_chunk()->size(), 4096U);
    EXPECT_EQ(client->read_chunk()->size(), 4096U);
    EXPECT_EQ(client->read_chunk(), "");
  }
  EXPECT_EQ(third.read_reply().status, 200);
}

// A store whose disk takes its time.
class SlowStore final : public SettingsStore {
 public:
  explicit SlowStore(std::shared_future<void> go_on) : go_on_(std::move(go_on)) {}
  std::vector<Entry> list() const override {
    go_on_.wait();
    return {};
  }
  Result<void> save(const std::map<std::string, std::string>& /*changes*/) override {
    go_on_.wait();
    return {};
  }

 private:
  const std::shared_future<void> go_on_;
};

// Guards against: file access blocks the thread of all connections.
TEST(Guarded, SettingsAreKeptBesideTheThreadOfConnections) {
  std::promise<void> go_on;
  SlowStore store(go_on.get_future().share());
  FakeSynthesiser synthesiser;
  Options options = patient_options();
  options.port = 0;
  options.user_token = "token";
  Live live(options);
  live.replace(options, {&synthesiser, [](speech::Synthesiser*) {}});
  const auto server = Server::start(live, {.settings = &store, .reload = {}}).value();
  const std::string headers =
      "Host: localhost\r\nContent-Type: application/json\r\nAuthorization: Bearer token\r\n";
  TestClient saving(server->port());
  saving.send("POST /save_config HTTP/1.1\r\nContent-Length: 2\r\n" + headers + "\r\n{}");
  TestClient reading(server->port());
  reading.send("GET /get_config HTTP/1.1\r\n" + headers + "\r\n");
  TestClient leaving(server->port());
  leaving.send("GET /get_config HTTP/1.1\r\n" + headers + "\r\n");
  leaving.leave();
  EXPECT_TRUE(is_well(server->port()));
  EXPECT_FALSE(saving.has_more());
  go_on.set_value();
  EXPECT_EQ(saving.read_reply().status, 200);
  EXPECT_EQ(reading.read_reply().status, 200);
}

class KeptFiles : public testing::Test {
 protected:
  KeptFiles() {
    std::string name = (std::filesystem::temp_directory_path() / "orpheus-kept-XXXXXX").string();
    folder_ = ::mkdtemp(name.data());
  }
  ~KeptFiles() override { std::filesystem::remove_all(folder_); }
  Options options() const {
    Options options = patient_options();
    options.outputs_folder = folder_;
    return options;
  }
  std::string keep(const std::string& bytes) const {
    std::string name = Outputs::fresh_name();
    std::ofstream(folder_ / name) << bytes;
    return name;
  }
  std::filesystem::path folder_;
};

size_t num_threads() {
  const std::filesystem::directory_iterator tasks("/proc/self/task");
  return static_cast<size_t>(std::distance(begin(tasks), end(tasks)));
}

TEST_F(KeptFiles, SlowDownloadsHoldNoThreads) {
  if (!std::filesystem::exists("/proc/self/task")) GTEST_SKIP() << "threads cannot be counted here";
  constexpr int kNumClients = 200;
  FakeSynthesiser synthesiser;
  const auto server = serve(synthesiser, options());
  std::string bytes(8U << 20U, 'a');
  for (size_t i = 0; i < bytes.size(); i += 1000) bytes[i] = static_cast<char>('a' + i / 1000 % 26);
  const std::string name = keep(bytes);
  const size_t before = num_threads();
  std::vector<std::unique_ptr<TestClient>> slow;
  for (int i = 0; i < kNumClients; ++i) {
    slow.push_back(std::make_unique<TestClient>(server->port(), 4096));
    slow.back()->send(get("/outputs/" + name));
    EXPECT_EQ(slow.back()->read_head().status, 200);
  }
  EXPECT_LE(num_threads(), before + 16);
  TestClient quick(server->port());
  const Reply reply = quick.ask(get("/outputs/" + name));
  EXPECT_TRUE(reply.whole);
  EXPECT_EQ(reply.body, bytes);
}

// Guards against: a FIFO in the folder blocks a client's request, and then the shutdown.
TEST_F(KeptFiles, WhatIsNoFileIsNotThere) {
  FakeSynthesiser synthesiser;
  const auto server = serve(synthesiser, options());
  const std::string pipe = Outputs::fresh_name();
  const std::string link = Outputs::fresh_name();
  ASSERT_EQ(::mkfifo((folder_ / pipe).c_str(), 0600), 0);
  std::filesystem::create_symlink("/etc/passwd", folder_ / link);
  TestClient client(server->port());
  EXPECT_EQ(client.ask(get("/outputs/" + pipe)).status, 404);
  EXPECT_EQ(client.ask(get("/outputs/" + link)).status, 404);
  server->stop();
}

// Guards against: files older than a day remain after a restart while no request arrives.
TEST_F(KeptFiles, AServerThatStartsRemovesWhatIsOldOrUnfinished) {
  const std::string old = keep("old");
  std::filesystem::last_write_time(folder_ / old,
                                   std::filesystem::file_time_type::clock::now() - 72h);
  const std::string young = keep("young");
  const std::filesystem::path unfinished = folder_ / ".orpheus-2147483600-1.part";
  std::ofstream(unfinished) << "part";
  FakeSynthesiser synthesiser;
  const auto server = serve(synthesiser, options());
  TestClient client(server->port());
  EXPECT_EQ(client.ask(get("/outputs/" + old)).status, 404);
  EXPECT_EQ(client.ask(get("/outputs/" + young)).body, "young");
  while (std::filesystem::exists(unfinished) || std::filesystem::exists(folder_ / old)) {
    std::this_thread::sleep_for(1ms);
  }
  EXPECT_TRUE(std::filesystem::exists(folder_ / young));
}

TEST_F(KeptFiles, AClientThatEndsItsHalfGetsTheWholeFile) {
  FakeSynthesiser synthesiser;
  const auto server = serve(synthesiser, options());
  const std::string bytes(3U << 20U, 'x');
  const std::string name = keep(bytes);
  TestClient client(server->port());
  client.send(get("/outputs/" + name));
  client.half_close();
  const Reply reply = client.read_reply();
  EXPECT_EQ(reply.status, 200);
  EXPECT_EQ(reply.body.size(), bytes.size());
}

}  // namespace
}  // namespace orpheus::http
