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

int LoopDetector::num_repeated() const {
  return *std::max_element(num_repeated_.begin(), num_repeated_.end());
}

PieceReader::PieceReader(lm::LanguageModel& model, Takes takes, const prompt::TokenLayout& layout)
    : model_(&model), takes_(std::move(takes)), layout_(layout), assembler_(layout) {}

Result<PieceReader> PieceReader::start(lm::LanguageModel& model, Takes takes,
                                       const prompt::TokenLayout& layout) {
  PieceReader reader(model, std::move(takes), layout);
  ORPHEUS_CHECK(reader.begin_take(reader.takes_.first.sampling.seed));
  return reader;
}

// Continues after the tokens made so far.
Result<void> PieceReader::begin_take(uint64_t seed) {
  tokens_.reset();  // frees its sequence first
  lm::GenerateRequest request = takes_.first;
  request.sampling.seed = seed;
  request.prompt.insert(request.prompt.end(), made_.begin(), made_.end());
  request.max_tokens -= static_cast<int>(made_.size());
  ORPHEUS_TRY(tokens_, model_->generate(std::move(request)));
  assembler_ = codes::FrameAssembler(layout_);
  loop_ = {};
  return {};
}

Result<std::optional<codes::Frame>> PieceReader::next_frame() {
  while (num_ready() == 0 && tokens_) {
    if (const auto read = read_token(); !read) error_ = read.error();
  }
  if (num_ready() == 0) {
    if (error_) return fail(*error_);
    return std::optional<codes::Frame>();
  }
  has_handed_out_ = true;
  const codes::Frame frame = frames_.front().frame;
  evidence_ = std::move(frames_.front().evidence);
  frames_.pop_front();
  return std::optional(frame);
}

bool PieceReader::ready() {
  while (num_ready() == 0 && tokens_ && tokens_->ready()) {
    if (const auto read = read_token(); !read) error_ = read.error();
  }
  return num_ready() > 0 || !tokens_;
}

void PieceReader::read_ahead() {
  while (tokens_ && tokens_->ready()) {
    if (const auto read = read_token(); !read) error_ = read.error();
  }
}

// Reads one token or the end. After the end or an error, tokens_ is null.
Result<void> PieceReader::read_token() {
  auto token = tokens_->next();
  if (!token) {
    tokens_.reset();
    num_held_ = 0;
    return fail(std::move(token).error());
  }
  if (!*token) {
    const bool at_bound = num_tokens() >= takes_.first.max_tokens;
    num_prompt_tokens_told_ = tokens_->num_prompt_tokens();
    tokens_.reset();
    num_held_ = 0;
    return at_bound && takes_.may_run_away ? run_away() : Result<void>();
  }
  const prompt::Token id = (*token)->id;
  made_.push_back(id);
  if (takes_.first.text_rows) {
    if (last_.size() == prompt::kSlotsPerFrame) last_.pop_front();
    last_.push_back(*std::move(*token));
  }
  if (const auto frame = assembler_.push(id)) {
    add_frame(*frame);
    if (!takes_.may_run_away) return {};
    const bool loops = loop_.push(*frame);
    num_held_ = static_cast<size_t>(loop_.num_repeated());
    if (loops) return run_away();
  }
  return {};
}

// The tokens of a frame stand in a row: one that does not fit begins a new frame.
void PieceReader::add_frame(const codes::Frame& frame) {
  ReadFrame read{.frame = frame, .evidence = {}};
  if (takes_.first.text_rows) {
    const std::vector<lm::GeneratedToken> tokens(last_.begin(), last_.end());
    read.evidence = align::evidence_of(tokens, static_cast<size_t>(takes_.first.text_rows->count));
  }
  frames_.push_back(std::move(read));
  frame_ends_.push_back(made_.size());
}

Result<void> PieceReader::run_away() {
  const bool loops = num_held_ > 0;
  tokens_.reset();
  if (loops) drop_repeated();
  if (is_second_take_ || !(makes_anew() || (loops && takes_.goes_on_from_tokens))) {
    log::warn("the model did not end a piece of the text; the piece was cut off after {} tokens",
              num_tokens());
    return {};
  }
  log::debug("the model did not end a piece of the text; it continues after {} tokens",
             num_tokens());
  is_second_take_ = true;
  takes_.first.continues_speech = true;
  return begin_take(takes_.seed_of_second);
}

// For models that cannot continue from tokens: drops all tokens if no frame was handed out.
bool PieceReader::makes_anew() {
  if (takes_.goes_on_from_tokens || has_handed_out_) return false;
  frames_.clear();
  frame_ends_.clear();
  made_.clear();
  return true;
}

void PieceReader::drop_repeated() {
  frames_.resize(frames_.size() - num_held_);
  frame_ends_.resize(frame_ends_.size() - num_held_);
  made_.resize(frame_ends_.back());
  num_held_ = 0;
}

}  // namespace orpheus::speech
