#include "models/download.h"

#include <atomic>
#include <fstream>
#include <functional>
#include <mutex>

#include <gtest/gtest.h>

#include "base/test_folder.h"
#include "models/store.h"
#include "net/scripted_server.h"

namespace orpheus::models {
namespace {

using net::Peer;
using net::ScriptedServer;

// A file of a few pieces, each of which is another.
std::string content_of(size_t size) {
  std::string content(size, '\0');
  uint32_t state = 12345;
  for (char& c : content) c = static_cast<char>((state = state * 1664525 + 1013904223) >> 24U);
  return content;
}

const std::string kContent = content_of(300'000);
constexpr const char* kTag = "ETag: \"v1\"\r\n";

std::string header_of(const std::string& request, const std::string& name) {
  const size_t at = request.find("\r\n" + name + ": ");
  if (at == request.npos) return "";
  const size_t begin = at + name.size() + 4;
  return request.substr(begin, request.find("\r\n", begin) - begin);
}

size_t range_begin(const std::string& request) {
  const std::string range = header_of(request, "Range");
  return range.empty() ? 0 : std::stoul(range.substr(range.find('=') + 1));
}

std::string range_headers(size_t begin, size_t total, const std::string& tag = kTag) {
  return "Content-Range: bytes " + std::to_string(begin) + "-" + std::to_string(total - 1) + "/" +
         std::to_string(total) + "\r\n" + tag;
}

// As a server should: the whole, or the rest of the same version.
void serve_well(Peer& peer, const std::string& request, const std::string& content = kContent,
                const std::string& tag = kTag) {
  const size_t begin = range_begin(request);
  const std::string condition = header_of(request, "If-Range");
  const bool same = condition.empty() || tag.find(condition) != tag.npos;
  if (begin == 0 || !same) {
    peer.answer(200, content, tag);
  } else {
    peer.answer(206, std::string_view(content).substr(begin),
                range_headers(begin, content.size(), tag));
  }
}

// Announces everything from here on and sends no more than this of it.
void cut_off(Peer& peer, const std::string& request, size_t sent) {
  const size_t begin = range_begin(request);
  const std::string head = begin == 0
                               ? "HTTP/1.1 200 OK\r\n" + std::string(kTag)
                               : "HTTP/1.1 206 Partial\r\n" + range_headers(begin, kContent.size());
  peer.send(head + "Content-Length: " + std::to_string(kContent.size() - begin) + "\r\n\r\n" +
            kContent.substr(begin, sent));
}

class DownloadTest : public testing::Test {
 protected:
  using Script = std::function<void(Peer&, const std::string& request, int number)>;

  // The server's answers by the number of the request, from 1.
  Result<Downloaded> fetch_from(const Script& script, const std::string& token = "") {
    std::mutex mutex;
    const ScriptedServer server([&](Peer& peer) {
      const std::string request = peer.read_request();
      if (request.empty()) return;
      int number = 0;
      {
        const std::lock_guard lock(mutex);
        requests_.push_back(request);
        number = static_cast<int>(requests_.size());
      }
      script(peer, request, number);
    });
    net::Client client;
    return download(client, {server.url("/lm.gguf"), token}, file_, options_,
                    [&](const DownloadProgress& progress) {
                      if (on_progress_) on_progress_(progress);
                    });
  }

  std::string content() const {
    std::ifstream in(file_, std::ios::binary);
    return {std::istreambuf_iterator<char>(in), {}};
  }
  bool exists(const std::string& ending) const {
    return std::filesystem::exists(file_.string() + ending);
  }
  void expect_fetched(const Result<Downloaded>& done) const {
    ASSERT_TRUE(done.has_value()) << done.error().message();
    EXPECT_TRUE(content() == kContent);
    EXPECT_EQ(recorded_hash(file_), done->sha256);
    EXPECT_FALSE(exists(".part"));
    EXPECT_FALSE(exists(".part.tag"));
  }
  void expect_failed(const Result<Downloaded>& done, ErrorKind kind,
                     const std::string& part) const {
    ASSERT_FALSE(done.has_value());
    EXPECT_EQ(done.error().kind, kind) << done.error().message();
    EXPECT_NE(done.error().message().find(part), std::string::npos) << done.error().message();
    EXPECT_FALSE(exists(""));
  }

  const TestFolder own_;
  const std::filesystem::path folder_ = own_.path();
  const std::filesystem::path file_ = folder_ / "deep" / "lm.gguf";
  DownloadOptions options_{.first_pause = std::chrono::milliseconds(0)};
  std::vector<std::string> requests_;
  std::function<void(const DownloadProgress&)> on_progress_;
};

TEST_F(DownloadTest, AWholeFileArrivesOnce) {
  const auto well = [](Peer& peer, const std::string& request, int) { serve_well(peer, request); };
  uint64_t last = 0;
  on_progress_ = [&](const DownloadProgress& progress) {
    if (progress.step != Step::kFetching) return;
    EXPECT_GT(progress.bytes_done, last);
    EXPECT_EQ(progress.bytes_total, kContent.size());
    last = progress.bytes_done;
  };
  expect_fetched(fetch_from(well));
  EXPECT_EQ(last, kContent.size());
  const auto again = fetch_from(well);
  EXPECT_TRUE(again->was_there);
  EXPECT_EQ(requests_.size(), 1U);
}

TEST_F(DownloadTest, CutsAreResumedWhereTheyHappened) {
  expect_fetched(fetch_from([](Peer& peer, const std::string& request, int number) {
    if (number <= 3) return cut_off(peer, request, 70'000);
    serve_well(peer, request);
  }));
  EXPECT_EQ(range_begin(requests_[1]), 70'000U);
  EXPECT_EQ(range_begin(requests_[3]), 210'000U);
  EXPECT_EQ(header_of(requests_[1], "If-Range"), "\"v1\"");
}

TEST_F(DownloadTest, ASecondRunGoesOnWhereTheFirstWasEnded) {
  options_.most_tries = 1;
  expect_failed(fetch_from([](Peer& peer, const std::string& request, int) {
                  cut_off(peer, request, 100'000);
                }),
                ErrorKind::kUnavailable, "run it again to go on");
  EXPECT_TRUE(exists(".part"));
  expect_fetched(
      fetch_from([](Peer& peer, const std::string& request, int) { serve_well(peer, request); }));
  EXPECT_EQ(range_begin(requests_.back()), 100'000U);
}

TEST_F(DownloadTest, APartThatIsWholeNeedsOnlyChecking) {
  std::filesystem::create_directories(file_.parent_path());
  std::ofstream(file_.string() + ".part", std::ios::binary) << kContent;
  std::ofstream(file_.string() + ".part.tag", std::ios::binary) << "etag \"v1\"\n";
  expect_fetched(fetch_from([](Peer& peer, const std::string&, int) {
    peer.answer(416, "nothing",
                "Content-Range: bytes */" + std::to_string(kContent.size()) + "\r\n");
  }));
  EXPECT_EQ(requests_.size(), 1U);
}

TEST_F(DownloadTest, AFileThatChangedBeginsAnew) {
  options_.most_tries = 1;
  const std::string old = content_of(200'000);
  (void)fetch_from([&](Peer& peer, const std::string&, int) {
    peer.send("HTTP/1.1 200 OK\r\nETag: \"v0\"\r\nContent-Length: 200000\r\n\r\n" +
              std::string(50'000, 'o'));
  });
  expect_fetched(
      fetch_from([](Peer& peer, const std::string& request, int) { serve_well(peer, request); }));
}

TEST_F(DownloadTest, AServerWithoutRangesSendsItAllAgain) {
  expect_fetched(fetch_from([](Peer& peer, const std::string& request, int number) {
    if (number == 1) return cut_off(peer, request, 70'000);
    peer.answer(200, kContent, kTag);
  }));
}

TEST_F(DownloadTest, WrongRangesAreNotTaken) {
  for (const std::string& range : {std::string("Content-Range: bytes 0-299999/300000\r\n"),
                                   std::string("Content-Range: x\r\n"), std::string(),
                                   std::string("Content-Range: bytes 70000-100000/300000\r\n")}) {
    std::filesystem::remove_all(file_.parent_path());
    requests_.clear();
    expect_fetched(fetch_from([&](Peer& peer, const std::string& request, int number) {
      if (number == 1) return cut_off(peer, request, 70'000);
      if (number == 2) {
        peer.answer(206, std::string(1000, 'w'), range + kTag);
        return;
      }
      serve_well(peer, request);
    }));
  }
}

TEST_F(DownloadTest, AWrongLengthIsNoWholeFile) {
  options_.most_tries = 3;
  // Less than announced, forever.
  expect_failed(fetch_from([](Peer& peer, const std::string&, int) {
                  peer.send("HTTP/1.1 200 OK\r\nContent-Length: 400000\r\n\r\n" + kContent);
                }),
                ErrorKind::kUnavailable, "");
  // A range of a file that is longer now than its first answer said.
  expect_fetched(fetch_from([](Peer& peer, const std::string& request, int number) {
    if (number < 6) return cut_off(peer, request, 70'000);
    serve_well(peer, request);
  }));
}

TEST_F(DownloadTest, TheHubsRedirectTellsTheHashAndTheTokenStaysThere) {
  std::vector<std::string> at_store;
  const ScriptedServer store([&](Peer& peer) {
    const std::string request = peer.read_request();
    if (request.empty()) return;
    at_store.push_back(request);
    if (at_store.size() == 1) return cut_off(peer, request, 70'000);
    serve_well(peer, request, kContent, "ETag: \"of-the-store\"\r\n");
  });
  const std::string sha = "7d4b3dd0";  // not this file's, and no SHA-256: a version alone
  const auto hub = [&](Peer& peer, const std::string&, int number) {
    if (number % 2 == 1) return (void)peer.answer(307, "", "Location: /moved\r\n");
    peer.answer(302, "moved",
                "Location: " + store.url("/blob?key=1") + "\r\nX-Linked-ETag: \"" + sha + "\"\r\n");
  };
  expect_fetched(fetch_from(hub, "secret"));
  EXPECT_EQ(header_of(requests_[0], "Authorization"), "Bearer secret");
  EXPECT_EQ(header_of(requests_[1], "Authorization"), "Bearer secret");
  ASSERT_EQ(at_store.size(), 2U);
  for (const std::string& request : at_store) EXPECT_EQ(header_of(request, "Authorization"), "");
  EXPECT_EQ(range_begin(at_store[1]), 70'000U);
}

TEST_F(DownloadTest, AnAnnouncedHashMustBeMet) {
  const auto serve = [](const std::string& hash) {
    return [hash](Peer& peer, const std::string&, int) {
      peer.answer(200, kContent, "ETag: \"" + hash + "\"\r\n");
    };
  };
  expect_failed(fetch_from(serve(std::string(64, 'a'))), ErrorKind::kBadFile,
                "not what was announced");
  EXPECT_FALSE(exists(".part"));
  const auto unannounced = fetch_from(serve("v1"));
  ASSERT_TRUE(unannounced.has_value());
  EXPECT_FALSE(unannounced->announced);
  std::filesystem::remove(file_);
  const auto announced = fetch_from(serve(unannounced->sha256));
  ASSERT_TRUE(announced.has_value());
  EXPECT_TRUE(announced->announced);
}

TEST_F(DownloadTest, RefusalsSayWhatToDo) {
  const auto status = [](int code, const std::string& headers = "") {
    return [=](Peer& peer, const std::string&, int) { peer.answer(code, "no", headers); };
  };
  expect_failed(fetch_from(status(401)), ErrorKind::kUnavailable, "HF_TOKEN");
  expect_failed(fetch_from(status(403), "token"), ErrorKind::kUnavailable, "may not read");
  expect_failed(fetch_from(status(404)), ErrorKind::kNotFound, "no such file");
  EXPECT_EQ(requests_.size(), 3U);  // none of them is tried again
  options_.most_tries = 3;
  expect_failed(fetch_from(status(503)), ErrorKind::kUnavailable, "503");
  EXPECT_EQ(requests_.size(), 6U);
  expect_failed(fetch_from(status(302, "Location: ftp://x/\r\n")), ErrorKind::kBadReply,
                "redirects");
  expect_failed(fetch_from(status(302, "Location: /lm.gguf\r\n")), ErrorKind::kBadReply,
                "without end");
}

TEST_F(DownloadTest, TooManyRequestsIsWaitedFor) {
  int pauses = 0;
  on_progress_ = [&](const DownloadProgress& progress) {
    if (progress.step == Step::kWaitingToRetry) ++pauses;
  };
  expect_fetched(fetch_from([](Peer& peer, const std::string& request, int number) {
    if (number <= 2) return (void)peer.answer(429, "later", "Retry-After: 1\r\n");
    serve_well(peer, request);
  }));
  EXPECT_EQ(pauses, 2);
}

TEST_F(DownloadTest, WhereNobodyAnswersItFailsAtOnce) {
  net::Client client;
  const auto url = "http://127.0.0.1:" + std::to_string(net::free_port()) + "/lm.gguf";
  options_.first_pause = std::chrono::hours(1);
  expect_failed(download(client, {url}, file_, options_, {}), ErrorKind::kUnavailable, "");
}

TEST_F(DownloadTest, CancellingKeepsWhatCame) {
  on_progress_ = [&](const DownloadProgress& progress) {
    if (progress.bytes_done > 0) options_.cancel.cancel();
  };
  const auto done = fetch_from([](Peer& peer, const std::string& request, int) {
    cut_off(peer, request, 100'000);
    peer.wait_for_end();
  });
  expect_failed(done, ErrorKind::kCancelled, "");
  EXPECT_TRUE(exists(".part"));
}

TEST_F(DownloadTest, TwoAtOnceEndWithOneFile) {
  std::atomic<int> served{0};
  const ScriptedServer server([&](Peer& peer) {
    const std::string request = peer.read_request();
    if (request.empty()) return;
    ++served;
    serve_well(peer, request);
  });
  std::vector<Result<Downloaded>> outcomes(4);
  std::vector<std::thread> threads;
  for (auto& outcome : outcomes) {
    threads.emplace_back([&] {
      net::Client client;
      outcome = download(client, {server.url("/lm.gguf")}, file_, options_, {});
    });
  }
  for (std::thread& thread : threads) thread.join();
  for (const auto& outcome : outcomes) expect_fetched(outcome);
  EXPECT_EQ(served, 1);
}

}  // namespace
}  // namespace orpheus::models
