#pragma once
// The limit of the process on open files and connections.

namespace orpheus::http {

// Raises the limit as far as it may for this many connections; warns if it stays too low. For the
// start of a server.
void allow_many_descriptors(int max_connections);

}  // namespace orpheus::http
