#pragma once
// From a request's method and path to the handler that answers it. Immutable: may be used from any
// thread.

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "http/access.h"
#include "http/answer.h"
#include "http/request.h"

namespace orpheus::http {

// Of a route that is kQuick, and a request that is short, runs on the thread that serves all
// connections: it returns at once and leaves what takes its time to Work. Else runs on a worker's.
using Handler = std::function<Answer(const Request&)>;

enum class Pace {
  kQuick,
  kSlow,  // its handler reads or writes files, or computes for longer than a millisecond
};

struct Route {
  std::string method;
  std::string path;  // "/a/b", or "/a/*" for all below
  Handler handler;
  Access access = Access::kOpen;
  Pace pace = Pace::kQuick;
};

// What is answered instead where a request may not use a route.
using Guard = std::function<std::optional<Response>(Access, const Request&)>;

class Router {
 public:
  explicit Router(std::vector<Route> routes, Guard guard = {})
      : routes_(std::move(routes)), guard_(std::move(guard)) {}

  // The path that a route has for what a client wrote: slashes too many, one at the end, a /v1 that
  // lacks or is there twice, as base addresses are typed. As it is where none has it.
  std::string resolve(std::string_view path) const;

  // A path that no route has gets 404, a method that its path has not 405 with those that it has.
  // A body in a coding such as gzip gets 415. HEAD is answered as GET; the server leaves out the
  // body. OPTIONS gets 204 with the methods.
  Answer answer(const Request& request) const;

  // By its head alone: whether a route takes the request and its guard lets it in. If not, answer()
  // does not look at its body.
  bool admits(const Request& head) const;

  // Whether answer() may take longer than the thread of all connections can spare.
  bool takes_time(const Request& request) const;

  // The path of the request's route; "other" where there is none.
  std::string_view path_of(const Request& request) const;

 private:
  Answer answer_resolved(const Request& request) const;
  const Route* route_of(const Request& request) const;

  std::vector<Route> routes_;
  Guard guard_;
};

}  // namespace orpheus::http
