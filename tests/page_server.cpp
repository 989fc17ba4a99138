// The server over a voice that speaks a tone and waits to be told: what the page's tests need to
// see every state of it without any clock. "serving http://…" on standard output says that it is
// there.
//
//   page_server [--key KEY] [--loading] [--speakers N] [--waiting N] [--most CHARACTERS]
//
// A text's sentences are its pieces, eight frames each, divided evenly among its words. Words in it
// make the voice wait or fail:
//   WAIT    it stops before the last piece until a line "go" comes on standard input
//   FAIL    it fails before the last piece
//   REFUSE  it fails at once
// "ready" on standard input brings the voice that --loading left out; "bye" ends the program. What
// it says on standard output: "speaking TEXT", and "cancelled" if the client left.
#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <cstdio>
#include <cstdlib>
#include <iostream>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "http/live.h"
#include "http/server/server.h"
#include "http/testing/fake_synthesiser.h"
#include "text/spanned.h"
#include "text/words.h"

namespace {

using namespace orpheus;
using namespace std::chrono_literals;

void say(const std::string& text) {
  std::printf("%s\n", text.c_str());
  std::fflush(stdout);
}

// Tells of each "go", once.
class Gate {
 public:
  void open() {
    const std::lock_guard lock(mutex_);
    ++opened_;
    changed_.notify_all();
  }
  // False when the request was cancelled instead.
  bool pass(const CancelToken& cancel) {
    std::unique_lock lock(mutex_);
    while (opened_ == 0) {
      if (cancel.cancelled()) return false;
      changed_.wait_for(lock, 5ms);
    }
    --opened_;
    return true;
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  int opened_ = 0;
};

std::vector<text::Range> sentences_of(const std::string& text) {
  std::vector<text::Range> sentences;
  for (size_t begin = 0; begin < text.size();) {
    const size_t stop = std::min(text.find_first_of(".!?", begin), text.size() - 1);
    sentences.push_back({begin, stop + 1});
    begin = std::min(text.find_first_not_of(" \n", stop + 1), text.size());
  }
  return sentences;
}

// The words of a piece that has sounded.
std::vector<align::WordTime> evenly_timed(const text::Spanned& piece, int64_t first_sample) {
  const std::vector<text::Word> words = text::words_of(piece);
  const auto length = int64_t{8} * speech::kSamplesPerFrame / static_cast<int64_t>(words.size());
  std::vector<align::WordTime> times;
  for (const text::Word& word : words) {
    times.push_back({.word = piece.text().substr(word.text.begin, word.text.size()),
                     .text = word.text,
                     .origin = word.origin,
                     .begin = first_sample,
                     .end = first_sample + length});
    first_sample += length;
  }
  return times;
}

Result<speech::Summary> cancelled() {
  say("cancelled");
  return fail({.kind = ErrorKind::kCancelled, .what = "the listener left"});
}

Result<speech::Summary> speak(Gate& gate, const speech::Request& request,
                              const speech::SampleSink& sink) {
  say("speaking " + request.text);
  const auto has = [&](const char* word) { return request.text.find(word) != std::string::npos; };
  const Error broken{
      .kind = ErrorKind::kUnavailable, .what = "the device is gone", .remedy = "Plug it in again."};
  if (has("REFUSE")) return fail(broken);
  const text::Spanned whole = text::Spanned::verbatim(request.text);
  const std::vector<text::Range> pieces = sentences_of(request.text);
  int frame = 0;
  for (size_t piece = 0; piece < pieces.size(); ++piece) {
    const bool is_last = piece + 1 == pieces.size();
    if (is_last && has("FAIL")) return fail(broken);
    if (is_last && has("WAIT") && !gate.pass(request.cancel)) return cancelled();
    const text::Spanned spoken = whole.slice(pieces[piece]);
    const int64_t first_sample = int64_t{frame} * speech::kSamplesPerFrame;
    if (request.on_piece) {
      request.on_piece({.index = piece,
                        .count = pieces.size(),
                        .text = spoken.text(),
                        .first_sample = first_sample,
                        .spanned = &spoken});
    }
    for (int i = 0; i < 8; ++i, ++frame) {
      if (!sink(http::sine_frame(frame))) return cancelled();
    }
    if (request.on_words)
      request.on_words({.piece = piece, .words = evenly_timed(spoken, first_sample)});
  }
  return speech::Summary{.num_prompt_tokens = 14,
                         .num_audio_tokens = 7 * frame,
                         .num_samples = int64_t{frame} * speech::kSamplesPerFrame};
}

}  // namespace

int main(int argc, char** argv) {
  http::Options options;
  options.port = 0;
  options.tier = "CPU";
  options.allowed_hosts = {"page.test"};
  bool loading = false;
  for (int i = 1; i < argc; ++i) {
    const std::string_view flag = argv[i];
    if (flag == "--loading") loading = true;
    if (i + 1 == argc) continue;
    if (flag == "--key") options.keys = {argv[i + 1]};
    if (flag == "--speakers") options.max_speeches = std::atoi(argv[i + 1]);
    if (flag == "--most") options.max_input_code_points = std::strtoul(argv[i + 1], nullptr, 10);
    if (flag == "--waiting") options.max_waiting_speeches = std::atoi(argv[i + 1]);
  }
  Gate gate;
  const auto voice = std::make_shared<http::FakeSynthesiser>(
      [&](const speech::Request& request, const speech::SampleSink& sink) {
        return speak(gate, request, sink);
      });
  http::Live live(options);
  if (!loading) live.replace(options, voice);
  auto server = http::Server::start(live);
  if (!server) {
    std::fprintf(stderr, "%s\n", server.error().message().c_str());
    return 1;
  }
  say("serving http://127.0.0.1:" + std::to_string((*server)->port()));
  for (std::string line; std::getline(std::cin, line) && line != "bye";) {
    if (line == "go") gate.open();
    if (line == "ready") live.replace(options, voice);
  }
  std::_Exit(0);  // whoever still waits at the gate is not waited for
}
