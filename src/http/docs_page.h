#pragma once
// An OpenAPI document as a page: no script, nothing from elsewhere, and a policy that forbids both.

#include <nlohmann/json.hpp>

#include "http/response.h"

namespace orpheus::http {

Response docs_page(const nlohmann::ordered_json& openapi);

}  // namespace orpheus::http
