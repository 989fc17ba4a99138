#include "http/routes.h"

#include <memory>

#include "http/admin_api.h"
#include "http/captioned_speech_api.h"
#include "http/completions_api.h"
#include "http/elevenlabs_api.h"
#include "http/health_api.h"
#include "http/kept_speech_api.h"
#include "http/listing_api.h"
#include "http/openapi.h"
#include "http/outputs.h"
#include "http/page_api.h"
#include "http/script_api.h"
#include "http/speech_api.h"
#include "http/speech_socket_api.h"

namespace orpheus::http {

std::vector<Route> all_routes(const Context& context) {
  std::vector<Route> routes;
  const auto add = [&](const std::vector<Route>& family) {
    routes.insert(routes.end(), family.begin(), family.end());
  };
  add(speech_routes(context));
  add(speech_socket_routes(context));
  add(elevenlabs_routes(context));
  add(captioned_speech_routes(context));
  add(script_routes(context));
  add(listing_routes(context));
  add(kept_speech_routes(context,
                         std::make_shared<Outputs>(context.live.now().options->outputs_folder)));
  add(completion_routes(context));
  add(health_routes(context));
  add(admin_routes(context));
  add(page_routes(context));
  add(openapi_routes(context, routes));
  return routes;
}

}  // namespace orpheus::http
