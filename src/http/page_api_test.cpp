#include "http/page_api.h"

#include <string>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "http/page_files.h"
#include "http/testing/fake_synthesiser.h"

namespace orpheus::http {
namespace {

class Page : public ::testing::Test {
 protected:
  Response get(const std::string& path, std::vector<Header> headers = {}) const {
    return std::get<Response>(
        router_.answer({.method = "GET", .path = path, .headers = std::move(headers)}));
  }
  static std::string header(const Response& response, const std::string& name) {
    for (const Header& header : response.headers) {
      if (header.name == name) return header.value;
    }
    return "(none)";
  }

  FakeSynthesiser synthesiser_;
  FakeContext context_{synthesiser_};
  Router router_{page_routes(context_.get())};
};

TEST_F(Page, IsAtTheRootAndBelowWebWithoutARedirect) {
  const Response root = get("/");
  EXPECT_EQ(root.status, 200);
  EXPECT_EQ(header(root, "Content-Type"), "text/html; charset=utf-8");
  EXPECT_NE(root.body.find("<base href=\"./\">"), std::string::npos);
  const Response web = get("/web/");
  EXPECT_EQ(web.status, 200);
  EXPECT_NE(web.body.find("<base href=\"../\">"), std::string::npos);
}

TEST_F(Page, IsFoundWithoutTheSlash) {
  const Response web = get("/web");
  EXPECT_EQ(web.status, 308);
  EXPECT_EQ(header(web, "Location"), "web/");
}

// Guards against a page that grows unseen, or is slow to come over a poor connection: what a
// browser is sent, and what a client gets that takes no gzip (files as they stand in web/, with
// their comments).
TEST_F(Page, EveryFileIsServedAndAllTogetherAreSmall) {
  size_t num_bytes = 0;
  size_t num_gzipped = 0;
  for (const PageFile& file : page_files()) {
    const Response response = get("/web/" + std::string(file.name));
    EXPECT_EQ(response.status, 200) << file.name;
    EXPECT_EQ(header(response, "Content-Type"), file.content_type);
    EXPECT_NE(header(response, "Content-Security-Policy").find("default-src 'none'"),
              std::string::npos);
    num_bytes += response.body.size();
    num_gzipped += get("/web/" + std::string(file.name), {{"Accept-Encoding", "gzip"}}).body.size();
  }
  EXPECT_LT(num_gzipped, 60'000U);
  EXPECT_LT(num_bytes, 128'000U);
  EXPECT_EQ(get("/web/nothing").status, 404);
  EXPECT_EQ(get("/web/../etc/passwd").status, 404);
}

TEST_F(Page, NothingIsInlineAndNoOtherOriginIsNamed) {
  for (const PageFile& file : page_files()) {
    const std::string text(file.bytes);
    for (const char* inline_or_foreign :
         {"<style", "<script>", " style=\"", " onclick=", "javascript:"}) {
      EXPECT_EQ(text.find(inline_or_foreign), std::string::npos) << file.name;
    }
    for (size_t at = text.find("https://"); at != std::string::npos;
         at = text.find("https://", at + 1)) {
      ADD_FAILURE() << file.name << " names " << text.substr(at, 40);
    }
  }
}

TEST_F(Page, AFileThatTheBrowserHasIsNotSentAgain) {
  const Response first = get("/");
  const std::string etag = header(first, "ETag");
  for (const std::string& names : {etag, "W/" + etag, "\"other\", " + etag, std::string("*")}) {
    const Response again = get("/", {{"If-None-Match", names}});
    EXPECT_EQ(again.status, 304) << names;
    EXPECT_TRUE(again.body.empty());
    EXPECT_EQ(header(again, "ETag"), etag);
  }
  EXPECT_EQ(get("/", {{"If-None-Match", "\"other\""}}).status, 200);
}

// Guards against compressed bytes that a client cannot read, or that a cache hands to another
// client.
TEST_F(Page, AClientThatAcceptsGzipGetsIt) {
  const std::string file = "/web/app.mjs";
  const Response plain = get(file);
  EXPECT_EQ(header(plain, "Content-Encoding"), "(none)");
  EXPECT_EQ(header(plain, "Vary"), "Accept-Encoding");
  for (const char* accepted : {"gzip", "deflate, GZIP;q=0.5, br", "br , gzip ; q=1"}) {
    const Response small = get(file, {{"Accept-Encoding", accepted}});
    EXPECT_EQ(header(small, "Content-Encoding"), "gzip") << accepted;
    EXPECT_EQ(header(small, "Content-Type"), header(plain, "Content-Type"));
    EXPECT_EQ(small.body.substr(0, 2), "\x1F\x8B");
    EXPECT_LT(small.body.size(), plain.body.size() / 2);
    EXPECT_NE(header(small, "ETag"), header(plain, "ETag"));
    const Response again =
        get(file, {{"Accept-Encoding", accepted}, {"If-None-Match", header(small, "ETag")}});
    EXPECT_EQ(again.status, 304);
    EXPECT_EQ(header(again, "Content-Encoding"), "(none)");
  }
  for (const char* accepted :
       {"", "br", "gzip;q=0", "gzip; q=0.0, br", "xgzip", "identity, gzipped"})
    EXPECT_EQ(get(file, {{"Accept-Encoding", accepted}}).body, plain.body) << accepted;
}

TEST_F(Page, FactsAreThereAlsoWhileTheVoiceIsBeingLoaded) {
  const auto facts = nlohmann::json::parse(get("/web/facts").body);
  EXPECT_EQ(facts["model"], "sine");
  EXPECT_EQ(facts["max_input_characters"], Options().max_input_code_points);
  EXPECT_FALSE(facts["formats"].empty());
  EXPECT_EQ(facts["settings"], false);
  context_.live().replace({}, nullptr);
  EXPECT_EQ(nlohmann::json::parse(get("/web/facts").body)["device"], "");
}

}  // namespace
}  // namespace orpheus::http
