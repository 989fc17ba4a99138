#pragma once
// GET /: what is here, and how to call it.

#include <vector>

#include "http/router.h"

namespace orpheus::http {

std::vector<Route> front_page_routes();

}  // namespace orpheus::http
