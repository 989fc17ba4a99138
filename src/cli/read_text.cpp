#include "cli/read_text.h"

#include <algorithm>
#include <array>
#include <utility>

#include "base/utf8.h"
#include "cli/read_input.h"

namespace orpheus::cli {
namespace {

constexpr std::string_view kUtf8Mark = "\xEF\xBB\xBF";
constexpr size_t kLooked = 4096;  // bytes that tell what a file is

enum class Order { kLittle, kBig };

// The first bytes of a file that is not text, and a command that extracts the text of "FILE".
struct Kind {
  std::string_view begins;
  std::string_view holds;  // within its first bytes; may be empty
  const char* name;
  const char* remedy;
};
constexpr std::array<Kind, 8> kKinds = {{
    {"PK\x03\x04", "application/epub+zip", "an EPUB book",
     "Convert it to text: pandoc FILE -t plain --wrap=none -o book.txt (or Calibre's "
     "ebook-convert)."},
    {"PK\x03\x04", "application/vnd.oasis.opendocument.text", "an OpenDocument text",
     "Convert it to text: pandoc FILE -t plain --wrap=none -o text.txt"},
    {"PK\x03\x04", "word/", "a Word document",
     "Convert it to text: pandoc FILE -f docx -t plain --wrap=none -o text.txt"},
    {"PK\x03\x04", "", "a ZIP archive", "Unpack it first: unzip FILE"},
    {"%PDF-", "", "a PDF", "Convert it to text: pdftotext -layout FILE text.txt"},
    {"\x1F\x8B", "", "a gzip archive", "Unpack it first: gunzip FILE"},
    {"{\\rtf", "", "an RTF document",
     "Convert it to text: pandoc FILE -f rtf -t plain --wrap=none -o text.txt"},
    {"\xD0\xCF\x11\xE0", "", "an old Word document", "Convert it to text: catdoc FILE > text.txt"},
}};

std::string with_name(std::string remedy, const std::string& name) {
  if (name == name_of_input("-")) return remedy;
  const std::string shown = name.find(' ') == name.npos ? name : "'" + name + "'";
  if (const size_t at = remedy.find("FILE"); at != remedy.npos) remedy.replace(at, 4, shown);
  return remedy;
}

tl::unexpected<Error> no_text(const std::string& name, const std::string& found,
                              const std::string& remedy) {
  return fail({.kind = ErrorKind::kBadFile,
               .what = name + " is not a text file",
               .expected = "text in UTF-8",
               .found = found,
               .remedy = with_name(remedy, name)});
}

void append_utf8(char32_t c, std::string& text) {
  const auto put = [&](char32_t byte) { text += static_cast<char>(byte); };
  if (c < 0x80) {
    put(c);
  } else if (c < 0x800) {
    put(0xC0 | c >> 6U);
    put(0x80 | (c & 0x3FU));
  } else if (c < 0x10000) {
    put(0xE0 | c >> 12U);
    put(0x80 | (c >> 6U & 0x3FU));
    put(0x80 | (c & 0x3FU));
  } else {
    put(0xF0 | c >> 18U);
    put(0x80 | (c >> 12U & 0x3FU));
    put(0x80 | (c >> 6U & 0x3FU));
    put(0x80 | (c & 0x3FU));
  }
}

// Behind its byte order mark. A half of a pair that stands alone becomes U+FFFD.
std::string of_utf16(std::string_view bytes, Order order) {
  constexpr char32_t kReplacement = 0xFFFD;
  const auto unit = [&](size_t at) -> char32_t {
    const auto first = static_cast<unsigned char>(bytes[at]);
    const auto second = static_cast<unsigned char>(bytes[at + 1]);
    return order == Order::kLittle ? first | second << 8U : first << 8U | second;
  };
  std::string text;
  for (size_t at = 0; at + 1 < bytes.size(); at += 2) {
    char32_t c = unit(at);
    if (c >= 0xD800 && c < 0xE000) {
      const char32_t low = at + 3 < bytes.size() ? unit(at + 2) : 0;
      const bool is_pair = c < 0xDC00 && low >= 0xDC00 && low < 0xE000;
      if (is_pair) at += 2;
      c = is_pair ? 0x10000 + ((c - 0xD800) << 10U) + (low - 0xDC00) : kReplacement;
    }
    append_utf8(c, text);
  }
  return text;
}

// The type and creator of a Palm database.
bool is_mobipocket(std::string_view bytes) {
  constexpr size_t kTypeAt = 60;
  return bytes.size() > kTypeAt && bytes.substr(kTypeAt).starts_with("BOOKMOBI");
}

// Every other byte is zero: European text in UTF-16 without its mark.
const char* utf16_without_mark(std::string_view bytes) {
  std::array<size_t, 2> num_zero{};
  for (size_t i = 0; i < bytes.size(); ++i) num_zero[i % 2] += bytes[i] == '\0' ? 1 : 0;
  if (bytes.size() < 4) return nullptr;
  if (num_zero[1] > bytes.size() / 4 && num_zero[0] == 0) return "UTF-16LE";
  if (num_zero[0] > bytes.size() / 4 && num_zero[1] == 0) return "UTF-16BE";
  return nullptr;
}

// Windows-1252 has letters and signs where Latin-1 has control characters.
const char* eight_bit_encoding(std::string_view bytes) {
  const bool has_windows_signs = std::any_of(bytes.begin(), bytes.end(), [](char c) {
    const auto byte = static_cast<unsigned char>(c);
    return byte >= 0x80 && byte < 0xA0;
  });
  return has_windows_signs ? "WINDOWS-1252" : "ISO-8859-1";
}

}  // namespace

Result<std::string> text_of_bytes(std::string bytes, const std::string& name) {
  if (bytes.starts_with("\xFF\xFE"))
    return of_utf16(std::string_view(bytes).substr(2), Order::kLittle);
  if (bytes.starts_with("\xFE\xFF"))
    return of_utf16(std::string_view(bytes).substr(2), Order::kBig);
  if (bytes.starts_with(kUtf8Mark)) bytes.erase(0, kUtf8Mark.size());
  const std::string_view looked = std::string_view(bytes).substr(0, kLooked);
  for (const Kind& kind : kKinds) {
    if (looked.starts_with(kind.begins) && looked.find(kind.holds) != looked.npos)
      return no_text(name, kind.name, kind.remedy);
  }
  if (is_mobipocket(looked)) {
    return no_text(name, "a Kindle or Mobipocket book",
                   "Convert it to text with Calibre: ebook-convert FILE book.txt");
  }
  if (const char* encoding = utf16_without_mark(looked)) {
    return no_text(name, std::string(encoding) + " without a byte order mark",
                   std::string("Convert it: iconv -f ") + encoding + " -t UTF-8 FILE > utf8.txt");
  }
  const auto invalid = find_invalid_utf8(bytes);
  if (!invalid) return bytes;
  if (std::string_view(bytes).find('\0') != std::string_view::npos)
    return no_text(name, "binary data", "Convert it to text first.");
  const std::string encoding = eight_bit_encoding(bytes);
  return no_text(name, "invalid UTF-8 at byte " + std::to_string(*invalid),
                 "If it is " + std::string(encoding == "ISO-8859-1" ? "Latin-1" : "Windows-1252") +
                     " (as many older Western files are): iconv -f " + encoding +
                     " -t UTF-8 FILE > utf8.txt");
}

Result<std::string> read_text(const std::string& path) {
  ORPHEUS_TRY(std::string bytes, read_input(path));
  return text_of_bytes(std::move(bytes), name_of_input(path));
}

}  // namespace orpheus::cli
