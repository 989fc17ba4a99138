// Tests the promise for seeds: on a CPU, a request with a seed gives the same bytes alone, with
// other requests, with any number of threads, from the command line and the server.

#include <atomic>
#include <future>
#include <thread>

#include <nlohmann/json.hpp>

#include "program_fixture.h"
#include "server_client.h"

namespace orpheus::program {
namespace {

// Two sentences, so that a piece is generated ahead.
const std::string kText =
    "The ferry had left before the rain began, and nobody on the pier had waved. Only the lamp at "
    "the end of it was still burning, as it had burned on every evening of that year.";

std::string times(const std::string& text, int count) {
  std::string all;
  for (int i = 0; i < count; ++i) all += text + " ";
  return all;
}

// Reads a long speech until it is destroyed.
class Book {
 public:
  Book(uint16_t port, int seed)
      : client_(port,
                post_speech(
                    {{"input", times(kText, 100)}, {"seed", seed}, {"response_format", "pcm"}})),
        reader_([this] {
          while (!enough_ && !client_.read_some().empty()) begun_ = true;
        }) {
    while (!begun_) std::this_thread::sleep_for(std::chrono::milliseconds(5));
  }
  ~Book() {
    enough_ = true;
    reader_.join();
  }

 private:
  Client client_;
  std::atomic<bool> begun_ = false;
  std::atomic<bool> enough_ = false;
  std::thread reader_;
};

// The small voice, and a voice of random weights (another type), which has no end of speech.
class Seeds : public ProgramTest, public testing::WithParamInterface<const char*> {
 protected:
  void SetUp() override {
    ProgramTest::SetUp();
    if (std::string(GetParam()).empty()) return;
    must({"synth-voice", path("voice"), "--size", "small", "--type", GetParam()});
    voice_ = {"--model", path("voice/lm.gguf"), "--codec", path("voice/codec.gguf")};
  }

  std::vector<std::string> with(std::vector<std::string> arguments,
                                const std::string& threads) const {
    arguments.insert(arguments.end(), voice_.begin(), voice_.end());
    arguments.insert(arguments.end(), {"--device", "CPU", "--threads", threads});
    return arguments;
  }

  std::string said(const std::string& text, const std::string& threads) const {
    must(with({"say", text, "--seed", "7", "-o", path("said.pcm")}, threads));
    return read_file(path("said.pcm"));
  }

  static std::string served(uint16_t port, const std::string& text) {
    const std::string answer =
        Client(port, post_speech({{"input", text}, {"seed", 7}, {"response_format", "pcm"}}))
            .read_all();
    EXPECT_EQ(status_of(answer), 200);
    return body_of(answer);
  }

  std::vector<std::string> voice_;
};

TEST_P(Seeds, TheSameSoundInAnyCompanyAndWithAnyThreads) {
  const std::string alone = said(kText, "1");
  ASSERT_GT(alone.size(), 48000U);
  EXPECT_EQ(said(kText, "2"), alone);
  Process server(call(with({"serve", "--port", "0"}, "2")));
  const uint16_t port = port_of(server);
  EXPECT_EQ(served(port, kText), alone);
  const Book first(port, 1);
  const Book second(port, 2);
  std::vector<std::future<std::string>> together;
  for (int i = 0; i < 3; ++i)
    together.push_back(std::async(std::launch::async, [&] { return served(port, kText); }));
  for (auto& one : together) EXPECT_EQ(one.get(), alone) << "beside two books";
}

TEST_P(Seeds, AChapterIsTheSameEachTime) {
  if (!voice_.empty()) GTEST_SKIP() << "one voice is enough";
  const std::string chapter = times(kText, 3);
  const std::string first = said(chapter, "2");
  Process server(call(with({"serve", "--port", "0"}, "2")));
  const uint16_t port = port_of(server);
  EXPECT_EQ(served(port, chapter), first);
  const Book beside(port, 3);
  EXPECT_EQ(served(port, chapter), first) << "beside a book";
}

INSTANTIATE_TEST_SUITE_P(Voices, Seeds, testing::Values("", "q4_k_m"), [](const auto& test) {
  return std::string(test.param).empty() ? "SmallVoice" : std::string(test.param);
});

}  // namespace
}  // namespace orpheus::program
