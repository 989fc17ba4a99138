#pragma once
// From a request's method and path to the handler that answers it. Immutable: may be used from any
// thread.

#include <functional>
#include <string>
#include <vector>

#include "http/answer.h"
#include "http/request.h"

namespace orpheus::http {

// Runs on the thread that serves all connections: it returns at once and leaves what takes its time
// to Work.
using Handler = std::function<Answer(const Request&)>;

struct Route {
  std::string method;
  std::string path;
  Handler handler;
};

class Router {
 public:
  explicit Router(std::vector<Route> routes) : routes_(std::move(routes)) {}

  // A path that no route has gets 404, a method that its path has not 405 with those that it has.
  // HEAD is answered as GET; the server leaves out the body.
  Answer answer(const Request& request) const;

 private:
  std::vector<Route> routes_;
};

}  // namespace orpheus::http
