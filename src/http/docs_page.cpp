#include "http/docs_page.h"

#include <string>
#include <string_view>

#include <spdlog/fmt/fmt.h>

#include "http/request.h"

namespace orpheus::http {
namespace {

using Json = nlohmann::ordered_json;

constexpr std::string_view kPage = R"(<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>orpheus: the API</title>
<style nonce="{nonce}">
  :root {{ color-scheme: light dark; font: 1rem/1.5 system-ui, sans-serif; }}
  body {{ max-width: 52rem; margin: 3rem auto; padding: 0 1rem; }}
  section {{ border-top: 1px solid; margin-top: 1.5rem; }}
  h2 {{ font-size: 1.1rem; overflow-wrap: anywhere; }}
  table {{ border-collapse: collapse; width: 100%; }}
  th, td {{ text-align: start; vertical-align: top; padding: .25rem 1rem .25rem 0; }}
</style>
<h1>orpheus {version}</h1>
<p>{description} The same for programs: <a href="openapi.json">openapi.json</a>.</p>
{sections}</html>
)";

std::string escaped(std::string_view text) {
  std::string html;
  for (const char c : text) {
    switch (c) {
      case '<': html += "&lt;"; break;
      case '>': html += "&gt;"; break;
      case '&': html += "&amp;"; break;
      case '"': html += "&quot;"; break;
      default: html += c;
    }
  }
  return html;
}

// "number, 0.25 … 4", "mp3 | opus".
std::string kind_of(const Json& schema) {
  std::string kind;
  if (schema.contains("enum")) {
    for (const Json& value : schema["enum"]) {
      kind += (kind.empty() ? "" : " | ") + value.get<std::string>();
    }
  } else if (schema.contains("oneOf")) {
    for (const Json& one : schema["oneOf"]) kind += (kind.empty() ? "" : " or ") + kind_of(one);
  } else {
    kind = schema.value("type", "");
  }
  if (schema.contains("minimum") && schema.contains("maximum")) {
    kind += ", " + schema["minimum"].dump() + " … " + schema["maximum"].dump();
  }
  if (schema.contains("maxLength"))
    kind += ", at most " + schema["maxLength"].dump() + " characters";
  return kind;
}

std::string table_of(const Json& schema) {
  if (!schema.contains("properties")) {
    return "<p>" + escaped(schema.value("description", "")) + "</p>\n";
  }
  std::string rows;
  for (const auto& [key, property] : schema["properties"].items()) {
    const bool is_needed = schema["required"].front() == key;
    rows += fmt::format("<tr><td><code>{}</code><td>{}<td>{}{}\n", escaped(key),
                        escaped(kind_of(property)), is_needed ? "<strong>needed</strong>; " : "",
                        escaped(property.value("description", "")));
  }
  return "<table><tr><th>key<th>value<th>\n" + rows + "</table>\n";
}

std::string section_of(const Json& openapi, std::string method, const std::string& path,
                       const Json& operation) {
  for (char& c : method) c = static_cast<char>(c >= 'a' && c <= 'z' ? c - 'a' + 'A' : c);
  std::string html = fmt::format("<section><h2>{} <code>{}</code></h2>\n<p>{}. {}</p>\n", method,
                                 escaped(path), escaped(operation.value("summary", "")),
                                 escaped(operation.value("description", "")));
  if (operation.contains("requestBody")) {
    const std::string reference =
        operation["requestBody"]["content"]["application/json"]["schema"]["$ref"];
    html += table_of(openapi.at(Json::json_pointer(reference.substr(1))));
  }
  return html + "</section>\n";
}

}  // namespace

Response docs_page(const Json& openapi) {
  std::string sections;
  for (const auto& [path, operations] : openapi["paths"].items()) {
    for (const auto& [method, operation] : operations.items()) {
      sections += section_of(openapi, method, path, operation);
    }
  }
  const std::string nonce = request_id(std::nullopt);  // nobody can guess it
  Response page = text_response(
      200, "text/html; charset=utf-8",
      fmt::format(
          kPage, fmt::arg("nonce", nonce),
          fmt::arg("version", openapi["info"]["version"].get<std::string>()),
          fmt::arg("description", escaped(openapi["info"]["description"].get<std::string>())),
          fmt::arg("sections", sections)));
  page.set("Content-Security-Policy",
           fmt::format("default-src 'none'; style-src 'nonce-{}'; base-uri 'none'; "
                       "form-action 'none'; frame-ancestors 'none'",
                       nonce));
  page.set("X-Content-Type-Options", "nosniff");
  page.set("Referrer-Policy", "no-referrer");
  return page;
}

}  // namespace orpheus::http
