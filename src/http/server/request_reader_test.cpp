#include "http/server/request_reader.h"

#include <algorithm>
#include <string>
#include <string_view>

#include <gtest/gtest.h>

namespace orpheus::http {
namespace {

using Next = RequestReader::Next;

constexpr std::string_view kPost = "POST /v1/audio/speech HTTP/1.1\r\nHost: localhost\r\n";
constexpr size_t kMostHeld = size_t{2} << 20U;

// Pours in bytes in parts of a size until the reader has come to an end of the request.
Next pour(RequestReader& reader, std::string_view bytes, size_t part) {
  Next next = Next::kMoreBytes;
  while (next != Next::kWhole && next != Next::kRefusal) {
    next = reader.go_on();
    if (next != Next::kMoreBytes) continue;
    if (bytes.empty()) return next;
    const size_t count = std::min(part, bytes.size());
    const auto room = reader.room(count);
    std::copy_n(bytes.data(), count, static_cast<char*>(room.data()));
    reader.take_in(count);
    bytes.remove_prefix(count);
    EXPECT_LE(reader.num_held_bytes(), kMostHeld);
  }
  return next;
}

// Bytes that never end: a beginning, then a middle again and again.
// In parts that end where a middle does, a parser may take in each of them whole.
size_t num_taken_of_endless(const std::string& beginning, const std::string& middle, size_t part) {
  const Options options;
  RequestReader reader(options);
  reader.begin();
  if (part < 65536 && pour(reader, beginning, 65536) == Next::kRefusal) return 0;
  std::string bytes = part < 65536 ? "" : beginning;
  size_t num_sent = 0;
  while (num_sent < (size_t{64} << 20U)) {
    while (bytes.size() < 65536) bytes += middle;
    num_sent += bytes.size();
    if (pour(reader, bytes, part) == Next::kRefusal) break;
    bytes.clear();
  }
  return num_sent;
}

// Guards against: one client's data makes memory grow without a limit.
TEST(RequestReader, BytesWithoutAnEndAreRefused) {
  const std::string chunked = std::string(kPost) + "Transfer-Encoding: chunked\r\n\r\n";
  const std::string many(1000, 'a');
  const struct {
    const char* name;
    std::string beginning, middle;
  } forms[] = {
      {"a method", "", many},
      {"a target", "GET /", many},
      {"a version", "GET / HTTP/1.1", many},
      {"empty lines before a request", "", "\r\n"},
      {"line feeds before a request", "", "\n"},
      {"one header's name", std::string(kPost), many},
      {"one header's value", std::string(kPost) + "A: ", many},
      {"one header's folded lines", std::string(kPost) + "A: b\r\n", " c\r\n"},
      {"headers", std::string(kPost), "A: b\r\n"},
      {"headers without a value", std::string(kPost), "A:\r\n"},
      {"digits of a chunk's size", chunked, std::string(1000, '0')},
      {"one chunk extension", chunked + "1", ";" + many},
      {"one chunk extension's value", chunked + "1;a=\"", many},
      {"chunk extensions", chunked + "1", ";a=b"},
      {"chunk extensions of many chunks", chunked, "1;" + many + "\r\nx\r\n"},
      {"chunk extension of the last chunk", chunked + "0", ";a=b"},
      {"trailers", chunked + "0\r\n", "A: b\r\n"},
      {"one trailer", chunked + "0\r\nA: ", many},
      {"chunks", chunked, "ffff\r\n" + std::string(0xffff, 'x') + "\r\n"},
      {"chunks of a byte", chunked, "1\r\nx\r\n"},
      {"a chunk beyond the limit", chunked + "ffffffffff\r\n", many},
      {"bytes after a chunk", chunked + "1\r\nx", many},
  };
  for (const auto& form : forms) {
    for (const size_t part : {size_t{65536}, form.middle.size()}) {
      EXPECT_LE(num_taken_of_endless(form.beginning, form.middle, part), size_t{8} << 20U)
          << form.name << " in parts of " << part;
    }
  }
}

// Guards against: a client with a wrong chunk size gets no response until the timeout.
TEST(RequestReader, AWrongChunkSizeIsRefusedAtOnce) {
  const std::string chunked = std::string(kPost) + "Transfer-Encoding: chunked\r\n\r\n";
  const Options options;
  for (const std::string wrong :
       {"{", "g", "-1", "+1", " 1", "\n", "\r", "\r\n", "0x10\r\n", "1\n", "0\n\n", "1_",
        "2\r\n{}x", "2\r\n{}\n", "2\r\n{}\r\n\r\n", "2\r\n{}\r\ng", "2\r\n{}\r\n0x1"}) {
    for (const size_t part : {size_t{1}, size_t{100}}) {
      RequestReader reader(options);
      reader.begin();
      ASSERT_EQ(pour(reader, chunked + wrong, part), Next::kRefusal)
          << wrong << " in parts of " << part;
      EXPECT_EQ(reader.refusal().status, 400);
    }
  }
  for (const std::string right : {"", "1", "00a", "2;", "2 ; a", "2\r", "2\r\n{}", "2\r\n{}\r",
                                  "2\r\n{}\r\n", "2\r\n{}\r\n0;x=y\r\nA: b\r\n"}) {
    RequestReader reader(options);
    reader.begin();
    EXPECT_EQ(pour(reader, chunked + right, 1), Next::kMoreBytes) << right;
  }
}

// Guards against: a proxy in front and this server read two different bodies or hosts.
TEST(RequestReader, OtherCodingsAndTwoHostsAreRefused) {
  const Options options;
  const auto status_of = [&](const std::string& head) {
    RequestReader reader(options);
    reader.begin();
    const Next next = pour(reader, head + "\r\n2\r\n{}\r\n0\r\n\r\n", 4096);
    return next == Next::kRefusal ? reader.refusal().status : 200;
  };
  for (const char* coding : {"gzip", "gzip, chunked", "chunked, gzip", "chunked, chunked",
                             "identity", "xchunked", "chunked;q=1", ", chunked"})
    EXPECT_EQ(status_of(std::string(kPost) + "Transfer-Encoding: " + coding + "\r\n"), 400)
        << coding;
  EXPECT_EQ(status_of(std::string(kPost) + "Transfer-Encoding: Chunked\r\n"), 200);
  EXPECT_EQ(status_of(std::string(kPost) + "Transfer-Encoding: chunked\r\nHost: localhost\r\n"),
            400);
}

TEST(RequestReader, TheTargetsHostCounts) {
  const Options options;
  RequestReader reader(options);
  reader.begin();
  ASSERT_EQ(
      pour(reader, "GET http://evil.example:80/health?a HTTP/1.1\r\nHost: localhost\r\n\r\n", 4096),
      Next::kWhole);
  EXPECT_EQ(reader.request().header("Host"), "evil.example:80");
  EXPECT_EQ(reader.request().headers.size(), 1U);
  EXPECT_EQ(reader.request().path, "/health");
}

TEST(RequestReader, ReadsTheSameWhateverThePartsItComesIn) {
  const std::string request = std::string(kPost) +
                              "Transfer-Encoding: chunked\r\n\r\n5;x=y\r\nHello\r\n7\r\n, there\r\n"
                              "0\r\nExpires: never\r\n\r\n";
  const std::string two = request + "GET /health HTTP/1.1\r\n\r\n";
  const Options options;
  for (size_t part = 1; part <= two.size(); ++part) {
    RequestReader reader(options);
    reader.begin();
    ASSERT_EQ(pour(reader, two, part), Next::kWhole) << part;
    EXPECT_EQ(reader.request().path, "/v1/audio/speech");
    EXPECT_EQ(reader.request().body, "Hello, there");
    EXPECT_TRUE(reader.manner().keep_alive);
  }
}

// Guards against: a trailer sets a header (a key, an origin), which no proxy checks there.
TEST(RequestReader, TrailersAreNoHeaders) {
  const Options options;
  RequestReader reader(options);
  reader.begin();
  const std::string request = std::string(kPost) +
                              "Transfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n"
                              "Authorization: Bearer key\r\nContent-Type: application/json\r\n"
                              "Connection: close\r\nX-Request-Id: mine\r\n\r\n";
  ASSERT_EQ(pour(reader, request, 7), Next::kWhole);
  EXPECT_EQ(reader.request().headers.size(), 2U);  // Host and Transfer-Encoding
  EXPECT_FALSE(reader.request().header("Authorization"));
  EXPECT_FALSE(reader.request().header("Content-Type"));
  EXPECT_NE(reader.request().id, "mine");
  EXPECT_TRUE(reader.manner().keep_alive);
}

TEST(RequestReader, ABodyThatIsNotWantedIsNotKept) {
  const Options options;
  const std::string large(100'000, 'x');
  for (const std::string& request :
       {std::string(kPost) + "Content-Length: 100000\r\n\r\n" + large,
        std::string(kPost) + "Transfer-Encoding: chunked\r\n\r\n186a0\r\n" + large +
            "\r\n0\r\n\r\n"}) {
    RequestReader reader(options);
    reader.begin();
    std::string_view rest = request;
    Next next = Next::kMoreBytes;
    while (next == Next::kMoreBytes) {
      const auto room = reader.room(1);
      *static_cast<char*>(room.data()) = rest.front();
      reader.take_in(1);
      rest.remove_prefix(1);
      next = reader.go_on();
    }
    ASSERT_EQ(next, Next::kHead);
    reader.limit_body(65536);
    EXPECT_EQ(pour(reader, rest, 4096), Next::kRefusal);
    EXPECT_EQ(reader.refusal().status, 413);
    EXPECT_LE(reader.num_held_bytes(), size_t{256} << 10U);
  }
}

}  // namespace
}  // namespace orpheus::http
