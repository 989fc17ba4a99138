#include "http/front_page.h"

#include <algorithm>
#include <string>
#include <string_view>

#include <spdlog/fmt/fmt.h>

namespace orpheus::http {
namespace {

constexpr std::string_view kPage = R"(<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>orpheus</title>
<style>
  :root {{ color-scheme: light dark; font: 1rem/1.5 system-ui, sans-serif; }}
  body {{ max-width: 44rem; margin: 3rem auto; padding: 0 1rem; }}
  pre {{ overflow-x: auto; padding: 1rem; border: 1px solid; border-radius: 6px; }}
</style>
<h1>orpheus {version}</h1>
<p>This server speaks. It answers as OpenAI's speech API does:</p>
<pre>curl http://{host}/v1/audio/speech -o hello.mp3 \
  -H 'Content-Type: application/json' \
  -d '{{"model": "orpheus", "input": "Hello there.", "voice": "tara"}}'</pre>
<p>The sound arrives while it is being made. <code>response_format</code> is <code>mp3</code>
(without one, too), <code>opus</code>, <code>aac</code>, <code>flac</code>, <code>wav</code> or
<code>pcm</code>. Besides OpenAI's keys it takes
<code>temperature</code>, <code>top_p</code>, <code>top_k</code>, <code>min_p</code>,
<code>repetition_penalty</code>, <code>seed</code>, <code>max_tokens</code>, <code>language</code>,
<code>normalize</code> and <code>stream</code>.</p>
<p><a href="/v1/audio/voices">/v1/audio/voices</a> and <a href="/v1/models">/v1/models</a> say what
there is; <a href="/metrics">/metrics</a> counts.</p>
<p><a href="/health">/health</a> says whether it is well.</p>
</html>
)";

// The address as the visitor wrote it, where it is one: it goes into the page.
std::string visited_host(const Request& request) {
  const std::string_view host = request.header("Host").value_or("");
  const bool plain = std::all_of(host.begin(), host.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           std::string_view(".:-[]").find(c) != std::string_view::npos;
  });
  return host.empty() || !plain ? "localhost:5005" : std::string(host);
}

}  // namespace

std::vector<Route> front_page_routes() {
  return {{"GET", "/", [](const Request& request) {
             return text_response(200, "text/html; charset=utf-8",
                                  fmt::format(kPage, fmt::arg("version", ORPHEUS_VERSION),
                                              fmt::arg("host", visited_host(request))));
           }}};
}

}  // namespace orpheus::http
