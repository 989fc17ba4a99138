#include "http/page_api.h"

#include <algorithm>
#include <string>
#include <string_view>

#include <nlohmann/json.hpp>

#include "audio/format.h"
#include "http/errors.h"
#include "http/page_files.h"
#include "http/speech_api.h"

namespace orpheus::http {
namespace {

using Json = nlohmann::ordered_json;

constexpr std::string_view kDocument = "index.html";

// Allows only this server's files, nothing inline, and no frame of another site.
constexpr std::string_view kPolicy =
    "default-src 'none'; script-src 'self'; worker-src 'self'; style-src 'self'; "
    "connect-src 'self'; img-src 'self'; media-src blob:; base-uri 'self'; form-action 'none'; "
    "frame-ancestors 'none'";

// Whether one of the browser's tags is this one. A proxy may have made the tag weak.
bool names_tag(std::string_view header, std::string_view etag) {
  if (header == "*") return true;
  for (size_t at = header.find(etag); at != std::string_view::npos;
       at = header.find(etag, at + 1)) {
    const std::string_view rest = header.substr(at + etag.size());
    if (rest.empty() || rest.front() == ',' || rest.front() == ' ') return true;
  }
  return false;
}

// Whether an Accept-Encoding has gzip, and not with the weight 0.
bool accepts_gzip(std::string_view header) {
  while (!header.empty()) {
    std::string_view coding = header.substr(0, header.find(','));
    header.remove_prefix(std::min(header.size(), coding.size() + 1));
    std::string plain;
    for (const char c : coding) {
      if (c != ' ' && c != '\t') plain += c;
    }
    const std::string_view all = plain;
    const std::string_view name = all.substr(0, all.find(';'));
    const std::string_view weight = all.substr(name.size());
    if (equal_ignoring_case(name, "gzip"))
      return weight.find_first_of("123456789") != weight.npos || weight.empty();
  }
  return false;
}

enum class Form { kPlain, kGzip };

Response file_response(const PageFile& file, const Request& request, Form form) {
  // Two forms of a file are two things to a cache.
  std::string etag(file.etag);
  if (form == Form::kGzip) etag.insert(etag.size() - 1, "-gzip");
  const bool known = names_tag(request.header("If-None-Match").value_or(""), etag);
  Response response{.status = known ? 304 : 200};
  if (!known) {
    response.set("Content-Type", file.content_type);
    if (form == Form::kGzip) response.set("Content-Encoding", "gzip");
    response.body = form == Form::kGzip ? file.gzipped : file.bytes;
  }
  response.set("ETag", etag);
  response.set("Vary", "Accept-Encoding");
  response.set("Cache-Control", "no-cache");  // revalidated each time, mostly with a 304
  response.set("Content-Security-Policy", kPolicy);
  response.set("X-Content-Type-Options", "nosniff");
  response.set("Referrer-Policy", "no-referrer");
  return response;
}

Form form_for(const Request& request) {
  return accepts_gzip(request.header("Accept-Encoding").value_or("")) ? Form::kGzip : Form::kPlain;
}

const PageFile* file_named(std::string_view name) {
  const auto files = page_files();
  const auto found = std::find_if(files.begin(), files.end(),
                                  [&](const PageFile& file) { return file.name == name; });
  return found == files.end() ? nullptr : &*found;
}

// The document's addresses are relative, to its own folder at "/" and to the parent folder below
// "/web/", because a proxy may serve both below another path.
Response document(const Request& request) {
  const bool is_below = request.path.starts_with("/web/");
  const Form form = is_below ? Form::kPlain : form_for(request);
  Response response = file_response(*file_named(kDocument), request, form);
  constexpr std::string_view kBase = "<base href=\"./\">";
  if (const size_t at = response.body.find(kBase); is_below && at != std::string::npos)
    response.body.replace(at, kBase.size(), "<base href=\"../\">");
  return response;
}

Response file(const Request& request) {
  const std::string_view name = std::string_view(request.path).substr(sizeof("/web/") - 1);
  if (name.empty() || name == kDocument) return document(request);
  if (const PageFile* found = file_named(name))
    return file_response(*found, request, form_for(request));
  return error_response({.status = 404,
                         .message = "the web page has no such file; see GET /",
                         .code = "unknown_url"});
}

// Relative, because a proxy may have put the page below a path of its own.
Response to_folder() {
  Response response{.status = 308};
  response.set("Location", "web/");
  return response;
}

Response facts(const Context& context) {
  const Snapshot now = context.live.now();
  Json formats = Json::array();
  for (const audio::Format format : audio::all_formats()) {
    // A file of G.711 has no header, so players do not open it.
    if (audio::can_encode(format) && !audio::is_g711(format))
      formats.push_back(audio::name_of(format));
  }
  const lm::LanguageModel* model = now.synthesiser ? now.synthesiser->language_model() : nullptr;
  const lm::Sampling usual = model != nullptr ? model->usual_sampling() : lm::Sampling{};
  const Json body = {{"version", ORPHEUS_VERSION},
                     {"model", shown_model_name(now)},
                     {"voice_model", now.synthesiser ? now.synthesiser->model_name() : ""},
                     {"device", now.synthesiser ? now.synthesiser->device_name() : ""},
                     {"tier", now.options->tier},
                     {"formats", formats},
                     {"can_change_speed", audio::can_filter()},
                     {"temperature", now.options->sampling.over(usual).temperature},
                     {"max_input_characters", now.options->max_input_code_points},
                     {"most_speeches", now.options->max_speeches},
                     {"most_waiting", now.options->max_waiting_speeches},
                     {"settings", context.administration.settings != nullptr}};
  Response response = text_response(200, "application/json",
                                    body.dump(-1, ' ', false, Json::error_handler_t::replace));
  response.set("Cache-Control", "no-store");
  return response;
}

}  // namespace

std::vector<Route> page_routes(const Context& context) {
  return {{"GET", "/", document},
          {"GET", "/web", [](const Request& /*request*/) { return to_folder(); }},
          {"GET", "/web/facts", [&context](const Request& /*request*/) { return facts(context); }},
          {"GET", "/web/*", file}};
}

}  // namespace orpheus::http
