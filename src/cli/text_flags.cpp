#include "cli/text_flags.h"

namespace orpheus::cli {

void add_text_flags(CLI::App& command, TextOptions& options) {
  command
      .add_option("--format", options.format,
                  "Format of the text: plain, markdown, html, ssml or auto [by file extension]")
      ->type_name("FORMAT");
  command.add_option("--cast", options.cast, "Speak lines 'NAME: …' with VOICE; may be repeated")
      ->type_name("NAME=VOICE");
  command.add_flag("!--no-code", options.says_code, "Skip code blocks");
  command.add_flag("!--thoughts", options.drops_thoughts, "Speak <think>…</think> too");
  command.add_flag("--strict-tags", options.refuses_unknown_tags,
                   "Refuse unknown tags instead of reading them as words");
  command.add_flag("--name-emoji", options.names_emoji,
                   "Speak emoji by their names in the language of the text");
}

Result<void> obey(const TextOptions& options, std::string_view file, speech::Request& request) {
  using text::markup::Format;
  request.format = file.empty() ? Format::kPlain : text::markup::format_of_file(file);
  if (!options.format.empty()) {
    const auto format = text::markup::format_named(options.format);
    if (!format) {
      return fail({.kind = ErrorKind::kUsage,
                   .what = "unknown text format",
                   .expected = "plain, markdown, html, ssml or auto",
                   .found = "'" + options.format + "'"});
    }
    request.format = *format;
  }
  request.markup.says_code = options.says_code;
  request.markup.drops_thoughts = options.drops_thoughts;
  request.markup.refuses_unknown_tags = options.refuses_unknown_tags;
  request.emoji = options.names_emoji ? text::Emoji::kName : text::Emoji::kDrop;
  for (const std::string& role : options.cast) {
    const size_t sign = role.find('=');
    if (sign == std::string::npos || sign == 0 || sign + 1 == role.size()) {
      return fail({.kind = ErrorKind::kUsage,
                   .what = "--cast has no voice name",
                   .expected = "NAME=VOICE",
                   .found = "'" + role + "'"});
    }
    request.markup.cast[role.substr(0, sign)] = role.substr(sign + 1);
  }
  return {};
}

}  // namespace orpheus::cli
