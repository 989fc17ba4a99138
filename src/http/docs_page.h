#pragma once
// Shows an OpenAPI document as a page. Its policy forbids scripts and external resources.

#include <nlohmann/json.hpp>

#include "http/response.h"

namespace orpheus::http {

Response docs_page(const nlohmann::ordered_json& openapi);

}  // namespace orpheus::http
