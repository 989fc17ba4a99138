#include "http/admin_api.h"

#include <map>
#include <string>

#include <nlohmann/json.hpp>

#include "base/log.h"
#include "http/errors.h"
#include "http/json_body.h"

namespace orpheus::http {
namespace {

using Json = nlohmann::ordered_json;

Response json_response(const Json& body) {
  Response response = text_response(200, "application/json",
                                    body.dump(-1, ' ', false, Json::error_handler_t::replace));
  response.set("Cache-Control", "no-store");
  return response;
}

Response get_config(const SettingsStore& settings) {
  Json values = Json::object();
  for (const SettingsStore::Entry& entry : settings.list()) values[entry.name] = entry.value;
  return json_response(values);
}

Response save_config(SettingsStore& settings, const Request& request) {
  auto body = JsonBody::parse(request.body);
  if (!body) return error_response(body.error());
  const std::map<std::string, std::string> changes = body->all_as_text();
  if (body->error()) return error_response(*body->error());
  if (const auto saved = settings.save(changes); !saved) {
    return error_response(api_error(saved.error()));
  }
  std::string hidden;  // overridden by a flag or the environment, which a restart does not change
  for (const SettingsStore::Entry& entry : settings.list()) {
    const bool hides = entry.source == "environment" || entry.source == "flag";
    if (hides && changes.contains(entry.name)) {
      hidden += (hidden.empty() ? "" : ", ") + entry.name + " (by the " + entry.source + ")";
    }
  }
  std::string message = "Saved. POST /restart_server applies the saved settings.";
  if (!hidden.empty())
    message += " Settings from the program's start override the saved values: " + hidden + ".";
  return json_response({{"status", "ok"}, {"message", message}});
}

Answer restart(const Administration& administration) {
  return Work{.cancel = {},
              .task = task_of([&administration](ResponseWriter& out) {
                const auto done = administration.reload();
                if (done) {
                  log::info("{}", *done);
                  return out.send(json_response({{"status", "ok"}, {"message", *done}}));
                }
                log::error("the settings could not be reloaded: {}", done.error().message());
                out.send(error_response(api_error(done.error())));
              }),
              .kind = Work::Kind::kErrand};
}

}  // namespace

std::vector<Route> admin_routes(const Context& context) {
  const Administration& administration = context.administration;
  std::vector<Route> routes;
  if (administration.settings != nullptr) {
    SettingsStore& settings = *administration.settings;
    routes.push_back({"GET", "/get_config",
                      [&settings](const Request& /*request*/) { return get_config(settings); },
                      Access::kAdmin, Pace::kSlow});
    routes.push_back(
        {"POST", "/save_config",
         [&settings](const Request& request) { return save_config(settings, request); },
         Access::kAdmin, Pace::kSlow});
  }
  if (administration.reload) {
    routes.push_back(
        {"POST", "/restart_server",
         [&administration](const Request& /*request*/) { return restart(administration); },
         Access::kAdmin});
  }
  return routes;
}

}  // namespace orpheus::http
