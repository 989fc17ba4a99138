#include "net/url.h"

#include <gtest/gtest.h>

namespace orpheus::net {
namespace {

TEST(Url, IsTakenApart) {
  const auto url = Url::parse("HTTPS://name:secret@Example.org/v1/models?key=secret#part");
  ASSERT_TRUE(url) << url.error().message();
  EXPECT_TRUE(url->is_encrypted());
  EXPECT_EQ(url->host(), "Example.org");
  EXPECT_EQ(url->port(), 443);
  EXPECT_EQ(url->path(), "/v1/models");
  EXPECT_EQ(url->text(), "https://name:secret@Example.org/v1/models?key=secret");
  EXPECT_EQ(url->shown(), "https://Example.org/v1/models");

  const auto six = Url::parse("http://[::1]:1234");
  ASSERT_TRUE(six) << six.error().message();
  EXPECT_EQ(six->host(), "[::1]");
  EXPECT_EQ(six->port(), 1234);
  EXPECT_EQ(six->path(), "/");
}

TEST(Url, TakesAnotherPathOfTheSameServer) {
  for (const char* text : {"http://u:p@127.0.0.1:8080", "http://u:p@127.0.0.1:8080/",
                           "http://u:p@127.0.0.1:8080/v1/completions?a=/b"}) {
    const auto other = Url::parse(text).value().with_path("/props?x=1");
    ASSERT_TRUE(other) << other.error().message();
    EXPECT_EQ(other->text(), "http://u:p@127.0.0.1:8080/props?x=1");
  }
}

TEST(Url, RefusesWhatIsNone) {
  for (const char* text :
       {"", "/v1", "localhost", "localhost:1234/v1", "127.0.0.1:8080", "ftp://host/", "file:///etc",
        "http://", "http://host:99999/", "http://a b/", "http://host/\r\nX: y", "http://host/\x01",
        "http://[::1", "javascript:alert(1)"}) {
    const auto url = Url::parse(text);
    ASSERT_FALSE(url) << text << " gave " << url->text();
    EXPECT_EQ(url.error().kind, ErrorKind::kUsage);
    EXPECT_FALSE(url.error().expected.empty());
  }
  EXPECT_FALSE(Url::parse("http://host/" + std::string(9000, 'a')));
  const auto secret = Url::parse("http://me:hunter2@host:99999/");
  ASSERT_FALSE(secret);
  EXPECT_EQ(secret.error().message().find("hunter2"), std::string::npos);
}

}  // namespace
}  // namespace orpheus::net
