// Bytes that no honest client sends, and clients that are slow, silent or greedy: each gets a clear
// answer or a closed connection, and nobody else notices.

#include <chrono>
#include <future>
#include <random>
#include <thread>
#include <vector>

#include "http/server/testing/test_client.h"

namespace orpheus::http {
namespace {

using namespace std::chrono_literals;

class Hostile : public testing::Test {
 protected:
  static Options options() {
    Options options = patient_options();
    options.max_header_bytes = 4096;
    options.max_body_bytes = 10'000;
    return options;
  }

  // The server survives every test of this file.
  ~Hostile() override { EXPECT_TRUE(is_well(server_->port())); }

  uint16_t port() const { return server_->port(); }
  Reply ask(std::string_view bytes) const {
    TestClient client(port());
    return client.ask(bytes);
  }

 private:
  FakeSynthesiser synthesiser_;
  std::unique_ptr<Server> server_ = serve(synthesiser_, options());
};

std::string repeat(const std::string& text, int times) {
  std::string all;
  for (int i = 0; i < times; ++i) all += text;
  return all;
}

TEST_F(Hostile, GarbageIsABadRequest) {
  const std::vector<std::string> requests = {
      "hello\r\n\r\n",
      "GET\r\n\r\n",
      "GET /\r\n\r\n",
      std::string("\0\0\0\0\r\n\r\n", 8),
      "\x16\x03\x01\x02\x01\x01\xfc\x03\x03 a TLS hello\r\n\r\n",
      "GET / HTTP/1.1\r\nno colon\r\n\r\n",
      "GET / HTTP/1.1\r\nA: b\r\n\tc: \x01\r\n\r\n",
      "POST / HTTP/1.1\r\nContent-Length: -1\r\n\r\n",
      "POST / HTTP/1.1\r\nContent-Length: 99999999999999999999\r\n\r\n",
      "POST / HTTP/1.1\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n",
      "POST / HTTP/1.1\r\nContent-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
      "POST / HTTP/1.1\r\nTransfer-Encoding: gzip\r\n\r\nGET /health HTTP/1.1\r\n\r\n",
      "POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nxyz\r\n",
      "POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n-1\r\n",
  };
  for (const std::string& request : requests) {
    TestClient client(port());
    const Reply reply = client.ask(request);
    EXPECT_EQ(reply.status, 400) << request;
    EXPECT_EQ(reply.headers.at("connection"), "close");
    EXPECT_NE(reply.body.find(R"("type":"invalid_request_error")"), std::string::npos);
    EXPECT_EQ(client.read_to_end(), "");  // and nothing behind it is taken for a request
  }
}

TEST_F(Hostile, OtherVersionsOfHttpAreNamed) {
  EXPECT_EQ(ask("GET / HTTP/2.0\r\n\r\n").status, 505);
  EXPECT_EQ(ask("GET / HTTP/x\r\n\r\n").status, 505);
  EXPECT_EQ(ask("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n").status, 505);
}

TEST_F(Hostile, RandomBytesNeverDoHarm) {
  std::minstd_rand random(1);
  const std::string seed = post_pcm();
  for (int i = 0; i < 200; ++i) {
    std::string bytes = i % 2 == 0 ? seed : std::string(random() % 300, 'x');
    const size_t num_changes = i % 2 == 0 ? 3 : bytes.size();
    for (size_t k = 0; k < num_changes; ++k) {
      bytes[random() % bytes.size()] = static_cast<char>(random() % 256);
    }
    TestClient client(port());
    client.send(bytes);
    client.half_close();
    client.read_to_end();  // it comes to an end
  }
}

TEST_F(Hostile, ABodyThatIsTooLargeIsToldSoReadably) {
  const std::string head = "POST /v1/audio/speech HTTP/1.1\r\nHost: localhost\r\n";
  const std::string large(2'000'000, 'x');
  TestClient announced(port());
  EXPECT_TRUE(announced.send(head + "Content-Length: 100000000\r\n\r\n"));
  for (int i = 0; i < 50; ++i) EXPECT_TRUE(announced.send(large));
  const Reply reply = announced.read_reply();
  EXPECT_EQ(reply.status, 413);
  EXPECT_TRUE(reply.whole);
  EXPECT_NE(reply.body.find("at most 10000 bytes"), std::string::npos);

  TestClient in_chunks(port());
  EXPECT_TRUE(in_chunks.send(head + "Transfer-Encoding: chunked\r\n\r\n1e8480\r\n" + large));
  EXPECT_EQ(in_chunks.read_reply().status, 413);

  TestClient polite(port());
  EXPECT_EQ(polite.ask(head + "Content-Length: 2000000\r\nExpect: 100-continue\r\n\r\n").status,
            413);
}

TEST_F(Hostile, HeadersThatAreTooLargeAreToldSo) {
  EXPECT_EQ(ask(get("/", "X: " + std::string(100'000, 'a') + "\r\n")).status, 431);
  EXPECT_EQ(ask(get("/", repeat("A: b\r\n", 10'000))).status, 431);
  EXPECT_EQ(ask("GET /" + std::string(100'000, 'a')).status, 431);
}

TEST_F(Hostile, ABodyThatIsNoRequestIsToldSo) {
  const std::vector<std::string> bodies = {
      "",
      "{",
      "[]",
      R"({"input": ""})",
      "{\"input\": \"\xff\xfe\"}",
      repeat("[", 9'000),
      R"({"input": "a", "x": )" + repeat("[", 4'000) + repeat("]", 4'000) + "}",
      repeat(R"({"a":)", 1'900),
      R"({"input": "a", "voice": 5})",
  };
  TestClient client(port());
  for (const std::string& body : bodies) {
    const Reply reply = client.ask(post(body));  // on one connection: none of them ends it
    EXPECT_EQ(reply.status, 400) << body.substr(0, 40);
    EXPECT_NE(reply.body.find(R"("message":)"), std::string::npos);
  }
}

TEST_F(Hostile, WhatIsNotThereIsNotFound) {
  EXPECT_EQ(ask(get("/nowhere")).status, 404);
  EXPECT_EQ(ask(get("/../../etc/passwd")).status, 404);
  EXPECT_EQ(ask(get("/\xff\xfe")).status, 404);
  const Reply wrong_method = ask(get("/v1/audio/speech"));
  EXPECT_EQ(wrong_method.status, 405);
  EXPECT_EQ(wrong_method.headers.at("allow"), "POST, OPTIONS");
  EXPECT_EQ(ask("BREW /health HTTP/1.1\r\n\r\n").status, 405);
  EXPECT_EQ(ask("DELETE / HTTP/1.1\r\n\r\n").headers.at("allow"), "GET, HEAD, OPTIONS");
}

TEST(Slow, WhoeverSaysNothingMoreIsLeft) {
  FakeSynthesiser synthesiser;
  Options options;
  options.idle_timeout = options.header_timeout = options.body_timeout = 50ms;
  const auto server = serve(synthesiser, options);
  const std::vector<std::string> beginnings = {
      "",                                                            // connects and says nothing
      "GET / HTTP/1.1\r\n",                                          // never ends its headers
      "POST /v1/audio/speech HTTP/1.1\r\nContent-Length: 5\r\n\r\n"  // never sends its body
  };
  for (const std::string& beginning : beginnings) {
    TestClient client(server->port());
    client.send(beginning);
    EXPECT_EQ(client.read_to_end(), "");
  }
}

TEST(Slow, DripsDoNotExtendTheTime) {
  FakeSynthesiser synthesiser;
  Options options = patient_options();
  options.header_timeout = 50ms;
  options.max_header_bytes = 1U << 30U;
  const auto server = serve(synthesiser, options);
  TestClient client(server->port());
  client.send("GET / HTTP/1.1\r\nX: ");
  while (client.send("a")) std::this_thread::sleep_for(5ms);
  EXPECT_EQ(client.read_to_end(), "");
}

TEST_F(Hostile, LeavingInTheMiddleOfARequestIsNoTrouble) {
  const std::string request = post_pcm();
  for (size_t size = 0; size < request.size(); size += 7) {
    TestClient client(port());
    client.send(request.substr(0, size));
  }
}

// Guards against: a client with a wrong Content-Length that shuts down its side gets no response.
TEST_F(Hostile, APartOfARequestIsToldSo) {
  for (const std::string& part :
       {std::string("GET / HT"), std::string("GET / HTTP/1.1\r\nHost: localhost\r\n"),
        std::string(
            "POST /v1/audio/speech HTTP/1.1\r\nContent-Length: 50\r\n\r\n{\"input\": \"a\"}"),
        std::string(
            "POST /v1/audio/speech HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n{")}) {
    TestClient client(port());
    client.send(part);
    client.half_close();
    const Reply reply = client.read_reply();
    EXPECT_EQ(reply.status, 400) << part;
    EXPECT_NE(reply.body.find("ended before the request did"), std::string::npos) << reply.body;
  }
  TestClient silent(port());
  silent.half_close();
  EXPECT_EQ(silent.read_to_end(), "");
}

// Who takes nothing of his answer does not keep it waiting by sending.
TEST(SlowReader, IsGivenUpThoughHeSendsMoreAllTheWhile) {
  std::promise<void> ended;
  FakeSynthesiser synthesiser(
      [&](const speech::Request&, const speech::SampleSink& sink) -> Result<speech::Summary> {
        while (sink(sine_frame(0))) continue;
        ended.set_value();
        return fail({.kind = ErrorKind::kCancelled, .what = "left"});
      });
  Options options = patient_options();
  options.write_timeout = 200ms;
  const auto server = serve(synthesiser, options);
  TestClient client(server->port(), 4096);
  client.send(post_pcm());
  const auto speech = ended.get_future();
  int num_sent = 0;
  while (speech.wait_for(5ms) != std::future_status::ready) {
    client.send("G");
    ASSERT_LT(++num_sent, 20'000);
  }
}

}  // namespace
}  // namespace orpheus::http
