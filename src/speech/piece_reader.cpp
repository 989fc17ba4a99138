#include "speech/piece_reader.h"

#include <utility>

#include "base/log.h"

namespace orpheus::speech {
namespace {

constexpr int kFramesThatShowALoop = 47;  // four seconds

}  // namespace

bool LoopDetector::push(const codes::Frame& frame) {
  bool repeats = false;
  for (size_t period = 1; period <= kLongestPeriod; ++period) {
    int& repeated = num_repeated_[period - 1];
    const bool equal = last_.size() >= period && last_[last_.size() - period] == frame;
    repeated = equal ? repeated + 1 : 0;
    repeats = repeats || repeated >= kFramesThatShowALoop;
  }
  last_.push_back(frame);
  if (last_.size() > kLongestPeriod) last_.pop_front();
  return repeats;
}

PieceReader::PieceReader(lm::LanguageModel& model, Takes takes, const prompt::TokenLayout& layout)
    : model_(&model), takes_(std::move(takes)), layout_(layout), assembler_(layout) {}

Result<PieceReader> PieceReader::start(lm::LanguageModel& model, Takes takes,
                                       const prompt::TokenLayout& layout) {
  PieceReader reader(model, std::move(takes), layout);
  ORPHEUS_CHECK(reader.begin_take(reader.takes_.first.sampling.seed));
  return reader;
}

Result<void> PieceReader::begin_take(uint64_t seed) {
  tokens_.reset();  // frees its place first
  lm::GenerateRequest request = takes_.first;
  request.sampling.seed = seed;
  ORPHEUS_TRY(tokens_, model_->generate(std::move(request)));
  assembler_ = codes::FrameAssembler(layout_);
  loop_ = {};
  frames_.clear();
  seed_ = seed;
  num_tokens_ = 0;
  return {};
}

Result<std::optional<codes::Frame>> PieceReader::next_frame() {
  while (frames_.empty() && tokens_) {
    if (const auto read = read_token(); !read) error_ = read.error();
  }
  if (frames_.empty()) {
    if (error_) return fail(*error_);
    return std::optional<codes::Frame>();
  }
  has_handed_out_ = true;
  const codes::Frame frame = frames_.front();
  frames_.pop_front();
  return std::optional(frame);
}

void PieceReader::read_ahead() {
  while (tokens_ && tokens_->ready()) {
    if (const auto read = read_token(); !read) error_ = read.error();
  }
}

// One token, or the end: then, and after an error, there is no stream any more.
Result<void> PieceReader::read_token() {
  auto token = tokens_->next();
  if (!token) {
    tokens_.reset();
    return fail(std::move(token).error());
  }
  if (!*token) {
    const bool at_bound = num_tokens_ >= takes_.first.max_tokens;
    num_prompt_tokens_told_ = tokens_->num_prompt_tokens();
    tokens_.reset();
    return at_bound && takes_.may_run_away ? run_away() : Result<void>();
  }
  ++num_tokens_;
  if (const auto frame = assembler_.push((*token)->id)) {
    frames_.push_back(*frame);
    if (takes_.may_run_away && loop_.push(*frame)) return run_away();
  }
  return {};
}

Result<void> PieceReader::run_away() {
  tokens_.reset();
  if (has_handed_out_ || is_second_take_) {
    log::warn("a piece of the text did not end by itself; it was ended after {} tokens",
              num_tokens_);
    return {};
  }
  log::debug("a piece of the text did not end by itself; it is made once more");
  is_second_take_ = true;
  takes_.first.continues_speech = true;
  return begin_take(takes_.seed_of_second);
}

}  // namespace orpheus::speech
