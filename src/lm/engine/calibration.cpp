#include "lm/engine/calibration.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <condition_variable>
#include <mutex>
#include <string>
#include <string_view>
#include <utility>

#include "prompt/prompt.h"
#include "prompt/tokenizer.h"
#include "prompt/voices.h"

namespace orpheus::engine {
namespace {

using Clock = std::chrono::steady_clock;

constexpr int kMostFrames = 84;  // seven seconds

// Two sentences in which no word comes twice.
struct Texts {
  std::string_view language;
  std::array<std::string_view, 2> sentences;
};
constexpr Texts kTexts[] = {
    {"en",
     {"We should leave before the evening rain comes down.",
      "My brother found an old map under that table."}},
    {"de",
     {"Wir sollten gehen, bevor am Abend der Regen kommt.",
      "Mein Bruder fand eine alte Karte unter dem Tisch."}},
    {"fr",
     {"Nous devrions partir avant que la pluie ne tombe ce soir.",
      "Mon frère a trouvé une vieille carte sous cette table."}},
    {"es",
     {"Debemos salir antes de que llegue la lluvia esta noche.",
      "Mi hermano encontró un mapa viejo debajo de esa mesa."}},
    {"it",
     {"Dobbiamo partire prima che arrivi la pioggia di sera.",
      "Mio fratello ha trovato una vecchia mappa sotto quel tavolo."}},
    {"ko",
     {"저녁에 비가 오기 전에 우리는 떠나야 합니다.",
      "제 동생이 책상 아래에서 낡은 지도를 찾았어요."}},
    {"hi", {"शाम की बारिश से पहले हमें निकल जाना चाहिए।", "मेरे भाई को मेज़ के नीचे एक पुराना नक्शा मिला।"}},
    {"zh", {"我们应该在傍晚下雨之前离开。", "我弟弟在桌子底下找到一张旧地图。"}},
};

struct Piece {
  std::vector<lm::Token> prompt;
  lm::PromptRows text;  // and the row behind it, to which a model attends when all is said
};

Result<Piece> piece_of(const prompt::Tokenizer& tokenizer, const prompt::TokenLayout& layout,
                       const std::string& voice, std::string_view text) {
  Piece piece;
  ORPHEUS_TRY(piece.prompt, prompt::build_prompt(tokenizer, layout, voice, text));
  ORPHEUS_TRY(const auto name, prompt::build_prompt(tokenizer, layout, voice, ""));
  const auto first = std::mismatch(name.begin(), name.end(), piece.prompt.begin()).second;
  const auto end = std::find(piece.prompt.rbegin(), piece.prompt.rend(), layout.end_of_text);
  piece.text.first = static_cast<int>(first - piece.prompt.begin());
  piece.text.count = static_cast<int>(end.base() - first);
  return piece;
}

Result<std::array<Piece, 2>> pieces_of(const llama::Model& model) {
  ORPHEUS_TRY(const auto vocabulary, llama::read_vocabulary(model.file()));
  ORPHEUS_TRY(const auto tokenizer, prompt::Tokenizer::create(vocabulary));
  ORPHEUS_TRY(const auto names, llama::read_voice_names(model.file()));
  ORPHEUS_TRY(std::string language, llama::read_language(model.file()));
  const auto published = prompt::voices_of_checkpoint(model.name());
  const std::string voice = names.empty() ? published.front().name : names.front();
  if (language.empty() && names.empty()) language = published.front().language;
  const auto* const texts =
      std::find_if(std::begin(kTexts), std::end(kTexts),
                   [&](const Texts& candidate) { return candidate.language == language; });
  const Texts& spoken = texts == std::end(kTexts) ? *std::begin(kTexts) : *texts;
  std::array<Piece, 2> pieces;
  for (size_t i = 0; i < pieces.size(); ++i) {
    ORPHEUS_TRY(pieces[i], piece_of(tokenizer, model.layout(), voice, spoken.sentences[i]));
  }
  return pieces;
}

// Rings when a stream may have more. Engine threads ring it.
class Bell {
 public:
  void ring() {
    const std::lock_guard lock(mutex_);
    rings_ = true;
    rung_.notify_all();
  }
  // Until it rings, or this time.
  void wait_until(Clock::time_point end) {
    std::unique_lock lock(mutex_);
    rung_.wait_until(lock, end, [&] { return rings_; });
    rings_ = false;
  }

 private:
  std::mutex mutex_;
  std::condition_variable rung_;
  bool rings_ = false;
};

// The mean weights of each whole frame. Ends in time, also if no token comes.
Result<Spoken> listen(lm::TokenStream& stream, const Piece& piece, Bell& bell,
                      Clock::time_point end) {
  Spoken spoken{.num_text = piece.text.count, .num_frames = 0, .weights = {}};
  std::vector<float> frame;
  for (int num_tokens = 1;; ++num_tokens) {
    while (!stream.ready() && Clock::now() <= end) bell.wait_until(end);
    if (Clock::now() > end) {
      return fail({.kind = ErrorKind::kTimedOut,
                   .what = "finding the model's alignment heads took too long"});
    }
    ORPHEUS_TRY(const auto token, stream.next());
    if (!token) return spoken;
    frame.resize(token->text_weights.size());
    for (size_t i = 0; i < frame.size(); ++i)
      frame[i] += token->text_weights[i] / static_cast<float>(prompt::kSlotsPerFrame);
    if (num_tokens % prompt::kSlotsPerFrame != 0) continue;
    spoken.weights.insert(spoken.weights.end(), frame.begin(), frame.end());
    ++spoken.num_frames;
    frame.clear();
  }
}

}  // namespace

std::vector<llama::AttentionHead> every_head(const llama::Config& config) {
  std::vector<llama::AttentionHead> heads;
  for (int layer = 0; layer < config.num_layers; ++layer) {
    for (int head = 0; head < config.num_heads; ++head) heads.push_back({layer, head});
  }
  return heads;
}

Result<Alignment> find_alignment(const llama::Model& model, const BeginSpeech& begin,
                                 std::chrono::milliseconds most_time) {
  const auto end = Clock::now() + most_time;
  const auto heads =
      std::make_shared<const std::vector<llama::AttentionHead>>(every_head(model.config()));
  ORPHEUS_TRY(const auto pieces, pieces_of(model));
  const auto bell = std::make_shared<Bell>();
  std::array<std::unique_ptr<lm::TokenStream>, 2> streams;  // both are made together
  for (size_t i = 0; i < pieces.size(); ++i) {
    lm::GenerateRequest request;
    request.prompt = pieces[i].prompt;
    request.sampling.seed = i + 1;
    request.max_tokens = kMostFrames * prompt::kSlotsPerFrame;
    request.text_rows = pieces[i].text;
    request.continues_speech = true;  // so that it is not refused
    request.wake = [bell] { bell->ring(); };
    ORPHEUS_TRY(streams[i], begin(std::move(request), heads));
  }
  ORPHEUS_TRY(const Spoken first, listen(*streams[0], pieces[0], *bell, end));
  ORPHEUS_TRY(const Spoken second, listen(*streams[1], pieces[1], *bell, end));
  return choose_heads(*heads, first, second);
}

}  // namespace orpheus::engine
