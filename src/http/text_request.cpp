#include "http/text_request.h"

#include <memory>
#include <utility>

namespace orpheus::http {
namespace {

constexpr size_t kMostPronunciations = 1000;
constexpr size_t kMostSpeakers = 64;

void read_format(JsonBody& body, speech::Request& request) {
  const auto name = body.text("input_format");
  if (!name) return;
  if (const auto format = text::markup::format_named(*name)) {
    request.format = *format;
    return;
  }
  body.refuse("input_format", "unsupported_value",
              {.kind = ErrorKind::kUsage,
               .what = "unknown input_format",
               .expected = "plain, markdown, html, ssml or auto",
               .found = excerpt(*name)});
}

void read_pronunciations(JsonBody& body, speech::Request& request) {
  const auto words = body.texts("pronunciations", kMostPronunciations);
  if (words.empty()) return;
  auto lexicon = std::make_shared<text::Lexicon>();
  for (const auto& [written, spoken] : words) {
    if (const auto added = lexicon->add({.written = written, .spoken = spoken}); !added)
      return body.refuse("pronunciations", "invalid_value", added.error());
  }
  request.lexicon = std::move(lexicon);
}

void read_emoji(JsonBody& body, speech::Request& request) {
  const auto name = body.text("emoji");
  if (!name || *name == "drop") return;
  if (*name == "name") {
    request.emoji = text::Emoji::kName;
    return;
  }
  body.refuse("emoji", "unsupported_value",
              {.kind = ErrorKind::kUsage,
               .what = "invalid value of emoji",
               .expected = "drop or name",
               .found = excerpt(*name)});
}

}  // namespace

void read_text_keys(JsonBody& body, speech::Request& request) {
  read_format(body, request);
  read_pronunciations(body, request);
  read_emoji(body, request);
  request.markup.cast = body.texts("cast", kMostSpeakers);
  request.markup.says_code = body.boolean("code").value_or(true);
  request.markup.drops_thoughts = !body.boolean("thoughts").value_or(false);
  request.markup.refuses_unknown_tags = body.boolean("strict_tags").value_or(false);
}

}  // namespace orpheus::http
