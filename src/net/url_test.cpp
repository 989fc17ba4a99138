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

TEST(Url, ResolvesReferences) {
  const Url base = Url::parse("https://u:p@host:8080/a/b/c.gguf?d=/e").value();
  for (const auto& [reference, meant] : std::initializer_list<std::pair<const char*, const char*>>{
           {"http://other/x", "http://other/x"},
           {"//other/x?y=1", "https://other/x?y=1"},
           {"//other:99/x#z", "https://other:99/x"},
           {"/x/y", "https://u:p@host:8080/x/y"},
           {"x/y.gguf", "https://u:p@host:8080/a/b/x/y.gguf"},
           {"../x?y=../z", "https://u:p@host:8080/a/x?y=../z"},
           {"./x", "https://u:p@host:8080/a/b/x"},
           {"?y=1", "https://u:p@host:8080/a/b/c.gguf?y=1"}}) {
    const auto url = base.resolve(reference);
    ASSERT_TRUE(url) << reference << ": " << url.error().message();
    EXPECT_EQ(url->text(), meant) << reference;
  }
  for (const char* reference :
       {"", "ftp://host/", "javascript:alert(1)", "//", "//host:99999/x", "/x\r\ny", "http://"}) {
    const auto url = base.resolve(reference);
    EXPECT_FALSE(url) << reference << " gave " << url->text();
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
