#pragma once
// Finds the handler for a request's method and path. Immutable: may be used from any
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

// For a kQuick route and a short request it runs on the thread of all connections, must return at
// once, and returns longer work as Work. Otherwise it runs on a worker's thread.
using Handler = std::function<Answer(const Request&)>;

enum class Pace {
  kQuick,
  kSlow,  // its handler reads or writes files, or computes for longer than a millisecond
};

// Whose form the errors of a route have.
enum class ErrorForm { kOpenAi, kElevenLabs, kKokoro };

struct Route {
  std::string method;
  std::string path;  // "/a/b", or "/a/*" for all below
  Handler handler;
  Access access = Access::kOpen;
  Pace pace = Pace::kQuick;
  ErrorForm errors = ErrorForm::kOpenAi;
};

// Returns the refusal if a request may not use a route.
using Guard = std::function<std::optional<Response>(Access, const Request&)>;

class Router {
 public:
  explicit Router(std::vector<Route> routes, Guard guard = {})
      : routes_(std::move(routes)), guard_(std::move(guard)) {}

  // Corrects a client's path to a route's path: too many slashes, a slash at the end, a missing or
  // double /v1 (from a mistyped base address). Unchanged if no route matches.
  std::string resolve(std::string_view path) const;

  // An unknown path gets 404; an unknown method of a path 405 with the allowed methods; a
  // compressed body (gzip) 415. HEAD is handled as GET; the server omits the body. OPTIONS gets 204
  // with the methods.
  Answer answer(const Request& request) const;

  // Whether, by its head, a route accepts the request and its guard admits it. If not, answer()
  // ignores the body.
  bool admits(const Request& head) const;

  // Whether answer() may take too long for the thread of all connections.
  bool takes_time(const Request& request) const;

  // The path of the request's route; "other" if there is none.
  std::string_view path_of(const Request& request) const;

  // Every error that a request gets has this form, wherever it comes from. ElevenLabs' for its
  // routes and for its clients (by their header xi-api-key).
  ErrorForm error_form_of(const Request& request) const;

 private:
  Answer answer_resolved(const Request& request) const;
  const Route* route_of(const Request& request) const;

  std::vector<Route> routes_;
  Guard guard_;
};

}  // namespace orpheus::http
