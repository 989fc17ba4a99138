#include "http/openapi.h"

#include <functional>
#include <set>
#include <string>

#include <gtest/gtest.h>

#include "http/docs_page.h"
#include "http/openapi_schemas.h"
#include "http/routes.h"
#include "http/speech_request.h"
#include "http/testing/fake_synthesiser.h"

namespace orpheus::http {
namespace {

using Json = nlohmann::ordered_json;

struct NoSettings final : SettingsStore {
  std::vector<Entry> list() const override { return {}; }
  Result<void> save(const std::map<std::string, std::string>& /*changes*/) override { return {}; }
};

// Every route that a server can have.
struct WholeServer {
  FakeSynthesiser synthesiser;
  Live live{Options()};
  Metrics metrics;
  NoSettings settings;
  Context context{live, metrics, {.settings = &settings, .reload = [] { return std::string(); }}};
  std::vector<Route> routes = all_routes(context);

  Response get(const std::string& path) const {
    return std::get<Response>(Router(routes).answer({.method = "GET", .path = path}));
  }
};

TEST(OpenApi, DescribesEveryRouteAndNoOther) {
  const WholeServer server;
  const Json document = Json::parse(server.get("/openapi.json").body);
  std::multiset<std::string> described;
  for (const auto& [path, operations] : document["paths"].items()) {
    for (const auto& [method, operation] : operations.items()) {
      described.insert(method + " " + path);
      EXPECT_NE(operation["summary"], "") << path << " wants words in openapi.cpp";
    }
  }
  std::multiset<std::string> there;
  for (const Route& route : server.routes) {
    std::string method = route.method == "GET" ? "get" : "post";
    const size_t star = route.path.find('*');
    there.insert(method + " " + route.path.substr(0, star) +
                 (star == std::string::npos ? "" : "{name}"));
  }
  EXPECT_EQ(described, there);
}

TEST(OpenApi, EveryReferenceLeadsSomewhere) {
  const WholeServer server;
  const Json document = Json::parse(server.get("/openapi.json").body);
  const std::function<void(const Json&)> look = [&](const Json& json) {
    if (json.is_object() && json.contains("$ref")) {
      const std::string reference = json["$ref"];
      EXPECT_TRUE(document.contains(Json::json_pointer(reference.substr(1)))) << reference;
    }
    if (json.is_structured()) {
      for (const Json& part : json) look(part);
    }
  };
  look(document);
}

TEST(OpenApi, SpeechSaysWhichSeedWasDrawn) {
  const WholeServer server;
  const Json document = Json::parse(server.get("/openapi.json").body);
  const Json& speech = document["paths"]["/v1/audio/speech"]["post"]["responses"]["200"];
  EXPECT_TRUE(speech["headers"].contains("X-Seed"));
}

// What the key's value is answered with: nothing, or the key that is refused.
std::string refused(const std::string& key, const Json& value) {
  Json body = {{"input", "Hi"}};
  body[key] = value;
  const auto request = parse_speech_request(body.dump(), Options());
  return request ? "" : request.error().param;
}

Json wrong_for(const Json& schema) {
  return schema.value("type", "") == "string" ? Json(7) : Json("7x");
}

TEST(OpenApi, TheBoundsOfSpeechAreThoseThatAreObeyed) {
  const Json schema = openapi_schemas(Options())["SpeechRequest"];
  for (const auto& [key, property] : schema["properties"].items()) {
    if (key != "voice") {  // any text is one
      EXPECT_EQ(refused(key, wrong_for(property)), key);
    }
    if (property.contains("default")) {
      EXPECT_EQ(refused(key, property["default"]), "") << key;
    }
    if (property.contains("minimum")) {
      EXPECT_EQ(refused(key, property["minimum"]), "") << key;
      EXPECT_EQ(refused(key, property["maximum"]), "") << key;
      EXPECT_EQ(refused(key, property["minimum"].get<double>() - 0.001), key);
      EXPECT_EQ(refused(key, property["maximum"].get<double>() * 1.001), key);
    }
    for (const Json& one : property.value("enum", Json::array())) {
      EXPECT_EQ(refused(key, one), "") << key << " " << one;
    }
    if (property.contains("enum")) {
      EXPECT_EQ(refused(key, "neither"), key);
    }
  }
  EXPECT_EQ(refused("voice", {{"id", "leo"}}), "");
  EXPECT_EQ(refused("voice", 5), "voice");
}

TEST(DocsPage, ShowsEveryRouteAndKeyAndForbidsWhatIsNotItsOwn) {
  const WholeServer server;
  const Response page = server.get("/docs");
  std::string policy;
  for (const Header& header : page.headers) {
    if (header.name == "Content-Security-Policy") policy = header.value;
  }
  EXPECT_TRUE(policy.starts_with("default-src 'none';")) << policy;
  EXPECT_EQ(policy.find("unsafe"), std::string::npos);
  const size_t nonce = policy.find("'nonce-") + 7;
  const std::string value = policy.substr(nonce, policy.find('\'', nonce) - nonce);
  EXPECT_NE(page.body.find("<style nonce=\"" + value + "\">"), std::string::npos);
  EXPECT_EQ(page.body.find("<script"), std::string::npos);
  EXPECT_EQ(page.body.find("://"), std::string::npos);  // nothing comes from elsewhere
  const Json document = Json::parse(server.get("/openapi.json").body);
  for (const auto& [path, operations] : document["paths"].items()) {
    EXPECT_NE(page.body.find("<code>" + path + "</code>"), std::string::npos) << path;
  }
  EXPECT_NE(page.body.find("<code>repetition_penalty</code>"), std::string::npos);
  EXPECT_NE(server.get("/docs").body, page.body);  // the nonce is another each time
}

TEST(DocsPage, TakesNoTextForMarkup) {
  Json document = openapi_of({{"GET", "/<b>\"x\"&", {}}}, Options());
  document["info"]["description"] = "<script>";
  const Response page = docs_page(document);
  EXPECT_NE(page.body.find("/&lt;b&gt;&quot;x&quot;&amp;"), std::string::npos);
  EXPECT_EQ(page.body.find("<script>"), std::string::npos);
}

}  // namespace
}  // namespace orpheus::http
