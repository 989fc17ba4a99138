#include "http/access.h"

#include <gtest/gtest.h>

namespace orpheus::http {
namespace {

Request request_with(std::vector<Header> headers, std::string method = "POST") {
  Request request;
  request.method = std::move(method);
  request.headers = std::move(headers);
  request.peer_is_local = true;
  return request;
}

int status_of(const Options& options, Access access, const Request& request) {
  const auto refusal = refuse_access(options, access, request);
  return refusal ? refusal->status : 200;
}

TEST(Access, WithoutKeysSpeechIsForEverybody) {
  EXPECT_EQ(status_of({}, Access::kKey, request_with({})), 200);
  EXPECT_EQ(status_of({}, Access::kMetrics, request_with({})), 200);
}

TEST(Access, AKeyComesInTheHeaderOfEachKindOfClient) {
  Options options;
  options.keys = {"secret"};
  for (const Header& header : {Header{"Authorization", "Bearer secret"},
                               Header{"X-API-Key", "secret"}, Header{"xi-api-key", "secret"}})
    EXPECT_EQ(status_of(options, Access::kKey, request_with({header})), 200) << header.name;
  EXPECT_EQ(status_of(options, Access::kKey, request_with({{"xi-api-key", "guess"}})), 401);
}

// A key that nobody gave out must not make another listener of a client.
TEST(Access, AListenerIsItsKeyWhereThatIsKnownElseItsAddress) {
  Options options;
  options.keys = {"first", "second"};
  const auto listener = [&](const char* key, const char* peer) {
    Request request = request_with({{"X-API-Key", key}});
    request.peer = peer;
    return listener_of(options, request);
  };
  EXPECT_EQ(listener("first", "10.0.0.1"), listener("first", "10.0.0.2"));
  EXPECT_NE(listener("first", "10.0.0.1"), listener("second", "10.0.0.1"));
  EXPECT_EQ(listener("guess", "10.0.0.1"), listener("another", "10.0.0.1"));
  EXPECT_NE(listener("guess", "10.0.0.1"), listener("guess", "10.0.0.2"));
  EXPECT_NE(listener("first", "10.0.0.1"), 0U);
}

TEST(Access, WithKeysSpeechNeedsOneAndListingsDoNot) {
  Options options;
  options.keys = {"first", "second"};
  options.admin_keys = {"admin"};
  EXPECT_EQ(status_of(options, Access::kOpen, request_with({})), 200);
  EXPECT_EQ(status_of(options, Access::kKey, request_with({})), 401);
  for (const char* key : {"first", "second", "admin"}) {
    EXPECT_EQ(status_of(options, Access::kKey,
                        request_with({{"Authorization", std::string("Bearer ") + key}})),
              200);
    EXPECT_EQ(status_of(options, Access::kKey, request_with({{"X-API-Key", key}})), 200);
  }
  for (const char* value : {"Bearer firs", "Bearer firstx", "Bearer ", "Bearer", "first",
                            "Basic first", "Bearer first second", "Bearer FIRST"}) {
    EXPECT_EQ(status_of(options, Access::kKey, request_with({{"Authorization", value}})), 401)
        << value;
  }
  EXPECT_EQ(status_of(options, Access::kKey, request_with({{"authorization", "bearer  first"}})),
            200);
}

TEST(Access, MetricsNeedAKeyWhereTheSettingsSaySo) {
  Options options;
  options.keys = {"k"};
  EXPECT_EQ(status_of(options, Access::kMetrics, request_with({})), 200);
  options.metrics_need_key = true;
  EXPECT_EQ(status_of(options, Access::kMetrics, request_with({})), 401);
}

TEST(Access, AnEmptyKeyIsNone) {
  EXPECT_FALSE(is_among("", {""}));
  EXPECT_FALSE(is_among("", {"a"}));
  EXPECT_FALSE(is_among("a", {""}));
  EXPECT_TRUE(is_among("b", {"a", "b", "c"}));
  EXPECT_FALSE(is_among("abab", {"ab"}));
}

Options with_token() {
  Options options;
  options.user_token = "token";
  return options;
}

TEST(AdminAccess, WithoutAKeyIsForThisMachinesUserAlone) {
  const auto local = [](const char* host, const char* type = "application/json") {
    return request_with(
        {{"Host", host}, {"Content-Type", type}, {"Authorization", "Bearer token"}});
  };
  for (const char* host :
       {"localhost:5005", "127.0.0.1", "127.0.0.1:5005", "[::1]:5005", "LOCALHOST"}) {
    EXPECT_EQ(status_of(with_token(), Access::kAdmin, local(host, "application/json; charset=x")),
              200)
        << host;
  }
  Request remote = local("localhost");
  remote.peer_is_local = false;
  EXPECT_EQ(status_of(with_token(), Access::kAdmin, remote), 403);
}

// Guards against: a proxy on this machine forwards requests without a forwarding header, so
// requests of other users look local.
TEST(AdminAccess, NeedsTheTokenThatThisMachinesUserAloneCanRead) {
  const auto status_with = [](const Options& options, std::vector<Header> more) {
    more.insert(more.end(), {{"Host", "localhost"}, {"Content-Type", "application/json"}});
    return status_of(options, Access::kAdmin, request_with(std::move(more)));
  };
  EXPECT_EQ(status_with(with_token(), {}), 401);
  EXPECT_EQ(status_with(with_token(), {{"Authorization", "Bearer toke"}}), 401);
  EXPECT_EQ(status_with(with_token(), {{"Authorization", "Bearer "}}), 401);
  EXPECT_EQ(status_with(with_token(), {{"Authorization", "Bearer token"}}), 200);
  EXPECT_EQ(status_with({}, {}), 401);  // no token could be made
  EXPECT_EQ(status_with({}, {{"Authorization", "Bearer "}}), 401);
  Options keys = with_token();
  keys.keys = {"k"};
  EXPECT_EQ(status_with(keys, {{"Authorization", "Bearer k"}}), 401);
  EXPECT_EQ(status_with(keys, {{"Authorization", "Bearer token"}}), 200);
}

TEST(AdminAccess, TheTokenIsAKeyForSpeechToo) {
  Options options = with_token();
  options.keys = {"k"};
  Request request = request_with({{"Authorization", "Bearer token"}});
  EXPECT_EQ(status_of(options, Access::kKey, request), 200);
  request.peer_is_local = false;
  EXPECT_EQ(status_of(options, Access::kKey, request), 401);
}

TEST(AdminAccess, IsNotForPagesOfOtherSitesNorThroughProxies) {
  const auto status_with = [](std::vector<Header> more, const char* host = "localhost:5005",
                              const char* type = "application/json") {
    more.insert(more.end(),
                {{"Host", host}, {"Content-Type", type}, {"Authorization", "Bearer token"}});
    return status_of(with_token(), Access::kAdmin, request_with(std::move(more)));
  };
  EXPECT_EQ(status_with({}), 200);
  EXPECT_EQ(status_with({{"Origin", "http://localhost:5005"}}), 200);
  EXPECT_EQ(status_with({{"Origin", "http://localhost:3000"}}), 403);
  EXPECT_EQ(status_with({{"Origin", "https://evil.example"}}), 403);
  EXPECT_EQ(status_with({{"Origin", "http://localhost.evil.example"}}), 403);
  EXPECT_EQ(status_with({{"Origin", "null"}}), 403);
  EXPECT_EQ(status_with({{"Sec-Fetch-Site", "cross-site"}}), 403);
  EXPECT_EQ(status_with({{"Sec-Fetch-Site", "same-site"}}), 403);
  EXPECT_EQ(status_with({{"Sec-Fetch-Site", "same-origin"}}), 200);
  EXPECT_EQ(status_with({}, "evil.example"), 403);  // a name that DNS rebinding sends here
  EXPECT_EQ(status_with({}, ""), 403);
  EXPECT_EQ(status_with({}, "127.0.0.1.evil.example"), 403);
  EXPECT_EQ(status_with({}, "localhost", "text/plain"), 403);  // what a form can send
  EXPECT_EQ(status_with({{"X-Forwarded-For", "1.2.3.4"}}), 403);
  EXPECT_EQ(status_with({{"forwarded", "for=1.2.3.4"}}), 403);
  EXPECT_EQ(status_with({{"X-Real-IP", "1.2.3.4"}}), 403);
  EXPECT_EQ(status_with({{"Via", "1.1 proxy"}}), 403);
}

// Reading is not refused to other pages by refuse_other_site, but is on these routes.
TEST(AdminAccess, OtherPagesDoNotReadSettings) {
  for (const char* site : {"same-site", "cross-site"}) {
    EXPECT_EQ(status_of(with_token(), Access::kAdmin,
                        request_with({{"Host", "localhost"},
                                      {"Authorization", "Bearer token"},
                                      {"Sec-Fetch-Site", site}},
                                     "GET")),
              403);
  }
  Options every_page = with_token();
  every_page.cors_origins = {"*"};
  EXPECT_EQ(status_of(every_page, Access::kAdmin,
                      request_with({{"Host", "localhost"},
                                    {"Authorization", "Bearer token"},
                                    {"Origin", "https://evil.example"}},
                                   "GET")),
            403);
}

TEST(AdminAccess, WithAnAdminKeyNeedsItAndNothingElse) {
  Options options;
  options.keys = {"k"};
  options.admin_keys = {"a"};
  Request remote = request_with({{"Authorization", "Bearer a"}});
  remote.peer_is_local = false;
  EXPECT_EQ(status_of(options, Access::kAdmin, remote), 200);
  EXPECT_EQ(status_of(options, Access::kAdmin,
                      request_with({{"Authorization", "Bearer k"},
                                    {"Host", "localhost"},
                                    {"Content-Type", "application/json"}})),
            401);
}

TEST(Cors, IsForTheOriginsThatAreNamed) {
  Options options;
  const Request page = request_with({{"Origin", "https://a.example"}}, "GET");
  EXPECT_TRUE(cors_headers(options, page).empty());
  options.cors_origins = {"https://a.example"};
  ASSERT_FALSE(cors_headers(options, page).empty());
  EXPECT_EQ(cors_headers(options, page).front().value, "https://a.example");
  EXPECT_TRUE(cors_headers(options, request_with({{"Origin", "https://b.example"}})).empty());
  EXPECT_TRUE(cors_headers(options, request_with({})).empty());
  options.cors_origins = {"*"};
  EXPECT_EQ(cors_headers(options, page).front().value, "*");

  const Request asking = request_with({{"Origin", "https://a.example"},
                                       {"Access-Control-Request-Method", "POST"},
                                       {"Access-Control-Request-Headers", "authorization"}},
                                      "OPTIONS");
  const auto answer = answer_preflight(options, asking);
  ASSERT_TRUE(answer.has_value());
  EXPECT_EQ(answer->status, 204);
  EXPECT_FALSE(answer_preflight({}, asking).has_value());
}

}  // namespace
}  // namespace orpheus::http
