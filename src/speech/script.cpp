#include "speech/script.h"

#include <algorithm>
#include <map>
#include <utility>

#include "base/utf8.h"
#include "speech/speaking_time.h"
#include "text/markup/document.h"
#include "text/reading/read.h"

namespace orpheus::speech {
namespace {

constexpr std::string_view kNothingToSpeak = "the text contains nothing to speak";

using text::PieceEnd;
using text::Spanned;
using text::markup::Passage;
using text::markup::PassageEnd;

// A passage with its final voice and language.
struct Stretch {
  const Passage* passage = nullptr;
  Spanned text;  // normalised, with its pronunciations
  prompt::Voice voice;
  std::string language;
  PassageEnd end = PassageEnd::kParagraph;
  int64_t pause_ms = 0;
};

// Stretches that one voice says without a break: more than one where a language is set within a
// sentence.
struct Utterance {
  size_t first = 0;
  size_t last = 0;
  std::string language;  // of these sentences
};

bool is_blank(char c) { return c == ' ' || c == '\n' || c == '\t'; }

PieceEnd piece_end(PassageEnd end) {
  switch (end) {
    case PassageEnd::kWithin: return PieceEnd::kClause;
    case PassageEnd::kUtterance: return PieceEnd::kSentence;
    case PassageEnd::kParagraph: break;
  }
  return PieceEnd::kParagraph;
}

Error too_long(size_t length, const Options& options) {
  return {.kind = ErrorKind::kLimit,
          .what = "the text is too long",
          .expected = "at most " + std::to_string(options.max_text_code_points) + " characters",
          .found = std::to_string(length),
          .remedy = "Split the text, or raise the limit (--max-input)."};
}

class Author {
 public:
  Author(const Request& request, std::span<const prompt::Voice> voices, const text::Habits& habits,
         const Options& options)
      : request_(request), voices_(voices), habits_(habits), options_(options) {}

  Result<Script> write() {
    ORPHEUS_TRY(script_.voice, prompt::find_voice(voices_, request_.voice, request_.unknown_voice));
    text::markup::Options options = request_.markup;
    options.language = request_.language.empty() ? script_.voice.language : request_.language;
    ORPHEUS_TRY(const auto document,
                text::markup::read_document(request_.text, request_.format, options));
    script_.lead_ms = document.lead_ms;
    ORPHEUS_CHECK(settle(document));
    for (const std::string& language : languages_) read_all_in(language);
    join();
    for (const std::string& language : languages_) split_all_in(language);
    gather();
    return std::move(script_);
  }

 private:
  Result<void> settle(const text::markup::Document& document) {
    size_t length = 0;
    for (const Passage& passage : document.passages) {
      Stretch stretch{.passage = &passage,
                      .text = {},
                      .voice = {},
                      .language = {},
                      .end = passage.end,
                      .pause_ms = passage.pause_ms};
      ORPHEUS_TRY(stretch.text, text::normalise(passage.text));
      length += count_code_points(stretch.text.text());
      if (length > options_.max_text_code_points) return fail(too_long(length, options_));
      stretch.voice = script_.voice;
      if (!passage.voice.empty()) {
        ORPHEUS_TRY(stretch.voice,
                    prompt::find_voice(voices_, passage.voice, request_.unknown_voice));
      }
      stretch.language = !passage.language.empty()    ? passage.language
                         : !request_.language.empty() ? request_.language
                                                      : stretch.voice.language;
      if (!habits_.speaks_tags) stretch.text = text::without_tags(stretch.text);
      prepare(stretch);
      // Of a passage without words only its silence remains.
      if (stretch.text.empty() && !stretches_.empty()) {
        stretches_.back().pause_ms += stretch.pause_ms;
        stretches_.back().end = std::max(stretches_.back().end, stretch.end);
        continue;
      }
      if (stretch.text.empty()) script_.lead_ms += stretch.pause_ms;
      if (stretch.text.empty()) continue;
      if (std::find(languages_.begin(), languages_.end(), stretch.language) == languages_.end())
        languages_.push_back(stretch.language);
      stretches_.push_back(std::move(stretch));
    }
    return {};
  }

  void prepare(Stretch& stretch) const {
    for (const auto& lexicon : {request_.lexicon, options_.lexicon}) {
      if (lexicon)
        stretch.text = lexicon->apply(stretch.text, stretch.language, stretch.voice.name);
    }
    // All passages of a language are read together, one on each line.
    if (stretch.text.text().find('\n') == std::string::npos) return;
    Spanned line;
    const std::string_view text = stretch.text.text();
    for (size_t begin = 0; begin < text.size();) {
      const size_t end = std::min(text.find('\n', begin), text.size());
      line.append(stretch.text.slice({begin, end}));
      begin = std::min(text.find_first_not_of('\n', end), text.size());
      if (begin < text.size()) line.append_spoken(" ", stretch.text.origin({end, begin}));
    }
    stretch.text = std::move(line);
  }

  // Puts all passages of this language into one text, so that its reader is made once.
  void read_all_in(const std::string& language) {
    Spanned all;
    std::vector<size_t> of_line;  // index of the stretch on each line
    for (size_t i = 0; i < stretches_.size(); ++i) {
      if (stretches_[i].language != language) continue;
      if (!all.empty()) all.append_spoken("\n", {});
      all.append(stretches_[i].text);
      of_line.push_back(i);
    }
    // A voice with an alphabet was trained with words, not with names of letters.
    if (request_.normalize)
      all = text::reading::read(all, language,
                                {.leaves_unread_digits = habits_.characters.empty(),
                                 .spells_acronyms = !habits_.characters.empty()});
    all = text::folded(all, language, habits_, request_.emoji);
    const std::string_view spoken = all.text();
    size_t begin = 0;
    for (const size_t stretch : of_line) {
      const size_t end = std::min(spoken.find('\n', begin), spoken.size());
      stretches_[stretch].text = all.slice({begin, end});
      begin = std::min(end + 1, spoken.size());
    }
  }

  // <lang> within a sentence parts its passages, and not what is heard.
  void join() {
    for (size_t i = 0; i < stretches_.size(); ++i) {
      const Stretch& stretch = stretches_[i];
      const Stretch* before = i == 0 ? nullptr : &stretches_[i - 1];
      const bool goes_on = before != nullptr && before->end == PassageEnd::kWithin &&
                           before->pause_ms == 0 && before->voice.name == stretch.voice.name &&
                           before->passage->rate == stretch.passage->rate;
      if (!goes_on) {
        utterances_.push_back({.first = i, .last = i, .language = stretch.language});
        continue;
      }
      utterances_.back().last = i;
      if (stretch.passage->language.empty()) utterances_.back().language = stretch.language;
    }
  }

  Spanned words_of(const Utterance& utterance) const {
    Spanned words;
    for (size_t i = utterance.first; i <= utterance.last; ++i) {
      const std::string& written = stretches_[i].passage->text.text();
      const std::string& before =
          i == utterance.first ? written : stretches_[i - 1].passage->text.text();
      const bool is_apart = is_blank(written.front()) || is_blank(before.back());
      if (!words.empty() && !stretches_[i].text.empty() && is_apart)
        words.append_spoken(" ", stretches_[i].text.origin({0, 0}));
      words.append(stretches_[i].text);
    }
    return words;
  }

  void split_all_in(const std::string& language) {
    Spanned all;
    std::vector<size_t> of_line;  // which utterance it is
    for (size_t i = 0; i < utterances_.size(); ++i) {
      if (utterances_[i].language != language) continue;
      if (!of_line.empty()) all.append_spoken("\n", {});
      all.append(words_of(utterances_[i]));
      of_line.push_back(i);
    }
    const std::string_view spoken = all.text();
    size_t line = 0;
    size_t behind = 0;
    for (const text::PieceRange& range :
         text::split_ranges(spoken, language,
                            {.most = options_.max_piece_code_points,
                            .most_words = habits_.most_words,
                            .most_sentences = habits_.most_sentences,
                            .most_seconds = options_.max_piece_seconds - kLongestStart,
                            .seconds_of = longest_seconds_of})) {
      line += static_cast<size_t>(
          std::count(spoken.begin() + static_cast<int64_t>(behind),
                     spoken.begin() + static_cast<int64_t>(range.text.begin), '\n'));
      behind = range.text.begin;
      if (line >= of_line.size()) break;  // every line is an utterance
      pieces_[of_line[line]].push_back({text::finished(all.slice(range.text), habits_), range.end});
    }
  }

  void gather() {
    for (size_t i = 0; i < utterances_.size(); ++i) {
      const Stretch& first = stretches_[utterances_[i].first];
      const Stretch& last = stretches_[utterances_[i].last];
      auto& pieces = pieces_[i];
      if (pieces.empty()) {  // only signs
        int64_t& pause = script_.pieces.empty() ? script_.lead_ms : script_.pieces.back().pause_ms;
        pause += last.pause_ms;
        if (!script_.pieces.empty())
          script_.pieces.back().end = std::max(script_.pieces.back().end, piece_end(last.end));
        continue;
      }
      for (auto& [words, end] : pieces) {
        script_.pieces.push_back({.text = std::move(words),
                                  .end = end,
                                  .voice = first.voice,
                                  .rate = first.passage->rate});
      }
      script_.pieces.back().end = piece_end(last.end);
      script_.pieces.back().pause_ms = last.pause_ms;
    }
  }

  const Request& request_;
  std::span<const prompt::Voice> voices_;
  const text::Habits& habits_;
  const Options& options_;
  Script script_;
  std::vector<Stretch> stretches_;
  std::vector<std::string> languages_;
  std::vector<Utterance> utterances_;
  std::map<size_t, std::vector<std::pair<Spanned, PieceEnd>>> pieces_;  // of each utterance
};

}  // namespace

Result<Script> write_script(const Request& request, std::span<const prompt::Voice> voices,
                            const text::Habits& habits, const Options& options) {
  ORPHEUS_TRY(Script script, Author(request, voices, habits, options).write());
  if (script.pieces.empty()) return fail(nothing_to_speak(request.text));
  return script;
}

Result<Script> write_script(const text::markup::Stretch& stretch, const Request& request,
                            std::span<const prompt::Voice> voices, const text::Habits& habits,
                            const Options& options) {
  Request part = request;
  part.text = stretch.text;
  ORPHEUS_TRY(Script script, Author(part, voices, habits, options).write());
  Spanned place;
  place.append_verbatim(stretch.text, stretch.begin);
  for (ScriptPiece& piece : script.pieces) piece.text = piece.text.after(place);
  if (!script.pieces.empty()) script.pieces.back().end = stretch.end;
  return script;
}

bool is_nothing_to_speak(const Error& error) {
  return error.kind == ErrorKind::kUsage && error.what == kNothingToSpeak;
}

Error nothing_to_speak(std::string_view text) {
  return {.kind = ErrorKind::kUsage,
          .what = std::string(kNothingToSpeak),
          .expected = "at least one letter or digit",
          .found = text.empty() ? "an empty text" : "no letter or digit"};
}

Result<Script> Synthesiser::script(const Request& /*request*/) const {
  return fail(
      {.kind = ErrorKind::kUnsupported, .what = "this voice cannot show the text that it speaks"});
}

}  // namespace orpheus::speech
