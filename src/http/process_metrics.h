#pragma once
// What the process takes of the machine, under the names that Prometheus' own clients have.

#include <string>

namespace orpheus::http {

// Memory, threads, open files, processor time and start, as Prometheus reads it; without those that
// the system does not tell (it tells all where there is a /proc). From any thread.
std::string process_metrics();

}  // namespace orpheus::http
