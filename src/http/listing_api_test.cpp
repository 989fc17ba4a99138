#include "http/listing_api.h"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "http/testing/fake_synthesiser.h"

namespace orpheus::http {
namespace {

nlohmann::json got(const Context& context, const std::string& path, const std::string& query = "") {
  const Router router(listing_routes(context));
  Request request;
  request.method = "GET";
  request.path = path;
  request.query = query;
  const auto response = std::get<Response>(router.answer(request));
  EXPECT_EQ(response.status, 200);
  return nlohmann::json::parse(response.body);
}

TEST(Listing, ModelsAreAsOpenAiListsThem) {
  FakeSynthesiser synthesiser;
  const FakeContext context(synthesiser);
  const auto models = got(context.get(), "/v1/models");
  EXPECT_EQ(models["object"], "list");
  ASSERT_EQ(models["data"].size(), 1U);
  EXPECT_EQ(models["data"][0]["id"], "sine");
  EXPECT_EQ(models["data"][0]["object"], "model");
  EXPECT_TRUE(models["data"][0]["created"].is_number_integer());
  EXPECT_TRUE(models["data"][0]["owned_by"].is_string());
  EXPECT_EQ(got(context.get(), "/v1/audio/models")["models"],
            nlohmann::json::parse(R"([{"id": "sine", "name": "sine"}])"));
}

TEST(Listing, VoicesAreObjectsAndForOldClientsNames) {
  FakeSynthesiser synthesiser;
  const FakeContext context(synthesiser);
  const auto voices = got(context.get(), "/v1/audio/voices");
  EXPECT_EQ(voices["status"], "ok");
  ASSERT_EQ(voices["voices"].size(), 3U);
  EXPECT_EQ(voices["voices"][0]["id"], "tara");
  EXPECT_EQ(voices["voices"][2]["name"], "유나");
  EXPECT_EQ(got(context.get(), "/v1/audio/voices", "legacy=true")["voices"],
            nlohmann::json::parse(R"(["tara", "leo", "유나"])"));
  const auto all = got(context.get(), "/v1/voices");
  EXPECT_EQ(all["default"], "tara");
  for (const char* key : {"id", "name", "description", "gender", "preview_url"}) {
    EXPECT_TRUE(all["voices"][1].contains(key)) << key;
  }
}

TEST(Listing, ElevenLabsClientsGetTheirForms) {
  FakeSynthesiser synthesiser;
  const FakeContext context(synthesiser);
  for (const char* path : {"/v1/voices", "/v2/voices"}) {
    const auto voices = got(context.get(), path)["voices"];
    ASSERT_EQ(voices.size(), 3U) << path;
    EXPECT_EQ(voices[0]["voice_id"], "tara") << path;
    EXPECT_EQ(voices[0]["id"], "tara") << path;
  }
  const auto page = got(context.get(), "/v2/voices");
  EXPECT_EQ(page["has_more"], false);
  EXPECT_EQ(page["total_count"], 3);
  Request request;
  request.method = "GET";
  request.path = "/v1/models";
  request.headers = {{"xi-api-key", "any"}};
  const auto response = std::get<Response>(Router(listing_routes(context.get())).answer(request));
  const auto models = nlohmann::json::parse(response.body);
  ASSERT_TRUE(models.is_array());
  EXPECT_EQ(models[0]["model_id"], "sine");
  EXPECT_EQ(models[0]["can_do_text_to_speech"], true);
}

TEST(Listing, PronunciationsAreTheLexiconsInItsOrder) {
  FakeSynthesiser synthesiser;
  const FakeContext context(synthesiser);
  EXPECT_EQ(got(context.get(), "/v1/audio/pronunciations"),
            nlohmann::json::parse(R"({"pronunciations": []})"));
  text::Lexicon lexicon;
  ASSERT_TRUE(lexicon.add({.written = "GIF", .spoken = "jif"}).has_value());
  ASSERT_TRUE(
      lexicon.add({.written = "US", .spoken = "you ess", .is_exact = true, .language = "en"})
          .has_value());
  synthesiser.words = std::make_shared<const text::Lexicon>(lexicon);
  EXPECT_EQ(got(context.get(), "/v1/audio/pronunciations"),
            nlohmann::json::parse(R"({"pronunciations": [
    {"written": "GIF", "spoken": "jif", "exact": false, "language": "", "voice": ""},
    {"written": "US", "spoken": "you ess", "exact": true, "language": "en", "voice": ""}]})"));
}

TEST(Listing, AnswersWhileTheVoiceIsLoaded) {
  FakeSynthesiser synthesiser;
  FakeContext context(synthesiser);
  Options options;
  options.model_name = "mine";
  context.live().replace(options, nullptr);
  const auto model = got(context.get(), "/v1/models")["data"][0];
  EXPECT_EQ(model["id"], "mine");
  EXPECT_TRUE(model.contains("orpheus") && model["orpheus"].is_null());  // no voice yet
  EXPECT_EQ(got(context.get(), "/v1/voices")["default"], nullptr);
}

TEST(Listing, AModelIsFoundByItsNameAndNoOther) {
  FakeSynthesiser synthesiser;
  FakeContext context(synthesiser);
  Options options;
  options.model_name = "mine/eng 1+";
  context.live().replace(options, {&synthesiser, [](speech::Synthesiser*) {}});
  for (const char* path : {"/v1/models/mine/eng%201+", "/v1/models/mine%2Feng%201%2B"}) {
    const auto model = got(context.get(), path);
    EXPECT_EQ(model["id"], "mine/eng 1+");
    EXPECT_EQ(model["object"], "model");
  }
  EXPECT_EQ(got(context.get(), "/v1/models/")["object"], "list");
  const Router router(listing_routes(context.get()));
  const auto missing =
      std::get<Response>(router.answer({.method = "GET", .path = "/v1/models/gpt-4"}));
  EXPECT_EQ(missing.status, 404);
  const auto error = nlohmann::json::parse(missing.body)["error"];
  EXPECT_EQ(error["code"], "model_not_found");
  EXPECT_EQ(error["param"], "model");
  EXPECT_EQ(error["type"], "invalid_request_error");
}

// A page that offers <laugh> for a voice that leaves tags out has dead buttons.
TEST(Listing, VoicesSayWhichSoundsTheyMake) {
  FakeSynthesiser synthesiser;
  const FakeContext context(synthesiser);
  for (const char* path : {"/v1/audio/voices", "/v1/voices"}) {
    const auto voices = got(context.get(), path)["voices"];
    EXPECT_EQ(voices[0]["tags"].size(), 8U);
    EXPECT_EQ(voices[0]["tags"][0], "laugh");
    EXPECT_EQ(voices[1]["tags"], nlohmann::json::array()) << "leo makes none";
    EXPECT_GT(voices[1]["characters_per_second"], 1.0) << "the page estimates by it";
    EXPECT_EQ(voices[2]["tags"][0], "한숨");
  }
}

}  // namespace
}  // namespace orpheus::http
