#pragma once
// For tests of downloads: a file's content, a server that serves it well or badly, and the checks
// of the result.

#include <cstdint>
#include <filesystem>
#include <functional>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include <gtest/gtest.h>

#include "base/testing/test_folder.h"
#include "models/download.h"
#include "models/store.h"
#include "net/testing/scripted_server.h"

namespace orpheus::models {

using net::Peer;
using net::ScriptedServer;

// A file of a few pieces, each of which is another.
inline std::string filler_of(size_t size) {
  std::string content(size, '\0');
  uint32_t state = 12345;
  for (char& c : content) c = static_cast<char>((state = state * 1664525 + 1013904223) >> 24U);
  return content;
}

inline const std::string kContent = filler_of(300'000);
inline constexpr const char* kTag = "ETag: \"v1\"\r\n";

inline std::string header_of(const std::string& request, const std::string& name) {
  const size_t at = request.find("\r\n" + name + ": ");
  if (at == request.npos) return "";
  const size_t begin = at + name.size() + 4;
  return request.substr(begin, request.find("\r\n", begin) - begin);
}

inline size_t range_begin(const std::string& request) {
  const std::string range = header_of(request, "Range");
  return range.empty() ? 0 : std::stoul(range.substr(range.find('=') + 1));
}

inline std::string range_headers(size_t begin, size_t total, const std::string& tag = kTag) {
  return "Content-Range: bytes " + std::to_string(begin) + "-" + std::to_string(total - 1) + "/" +
         std::to_string(total) + "\r\n" + tag;
}

// Answers as a correct server: the whole file, or the rest of the same version.
inline void serve_well(Peer& peer, const std::string& request,
                       const std::string& content = kContent, const std::string& tag = kTag) {
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

// Announces everything from here on, and sends only this many bytes.
inline void cut_off(Peer& peer, const std::string& request, size_t sent) {
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

  std::string content() const { return content_of(file_); }
  bool exists(const std::string& ending) const {
    return std::filesystem::exists(file_.string() + ending);
  }
  void expect_fetched(const Result<Downloaded>& done) const {
    ASSERT_TRUE(done.has_value()) << done.error().message();
    EXPECT_TRUE(content() == kContent);
    EXPECT_EQ(recorded_hash(file_), done->sha256);
    EXPECT_FALSE(exists(".part"));
    EXPECT_FALSE(exists(".part.tag"));
    EXPECT_FALSE(exists(".lock"));
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

}  // namespace orpheus::models
