#include "http/kept_speech_api.h"

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "base/log_sink.h"
#include "base/testing/test_folder.h"
#include "http/errors.h"
#include "http/testing/fake_synthesiser.h"
#include "http/testing/recorded.h"

namespace orpheus::http {
namespace {

using Json = nlohmann::json;

class KeptSpeeches : public testing::Test {
 protected:
  Recorded ask(FakeSynthesiser& synthesiser, size_t route, const Request& request) {
    const FakeContext context(synthesiser);
    const auto routes =
        kept_speech_routes(context.get(), std::make_shared<Outputs>(folder_.path()));
    Recorded recorded;
    answer_into(routes.at(route).handler(request), recorded);
    return recorded;
  }
  Recorded speak(FakeSynthesiser synthesiser = {}) {
    Request request;
    request.body = R"({"text": "Hello.", "voice": "tara"})";
    return ask(synthesiser, 0, request);
  }
  Recorded fetch(const std::string& name, const std::string& range = "") {
    FakeSynthesiser silent;
    Request request;
    request.path = "/" + name;
    if (!range.empty()) request.headers.push_back({"Range", range});
    return ask(silent, 1, request);
  }
  size_t num_files() const {
    using std::filesystem::directory_iterator;
    if (!std::filesystem::exists(folder_.path())) return 0;
    return static_cast<size_t>(std::distance(directory_iterator(folder_.path()), {}));
  }

  const TestFolder folder_;
};

FakeSynthesiser failing(ErrorKind kind) {
  return FakeSynthesiser(
      [=](const speech::Request&, const speech::SampleSink& sink) -> Result<speech::Summary> {
        sink(sine_frame(0));
        return fail({.kind = kind, .what = "it broke"});
      });
}

uint32_t number_at(const std::vector<std::byte>& bytes, size_t offset) {
  uint32_t number = 0;
  std::memcpy(&number, bytes.data() + offset, sizeof number);
  return number;
}

// Guards against: a kept file has the header of a stream, whose length is unknown.
TEST_F(KeptSpeeches, AreWholeFiles) {
  constexpr size_t kHeaderBytes = 44;
  constexpr size_t kSoundBytes = size_t{4} * speech::kSamplesPerFrame * sizeof(int16_t);
  const Recorded spoken = speak();
  ASSERT_EQ(spoken.head.status, 200);
  const Json said = Json::parse(spoken.head.body);
  EXPECT_EQ(said["voice"], "tara");
  EXPECT_EQ(spoken.header("X-Voice"), "tara");
  const std::string file = said["output_file"];
  EXPECT_EQ(num_files(), 1U);
  const Recorded kept = fetch(file);
  ASSERT_EQ(kept.head.status, 200);
  EXPECT_TRUE(kept.finished);
  ASSERT_EQ(kept.body.size(), kHeaderBytes + kSoundBytes);
  EXPECT_EQ(number_at(kept.body, 4), kHeaderBytes - 8 + kSoundBytes);
  EXPECT_EQ(number_at(kept.body, 40), kSoundBytes);
}

TEST_F(KeptSpeeches, ArePartsIfAskedFor) {
  const std::string file = Json::parse(speak().head.body)["output_file"];
  const std::vector<std::byte> whole = fetch(file).body;
  const Recorded part = fetch(file, "bytes=10-29");
  EXPECT_EQ(part.head.status, 206);
  EXPECT_EQ(part.header("Content-Range"), "bytes 10-29/" + std::to_string(whole.size()));
  ASSERT_EQ(part.body.size(), 20U);
  EXPECT_TRUE(std::equal(part.body.begin(), part.body.end(), whole.begin() + 10));
  const Recorded none = fetch(file, "bytes=" + std::to_string(whole.size()) + "-");
  EXPECT_EQ(none.head.status, 416);
  EXPECT_EQ(none.header("Content-Range"), "bytes */" + std::to_string(whole.size()));
}

// Guards against: a failed speech leaves a file, or a fault of the server is not logged.
TEST_F(KeptSpeeches, AFailureLeavesNoFileAndOursIsLogged) {
  for (const ErrorKind kind : {ErrorKind::kInternal, ErrorKind::kUsage, ErrorKind::kLimit}) {
    std::vector<std::string> lines;
    log::send_to(log::Level::kError,
                 [&](log::Level, std::string_view line) { lines.emplace_back(line); });
    const Recorded failed = speak(failing(kind));
    log::send_to(log::Level::kError, {});
    EXPECT_EQ(failed.head.status, http_status(kind));
    EXPECT_EQ(num_files(), 0U);
    EXPECT_EQ(lines.size(), http_status(kind) >= 500 ? 1U : 0U) << http_status(kind);
  }
}

TEST_F(KeptSpeeches, OfWhatCannotBeSpokenThereIsNone) {
  FakeSynthesiser silent;
  for (const char* body : {"", "{}", R"({"text": ""})", R"({"input": "Hello."})",
                           R"({"text": "Hello.", "voice": "nobody"})"}) {
    Request request;
    request.body = body;
    EXPECT_EQ(ask(silent, 0, request).head.status / 100, 4) << body;
  }
  EXPECT_EQ(num_files(), 0U);
}

TEST_F(KeptSpeeches, AreFoundByTheirOwnNamesAlone) {
  for (const char* name : {"outputs/", "outputs/x", "outputs/../secret.wav",
                           "outputs/speech-00000000000000000000000000000000.wav"})
    EXPECT_EQ(fetch(name).head.status, 404) << name;
}

}  // namespace
}  // namespace orpheus::http
