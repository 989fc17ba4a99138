#include "models/download.h"

#include <atomic>
#include <thread>

#include "models/testing/download_fixture.h"

namespace orpheus::models {
namespace {

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

TEST_F(DownloadTest, WhatWasDamagedIsFetchedAgain) {
  const auto well = [](Peer& peer, const std::string& request, int) { serve_well(peer, request); };
  expect_fetched(fetch_from(well));
  int damaged = 0;
  on_progress_ = [&](const DownloadProgress& progress) {
    if (progress.step == Step::kDamaged) ++damaged;
  };
  std::fstream(file_, std::ios::in | std::ios::out | std::ios::binary).seekp(1000) << "oops";
  expect_fetched(fetch_from(well));
  std::filesystem::resize_file(file_, 70'000);
  expect_fetched(fetch_from(well));
  EXPECT_EQ(damaged, 2);
  EXPECT_TRUE(fetch_from(well)->was_there);
  EXPECT_EQ(requests_.size(), 3U);
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
                ErrorKind::kUnavailable, "run the command again to resume");
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
  const std::string old = filler_of(200'000);
  (void)fetch_from([&](Peer& peer, const std::string&, int) {
    peer.send("HTTP/1.1 200 OK\r\nETag: \"v0\"\r\nContent-Length: 200000\r\n\r\n" +
              std::string(50'000, 'o'));
  });
  expect_fetched(
      fetch_from([](Peer& peer, const std::string& request, int) { serve_well(peer, request); }));
}

TEST_F(DownloadTest, TheRestOfAnotherVersionIsNotTaken) {
  for (const std::string& headers : {range_headers(70'000, kContent.size(), "ETag: \"v2\"\r\n"),
                                     range_headers(70'000, kContent.size() + 1)}) {
    std::filesystem::remove_all(file_.parent_path());
    requests_.clear();
    expect_fetched(fetch_from([&](Peer& peer, const std::string& request, int number) {
      if (number == 1) return cut_off(peer, request, 70'000);
      if (number > 2) return serve_well(peer, request);
      // Knows ranges, and not If-Range.
      const size_t total = std::stoul(headers.substr(headers.find('/') + 1));
      peer.answer(206, std::string(total - 70'000, 'w'), headers);
    }));
    EXPECT_EQ(range_begin(requests_.back()), 0U);
  }
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

// A page to sign in, nothing, or a part of the file: each of them a success, says the server.
TEST_F(DownloadTest, WhatCameIsLookedAtBeforeItIsInstalled) {
  options_.check = [](const std::filesystem::path& part) -> Result<void> {
    if (std::filesystem::file_size(part) == kContent.size()) return {};
    return fail({.kind = ErrorKind::kBadFile, .what = "no such model"});
  };
  for (const std::string& body :
       {std::string("<html>Sign in</html>"), std::string(), kContent.substr(0, 70'000)}) {
    for (const std::string& length :
         {"Content-Length: " + std::to_string(body.size()), std::string("Connection: close")}) {
      expect_failed(fetch_from([&](Peer& peer, const std::string&, int) {
                      peer.send("HTTP/1.1 200 OK\r\n" + length + "\r\n\r\n" + body);
                    }),
                    ErrorKind::kBadReply, "no such model");
      for (const char* ending : {".part", ".part.tag", ".sha256"}) EXPECT_FALSE(exists(ending));
    }
  }
  expect_fetched(fetch_from([](Peer& peer, const std::string&, int) {
    peer.send("HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n" + kContent);
  }));
}

// Guards against: an endless response fills the disk completely.
TEST_F(DownloadTest, FreeSpaceIsWatchedWhileALengthIsNotKnown) {
  constexpr uint64_t kPiece = uint64_t{1} << 20;
  const uint64_t at_first = uint64_t{40} << 20;  // 16 MiB of which stay free
  std::atomic<uint64_t> received = 0;
  on_progress_ = [&](const DownloadProgress& progress) { received = progress.bytes_done; };
  options_.free_bytes = [&](const std::filesystem::path&) {
    return std::optional(at_first - std::min<uint64_t>(at_first, received));
  };
  const std::string piece(kPiece, 'x');
  expect_failed(fetch_from([&](Peer& peer, const std::string&, int) {
                  peer.send("HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n");
                  for (int i = 0; i < 200; ++i) peer.send(piece);
                }),
                ErrorKind::kLimit, "not enough free disk space");
  EXPECT_EQ(requests_.size(), 1U);
  EXPECT_LE(received, at_first - (uint64_t{8} << 20));
}

TEST_F(DownloadTest, RefusalsSayWhatToDo) {
  const auto status = [](int code, const std::string& headers = "") {
    return [=](Peer& peer, const std::string&, int) { peer.answer(code, "no", headers); };
  };
  expect_failed(fetch_from(status(401)), ErrorKind::kUnavailable, "HF_TOKEN");
  expect_failed(fetch_from(status(403), "token"), ErrorKind::kUnavailable, "has no access");
  expect_failed(fetch_from(status(404)), ErrorKind::kNotFound, "no such file");
  EXPECT_EQ(requests_.size(), 3U);  // none of them is tried again
  options_.most_tries = 3;
  expect_failed(fetch_from(status(503)), ErrorKind::kUnavailable, "503");
  EXPECT_EQ(requests_.size(), 6U);
  expect_failed(fetch_from(status(302, "Location: ftp://x/\r\n")), ErrorKind::kBadReply,
                "redirected to an invalid address");
  expect_failed(fetch_from(status(302, "Location: /lm.gguf\r\n")), ErrorKind::kBadReply,
                "redirected too often");
}

TEST_F(DownloadTest, RedirectsLeadWhereTheyMean) {
  expect_fetched(fetch_from([](Peer& peer, const std::string& request, int number) {
    const std::string here = "//" + header_of(request, "Host");
    const std::string way[] = {"a/b.gguf?c=d", here + "/e/f", "../g"};
    if (number <= 3) return (void)peer.answer(302, "", "Location: " + way[number - 1] + "\r\n");
    serve_well(peer, request);
  }));
  for (const auto& [i, path] : std::initializer_list<std::pair<int, const char*>>{
           {1, "/a/b.gguf?c=d"}, {2, "/e/f"}, {3, "/g"}})
    EXPECT_TRUE(requests_[static_cast<size_t>(i)].starts_with("GET " + std::string(path) + " "));
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
