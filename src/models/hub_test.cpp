// The hub as it answers: what its redirects tell of a file, and what the store that they lead to
// says besides. The headers are those that huggingface.co was seen to send.

#include "models/answer.h"
#include "models/testing/download_fixture.h"

namespace orpheus::models {
namespace {

std::string hash_of_content() {
  const TestFolder folder;
  std::ofstream(folder.path() / "content", std::ios::binary) << kContent;
  return *hash_file(folder.path() / "content");
}

// Of a large file: its SHA-256 and size, and the way to the store.
std::string way_to(const std::string& store, const std::string& sha256,
                   size_t size = kContent.size()) {
  return "Content-Type: text/plain; charset=utf-8\r\nLocation: " + store +
         "\r\nX-Powered-By: huggingface-moon\r\n"
         "RateLimit: \"resolvers\";r=2998;t=172\r\n"
         "RateLimit-Policy: \"fixed window\";\"resolvers\";q=3000;w=300\r\n"
         "Vary: Origin, Accept\r\nAccess-Control-Allow-Origin: https://huggingface.co\r\n"
         "X-Repo-Commit: 8b2b98c00a6b4d291155e4890773ca8f769aee53\r\nAccept-Ranges: bytes\r\n"
         "X-Linked-Size: " +
         std::to_string(size) + "\r\nX-Linked-ETag: \"" + sha256 +
         "\"\r\nX-Xet-Hash: " + std::string(64, 'e') + "\r\n";
}

// Looks like a SHA-256, and is the store's own name of the file.
const std::string kStoreTag =
    "ETag: \"ee925c6fd7d129b61aa53d120cbe1ea9e175dec73ca08711ec9ff2e6347cc788\"\r\n";

class Hub : public DownloadTest {
 protected:
  // The hub announces this hash and size; the store breaks its first answers off.
  Result<Downloaded> fetch_announced(const std::string& sha256, size_t size = kContent.size(),
                                     size_t num_cuts = 0) {
    const ScriptedServer store([&](Peer& peer) {
      const std::string request = peer.read_request();
      if (request.empty()) return;
      at_store_.push_back(request);
      if (at_store_.size() <= num_cuts) {
        peer.send("HTTP/1.1 200 OK\r\n" + kStoreTag + "Content-Length: " +
                  std::to_string(kContent.size()) + "\r\n\r\n" + kContent.substr(0, 70'000));
        return;
      }
      serve_well(peer, request, kContent, kStoreTag);
    });
    const std::string way = way_to(store.url("/xet-bridge-us/65c0/ee92?Expires=1781098782&"
                                             "Policy=eyJ&Signature=a~b&Key-Pair-Id=K2"),
                                   sha256, size);
    return fetch_from([&](Peer& peer, const std::string&,
                          int) { peer.answer(302, "Found. Redirecting to …", way); },
                      "secret");
  }
  std::vector<std::string> at_store_;
};

TEST_F(Hub, ALargeFileIsResumedAtTheStoreAndCheckedByTheHubsHash) {
  const auto done = fetch_announced(hash_of_content(), kContent.size(), 1);
  expect_fetched(done);
  EXPECT_TRUE(done->announced);
  ASSERT_EQ(at_store_.size(), 2U);
  EXPECT_EQ(range_begin(at_store_[1]), 70'000U);
  EXPECT_EQ(header_of(at_store_[1], "If-Range"), "");  // the hub's tag is not the store's
  EXPECT_NE(at_store_[0].find("&Signature=a~b&Key-Pair-Id=K2 HTTP/1.1"), std::string::npos);
  for (const std::string& request : at_store_) EXPECT_EQ(header_of(request, "Authorization"), "");
  for (const std::string& request : requests_)
    EXPECT_EQ(header_of(request, "Authorization"), "Bearer secret");
}

TEST_F(Hub, AnAnnouncedHashMustBeMet) {
  expect_failed(fetch_announced(std::string(64, 'a')), ErrorKind::kBadFile,
                "does not match its announced hash");
  EXPECT_FALSE(exists(".part"));
}

TEST_F(Hub, AnAnnouncedSizeMustBeMet) {
  options_.most_tries = 2;
  expect_failed(fetch_announced(hash_of_content(), kContent.size() + 1), ErrorKind::kBadReply,
                "size differs from the hub's");
}

// Where no redirect tells a hash, none is taken for one.
TEST_F(Hub, AnETagThatLooksLikeAHashIsNone) {
  const auto done = fetch_from(
      [](Peer& peer, const std::string&, int) { peer.answer(200, kContent, kStoreTag); });
  expect_fetched(done);
  EXPECT_FALSE(done->announced);
}

// config.json: a relative redirect to a cache, which has the blob's SHA-1.
TEST_F(Hub, ASmallFileStaysAtTheHub) {
  const auto done = fetch_from(
      [](Peer& peer, const std::string& request, int number) {
        if (number > 1) {
          EXPECT_TRUE(request.starts_with(
              "GET "
              "/api/resolve-cache/models/a/b/8b2b/config.json?%2Fa%2Fb%2Fresolve=&etag=%22d6%22 "))
              << request;
          return serve_well(peer, request, kContent,
                            "ETag: \"d6ceb92ce9e3c83ab146dc8e92a93517ac1cc66f\"\r\n");
        }
        peer.answer(307, "Temporary Redirect. Redirecting to …",
                    "Location: /api/resolve-cache/models/a/b/8b2b/config.json?%2Fa%2Fb%2Fresolve="
                    "&etag=%22d6%22\r\nX-Repo-Commit: 8b2b\r\n");
      },
      "secret");
  expect_fetched(done);
  EXPECT_FALSE(done->announced);
  EXPECT_EQ(header_of(requests_[1], "Authorization"), "Bearer secret");
}

TEST_F(Hub, SaysWhatItRefuses) {
  const auto refuse = [](int status, const std::string& code) {
    return [=](Peer& peer, const std::string&, int) {
      peer.answer(status, "no", "X-Error-Code: " + code + "\r\n");
    };
  };
  expect_failed(fetch_from(refuse(401, "RepoNotFound")), ErrorKind::kNotFound,
                "For a private repository, set HF_TOKEN");
  expect_failed(fetch_from(refuse(404, "RepoNotFound"), "secret"), ErrorKind::kNotFound,
                "no such repository");
  expect_failed(fetch_from(refuse(403, "GatedRepo"), "secret"), ErrorKind::kUnavailable,
                "Accept the licence");
  expect_failed(fetch_from(refuse(404, "EntryNotFound")), ErrorKind::kNotFound, "no such file");
}

TEST(Answer, SaysHowLongToWait) {
  const auto wait = [](const std::string& name, const std::string& value) {
    return retry_after({.status = 429, .headers = {{name, value}}})
        .value_or(std::chrono::seconds(-1));
  };
  EXPECT_EQ(wait("Retry-After", "7").count(), 7);
  EXPECT_EQ(wait("RateLimit", "\"resolvers\";r=0;t=172").count(), 172);
  EXPECT_EQ(wait("RateLimit", "\"resolvers\";r=0;t=9;x=1").count(), 9);
  for (const char* odd : {"", ";t=", ";t=x", ";t=601", "Wed, 21 Oct 2026 07:28:00 GMT"}) {
    EXPECT_EQ(wait("Retry-After", odd).count(), -1) << odd;
    EXPECT_EQ(wait("RateLimit", odd).count(), -1) << odd;
  }
}

// What a server may do with time, and a disk with room.

TEST_F(DownloadTest, ASlowServerIsWaitedFor) {
  options_.timeouts.idle = std::chrono::seconds(1);
  expect_fetched(fetch_from([](Peer& peer, const std::string&, int) {
    peer.send("HTTP/1.1 200 OK\r\n" + std::string(kTag) +
              "Content-Length: " + std::to_string(kContent.size()) + "\r\n\r\n");
    constexpr size_t kPieces = 15;  // longer than idle, all of them together
    for (size_t i = 0; i < kPieces; ++i) {
      std::this_thread::sleep_for(std::chrono::milliseconds(80));
      peer.send(kContent.substr(i * kContent.size() / kPieces, kContent.size() / kPieces));
    }
  }));
  EXPECT_EQ(requests_.size(), 1U);
}

TEST_F(DownloadTest, ASilentServerIsAskedForTheRest) {
  options_.timeouts.idle = std::chrono::milliseconds(100);
  expect_fetched(fetch_from([](Peer& peer, const std::string& request, int number) {
    if (number > 1) return serve_well(peer, request);
    cut_off(peer, request, 70'000);
    peer.wait_for_end();
  }));
  EXPECT_GE(range_begin(requests_[1]), 70'000U);
  options_.most_tries = 2;
  std::filesystem::remove_all(file_.parent_path());
  expect_failed(fetch_from([](Peer& peer, const std::string&, int) { peer.wait_for_end(); }),
                ErrorKind::kTimedOut, "sent nothing for too long");
}

TEST_F(DownloadTest, AFullDiskIsSeenBeforeAnythingIsWritten) {
  uint64_t free_bytes = kContent.size() + (16U << 20U) - 1;
  options_.free_bytes = [&](const std::filesystem::path& folder) {
    EXPECT_EQ(folder, file_.parent_path());
    return free_bytes;
  };
  const auto well = [](Peer& peer, const std::string& request, int) { serve_well(peer, request); };
  expect_failed(fetch_from(well), ErrorKind::kLimit, "not enough free disk space");
  EXPECT_EQ(std::filesystem::file_size(file_.string() + ".part"), 0U);
  // Of a download that goes on, the rest alone needs room.
  options_.most_tries = 1;
  ++free_bytes;
  (void)fetch_from(
      [](Peer& peer, const std::string& request, int) { cut_off(peer, request, 70'000); });
  free_bytes -= 70'000;
  expect_fetched(fetch_from(well));
}

TEST_F(DownloadTest, WhereNoLengthIsToldTheKnownSizeNeedsRoom) {
  options_.free_bytes = [](const std::filesystem::path&) { return 1'000'000'000; };
  options_.about_bytes = 2'000'000'000;
  const auto without_length = [](Peer& peer, const std::string&, int) {
    peer.send("HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n" + kContent);
  };
  expect_failed(fetch_from(without_length), ErrorKind::kLimit, "not enough free disk space");
  options_.about_bytes = 0;
  expect_fetched(fetch_from(without_length));
}

}  // namespace
}  // namespace orpheus::models
