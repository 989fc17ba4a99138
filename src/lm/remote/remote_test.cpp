#include "lm/remote/remote.h"

#include <atomic>
#include <chrono>
#include <cstdlib>
#include <mutex>
#include <thread>
#include <vector>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "lm/remote/probe.h"
#include "lm/remote/served_voice.h"
#include "net/testing/scripted_server.h"

namespace orpheus::remote {
namespace {

using net::Peer;
using net::ScriptedServer;
using nlohmann::json;

class Without : public ::testing::Environment {
  void SetUp() override { ::setenv("no_proxy", "*", 1); }  // a proxy would stand in between
};
[[maybe_unused]] const auto* const kWithoutProxy =
    ::testing::AddGlobalTestEnvironment(new Without());

const prompt::TokenLayout kStock;

std::vector<prompt::Token> frames(int count) {
  std::vector<prompt::Token> tokens;
  for (int i = 0; i < 7 * count; ++i) tokens.push_back(kStock.audio_token(i % 7, 100 + i));
  return tokens;
}

// Says what it is, and answers each request for tokens as the script says.
class Server {
 public:
  using Script = std::function<void(Peer&, const json& body)>;

  explicit Server(Script script, const char* owner = "llamacpp", uint16_t port = 0,
                  std::string more = "")
      : script_(std::move(script)),
        owner_(owner),
        more_(std::move(more)),
        server_([this](Peer& peer) { serve(peer); }, port) {}

  std::string url() const { return server_.url("/v1/completions"); }
  uint16_t port() const { return server_.port(); }
  std::vector<json> asked() const {
    const std::lock_guard lock(mutex_);
    return asked_;
  }

 private:
  void serve(Peer& peer) {
    while (true) {
      const std::string request = peer.read_request();
      if (request.empty()) return;
      if (request.find(" /v1/models ") != std::string::npos) {
        peer.answer(200,
                    R"({"data":[{"id":"orpheus-3b","owned_by":")" + owner_ + "\"" + more_ + "}]}");
        continue;
      }
      json body = json::parse(request.substr(request.find("\r\n\r\n") + 4), nullptr, false);
      if (request.find(" /tokenize ") != std::string::npos) {
        peer.answer(200, R"({"tokens":[1,2,3]})");
        continue;
      }
      {
        const std::lock_guard lock(mutex_);
        asked_.push_back(body);
      }
      script_(peer, body);
      return;
    }
  }

  const Script script_;
  const std::string owner_;
  const std::string more_;  // of its model
  mutable std::mutex mutex_;
  std::vector<json> asked_;
  ScriptedServer server_;
};

void begin(Peer& peer) { peer.begin_chunks("Content-Type: text/event-stream\r\n"); }
bool send(Peer& peer, prompt::Token token) {
  const std::string id = std::to_string(token - 128256);
  return peer.send_chunk(R"(data: {"choices":[{"text":"<custom_token_)" + id +
                         R"(>","finish_reason":null}]})"
                         "\n\n");
}
void finish(Peer& peer) {
  peer.send_chunk("data: [DONE]\n\n");
  peer.send_chunk("");
}
Server::Script speaks(int num_frames) {
  return [=](Peer& peer, const json&) {
    begin(peer);
    for (const prompt::Token token : frames(num_frames)) send(peer, token);
    finish(peer);
  };
}

std::unique_ptr<Remote> open(const std::vector<std::string>& urls, int timeout_s = 60) {
  return Remote::open({.urls = urls, .timeout_s = timeout_s}, kStock).value();
}

lm::GenerateRequest request_for(std::vector<prompt::Token> ids, std::string spoken) {
  lm::GenerateRequest request;
  request.prompt = std::move(ids);
  request.spoken = std::move(spoken);
  request.max_tokens = 1000;
  return request;
}

struct Heard {
  std::vector<prompt::Token> tokens;
  std::optional<Error> error;
};
Heard hear(lm::TokenStream& stream) {
  Heard heard;
  while (true) {
    const auto token = stream.next();
    if (!token) heard.error = token.error();
    if (!token || !*token) return heard;
    heard.tokens.push_back((*token)->id);
  }
}
Heard hear(Remote& remote, const lm::GenerateRequest& request = request_for({1, 2}, "tara: Hi")) {
  const auto stream = remote.generate(request);
  if (!stream) return {.error = stream.error()};
  return hear(**stream);
}

// A wait that fails rather than hangs.
template <typename Condition>
bool eventually(const Condition& condition) {
  const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(20);
  while (!condition()) {
    if (std::chrono::steady_clock::now() > end) return false;
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  }
  return true;
}

bool is_up(const Remote& remote, const Server& server) {
  const std::string gauge = "orpheus_remote_up{url=\"" + server.url() + "\"} 1";
  return remote.metrics().find(gauge) != std::string::npos;
}

TEST(Remote, PromptsAreWhatTheServerTakes) {
  const Server takes_ids(speaks(2));
  const auto ids_remote = open({takes_ids.url()});
  EXPECT_EQ(hear(*ids_remote, request_for({7, 8}, "tara: Hi")).tokens, frames(2));
  const auto stream = ids_remote->generate(request_for({}, "tara: Hi")).value();
  EXPECT_EQ(hear(*stream).tokens, frames(2));
  EXPECT_EQ(stream->num_prompt_tokens(), 9);  // of which only the server knows three
  ASSERT_EQ(takes_ids.asked().size(), 2U);
  EXPECT_EQ(takes_ids.asked()[0]["prompt"], json({7, 8}));
  EXPECT_EQ(takes_ids.asked()[1]["prompt"],
            json({128259, 128000, 1, 2, 3, 128009, 128260, 128261, 128257}));

  const Server takes_text(speaks(2), "organization_owner");
  const auto text_remote = open({takes_text.url()});
  EXPECT_EQ(hear(*text_remote, request_for({7, 8}, "tara: <custom_token_2>")).tokens, frames(2));
  EXPECT_EQ(takes_text.asked()[0]["prompt"],
            "<custom_token_3><|begin_of_text|>tara: < custom_token_2><|eot_id|><custom_token_4>"
            "<custom_token_5><custom_token_1>");
  EXPECT_EQ(hear(*text_remote, request_for({7, 8}, "")).error->kind, ErrorKind::kUnsupported);
  EXPECT_EQ(text_remote->generate(request_for({}, "")).error().kind, ErrorKind::kUsage);
}

TEST(Remote, AServerThatTakesTextMayTellHowManyTokensItWas) {
  const auto with_usage = [](const char* usage) {
    return [=](Peer& peer, const json&) {
      begin(peer);
      for (const prompt::Token token : frames(1)) send(peer, token);
      peer.send_chunk(R"(data: {"choices":[{"text":"","finish_reason":"stop"}])" +
                      std::string(usage) + "}\n\n");
      finish(peer);
    };
  };
  for (const auto& [usage, expected] :
       {std::pair(R"(,"usage":{"prompt_tokens":12})", 12), std::pair("", 0)}) {
    const Server server(with_usage(usage), "organization_owner");
    const auto remote = open({server.url()});
    const auto stream = remote->generate(request_for({}, "tara: Hi")).value();
    EXPECT_EQ(hear(*stream).tokens, frames(1));
    EXPECT_EQ(stream->num_prompt_tokens(), expected);
  }
}

TEST(Remote, AnotherServerTakesOverWhileNothingWasHandedOut) {
  const Server cuts([](Peer& peer, const json&) {
    begin(peer);
    for (int i = 0; i < 6; ++i) send(peer, kStock.audio_token(i, 4000));
  });
  const Server good(speaks(3));
  const std::string nobody = "http://127.0.0.1:" + std::to_string(net::free_port());
  const auto remote = open({nobody, cuts.url(), good.url()});
  for (int i = 0; i < 6; ++i) {
    const Heard heard = hear(*remote);
    EXPECT_FALSE(heard.error) << heard.error->message();
    EXPECT_EQ(heard.tokens, frames(3));
  }
  EXPECT_EQ(good.asked().size(), 6U);
  EXPECT_NE(remote->metrics().find("orpheus_remote_up{url=\"" + nobody + "/\"} 0"),
            std::string::npos)
      << remote->metrics();
}

TEST(Remote, ASpeechThatHasBegunEndsWithAnErrorRatherThanTwice) {
  const Server cuts([](Peer& peer, const json&) {
    begin(peer);
    for (const prompt::Token token : frames(2)) send(peer, token);
    peer.wait_for_end();
  });
  const Server other(speaks(3));
  const auto remote = open({cuts.url()}, 1);  // silence is an end too
  const Heard heard = hear(*remote);
  EXPECT_EQ(heard.tokens, frames(2));
  ASSERT_TRUE(heard.error);
  EXPECT_EQ(heard.error->kind, ErrorKind::kTimedOut) << heard.error->message();
  EXPECT_EQ(cuts.asked().size(), 1U);
}

TEST(Remote, AServerThatOnlyKeepsTheLineOpenIsLate) {
  const Server drips([](Peer& peer, const json&) {
    begin(peer);
    while (peer.send_chunk(": still here\n\n"))
      std::this_thread::sleep_for(std::chrono::milliseconds(50));
  });
  const auto remote = open({drips.url()}, 1);
  const Heard heard = hear(*remote);
  ASSERT_TRUE(heard.error);
  EXPECT_EQ(heard.error->kind, ErrorKind::kTimedOut) << heard.error->message();
  EXPECT_NE(heard.error->message().find(drips.url().substr(0, 15)), std::string::npos);
}

// Guards against: a server keeps a slot in use because it sends a byte from time to time. The time
// limit applies to the first token and between tokens, in every kind of response.
TEST(Remote, AReplyThatDripsIsLateInEveryShape) {
  using std::chrono::milliseconds;
  const auto drip = [](const auto& send_one) {
    while (send_one()) std::this_thread::sleep_for(milliseconds(50));
  };
  struct Case {
    const char* name;
    Server::Script script;
    size_t num_tokens;
  };
  const std::string head = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n";
  const std::vector<Case> cases = {
      {"within the head",
       [&](Peer& peer, const json&) {
         peer.send("HTTP/1.1 200 OK\r\nX-Slow: ");
         drip([&] { return peer.send("x"); });
       },
       0},
      {"within a message",
       [&](Peer& peer, const json&) {
         peer.send(head + "Content-Type: application/json\r\n\r\n");
         peer.send_chunk(R"({"choices":[{"text":")");
         drip([&] { return peer.send_chunk(" "); });
       },
       0},
      {"within an event",
       [&](Peer& peer, const json&) {
         begin(peer);
         peer.send_chunk("data: ");
         drip([&] { return peer.send_chunk(" "); });
       },
       0},
      {"events without a token, behind some",
       [&](Peer& peer, const json&) {
         begin(peer);
         for (const prompt::Token token : frames(1)) send(peer, token);
         drip([&] { return peer.send_chunk("data: {\"choices\":[{\"text\":\"\"}]}\n\n"); });
       },
       7},
  };
  std::vector<std::thread> threads;
  for (const char* owner : {"llamacpp", "orpheus", "organization_owner", "vllm"}) {
    for (const Case& one : cases) {
      threads.emplace_back([owner, &one] {
        const Server drips(one.script, owner);
        const auto remote = open({drips.url()}, 1);
        const auto begun = std::chrono::steady_clock::now();
        const Heard heard = hear(*remote);
        EXPECT_LT(std::chrono::steady_clock::now() - begun, milliseconds(5000)) << one.name;
        ASSERT_TRUE(heard.error) << one.name;
        EXPECT_EQ(heard.error->kind, ErrorKind::kTimedOut) << heard.error->message();
        EXPECT_NE(heard.error->message().find("sent no token in time"), std::string::npos)
            << heard.error->message();
        EXPECT_EQ(heard.tokens.size(), one.num_tokens) << one.name;
        EXPECT_EQ(drips.asked().size(), 1U) << one.name;  // a second try would hold the place too
      });
    }
  }
  for (std::thread& thread : threads) thread.join();
}

// Guards against: requests to a server on this machine go through http_proxy, which cannot reach
// it, or an error does not name the proxy that the user set.
TEST(Remote, AServerOfThisMachineIsReachedWithoutTheEnvironmentsProxy) {
  const std::string nobody = "http://127.0.0.1:" + std::to_string(net::free_port());
  ::setenv("http_proxy", nobody.c_str(), 1);
  ::unsetenv("no_proxy");
  const Server speaker(speaks(1));
  const Heard heard = hear(*open({speaker.url()}));
  EXPECT_FALSE(heard.error) << heard.error->message();
  const auto told =
      Remote::open({.urls = {speaker.url()}, .timeout_s = 1, .proxy = nobody}, kStock).value();
  const Heard refused = hear(*told);
  ::setenv("no_proxy", "*", 1);
  ::unsetenv("http_proxy");
  ASSERT_TRUE(refused.error);
  EXPECT_NE(refused.error->message().find("the proxy " + nobody.substr(7)), std::string::npos)
      << refused.error->message();
}

TEST(Remote, AServerThatIsDownIsTakenAgainWhenItIsBack) {
  const uint16_t port = net::free_port();
  const auto remote = open({"http://127.0.0.1:" + std::to_string(port)});
  for (int i = 0; i < 3; ++i) {
    const Heard heard = hear(*remote);
    ASSERT_TRUE(heard.error);
    EXPECT_EQ(heard.error->kind, ErrorKind::kUnavailable);
    EXPECT_NE(heard.error->message().find("refused"), std::string::npos) << heard.error->message();
  }
  const Server back(speaks(2), "llamacpp", port);
  ASSERT_EQ(back.port(), port);
  Heard heard;
  EXPECT_TRUE(eventually([&] { return !(heard = hear(*remote)).error; }));
  EXPECT_EQ(heard.tokens, frames(2));
}

// Guards against: the prober keeps sleeping when a server fails, because it had no work before.
TEST(Remote, AServerThatIsBackIsNoticedAlthoughTheProberSlept) {
  auto first = std::make_unique<Server>(speaks(1));
  const uint16_t port = first->port();
  const auto remote = open({first->url()});
  EXPECT_EQ(hear(*remote).tokens, frames(1));
  std::this_thread::sleep_for(std::chrono::milliseconds(200));  // the prober waits by now
  first.reset();
  EXPECT_TRUE(hear(*remote).error);
  const Server back(speaks(2), "llamacpp", port);
  ASSERT_EQ(back.port(), port);
  Heard heard;
  EXPECT_TRUE(eventually([&] { return !(heard = hear(*remote)).error; }));
  EXPECT_EQ(heard.tokens, frames(2));
}

// Guards against: one broken connection takes a server out of use, or a failing server is never
// taken out. Three failures in a row take it out.
TEST(Remote, AServerIsOutAfterThreeCutStreamsInARow) {
  std::atomic<int> num_asked = 0;
  const Server cuts([&](Peer& peer, const json& body) {
    if (++num_asked == 3) return speaks(2)(peer, body);
    begin(peer);
    for (const prompt::Token token : frames(2)) send(peer, token);
    std::this_thread::sleep_for(std::chrono::milliseconds(200));  // they are heard by now
  });
  const auto remote = open({cuts.url()});
  for (int i = 1; i <= 6; ++i) {
    ASSERT_TRUE(is_up(*remote, cuts)) << i << remote->metrics();
    const Heard heard = hear(*remote);
    EXPECT_EQ(heard.error.has_value(), i != 3) << i;
    EXPECT_EQ(heard.tokens, frames(2)) << i;
    EXPECT_EQ(num_asked, i);
  }
  EXPECT_FALSE(is_up(*remote, cuts)) << remote->metrics();
  EXPECT_TRUE(hear(*remote).error);
  EXPECT_EQ(num_asked, 6);
}

TEST(Remote, AWrongKeyAndAWrongModelAreToldFromTheBeginning) {
  const ScriptedServer locked([](Peer& peer) {
    while (!peer.read_request().empty()) peer.answer(401, R"({"error":{"message":"no key"}})");
  });
  const Heard refused = hear(*open({locked.url()}));
  ASSERT_TRUE(refused.error);
  EXPECT_EQ(refused.error->kind, ErrorKind::kBadReply);
  EXPECT_NE(refused.error->message().find("ORPHEUS_API_KEY"), std::string::npos);
  const Server other(speaks(1), "vllm");
  const auto remote =
      Remote::open({.urls = {other.url()}, .api_key = {}, .model = "else"}, kStock).value();
  const Heard wrong = hear(*remote);
  ASSERT_TRUE(wrong.error);
  EXPECT_EQ(wrong.error->kind, ErrorKind::kBadReply);
  EXPECT_NE(wrong.error->message().find("one of orpheus-3b"), std::string::npos)
      << wrong.error->message();
}

// Guards against: tokens of a voice with other token ids are decoded with ours. An orpheus server
// reports its ids.
TEST(Remote, AVoiceWithOtherIdsIsRefusedRatherThanMisread) {
  const std::string other = R"(,"orpheus":{"voices":[{"name":"rms"}],"audio_token_base":288})";
  const Server small(speaks(1), "orpheus", 0, other);
  const Heard refused = hear(*open({small.url()}));
  ASSERT_TRUE(refused.error);
  EXPECT_EQ(refused.error->kind, ErrorKind::kBadReply);
  EXPECT_NE(refused.error->message().find("other token ids"), std::string::npos)
      << refused.error->message();
  EXPECT_TRUE(small.asked().empty());

  const std::string stock = R"(,"orpheus":{"voices":[{"name":"tara"}]})";
  const Server same(speaks(1), "orpheus", 0, stock);
  EXPECT_EQ(hear(*open({same.url()}), request_for({}, "tara: Hi")).tokens, frames(1));
  // The text became ids by the server's own tokenizer.
  EXPECT_TRUE(same.asked().at(0)["prompt"].is_array()) << same.asked().at(0);

  const Server loading(speaks(1), "orpheus", 0, R"(,"orpheus":null)");
  const Heard early = hear(*open({loading.url()}, 1));
  ASSERT_TRUE(early.error);
  EXPECT_EQ(early.error->kind, ErrorKind::kUnavailable) << early.error->message();
}

TEST(Remote, AServerThatChangesItsModelIsAskedForTheNewOne) {
  std::atomic<const char*> model = "first";
  const ScriptedServer server([&](Peer& peer) {
    for (std::string request; !(request = peer.read_request()).empty();) {
      const std::string now = model.load();
      if (request.find(" /v1/models ") != std::string::npos) {
        peer.answer(200, R"({"data":[{"id":")" + now + R"(","owned_by":"vllm"}]})");
      } else if (request.find('"' + now + '"') == std::string::npos) {
        peer.answer(404, R"({"error":{"message":"no such model"}})");
      } else {
        speaks(1)(peer, {});
        return;
      }
    }
  });
  const auto remote = open({server.url("/v1/completions")});
  EXPECT_EQ(hear(*remote).tokens, frames(1));
  model = "second";
  EXPECT_TRUE(hear(*remote).error);
  EXPECT_EQ(hear(*remote).tokens, frames(1));
}

TEST(Remote, WhoLeavesFreesTheServerAtOnce) {
  std::atomic<int> num_left = 0;
  const Server endless([&](Peer& peer, const json&) {
    begin(peer);
    int i = 0;
    while (send(peer, kStock.audio_token(i++ % 7, 1))) continue;
    ++num_left;
  });
  const auto remote = open({endless.url()});
  lm::GenerateRequest request = request_for({1}, "");
  request.max_tokens = 1 << 20;
  {
    const auto stream = remote->generate(request).value();
    EXPECT_TRUE(stream->next().value());
  }
  EXPECT_TRUE(eventually([&] { return num_left >= 1; }));
  {
    const auto stream = remote->generate(request).value();
    EXPECT_TRUE(stream->next().value());
    request.cancel.cancel();
    EXPECT_EQ(hear(*stream).error->kind, ErrorKind::kCancelled);
  }
  EXPECT_TRUE(eventually([&] { return num_left >= 2; }));
  // And a stream may outlive the whole.
  auto last = open({endless.url()});
  request.cancel = {};
  const auto stream = last->generate(request).value();
  last.reset();
  EXPECT_EQ(hear(*stream).error->kind, ErrorKind::kCancelled);
}

TEST(Remote, ManyAtOnceAreSharedOut) {
  std::atomic<int> num_open = 0;
  const auto together = [&](Peer& peer, const json& body) {
    ++num_open;
    EXPECT_TRUE(eventually([&] { return num_open >= 8; }));  // all eight at the same time
    speaks(3)(peer, body);
  };
  const Server one(together);
  const Server two(together);
  const auto remote = open({one.url(), two.url()});
  std::vector<std::unique_ptr<lm::TokenStream>> streams;
  for (int i = 0; i < 8; ++i) streams.push_back(remote->generate(request_for({1}, "")).value());
  for (const auto& stream : streams) EXPECT_EQ(hear(*stream).tokens, frames(3));
  EXPECT_EQ(one.asked().size(), 4U);
  EXPECT_EQ(two.asked().size(), 4U);
}

TEST(Remote, AProbeTellsWhatAnswers) {
  const Server good(speaks(5), "vllm");
  const Probe found = probe(good.url(), {});
  EXPECT_FALSE(found.error) << found.error->message();
  EXPECT_EQ(found.server, "vLLM");
  EXPECT_EQ(found.model, "orpheus-3b");
  EXPECT_TRUE(found.takes_ids && found.num_tokens > 0);
  EXPECT_EQ(found.num_tokens, 35);

  const Server prose(
      [](Peer& peer, const json&) {
        begin(peer);
        peer.send_chunk("data: {\"choices\":[{\"text\":\"Hello!\"}]}\n\n");
        finish(peer);
      },
      "organization_owner");
  const Probe wrong = probe(prose.url(), {});
  EXPECT_EQ(wrong.server, "LM Studio");
  EXPECT_EQ(wrong.num_tokens, 0);
  ASSERT_TRUE(wrong.error);
  EXPECT_NE(wrong.error->message().find("has loaded an Orpheus model"), std::string::npos);
  EXPECT_EQ(probe("localhost", {}).error->kind, ErrorKind::kUsage);
}

}  // namespace
}  // namespace orpheus::remote
