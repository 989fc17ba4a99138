#include "http/admin_api.h"

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "base/log_sink.h"
#include "http/errors.h"
#include "http/testing/fake_synthesiser.h"
#include "http/testing/recorded.h"

namespace orpheus::http {
namespace {

using Json = nlohmann::json;

class FakeSettings final : public SettingsStore {
 public:
  std::vector<Entry> list() const override { return entries; }
  Result<void> save(const std::map<std::string, std::string>& changes) override {
    if (changes.contains("WRONG"))
      return fail({.kind = ErrorKind::kUsage, .what = "WRONG is no setting"});
    saved = changes;
    return {};
  }

  std::vector<Entry> entries = {{"A", "1", "default"},
                                {"B", "2", "flag"},
                                {"C", "***", "environment"},
                                {"D", "4", "server.env"},
                                {"E", "5", "flag"}};
  std::map<std::string, std::string> saved;
};

class AdminApi : public testing::Test {
 protected:
  // The response of the route; status 0 if there is no such route.
  Recorded ask(std::string_view path, const std::string& body = "") {
    const Context context{live_, metrics_, administration_};
    Request request;
    request.body = body;
    Recorded recorded;
    recorded.head.status = 0;
    for (const Route& route : admin_routes(context)) {
      EXPECT_EQ(route.access, Access::kAdmin);
      if (route.path == path) answer_into(route.handler(request), recorded);
    }
    return recorded;
  }
  std::string message_of(const std::string& changes) {
    return Json::parse(ask("/save_config", changes).head.body)["message"];
  }

  FakeSettings settings_;
  Administration administration_{.settings = &settings_,
                                 .reload = []() -> Result<std::string> { return "all is new"; }};
  Live live_{Options{}};
  Metrics metrics_;
};

TEST_F(AdminApi, ListsEverySetting) {
  const Recorded listed = ask("/get_config");
  EXPECT_EQ(listed.head.status, 200);
  EXPECT_EQ(listed.header("Cache-Control"), "no-store");
  EXPECT_EQ(Json::parse(listed.head.body),
            (Json{{"A", "1"}, {"B", "2"}, {"C", "***"}, {"D", "4"}, {"E", "5"}}));
}

TEST_F(AdminApi, WritesNamesAsTheyAre) {
  settings_.entries = {{"VOICES", "ünä\xff", "flag"}};
  const std::string body = ask("/get_config").head.body;
  EXPECT_NE(body.find("ünä"), std::string::npos) << body;
  EXPECT_EQ(Json::parse(body)["VOICES"], "ünä\uFFFD");  // an invalid byte
}

TEST_F(AdminApi, SavesWhatItIsGiven) {
  EXPECT_EQ(ask("/save_config", R"({"A": 3, "D": "x", "E": null, "B": true})").head.status, 200);
  EXPECT_EQ(settings_.saved,
            (std::map<std::string, std::string>{{"A", "3"}, {"B", "1"}, {"D", "x"}}));
}

TEST_F(AdminApi, SavesNothingOfWhatItCannotRead) {
  for (const char* body : {"", "[]", R"({"A": []})", R"({"A": {"b": 1}})", R"({"WRONG": 1})"}) {
    const Recorded refused = ask("/save_config", body);
    EXPECT_EQ(refused.head.status, 400) << body;
    EXPECT_FALSE(refused.error()["message"].empty()) << body;
  }
  EXPECT_TRUE(settings_.saved.empty());
}

// Guards against: a setting is saved and has no effect, and the response does not say so.
TEST_F(AdminApi, NamesTheChangesThatSomethingElseOverrides) {
  EXPECT_EQ(message_of(R"({"A": 3, "D": 4})").find(" (by the "), std::string::npos);
  const std::string two = message_of(R"({"A": 3, "B": 4, "C": 5})");
  EXPECT_NE(two.find(": B (by the flag), C (by the environment)."), std::string::npos) << two;
  const std::string one = message_of(R"({"E": 3})");
  EXPECT_NE(one.find(": E (by the flag)."), std::string::npos) << one;
}

TEST_F(AdminApi, SaysHowAReloadWent) {
  EXPECT_EQ(Json::parse(ask("/restart_server").head.body)["message"], "all is new");
  administration_.reload = []() -> Result<std::string> {
    return fail({.kind = ErrorKind::kBadFile, .what = "the model is cut short"});
  };
  std::vector<std::string> lines;
  log::send_to(log::Level::kError,
               [&](log::Level, std::string_view line) { lines.emplace_back(line); });
  const Recorded failed = ask("/restart_server");
  log::send_to(log::Level::kError, {});
  EXPECT_EQ(failed.head.status, http_status(ErrorKind::kBadFile));
  EXPECT_EQ(failed.error()["message"], "the model is cut short");
  ASSERT_EQ(lines.size(), 1U);
  EXPECT_NE(lines.front().find("the model is cut short"), std::string::npos);
}

TEST_F(AdminApi, OffersOnlyWhatTheProgramOffers) {
  administration_ = {};
  for (const char* path : {"/get_config", "/save_config", "/restart_server"})
    EXPECT_EQ(ask(path).head.status, 0) << path;
}

}  // namespace
}  // namespace orpheus::http
