#include "text/markup/writer.h"

#include <algorithm>
#include <utility>

#include "base/utf8.h"
#include "text/markup/control.h"
#include "text/sounds.h"

namespace orpheus::text::markup {
namespace {

constexpr size_t kMostOpen = 200;
constexpr int64_t kMostPausesMs = 600'000;
constexpr size_t kMostShown = 60;  // bytes of a tag in a message

bool has_anything(std::string_view text) {
  return text.find_first_not_of(" \t\r\n\f\v") != std::string_view::npos;
}

bool is_language(std::string_view code) {
  return code.size() == 2 &&
         std::all_of(code.begin(), code.end(), [](char c) { return c >= 'a' && c <= 'z'; });
}

Reading reading_of(std::string_view interpretation) {
  if (interpretation == "characters" || interpretation == "spell-out" ||
      interpretation == "verbatim")
    return Reading::kCharacters;
  if (interpretation == "digits" || interpretation == "telephone") return Reading::kDigits;
  if (interpretation == "ordinal") return Reading::kOrdinal;
  return Reading::kUsual;  // cardinal, date, time, unit: as they are read anyway
}

}  // namespace

void Writer::refuse(ErrorKind kind, std::string what, Range origin, std::string expected) {
  if (error_) return;
  error_ = Error{
      .kind = kind,
      .what = std::move(what) + " at byte " + std::to_string(origin.begin),
      .expected = std::move(expected),
      .found =
          "'" + printable_excerpt(input_.substr(origin.begin, origin.size()), kMostShown) + "'"};
}

Passage Writer::settings() const {
  Passage passage{.text = {}, .voice = bracket_voice_, .language = {}, .rate = bracket_rate_};
  if (!cast_voice_.empty()) passage.voice = cast_voice_;
  for (const Open& open : open_) {
    if (open.role == Role::kVoice) passage.voice = open.value;
    if (open.role == Role::kLanguage && !open.value.empty()) passage.language = open.value;
    if (open.role == Role::kRate) passage.rate *= open.rate;
  }
  passage.rate = std::clamp(passage.rate, kLeastRate, kMostRate);
  return passage;
}

void Writer::append(std::string_view words, Range origin, bool is_verbatim) {
  if (words.empty() || is_hidden() || error_) return;
  // A parser may say a place that lies before the last one: origins never go back.
  is_verbatim = is_verbatim && origin.begin >= last_.begin && origin.end >= last_.end;
  origin.begin = std::max(origin.begin, last_.begin);
  origin.end = std::max({origin.end, last_.end, origin.begin});
  last_ = origin;
  if (current_.text.empty()) {
    Passage fresh = settings();
    current_ = std::move(fresh);
  }
  if (wants_comma_ && has_anything(words)) {
    if (has_anything(current_.text.text()))
      current_.text.append_spoken(", ", {origin.begin, origin.begin});
    wants_comma_ = false;
  }
  if (is_verbatim)
    current_.text.append_verbatim(words, origin.begin);
  else
    current_.text.append_spoken(words, origin);
}

void Writer::text(Range origin) {
  size_t behind = origin.begin;
  const std::string_view seen = input_.substr(0, origin.end);
  for (size_t at = seen.find('[', behind); at != std::string_view::npos;
       at = seen.find('[', at + 1)) {
    const auto bracket = scan_bracket(seen, at);
    if (!bracket) continue;
    append(input_.substr(behind, at - behind), {behind, at}, true);
    obey(bracket->name, bracket->value, {at, at + bracket->size});
    behind = at + bracket->size;
  }
  append(input_.substr(behind, origin.end - behind), {behind, origin.end}, true);
}

void Writer::spoken(std::string_view words, Range origin) { append(words, origin, false); }

void Writer::obey(std::string_view name, std::string_view value, Range origin) {
  if (is_hidden()) return;
  if (name == "pause") {
    const auto ms = pause_ms(value);
    if (!ms) {
      return refuse(ErrorKind::kUsage, "invalid pause", origin,
                    "[pause:1.5s] or [pause:500ms], at most 60 s");
    }
    return pause(*ms);
  }
  flush(PassageEnd::kWithin);
  if (name == "voice") {
    bracket_voice_ = value;
    return;
  }
  const auto rate = rate_of(value);
  if (!rate) return refuse(ErrorKind::kUsage, "invalid rate", origin, "[rate:1.2], 0.5 to 2");
  bracket_rate_ = *rate;
}

void Writer::flush(PassageEnd end) {
  if (has_anything(current_.text.text())) {
    current_.end = end;
    document_.passages.push_back(std::move(current_));
  } else if (!document_.passages.empty()) {
    PassageEnd& last = document_.passages.back().end;
    last = std::max(last, end);
  }
  current_ = {};
  for (Open& open : open_) open.text_begin = 0;
  wants_comma_ = false;
}

void Writer::end(PassageEnd end) {
  if (is_hidden()) return;
  flush(end);
  if (end == PassageEnd::kParagraph) cast_voice_.clear();
}

void Writer::pause(int64_t ms) {
  if (is_hidden()) return;
  flush(PassageEnd::kWithin);
  total_pause_ms_ += ms;
  if (total_pause_ms_ > kMostPausesMs)
    refuse(ErrorKind::kLimit, "the pauses together are too long", {}, "at most ten minutes");
  int64_t& target =
      document_.passages.empty() ? document_.lead_ms : document_.passages.back().pause_ms;
  target += ms;
}

void Writer::unknown(Range tag) {
  if (options_.refuses_unknown_tags && !is_hidden())
    refuse(ErrorKind::kUsage, "unknown tag", tag, "a tag that docs/voices.md lists");
  // Brackets are no words; what stands glued to others is set apart from them.
  if (tag.size() < 2) return;  // a parser put it in
  Range words{tag.begin + 1, tag.end - (input_[tag.end - 1] == '>' ? 1 : 0)};
  if (words.begin < words.end && input_[words.begin] == '/') ++words.begin;
  if (words.begin < words.end && input_[words.end - 1] == '/') --words.end;
  spoken(" ", {tag.begin, words.begin});
  append(input_.substr(words.begin, words.size()), words, true);
  const bool goes_on = tag.end < input_.size() && input_[tag.end] != '.' &&
                       input_[tag.end] != ',' && input_[tag.end] != '!' && input_[tag.end] != '?';
  if (goes_on) spoken(" ", {words.end, tag.end});
}

void Writer::tag(const Tag& tag) {
  const Element* element = find_element(tag.name);
  if (element == nullptr || !is_markup(tag)) {
    const bool sounds =
        tag.kind != Tag::Kind::kClosing && tag.attributes.empty() && is_sound(tag.name);
    if (sounds)
      spoken("<" + tag.name + ">", tag.extent);
    else
      unknown(tag.extent);
    return;
  }
  if (tag.kind == Tag::Kind::kClosing)
    close(tag, *element);
  else
    open(tag, *element);
}

void Writer::begin_of(Role role) {
  switch (role) {
    case Role::kBlock:
    case Role::kCode:
    case Role::kHeading: end(PassageEnd::kParagraph); break;
    case Role::kItem:
    case Role::kRow: end(PassageEnd::kUtterance); break;
    case Role::kVoice:
    case Role::kRate:
    case Role::kLanguage: flush(PassageEnd::kWithin); break;
    default: break;
  }
}

void Writer::end_of(const Open& open) {
  switch (open.role) {
    case Role::kCell: end_cell(); break;
    case Role::kSayAs: spell(open); break;
    case Role::kSub:
    case Role::kHidden:
    case Role::kThought: break;
    default: begin_of(open.role);
  }
}

// The contents of say-as, of which a pause or another voice may have taken the beginning.
void Writer::spell(const Open& open) {
  if (open.reading == Reading::kUsual || current_.text.empty()) return;
  const size_t end = current_.text.text().size();
  Spanned whole = current_.text.slice({0, open.text_begin});
  const std::string& language = current_.language.empty() ? options_.language : current_.language;
  whole.append(spelt(current_.text.slice({open.text_begin, end}), open.reading, language));
  current_.text = std::move(whole);
}

void Writer::obey_break(const Tag& tag) {
  std::optional<int64_t> ms = pause_of_strength("medium");
  if (tag.has("time"))
    ms = pause_ms(tag.attribute("time"));
  else if (tag.has("strength"))
    ms = pause_of_strength(tag.attribute("strength"));
  if (!ms) {
    return refuse(ErrorKind::kUsage, "invalid break", tag.extent,
                  "<break time=\"500ms\"/>, at most 60s, or a strength");
  }
  pause(*ms);
}

// What the element sets for its contents. False: it cannot be obeyed.
bool Writer::set_up(const Tag& tag, Open& open) {
  switch (open.role) {
    case Role::kVoice: {
      open.value = tag.attribute("name");
      if (!open.value.empty()) return true;
      refuse(ErrorKind::kUsage, "a <voice> element has no name", tag.extent, "<voice name=\"…\">");
      return false;
    }
    case Role::kRate: {
      if (!tag.has("rate")) return true;  // pitch and volume are the voice's own
      const auto rate = rate_of(tag.attribute("rate"));
      if (!rate) {
        refuse(ErrorKind::kUsage, "invalid rate", tag.extent, "slow, fast, or 50% to 200%");
        return false;
      }
      open.rate = *rate;
      return true;
    }
    case Role::kLanguage: {
      const std::string_view code =
          tag.has("xml:lang") ? tag.attribute("xml:lang") : tag.attribute("lang");
      open.value = code.substr(0, code.find_first_of("-_"));
      if (is_language(open.value)) return true;
      refuse(ErrorKind::kUsage, "invalid language", tag.extent, "<lang xml:lang=\"de\">");
      return false;
    }
    case Role::kSayAs: open.reading = reading_of(tag.attribute("interpret-as")); return true;
    case Role::kSub: {
      open.hides = tag.has("alias");
      open.value = tag.attribute("alias");
      return true;
    }
    case Role::kHidden: open.hides = true; return true;
    case Role::kThought: open.hides = options_.drops_thoughts; return true;
    case Role::kCode: open.hides = !options_.says_code; return true;
    default: return true;
  }
}

void Writer::open(const Tag& tag, const Element& element) {
  if (is_void(element.role)) {
    if (is_hidden()) return;
    if (element.role == Role::kBreak) end(PassageEnd::kUtterance);
    if (element.role == Role::kPause) obey_break(tag);
    if (element.role == Role::kImage && tag.has("alt"))
      spoken(" " + std::string(tag.attribute("alt")) + " ", tag.extent);
    return;
  }
  if (tag.kind == Tag::Kind::kSelfClosing) {
    if (element.role == Role::kBlock) begin_of(element.role);
    return;
  }
  if (open_.size() == kMostOpen) {
    return refuse(ErrorKind::kLimit, "elements are nested too deeply", tag.extent,
                  "at most " + std::to_string(kMostOpen) + " levels");
  }
  if (!is_hidden()) begin_of(element.role);
  Open next{.name = tag.name,
            .role = element.role,
            .value = {},
            .tag_begin = tag.extent.begin,
            .begin = tag.extent.end,
            .text_begin = current_.text.text().size()};
  if (!set_up(tag, next)) return;
  if (next.hides) ++num_hidden_;
  open_.push_back(std::move(next));
}

void Writer::pop() {
  const Open last = std::move(open_.back());
  open_.pop_back();
  if (last.hides) --num_hidden_;
  if (is_hidden()) return;
  end_of(last);
}

void Writer::close(const Tag& tag, const Element& element) {
  const auto same = std::find_if(open_.rbegin(), open_.rend(),
                                 [&](const Open& open) { return open.name == tag.name; });
  if (same == open_.rend()) {
    if (!is_hidden() && !is_void(element.role)) begin_of(element.role);  // it ended something
    return;
  }
  const size_t depth = static_cast<size_t>(open_.rend() - same) - 1;
  while (open_.size() > depth + 1) pop();
  const bool is_alias = open_.back().role == Role::kSub && open_.back().hides;
  Range contents{open_.back().begin, std::max(open_.back().begin, tag.extent.begin)};
  // Without contents the tags are what the alias was read from.
  if (contents.size() == 0)
    contents = {open_.back().tag_begin, std::max(contents.end, tag.extent.end)};
  const std::string alias = open_.back().value;
  pop();
  if (is_alias) spoken(alias, contents);
}

Result<Document> Writer::finish() {
  while (!open_.empty()) pop();
  flush(PassageEnd::kParagraph);
  if (error_) return fail(std::move(*error_));
  return std::move(document_);
}

}  // namespace orpheus::text::markup
