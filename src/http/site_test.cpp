#include "http/site.h"

#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "http/access.h"

namespace orpheus::http {
namespace {

Request request_with(std::vector<Header> headers, std::string method = "POST") {
  Request request;
  request.method = std::move(method);
  request.headers = std::move(headers);
  request.listener_is_local = true;
  request.peer_is_local = true;
  return request;
}

int status_of(const Options& options, const Request& request) {
  const auto refusal = refuse_access(options, Access::kOpen, request);
  return refusal ? refusal->status : 200;
}

// Guards against: DNS rebinding: an attacker's host name resolves to this machine.
TEST(Site, AtLoopbackTheHostIsThisMachine) {
  for (const char* host :
       {"localhost", "LOCALHOST:5005", "127.0.0.1", "127.0.0.1:5005", "127.9.8.7", "[::1]",
        "[::1]:5005", "[::ffff:127.0.0.1]", "host.docker.internal:5005", "localhost.",
        "localhost.:5005", "localhost:"}) {
    EXPECT_EQ(status_of({}, request_with({{"Host", host}}, "GET")), 200) << host;
  }
  for (const char* host : {"evil.example",
                           "evil.example:5005",
                           "localhost.evil.example",
                           "127.0.0.1.evil.example",
                           "10.0.0.1",
                           "[::2]",
                           "",
                           ":5005",
                           "[",
                           "[]",
                           "localhost@evil.example",
                           "evil.example#localhost",
                           "127.0.0.256",
                           "0.0.0.0",
                           "[::1",
                           "[::1]x",
                           "[::1].evil.example",
                           "[::1]5005",
                           "localhost:evil.example",
                           "localhost:123456",
                           "localhost..",
                           ".",
                           "::1",
                           "127.1",
                           "2130706433",
                           "localhost, evil.example",
                           "evil.example."}) {
    for (const char* method : {"GET", "POST"}) {
      EXPECT_EQ(status_of({}, request_with({{"Host", host}}, method)), 403) << host;
    }
  }
  EXPECT_EQ(status_of({}, request_with({}, "GET")), 200);  // HTTP/1.0, which no browser speaks
}

TEST(Site, SettingsNameOtherHostsAndTheMessageNamesTheSetting) {
  Options options;
  options.allowed_hosts = {"speak.example", "other.example:8080"};
  EXPECT_EQ(status_of(options, request_with({{"Host", "speak.example:443"}})), 200);
  EXPECT_EQ(status_of(options, request_with({{"Host", "other.example:8080"}})), 200);
  const Request rebound = request_with({{"Host", "evil.example"}});
  EXPECT_EQ(status_of(options, rebound), 403);
  EXPECT_NE(refuse_other_site(options, rebound)->body.find("ORPHEUS_ALLOWED_HOSTS"),
            std::string::npos);
  options.allowed_hosts = {"*"};
  EXPECT_EQ(status_of(options, rebound), 200);
  Request elsewhere = rebound;  // a listener for other machines has any name
  elsewhere.listener_is_local = false;
  EXPECT_EQ(status_of({}, elsewhere), 200);
}

// Guards against: another site's page speaks or writes files with a simple POST.
TEST(Site, APageOfAnotherOriginChangesNothing) {
  const auto status_with = [](const Options& options, const char* origin, const char* method) {
    return status_of(options,
                     request_with({{"Host", "localhost:5005"}, {"Origin", origin}}, method));
  };
  Options options;
  options.cors_origins = {"https://chat.example"};
  for (const char* origin : {"https://evil.example", "null", "http://localhost:3000",
                             "http://localhost", "http://127.0.0.1:5005", "ftp://localhost:5005",
                             "", "http://localhost:5005.evil.example", "http://localhost:50055",
                             "http://evil.example/localhost:5005", "chrome-extension://abcdef"}) {
    for (const char* method : {"POST", "PUT", "DELETE", "PATCH", "BREW"}) {
      EXPECT_EQ(status_with(options, origin, method), 403) << origin << " " << method;
    }
    EXPECT_EQ(status_with(options, origin, "GET"), 200) << origin;
  }
  EXPECT_EQ(status_with(options, "http://localhost:5005", "POST"), 200);
  EXPECT_EQ(status_with(options, "https://chat.example", "POST"), 200);
  options.cors_origins = {"*"};
  EXPECT_EQ(status_with(options, "null", "POST"), 200);
}

TEST(Site, AProxyMayTakeOffTlsAndChangeTheHost) {
  const auto status_with = [](std::vector<Header> headers) {
    Request request = request_with(std::move(headers));
    request.listener_is_local = false;
    return status_of({}, request);
  };
  EXPECT_EQ(status_with({{"Host", "speak.example"}, {"Origin", "https://speak.example"}}), 200);
  EXPECT_EQ(status_with({{"Host", "Speak.Example:443"}, {"Origin", "https://speak.example"}}), 200);
  EXPECT_EQ(status_with({{"Host", "speak.example:80"}, {"Origin", "https://speak.example"}}), 403);
  EXPECT_EQ(status_with({{"Host", "127.0.0.1:5005"},
                         {"Origin", "https://speak.example"},
                         {"Sec-Fetch-Site", "same-origin"}}),
            200);
  EXPECT_EQ(status_with({{"Host", "127.0.0.1:5005"},
                         {"Origin", "https://speak.example"},
                         {"X-Forwarded-Host", "speak.example"}}),
            200);
}

// Guards against: only the first of two origins is checked.
TEST(Site, SeveralOriginsAreAnothers) {
  Request request = request_with({{"Host", "localhost:5005"},
                                  {"Origin", "http://localhost:5005"},
                                  {"Origin", "http://evil.example"}});
  EXPECT_EQ(status_of({}, request), 403);
  request.headers.pop_back();
  EXPECT_EQ(status_of({}, request), 200);
}

TEST(Site, WithoutAnOriginTheBrowserSaysWhoseSiteItIs) {
  const auto status_with = [](const char* site) {
    return status_of({}, request_with({{"Host", "localhost"}, {"Sec-Fetch-Site", site}}));
  };
  EXPECT_EQ(status_with("cross-site"), 403);
  EXPECT_EQ(status_with("same-site"), 403);
  EXPECT_EQ(status_with("same-origin"), 200);
  EXPECT_EQ(status_with("none"), 200);
}

}  // namespace
}  // namespace orpheus::http
