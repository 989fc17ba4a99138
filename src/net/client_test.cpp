#include "net/client.h"

#include <atomic>
#include <cstdlib>
#include <thread>

#include <gtest/gtest.h>

#include "net/testing/scripted_server.h"

namespace orpheus::net {
namespace {

using namespace std::chrono_literals;

// A proxy of this machine would stand between a test and its own server.
class Without : public ::testing::Environment {
  void SetUp() override { ::setenv("no_proxy", "*", 1); }
};
[[maybe_unused]] const auto* const kWithoutProxy =
    ::testing::AddGlobalTestEnvironment(new Without());

Request to(const std::string& url) { return {.url = Url::parse(url).value()}; }

ErrorKind kind_of(const Result<Response>& response) {
  return response ? ErrorKind::kInternal : response.error().kind;
}

TEST(Client, SendsAndReceives) {
  std::string seen;
  ScriptedServer server([&](Peer& peer) {
    seen = peer.read_request();
    peer.answer(200, "hello", "X-Thing: one\r\nx-empty:\r\n");
  });
  Request request = to(server.url("/path?query"));
  request.method = Method::kPost;
  request.body = std::string("a\0b", 3);
  request.headers = {{"Authorization", "Bearer key"}, {"X-None", ""}};
  request.resume_from_bytes = 12;
  const auto response = Client().fetch(request, 100);
  ASSERT_TRUE(response) << response.error().message();
  EXPECT_EQ(response->head.status, 200);
  EXPECT_EQ(response->head.header("X-THING"), "one");
  EXPECT_EQ(response->head.header("absent"), "");
  EXPECT_EQ(response->head.body_bytes, 5U);
  EXPECT_EQ(response->body, "hello");
  EXPECT_TRUE(seen.starts_with("POST /path?query HTTP/1.1\r\n")) << seen;
  for (const char* part : {"\r\nAuthorization: Bearer key\r\n", "\r\nX-None:\r\n",
                           "\r\nRange: bytes=12-\r\n", "\r\nUser-Agent: orpheus\r\n"})
    EXPECT_NE(seen.find(part), std::string::npos) << part << " in " << seen;
  EXPECT_TRUE(seen.ends_with(std::string("\r\n\r\na\0b", 7)));
}

TEST(Client, StreamsAsBytesComeAndStopsWhenTheReceiverHasEnough) {
  std::atomic<bool> client_left = false;
  ScriptedServer server([&](Peer& peer) {
    peer.read_request();
    peer.begin_chunks();
    while (peer.send_chunk("some bytes")) continue;  // without end
    client_left = true;
  });
  Client client;
  bool head_first = false;
  size_t received = 0;
  const auto streamed =
      client.send(to(server.url()), {.on_head =
                                         [&](const ResponseHead& head) {
                                           head_first = received == 0 && head.status == 200;
                                           return true;
                                         },
                                     .on_bytes =
                                         [&](std::string_view bytes) {
                                           received += bytes.size();
                                           return received < 1000;
                                         }});
  ASSERT_TRUE(streamed) << streamed.error().message();
  EXPECT_FALSE(streamed->whole);
  EXPECT_TRUE(head_first);
  EXPECT_GE(received, 1000U);
  while (!client_left) std::this_thread::yield();  // the connection is not kept open behind it
}

TEST(Client, AReceiverMayRefuseTheHead) {
  ScriptedServer server([](Peer& peer) {
    peer.read_request();
    peer.answer(404, "not here");
  });
  size_t received = 0;
  const auto streamed =
      Client().send(to(server.url()), {.on_head = [](const ResponseHead&) { return false; },
                                       .on_bytes =
                                           [&](std::string_view bytes) {
                                             received += bytes.size();
                                             return true;
                                           }});
  ASSERT_TRUE(streamed);
  EXPECT_FALSE(streamed->whole);
  EXPECT_EQ(streamed->head.status, 404);
  EXPECT_EQ(received, 0U);
}

TEST(Client, KeepsAConnectionForTheNextRequest) {
  std::atomic<int> num_connections = 0;
  ScriptedServer server([&](Peer& peer) {
    ++num_connections;
    while (!peer.read_request().empty()) peer.answer(204, "");
  });
  Client client;
  for (int i = 0; i < 3; ++i) EXPECT_EQ(client.fetch(to(server.url()), 10)->head.status, 204);
  EXPECT_EQ(num_connections, 1);
}

TEST(Client, FollowsRedirectsOnlyWhenAsked) {
  ScriptedServer server([](Peer& peer) {
    while (true) {
      const std::string request = peer.read_request();
      if (request.empty()) return;
      if (request.starts_with("GET /from ")) {
        peer.answer(302, "elsewhere", "Location: /to\r\n");
      } else if (request.starts_with("GET /round ")) {
        peer.answer(302, "", "Location: /round\r\n");
      } else if (request.starts_with("GET /file ")) {
        peer.answer(302, "", "Location: file:///etc/hostname\r\n");
      } else {
        peer.answer(200, "there");
      }
    }
  });
  Client client;
  Request request = to(server.url("/from"));
  EXPECT_EQ(client.fetch(request, 100)->head.status, 302);
  request.redirects = Redirects::kFollow;
  const auto followed = client.fetch(request, 100);
  ASSERT_TRUE(followed) << followed.error().message();
  EXPECT_EQ(followed->head.status, 200);
  EXPECT_EQ(followed->head.url, server.url("/to"));
  EXPECT_EQ(followed->body, "there");
  for (const char* path : {"/round", "/file"}) {
    request.url = Url::parse(server.url(path)).value();
    EXPECT_EQ(kind_of(client.fetch(request, 100)), ErrorKind::kBadReply) << path;
  }
}

// What a server sends instead of an answer, and what that is called.
TEST(Client, SaysHowAnAnswerFailed) {
  struct Case {
    const char* name;
    ScriptedServer::Script script;
    ErrorKind kind;
    const char* words;
  };
  const std::vector<Case> cases = {
      {"closed at once", [](Peer& peer) { peer.read_request(); }, ErrorKind::kUnavailable,
       "was lost"},
      {"reset",
       [](Peer& peer) {
         peer.read_request();
         peer.reset();
       },
       ErrorKind::kUnavailable, "was lost"},
      {"cut within its length",
       [](Peer& peer) {
         peer.read_request();
         peer.send("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nshort");
       },
       ErrorKind::kUnavailable, "was lost"},
      {"cut within its chunks",
       [](Peer& peer) {
         peer.read_request();
         peer.begin_chunks();
         peer.send_chunk("some");
       },
       ErrorKind::kUnavailable, "was lost"},
      {"not HTTP",
       [](Peer& peer) {
         peer.read_request();
         peer.send("220 smtp.example.org ESMTP\r\n");
       },
       ErrorKind::kBadReply, "not HTTP"},
      {"headers without end",
       [](Peer& peer) {
         peer.read_request();
         peer.send("HTTP/1.1 200 OK\r\n");
         while (peer.send("X-More: " + std::string(1000, 'x') + "\r\n")) continue;
       },
       ErrorKind::kBadReply, "headers"},
      {"too long",
       [](Peer& peer) {
         peer.read_request();
         peer.begin_chunks();
         while (peer.send_chunk(std::string(1000, 'x'))) continue;
       },
       ErrorKind::kLimit, "too long"},
      {"silent from the beginning",
       [](Peer& peer) {
         peer.read_request();
         peer.wait_for_end();
       },
       ErrorKind::kTimedOut, "sent nothing for too long"},
      {"silent after a part",
       [](Peer& peer) {
         peer.read_request();
         peer.begin_chunks();
         peer.send_chunk("some");
         peer.wait_for_end();
       },
       ErrorKind::kTimedOut, "sent nothing for too long"},
  };
  for (const Case& one : cases) {
    const ScriptedServer server(one.script);
    Request request = to(server.url());
    if (one.kind == ErrorKind::kTimedOut) request.timeouts.idle = 200ms;
    const auto response = Client().fetch(request, 10'000);
    ASSERT_FALSE(response) << one.name;
    EXPECT_EQ(response.error().kind, one.kind) << one.name << ": " << response.error().message();
    EXPECT_NE(response.error().message().find(one.words), std::string::npos)
        << one.name << ": " << response.error().message();
    EXPECT_NE(response.error().message().find(server.url()), std::string::npos);
  }
}

TEST(Client, SaysWhyThereIsNoConnection) {
  const std::string nobody = "http://127.0.0.1:" + std::to_string(free_port());
  const auto refused = Client().fetch(to(nobody), 100);
  ASSERT_EQ(kind_of(refused), ErrorKind::kUnavailable);
  EXPECT_NE(refused.error().message().find("refused"), std::string::npos)
      << refused.error().message();
  const auto unknown = Client().fetch(to("http://no-such-host.invalid/"), 100);
  ASSERT_EQ(kind_of(unknown), ErrorKind::kUnavailable) << unknown.error().message();
  const ScriptedServer plain([](Peer& peer) { peer.answer(400, "speak plainly"); });
  const auto tls =
      Client().fetch(to("https://127.0.0.1:" + std::to_string(plain.port()) + "/"), 100);
  ASSERT_EQ(kind_of(tls), ErrorKind::kUnavailable) << tls.error().message();
  EXPECT_NE(tls.error().message().find("TLS"), std::string::npos) << tls.error().message();
}

TEST(Client, AnAnswerThatDripsEndsAtItsTotalTime) {
  std::atomic<bool> client_left = false;
  const ScriptedServer server([&](Peer& peer) {
    peer.read_request();
    peer.begin_chunks();
    while (peer.send_chunk(".")) std::this_thread::sleep_for(5ms);
    client_left = true;
  });
  Request request = to(server.url());
  request.timeouts.total = 100ms;
  const auto response = Client().fetch(request, 1U << 20U);
  ASSERT_EQ(kind_of(response), ErrorKind::kTimedOut);
  EXPECT_NE(response.error().message().find("too long"), std::string::npos);
  while (!client_left) std::this_thread::yield();
}

// Guards against: the error blames the server although a proxy is down or refuses: here a proxy on
// this machine.
TEST(Client, NamesTheProxyThatIsInBetween) {
  const ScriptedServer server([](Peer& peer) { peer.answer(200, "here"); });
  const std::string down = "127.0.0.1:" + std::to_string(free_port());
  Request request = to(server.url());
  request.proxy = "http://" + down;
  const auto unreached = Client().fetch(request, 100);
  ASSERT_EQ(kind_of(unreached), ErrorKind::kUnavailable);
  EXPECT_NE(unreached.error().message().find("cannot connect to the proxy " + down),
            std::string::npos)
      << unreached.error().message();

  const ScriptedServer refuses([](Peer& peer) {
    peer.read_request();
    peer.answer(502, "no way");
  });
  request.proxy = refuses.url();
  const auto refused = Client().fetch(request, 100);
  ASSERT_TRUE(refused) << refused.error().message();
  EXPECT_EQ(refused->head.status, 502);
  EXPECT_EQ(refused->head.proxy, "127.0.0.1:" + std::to_string(refuses.port()));

  const ScriptedServer breaks([](Peer& peer) { peer.read_request(); });
  request.proxy = breaks.url();
  const auto broken = Client().fetch(request, 100);
  ASSERT_EQ(kind_of(broken), ErrorKind::kUnavailable);
  EXPECT_NE(broken.error().message().find(std::to_string(breaks.port())), std::string::npos)
      << broken.error().message();

  request.proxy = "";
  EXPECT_EQ(Client().fetch(request, 100)->head.proxy, "");
}

// Guards against: a response never ends because bytes keep arriving slowly.
TEST(Client, TheReceiverMayEndAnAnswerThatDrips) {
  for (const bool in_head : {false, true}) {
    const ScriptedServer server([&](Peer& peer) {
      peer.read_request();
      if (!in_head) peer.begin_chunks();
      if (in_head) peer.send("HTTP/1.1 200 OK\r\nX-Slow: ");
      while (in_head ? peer.send(".") : peer.send_chunk(".")) std::this_thread::sleep_for(5ms);
    });
    Request request = to(server.url());
    request.timeouts.idle = 60s;
    const auto begin = std::chrono::steady_clock::now();
    const auto answer = Client().send(request, {.overdue = [&]() -> std::optional<Error> {
                                        if (std::chrono::steady_clock::now() - begin < 100ms)
                                          return std::nullopt;
                                        return Error{.kind = ErrorKind::kTimedOut, .what = "late"};
                                      }});
    ASSERT_FALSE(answer) << in_head;
    EXPECT_EQ(answer.error().kind, ErrorKind::kTimedOut);
    EXPECT_EQ(answer.error().what, "late");
  }
}

TEST(Client, CancellingEndsARequestThatWaits) {
  std::atomic<bool> asked = false;
  const ScriptedServer server([&](Peer& peer) {
    peer.read_request();
    asked = true;
    peer.wait_for_end();
  });
  const Request request = to(server.url());
  std::thread other([&] {
    while (!asked) std::this_thread::yield();
    request.cancel.cancel();
  });
  EXPECT_EQ(kind_of(Client().fetch(request, 100)), ErrorKind::kCancelled);
  other.join();
}

TEST(Client, RefusesAHeaderThatWouldBeTwo) {
  Request request = to("http://127.0.0.1/");
  request.headers = {{"Authorization", "Bearer a\r\nX-Other: b"}};
  EXPECT_EQ(kind_of(Client().fetch(request, 100)), ErrorKind::kUsage);
  request.headers = {{"", "value"}};
  EXPECT_EQ(kind_of(Client().fetch(request, 100)), ErrorKind::kUsage);
}

TEST(Client, ServesManyThreads) {
  const ScriptedServer server([](Peer& peer) {
    for (std::string request; !(request = peer.read_request()).empty();)
      peer.answer(200, request.substr(4, request.find(' ', 4) - 4));
  });
  Client client;
  std::atomic<int> num_right = 0;
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&, t] {
      for (int i = 0; i < 10; ++i) {
        const std::string path = "/" + std::to_string(t) + "/" + std::to_string(i);
        if (client.fetch(to(server.url(path)), 100)->body == path) ++num_right;
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(num_right, 40);
}

}  // namespace
}  // namespace orpheus::net
