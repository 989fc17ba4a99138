#include "http/character_times.h"

#include <algorithm>
#include <utility>

namespace orpheus::http {
namespace {

size_t character_bytes(std::string_view text, size_t at) {
  size_t end = at + 1;
  while (end < text.size() && (static_cast<unsigned char>(text[end]) & 0xC0U) == 0x80U) ++end;
  return end - at;
}

bool is_blank(char c) { return c == ' ' || c == '\n' || c == '\t' || c == '\r'; }

void add(std::string_view character, double start_s, double end_s, CharacterTimes& times) {
  times.characters.emplace_back(character);
  times.start_s.push_back(start_s);
  times.end_s.push_back(std::max(start_s, end_s));
}

// Times at the bytes of a text, and at its end.
std::vector<double> evenly(size_t num_bytes, double start_s, double end_s) {
  std::vector<double> times(num_bytes + 1, end_s);
  for (size_t i = 0; i < num_bytes; ++i)
    times[i] =
        start_s + (end_s - start_s) * static_cast<double>(i) / static_cast<double>(num_bytes);
  return times;
}

// Adds all characters of a text. at: the time at each of its bytes, and at its end.
void spread(std::string_view text, std::span<const double> at, CharacterTimes& times) {
  for (size_t i = 0; i < text.size();) {
    const size_t length = character_bytes(text, i);
    add(text.substr(i, length), at[i], at[i + length], times);
    i += length;
  }
}

// A part of the input that is not spoken: blanks, marks and emoji, or markup with perhaps a blank
// at its edge.
void add_gap(std::string_view gap, double at_s, CharacterTimes& times) {
  if (gap.find_first_of("<>&*_#`[]~|") == gap.npos)
    return spread(gap, std::vector<double>(gap.size() + 1, at_s), times);
  if (std::any_of(gap.begin(), gap.end(), is_blank)) add(" ", at_s, at_s, times);
}

}  // namespace

void Aligner::begin_piece(const text::Spanned& piece, std::string_view input, double start_s) {
  end(start_s);
  const size_t origin_end = std::min(piece.origin({0, piece.text().size()}).end, input.size());
  Piece next{.text = piece, .written = {}, .begin = covered_, .start_s = start_s};
  if (origin_end > covered_) {
    next.written = input.substr(covered_, origin_end - covered_);
    covered_ = origin_end;
  }
  piece_ = std::move(next);
}

void Aligner::add_words(std::span<const align::WordTime> words, double speed) {
  if (!piece_) return;
  for (const align::WordTime& word : words) {
    piece_->anchors.push_back({word.text.begin, align::seconds_of(word.begin) / speed});
    piece_->anchors.push_back({word.text.end, align::seconds_of(word.end) / speed});
  }
}

// The time at each byte offset of a piece, its end included. Between two anchors it is divided
// evenly. Anchors that are out of order are pushed into it.
std::vector<double> Aligner::times_of(const Piece& piece, double end_s) {
  const size_t size = piece.text.text().size();
  std::vector<double> times;
  times.reserve(size + 1);
  double at_s = piece.start_s;
  const auto go_to = [&](size_t offset, double seconds) {
    offset = std::clamp(offset, times.size(), size);
    seconds = std::clamp(seconds, at_s, end_s);
    const size_t begin = times.size();
    const auto length = static_cast<double>(offset - begin);
    while (times.size() < offset)
      times.push_back(at_s + (seconds - at_s) * static_cast<double>(times.size() - begin) / length);
    at_s = seconds;
  };
  for (const Anchor& anchor : piece.anchors) go_to(anchor.offset, anchor.seconds);
  go_to(size, end_s);
  times.push_back(end_s);
  return times;
}

void Aligner::end(double end_s) {
  if (!piece_) return;
  end_piece(*piece_, std::max(end_s, piece_->start_s));
  piece_.reset();
}

void Aligner::end_piece(const Piece& piece, double end_s) {
  if (!ended_) ended_ = Alignment{.start_s = piece.start_s, .written = {}, .spoken = {}};
  const std::string& text = piece.text.text();
  if (wants_blank_ && !text.starts_with(' '))
    add(" ", piece.start_s, piece.start_s, ended_->spoken);
  wants_blank_ = !text.empty() && text.back() != ' ';
  const std::vector<double> at = times_of(piece, end_s);
  spread(text, at, ended_->spoken);

  CharacterTimes& written = ended_->written;
  size_t done = 0;  // bytes of piece.written
  const auto offset_of = [&](size_t origin) {
    return std::clamp(std::max(origin, piece.begin) - piece.begin, done, piece.written.size());
  };
  for (const text::Spanned::Run& run : piece.text.runs()) {
    const size_t begin = offset_of(run.origin.begin);
    if (begin > done)
      add_gap(std::string_view(piece.written).substr(done, begin - done), at[run.text.begin],
              written);
    done = begin;
    const size_t end = offset_of(run.origin.end);
    if (end > done) {
      const auto times = std::span(at).subspan(run.text.begin, run.text.size() + 1);
      const auto part = std::string_view(piece.written).substr(done, end - done);
      // A spoken form's time is that of its written form as a whole.
      const bool is_same = run.is_verbatim && part.size() == run.text.size();
      spread(part,
             is_same ? std::vector(times.begin(), times.end())
                     : evenly(part.size(), times.front(), times.back()),
             written);
      done = end;
    } else if (!written.end_s.empty() && run.text.size() > 0) {
      written.end_s.back() = std::max(written.end_s.back(), at[run.text.end]);  // more of the same
    }
  }
}

std::optional<Alignment> Aligner::take() { return std::exchange(ended_, std::nullopt); }

}  // namespace orpheus::http
